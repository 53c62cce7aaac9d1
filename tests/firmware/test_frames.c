/* SPDX-License-Identifier: MIT */
/* The board's log on the ports: frames 05 and 06, by register and by command. */
#include "check.h"

#include <string.h>

#include "bench.h"
#include "bms/jk_command.h"
#include "bms/jk_log.h"
#include "fake_port.h"
#include "server/ble.h"
#include "server/jk_modbus_server.h"

static struct port port;
static struct bench bench;
static struct jk_modbus_server server;
static struct bms_jk_frame frame;
static uint8_t answer[JK_MODBUS_ANSWER_MAX];

static int start(void **state)
{
	(void)state;
	fake_port_init(&port);
	bench_init(&bench);
	bench_close(&bench);
	bench.board.diary = (struct bms_jk_diary){ 0 };
	jk_modbus_server_init(&server, &bench.board, &port);
	return 0;
}

/* The 300-byte frame, and behind it the acknowledgement. */
static void trigger(uint16_t reg, uint8_t type)
{
	uint8_t request[BMS_MODBUS_FRAME_MAX];
	struct bms_modbus_frame reply;
	size_t size = bms_modbus_write_request(request, 1, reg, (const uint8_t *)"\0", 2);

	size = jk_modbus_server_answer(&server, request, size, answer);
	assert_int_equal(size, BMS_JK_FRAME_SIZE + 8);
	assert_int_equal(bms_jk_frame_parse(answer, BMS_JK_FRAME_SIZE, &frame), BMS_OK);
	assert_int_equal(frame.type, type);
	assert_int_equal(bms_modbus_parse_reply(answer + BMS_JK_FRAME_SIZE, 8, &reply), BMS_OK);
	assert_int_equal(reply.reg, reg);
}

static void add_details(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct bms_jk_record detail = { .rtc_s = 1000 + (uint32_t)i, .pack_cv = 5280 };

		bms_jk_diary_add_record(&bench.board.diary, &detail);
	}
}

static void an_empty_log_is_an_empty_frame(void **state)
{
	struct bms_jk_event events[BMS_JK_EVENTS_MAX];

	(void)state;
	trigger(0x1624, BMS_JK_FRAME_EVENT_LOG);
	assert_int_equal(bms_jk_decode_events(&frame.payload, events), 0);
}

static void the_event_log_carries_the_newest_fifty_oldest_first(void **state)
{
	struct bms_jk_event events[BMS_JK_EVENTS_MAX];

	(void)state;
	for (uint32_t i = 0; i < 70; i++)
		bms_jk_diary_add_event(&bench.board.diary, i, BMS_JK_CODE_BOOT);
	trigger(0x1624, BMS_JK_FRAME_EVENT_LOG);
	assert_int_equal(bms_jk_decode_events(&frame.payload, events), BMS_JK_EVENTS_MAX);
	assert_int_equal(events[0].runtime_s, 20);
	assert_int_equal(events[49].runtime_s, 69);
	assert_int_equal(events[49].code, BMS_JK_CODE_BOOT);
}

static void a_protection_that_trips_can_be_read_from_the_log(void **state)
{
	struct bms_jk_event events[BMS_JK_EVENTS_MAX];
	size_t count, found = 0;

	(void)state;
	bench_set_cells(&bench, 3610);
	bench_run(&bench, 5000);
	trigger(0x1624, BMS_JK_FRAME_EVENT_LOG);
	count = bms_jk_decode_events(&frame.payload, events);
	/* A code a cell; the highest is named. */
	for (size_t i = 0; i < count; i++)
		found += events[i].code >= BMS_JK_CODE_FIRST_CELL_OVP &&
			 events[i].code < BMS_JK_CODE_FIRST_CELL_OVP + BENCH_CELLS;
	assert_true(found > 0);
}

static void the_detail_trigger_sends_the_newest_twelve(void **state)
{
	struct bms_jk_record records[BMS_JK_RECORDS_MAX];
	uint16_t first;

	(void)state;
	add_details(30);
	trigger(0x1622, BMS_JK_FRAME_DETAIL_LOG);
	assert_int_equal(bms_jk_decode_records(&frame.payload, &first, records), 12);
	assert_int_equal(first, 18);
	assert_int_equal(records[11].rtc_s, 1029);
	assert_int_equal(records[11].pack_cv, 5280);
}

/* The command's burst: frames until one is not full, then the acknowledgement. */
static void burst(size_t details, size_t frames)
{
	uint8_t command[BMS_JK_COMMAND_SIZE];
	struct bms_jk_record records[BMS_JK_RECORDS_MAX];
	struct ble ble;
	size_t seen = 0, read = 0;

	add_details(details);
	ble_init(&ble, &bench.board, &port);
	bms_jk_command_build(command, BMS_JK_COMMAND_DETAIL_LOG, NULL, 0);
	memcpy(port.in, command, sizeof(command));
	port.in_size = sizeof(command);
	for (uint64_t now_us = 1000000; now_us < 5000000; now_us += 20000) {
		uint16_t first;

		port.out_size = 0;
		ble_poll(&ble, now_us);
		if (port.out_size != BMS_JK_FRAME_SIZE)
			continue;
		assert_int_equal(bms_jk_frame_parse(port.out, port.out_size, &frame), BMS_OK);
		read += bms_jk_decode_records(&frame.payload, &first, records);
		assert_int_equal(first, seen++ * BMS_JK_RECORDS_MAX);
	}
	assert_int_equal(seen, frames);
	assert_int_equal(read, details);
	assert_int_equal(ble.server.queued, 0);
}

static void the_detail_command_sends_the_whole_ring(void **state)
{
	(void)state;
	burst(30, 3);
}

static void a_ring_of_whole_frames_ends_with_an_empty_one(void **state)
{
	(void)state;
	burst(24, 3);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_log_is_an_empty_frame),
		TEST(the_event_log_carries_the_newest_fifty_oldest_first),
		TEST(a_protection_that_trips_can_be_read_from_the_log),
		TEST(the_detail_trigger_sends_the_newest_twelve),
		TEST(the_detail_command_sends_the_whole_ring),
		TEST(a_ring_of_whole_frames_ends_with_an_empty_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
