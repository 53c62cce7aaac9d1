/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "bench.h"
#include "fake_port.h"
#include "server/gps.h"

enum {
	ONE_ID_ANSWER = BMS_NW_OVERHEAD + 3
};

static struct port port;
static struct bench bench;
static struct gps gps;
static uint64_t now_us;

static int start(void **state)
{
	(void)state;
	fake_port_init(&port);
	bench_init(&bench);
	bench_close(&bench);
	gps_init(&gps, &bench.board, &port);
	now_us = 1000000;
	return 0;
}

static void hear(const uint8_t *bytes, size_t size, uint64_t after_us)
{
	now_us += after_us;
	memcpy(port.in + port.in_size, bytes, size);
	port.in_size += size;
	gps_poll(&gps, now_us);
}

/* Reads the pack voltage. */
static size_t request(uint8_t *out)
{
	out[BMS_NW_INFO] = 0x83;
	return bms_nw_seal(out, BMS_NW_READ, BMS_NW_FROM_GPS, BMS_NW_REQUEST, 1);
}

static void a_request_may_be_cut_anywhere(void **state)
{
	uint8_t bytes[BMS_NW_FRAME_MAX];
	size_t size = request(bytes);

	(void)state;
	for (size_t split = 0; split <= size; split++) {
		port.out_size = 0;
		hear(bytes, split, 200000);
		hear(bytes + split, size - split, 1000);
		assert_int_equal(port.out_size, ONE_ID_ANSWER);
	}
}

static void noise_before_a_request_is_skipped(void **state)
{
	static const uint8_t noise[] = { 0x00, 0x4E, 0x4E, 0x57, 0x00, 0x01, 0xFF };
	uint8_t bytes[BMS_NW_FRAME_MAX];

	(void)state;
	hear(noise, sizeof(noise), 0);
	hear(bytes, request(bytes), 0);
	assert_int_equal(port.out_size, ONE_ID_ANSWER);
}

static void half_a_request_is_forgotten_after_silence(void **state)
{
	uint8_t bytes[BMS_NW_FRAME_MAX];
	size_t size = request(bytes);

	(void)state;
	hear(bytes, size - 5, 0);
	hear(bytes, size, GPS_SILENCE_US + 1);
	assert_int_equal(port.out_size, ONE_ID_ANSWER);
}

static void two_requests_at_once_get_two_answers(void **state)
{
	uint8_t bytes[2 * BMS_NW_FRAME_MAX];
	size_t size = request(bytes);

	(void)state;
	memcpy(bytes + size, bytes, size);
	hear(bytes, 2 * size, 0);
	assert_int_equal(port.out_size, 2 * ONE_ID_ANSWER);
}

static void a_flood_of_noise_is_survived(void **state)
{
	struct dice dice = { 7 };
	uint8_t bytes[BMS_NW_FRAME_MAX];
	size_t size;

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		uint8_t noise[64];

		for (size_t at = 0; at < sizeof(noise); at++)
			noise[at] = (uint8_t)(dice_roll(&dice) >> 56);
		if (i % 2)
			memcpy(noise + 20, (const uint8_t[]){ 0x4E, 0x57, 0x01 }, 3);
		hear(noise, sizeof(noise), 1000);
	}
	assert_int_equal(port.out_size, 0);
	size = request(bytes);
	hear(bytes, size, GPS_SILENCE_US + 1);
	assert_int_equal(port.out_size, ONE_ID_ANSWER);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_may_be_cut_anywhere),
		TEST(noise_before_a_request_is_skipped),
		TEST(half_a_request_is_forgotten_after_silence),
		TEST(two_requests_at_once_get_two_answers),
		TEST(a_flood_of_noise_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
