/* SPDX-License-Identifier: MIT */
/*
 * Captured commands: the vendor's app to JK_PB2A16S15P 14.20; unused bytes are noise of the app.
 * Source: syssi/esphome-jk-bms at 2fa4323, docs/pb2a16s15p-discharge-precharge-time. The
 * acknowledgement: patman15/aiobmsble at b056733 (board 15.38).
 */
#include "check.h"

#include "bms/jk_command.h"
#include "capture.h"

static uint8_t bytes[BMS_JK_COMMAND_SIZE];
static struct bms_jk_command command;

static void take(const char *hex)
{
	assert_int_equal(capture_bytes(hex, bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(bms_jk_command_parse(bytes, sizeof(bytes), &command), BMS_OK);
}

static void expect_setting(size_t slot, int64_t value)
{
	size_t got_slot = 0;
	int64_t got_value = -1;

	assert_int_equal(bms_jk_command_setting(&command, &got_slot, &got_value), BMS_OK);
	assert_int_equal(got_slot, slot);
	assert_int_equal(got_value, value);
}

static void the_apps_captured_writes_name_setting_and_value(void **state)
{
	(void)state;
	take("aa5590eb25040400000036d5244a688ead955fb7");
	expect_setting(BMS_SETTING_SLOT_PRECHARGE_TIME, 4);
	take("aa5590eb2504050000003c35b5c48cdd6c1132aa");
	expect_setting(BMS_SETTING_SLOT_PRECHARGE_TIME, 5);
}

static void the_apps_captured_requests_write_nothing(void **state)
{
	static const char *const requests[] = { "aa5590eb970097a25553bef1fcf9796b521413f3",
		"aa5590eb9600e9e22d518e1f56085727a705d462" };
	size_t slot;
	int64_t value;

	(void)state;
	for (size_t i = 0; i < LENGTH(requests); i++) {
		take(requests[i]);
		assert_int_equal(command.command, i ? 0x96 : 0x97);
		assert_int_equal(bms_jk_command_setting(&command, &slot, &value), BMS_UNKNOWN);
	}
}

/* As other clients send them. */
static void commands_are_built_byte_for_byte(void **state)
{
	static const struct {
		const char *hex;
		uint8_t command, size;
		uint8_t value[4];
	} cases[] = {
		{ "aa5590eb97000000000000000000000000000011", 0x97, 0, { 0 } },
		{ "aa5590eb96000000000000000000000000000010", 0x96, 0, { 0 } },
		{ "aa5590eb0404420e0000000000000000000000d2", 0x04, 4, { 0x42, 0x0e } },
		{ "aa5590eb1d04010000000000000000000000009c", 0x1D, 4, { 1 } },
		{ "aa5590eb250404000000000000000000000000a7", 0x25, 4, { 4 } },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		uint8_t built[BMS_JK_COMMAND_SIZE];

		bms_jk_command_build(built, cases[i].command, cases[i].value, cases[i].size);
		capture_bytes(cases[i].hex, bytes, sizeof(bytes));
		assert_memory_equal(built, bytes, sizeof(bytes));
	}
}

static void the_acknowledgement_is_the_captured_one(void **state)
{
	uint8_t built[BMS_JK_COMMAND_SIZE];

	(void)state;
	bms_jk_acknowledge(built);
	capture_bytes("aa5590ebc8010100000000000000000000000044", bytes, sizeof(bytes));
	assert_memory_equal(built, bytes, sizeof(bytes));
}

static void every_setting_of_the_relay_board_has_its_command(void **state)
{
	static const uint8_t four[4] = { 1 };
	size_t found = 0;

	(void)state;
	for (unsigned number = 1; number < 256; number++) {
		size_t slot;
		int64_t value;

		bms_jk_command_build(bytes, (uint8_t)number, four, 4);
		bms_jk_command_parse(bytes, sizeof(bytes), &command);
		if (!bms_jk_profile_accepts(&bms_jk_relay_profile, (uint8_t)number) ||
			bms_jk_command_setting(&command, &slot, &value) != BMS_OK)
			continue;
		assert_int_equal(value, 1);
		found++;
	}
	/* 01-08, 0B-22, 24-28, 2A, 2B, 2D, 39, A5, A6, A9, AC, AD. */
	assert_int_equal(found, 8 + 24 + 5 + 4 + 5);
}

static void a_short_value_fills_up_with_zeros_and_a_small_one_keeps_its_sign(void **state)
{
	(void)state;
	bms_jk_command_build(bytes, 0x01, (const uint8_t[]){ 0x7F }, 1);
	bms_jk_command_parse(bytes, sizeof(bytes), &command);
	expect_setting(BMS_SETTING_SLOT_SMART_SLEEP_VOLTAGE, 0x7F);
	bms_jk_command_build(bytes, 0x37, (const uint8_t[]){ 0xF6 }, 1);
	bms_jk_command_parse(bytes, sizeof(bytes), &command);
	expect_setting(BMS_SETTING_SLOT_HEATING_START, -10);
	bms_jk_command_build(bytes, 0x18, (const uint8_t[]){ 0x38, 0xFF, 0xFF, 0xFF }, 4);
	bms_jk_command_parse(bytes, sizeof(bytes), &command);
	expect_setting(BMS_SETTING_SLOT_CHARGE_UTP, -200);
}

static void values_without_length_or_too_long_are_refused(void **state)
{
	static const uint8_t five[5] = { 1 };
	size_t slot;
	int64_t value;

	(void)state;
	bms_jk_command_build(bytes, 0x04, NULL, 0);
	bms_jk_command_parse(bytes, sizeof(bytes), &command);
	assert_int_equal(bms_jk_command_setting(&command, &slot, &value), BMS_BAD_LENGTH);
	bms_jk_command_build(bytes, 0x04, five, 5);
	bms_jk_command_parse(bytes, sizeof(bytes), &command);
	assert_int_equal(bms_jk_command_setting(&command, &slot, &value), BMS_BAD_LENGTH);
}

/* From the board's own bitmap. */
static void the_relay_board_takes_what_its_bitmap_says(void **state)
{
	static const uint8_t taken[] = { 0x01, 0x08, 0x0B, 0x28, 0x2A, 0x2D, 0x39, 0x64, 0x67, 0x6C,
		0x96, 0x97, 0x9F, 0xA1, 0xA5, 0xA7, 0xC8 };
	static const uint8_t refused[] = { 0x00, 0x09, 0x0A, 0x29, 0x2C, 0x37, 0x3A, 0x65, 0x66,
		0x9D, 0xA3, 0xA8, 0xB2, 0xFF };

	(void)state;
	for (size_t i = 0; i < LENGTH(taken); i++)
		assert_true(bms_jk_profile_accepts(&bms_jk_relay_profile, taken[i]));
	for (size_t i = 0; i < LENGTH(refused); i++)
		assert_false(bms_jk_profile_accepts(&bms_jk_relay_profile, refused[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_apps_captured_writes_name_setting_and_value),
		cmocka_unit_test(the_apps_captured_requests_write_nothing),
		cmocka_unit_test(commands_are_built_byte_for_byte),
		cmocka_unit_test(the_acknowledgement_is_the_captured_one),
		cmocka_unit_test(every_setting_of_the_relay_board_has_its_command),
		cmocka_unit_test(a_short_value_fills_up_with_zeros_and_a_small_one_keeps_its_sign),
		cmocka_unit_test(values_without_length_or_too_long_are_refused),
		cmocka_unit_test(the_relay_board_takes_what_its_bitmap_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
