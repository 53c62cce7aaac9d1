/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "bench.h"
#include "fake_port.h"
#include "server/rs485.h"

enum {
	UNIT = 1,
	READ_ONE_ANSWER = 7
};

static struct port port;
static struct bench bench;
static struct rs485 rs485;
static uint64_t now_us;

static int start(void **state)
{
	(void)state;
	fake_port_init(&port);
	bench_init(&bench);
	bench_set(&bench, BMS_SETTING_SLOT_PORT_RS485, 1);
	params_save(&bench.board.params, &port);
	bench_close(&bench);
	rs485_init(&rs485, PORT_UART_RS485, &bench.board, &port);
	now_us = 1000000;
	return 0;
}

static void hear(const uint8_t *bytes, size_t size, uint64_t after_us)
{
	now_us += after_us;
	memcpy(port.in + port.in_size, bytes, size);
	port.in_size += size;
	rs485_poll(&rs485, now_us);
}

static size_t request(uint8_t out[BMS_MODBUS_FRAME_MAX])
{
	return bms_modbus_read_request(out, UNIT, 0x1290, 1);
}

static void a_request_may_come_byte_by_byte(void **state)
{
	uint8_t bytes[BMS_MODBUS_FRAME_MAX];
	size_t size = request(bytes);

	(void)state;
	for (size_t i = 0; i < size; i++) {
		assert_int_equal(port.out_size, 0);
		hear(bytes + i, 1, 87);
	}
	assert_int_equal(port.out_size, READ_ONE_ANSWER);
}

static void every_split_of_a_write_request_is_answered_once(void **state)
{
	uint8_t bytes[BMS_MODBUS_FRAME_MAX];
	size_t size =
		bms_modbus_write_request(bytes, UNIT, 0x1004, (const uint8_t *)"\0\0\x0a\x32", 4);

	(void)state;
	for (size_t split = 0; split <= size; split++) {
		port.out_size = 0;
		hear(bytes, split, 100000);
		hear(bytes + split, size - split, 1000);
		assert_int_equal(port.out_size, 8);
	}
}

static void two_requests_at_once_get_two_answers(void **state)
{
	uint8_t bytes[2 * BMS_MODBUS_FRAME_MAX];
	size_t size = request(bytes);

	(void)state;
	memcpy(bytes + size, bytes, size);
	hear(bytes, 2 * size, 0);
	assert_int_equal(port.out_size, 2 * READ_ONE_ANSWER);
}

static void an_unfinished_request_is_forgotten_after_silence(void **state)
{
	uint8_t bytes[BMS_MODBUS_FRAME_MAX];
	size_t size = request(bytes);

	(void)state;
	for (size_t part = 1; part < size; part++) {
		port.out_size = 0;
		hear(bytes, part, 100000);
		assert_int_equal(port.out_size, 0);
		hear(bytes, size, RS485_SILENCE_US + 1);
		assert_int_equal(port.out_size, READ_ONE_ANSWER);
	}
}

static void noise_of_any_length_is_survived(void **state)
{
	struct dice dice = { 7 };
	uint8_t bytes[BMS_MODBUS_FRAME_MAX];
	size_t size = request(bytes);

	(void)state;
	for (int i = 0; i < 2000; i++) {
		uint8_t noise[600];
		size_t length = (size_t)dice_between(&dice, 1, sizeof(noise));

		for (size_t at = 0; at < length; at++)
			noise[at] = (uint8_t)dice_roll(&dice);
		hear(noise, length, 100000);
		port.out_size = 0;
		hear(bytes, size, 100000);
		assert_int_equal(port.out_size, READ_ONE_ANSWER);
	}
}

static void the_answers_of_another_station_are_not_taken_for_requests(void **state)
{
	uint8_t foreign[BMS_MODBUS_FRAME_MAX], live[244] = { 0 };
	uint8_t bytes[BMS_MODBUS_FRAME_MAX];
	size_t size = request(bytes);

	(void)state;
	hear(foreign, bms_modbus_read_reply(foreign, 2, live, sizeof(live)), 0);
	assert_int_equal(port.out_size, 0);
	hear(bytes, size, 5000);
	assert_int_equal(port.out_size, READ_ONE_ANSWER);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

static void a_port_that_is_given_to_can_hears_nothing(void **state)
{
	uint8_t bytes[BMS_MODBUS_FRAME_MAX];
	size_t size = request(bytes);

	(void)state;
	bench_set(&bench, BMS_SETTING_SLOT_PORT_RS485, 0);
	hear(bytes, size, 0);
	assert_int_equal(port.out_size, 0);
	bench_set(&bench, BMS_SETTING_SLOT_PORT_RS485, 1);
	hear(bytes, size, 10000);
	assert_int_equal(port.out_size, READ_ONE_ANSWER);
}

static void what_came_before_the_switch_is_no_part_of_what_comes_after(void **state)
{
	uint8_t bytes[BMS_MODBUS_FRAME_MAX];
	size_t size = request(bytes);

	(void)state;
	hear(bytes, 3, 0);
	bench_set(&bench, BMS_SETTING_SLOT_PORT_RS485, 0);
	hear(bytes + 3, size - 3, 87);
	bench_set(&bench, BMS_SETTING_SLOT_PORT_RS485, 1);
	hear(bytes, size, 87);
	assert_int_equal(port.out_size, READ_ONE_ANSWER);
}

/* Register 0x1114 holds the switch bits; bit 3 is the port. */
static void the_write_that_gives_the_port_away_is_acknowledged(void **state)
{
	uint8_t bytes[BMS_MODBUS_FRAME_MAX];
	static const uint8_t none[2] = { 0 };
	size_t size = bms_modbus_write_request(bytes, UNIT, 0x1114, none, sizeof(none));

	(void)state;
	hear(bytes, size, 0);
	assert_int_equal(port.out_size, 8);
	assert_int_equal(params_setting(&bench.board.params, BMS_SETTING_SLOT_PORT_RS485), 0);
	size = request(bytes);
	hear(bytes, size, 10000);
	assert_int_equal(port.out_size, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_may_come_byte_by_byte),
		TEST(every_split_of_a_write_request_is_answered_once),
		TEST(two_requests_at_once_get_two_answers),
		TEST(an_unfinished_request_is_forgotten_after_silence),
		TEST(noise_of_any_length_is_survived),
		TEST(the_answers_of_another_station_are_not_taken_for_requests),
		cmocka_unit_test_setup(a_port_that_is_given_to_can_hears_nothing, start),
		cmocka_unit_test_setup(
			what_came_before_the_switch_is_no_part_of_what_comes_after, start),
		cmocka_unit_test_setup(the_write_that_gives_the_port_away_is_acknowledged, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
