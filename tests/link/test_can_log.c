/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "link/can_log.h"

static void a_line_of_candump_is_a_frame(void **state)
{
	struct can_log_entry entry;

	(void)state;
	assert_int_equal(can_log_parse("(1436509052.249713) vcan0 2F4#3B02A00F63000000\n", &entry),
		CAN_LOG_FRAME);
	assert_int_equal(entry.time_us, INT64_C(1436509052249713));
	assert_int_equal(entry.frame.id, 0x2F4);
	assert_false(entry.frame.extended);
	assert_int_equal(entry.frame.size, 8);
	assert_memory_equal(entry.frame.data, "\x3b\x02\xa0\x0f\x63\0\0\0", 8);
	assert_int_equal(can_log_parse("(0.5) can0 18e028f4#F50D.F40D", &entry), CAN_LOG_FRAME);
	assert_int_equal(entry.time_us, 500000);
	assert_true(entry.frame.extended);
	assert_int_equal(entry.frame.size, 4);
}

static void a_frame_without_data_and_one_with_its_direction_are_frames(void **state)
{
	struct can_log_entry entry;

	(void)state;
	assert_int_equal(can_log_parse("(1.0) can0 305#", &entry), CAN_LOG_FRAME);
	assert_int_equal(entry.frame.size, 0);
	assert_int_equal(can_log_parse("(1.0) can0 305#0102 R\n", &entry), CAN_LOG_FRAME);
	assert_int_equal(entry.frame.size, 2);
}

static void what_was_formatted_is_parsed_back(void **state)
{
	struct dice dice = { 5 };

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct can_log_entry before = { 0 }, after = { 0 };
		char line[CAN_LOG_LINE_SIZE];

		before.time_us = dice_between(&dice, 0, INT64_C(4000000000000000));
		before.frame.extended = dice_between(&dice, 0, 1);
		before.frame.id = (uint32_t)dice_between(
			&dice, 0, before.frame.extended ? 0x1FFFFFFF : 0x7FF);
		before.frame.size = (uint8_t)dice_between(&dice, 0, 8);
		for (size_t k = 0; k < before.frame.size; k++)
			before.frame.data[k] = (uint8_t)dice_between(&dice, 0, 255);
		can_log_format(line, &before, "can0");
		assert_int_equal(can_log_parse(line, &after), CAN_LOG_FRAME);
		assert_int_equal(after.time_us, before.time_us);
		assert_int_equal(after.frame.id, before.frame.id);
		assert_int_equal(after.frame.extended, before.frame.extended);
		assert_int_equal(after.frame.size, before.frame.size);
		assert_memory_equal(after.frame.data, before.frame.data, 8);
	}
}

static void comments_and_other_kinds_of_frames_are_left_out(void **state)
{
	static const char *const lines[] = { "", "\n", "# bmsd capture", "  # x",
		"(1.0) can0 123#R", "(1.0) can0 123##1AABB",
		"(1.0) can0 20000088#0000000000000000" };
	struct can_log_entry entry = { .time_us = 7 };

	(void)state;
	for (size_t i = 0; i < LENGTH(lines); i++)
		assert_int_equal(can_log_parse(lines[i], &entry), CAN_LOG_OTHER);
	assert_int_equal(entry.time_us, 7);
}

static void anything_else_is_bad_and_gives_nothing(void **state)
{
	static const char *const lines[] = { "can0 123 [8] 00", "(x) can0 123#00",
		"(1.0 can0 123#00", "(1.0) can0", "(1.0)", "(1.0) can0 12#00", "(1.0) can0 1234#00",
		"(1.0) can0 123", "(1.0) can0 123#0", "(1.0) can0 123#0G",
		"(1.0) can0 123#001122334455667788", "(99999999999999999999999999.0) can0 123#00",
		"(", "()", "(1.0) can0 123#00x" };
	struct can_log_entry entry = { .time_us = 7 };

	(void)state;
	for (size_t i = 0; i < LENGTH(lines); i++)
		assert_int_equal(can_log_parse(lines[i], &entry), CAN_LOG_BAD);
	assert_int_equal(entry.time_us, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_of_candump_is_a_frame),
		cmocka_unit_test(a_frame_without_data_and_one_with_its_direction_are_frames),
		cmocka_unit_test(what_was_formatted_is_parsed_back),
		cmocka_unit_test(comments_and_other_kinds_of_frames_are_left_out),
		cmocka_unit_test(anything_else_is_bad_and_gives_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
