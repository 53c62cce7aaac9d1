/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "bms/jk_board.h"
#include "captures_relay.h"

static struct bms_settings settings;
static struct bms_telemetry telemetry;
static struct bms_identity identity;
static struct bms_jk_diary diary;
static const struct bms_jk_board board = {
	.settings = &settings,
	.telemetry = &telemetry,
	.identity = &identity,
	.diary = &diary,
	.profile = &bms_jk_relay_profile,
};

static struct bms_jk_frame parse(const char *hex, uint8_t bytes[BMS_JK_FRAME_SIZE])
{
	struct bms_jk_frame frame;
	size_t size = capture_bytes(hex, bytes, BMS_JK_FRAME_SIZE);

	assert_int_equal(bms_jk_frame_parse(bytes, size, &frame), BMS_OK);
	return frame;
}

static int start(void **state)
{
	uint8_t bytes[BMS_JK_FRAME_SIZE];
	struct bms_jk_frame frame;

	(void)state;
	diary = (struct bms_jk_diary){ 0 };
	frame = parse(relay_settings_frame, bytes);
	bms_jk_decode_settings(&frame.payload, &settings);
	frame = parse(relay_device_frame, bytes);
	bms_jk_decode_device(&frame.payload, &identity, &settings);
	return 0;
}

static void expect_same(const char *hex)
{
	uint8_t captured[BMS_JK_FRAME_SIZE], made[BMS_JK_FRAME_SIZE];
	struct bms_jk_frame frame = parse(hex, captured);

	if (frame.type == BMS_JK_FRAME_LIVE)
		bms_jk_decode_live(&frame.payload, &telemetry);
	bms_jk_board_frame(&board, frame.type, frame.counter, made);
	assert_memory_equal(made, captured, sizeof(made));
}

static void what_was_understood_of_a_board_makes_the_boards_own_frames(void **state)
{
	(void)state;
	expect_same(relay_settings_frame);
	expect_same(relay_device_frame);
	for (size_t i = 0; i < LENGTH(relay_live_frames); i++) {
		telemetry = (struct bms_telemetry){ 0 };
		expect_same(relay_live_frames[i]);
	}
}

/* The same encoder serves Modbus, which reads part of a block in the other byte order. */
static void a_window_gets_its_part_of_the_block(void **state)
{
	uint8_t bytes[4] = { 0 };
	struct bms_window window = {
		.data = bytes, .start = 0x0C, .size = sizeof(bytes), .order = BMS_ORDER_BIG
	};

	(void)state;
	bms_jk_board_encode(&board, BMS_JK_SETTINGS, &window);
	assert_memory_equal(bytes, "\x00\x00\x0e\x10", 4); /* 3600 mV */
}

static size_t records_at(size_t first, uint16_t *ret_first)
{
	uint8_t bytes[BMS_JK_FRAME_SIZE];
	struct bms_jk_record records[BMS_JK_RECORDS_MAX];
	struct bms_jk_frame frame;
	size_t count = bms_jk_board_records(&board, first, 7, bytes);

	assert_int_equal(bms_jk_frame_parse(bytes, sizeof(bytes), &frame), BMS_OK);
	assert_int_equal(frame.type, BMS_JK_FRAME_DETAIL_LOG);
	assert_int_equal(bms_jk_decode_records(&frame.payload, ret_first, records), count);
	if (count > 0)
		assert_int_equal(records[count - 1].rtc_s, first + count - 1);
	return count;
}

static void records_are_told_from_any_index_on(void **state)
{
	uint16_t first;

	(void)state;
	for (uint32_t i = 0; i < 30; i++)
		bms_jk_diary_add_record(&diary, &(struct bms_jk_record){ .rtc_s = i });
	assert_int_equal(records_at(12, &first), BMS_JK_RECORDS_MAX);
	assert_int_equal(first, 12);
	assert_int_equal(records_at(24, &first), 6);
	assert_int_equal(records_at(30, &first), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			what_was_understood_of_a_board_makes_the_boards_own_frames, start),
		cmocka_unit_test_setup(a_window_gets_its_part_of_the_block, start),
		cmocka_unit_test_setup(records_are_told_from_any_index_on, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
