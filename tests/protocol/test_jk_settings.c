/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "bms/jk_frame.h"
#include "bms/jk_layout.h"
#include "captures_relay.h"

static void expect_settings(const struct bms_settings *settings)
{
	for (size_t i = 0; i < LENGTH(relay_settings); i++) {
		const struct capture_value *expected = &relay_settings[i];

		assert_true(bms_settings_has(settings, expected->slot));
		assert_int_equal(settings->value[expected->slot], expected->value);
	}
	for (size_t slot = BMS_SETTING_SLOT_WIRE_RESISTANCE;
		slot <= BMS_SETTING_SLOT_WIRE_RESISTANCE_LAST; slot++) {
		assert_true(bms_settings_has(settings, slot));
		assert_int_equal(settings->value[slot], 0);
	}
}

static size_t count_present(const struct bms_settings *settings)
{
	size_t count = 0;

	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++)
		count += bms_settings_has(settings, slot);
	return count;
}

static void the_relay_boards_settings_frame_reads_field_by_field(void **state)
{
	uint8_t frame[BMS_JK_FRAME_SIZE];
	struct bms_jk_frame parsed;
	struct bms_settings settings = { 0 };

	(void)state;
	assert_int_equal(capture_bytes(relay_settings_frame, frame, sizeof(frame)), sizeof(frame));
	assert_int_equal(bms_jk_frame_parse(frame, sizeof(frame), &parsed), BMS_OK);
	bms_jk_decode_settings(&parsed.payload, &settings);
	expect_settings(&settings);
	assert_int_equal(count_present(&settings), LENGTH(relay_settings) + 32);
}

static void the_relay_boards_settings_frame_is_written_byte_for_byte(void **state)
{
	uint8_t frame[BMS_JK_FRAME_SIZE];
	uint8_t again[BMS_JK_FRAME_SIZE] = { 0 };
	struct bms_jk_frame parsed;
	struct bms_settings settings = { 0 };
	struct bms_window window = { again + BMS_JK_FRAME_PAYLOAD, 0, BMS_JK_PAYLOAD_SIZE,
		BMS_ORDER_LITTLE };

	(void)state;
	capture_bytes(relay_settings_frame, frame, sizeof(frame));
	assert_int_equal(bms_jk_frame_parse(frame, sizeof(frame), &parsed), BMS_OK);
	bms_jk_decode_settings(&parsed.payload, &settings);
	bms_jk_encode_settings(&window, &settings, &bms_jk_relay_profile);
	bms_jk_frame_seal(again, parsed.type, parsed.counter);
	assert_memory_equal(again, frame, sizeof(frame));
}

static void registers_carry_the_same_settings_in_the_other_byte_order(void **state)
{
	uint8_t frame[BMS_JK_FRAME_SIZE];
	uint8_t registers[BMS_JK_BLOCK_SIZE] = { 0 };
	struct bms_jk_frame parsed;
	struct bms_settings settings = { 0 };
	struct bms_settings again = { 0 };
	struct bms_window window = { registers, 0, sizeof(registers), BMS_ORDER_BIG };

	(void)state;
	capture_bytes(relay_settings_frame, frame, sizeof(frame));
	assert_int_equal(bms_jk_frame_parse(frame, sizeof(frame), &parsed), BMS_OK);
	bms_jk_decode_settings(&parsed.payload, &settings);
	bms_jk_encode_settings(&window, &settings, &bms_jk_relay_profile);
	/* Cell UVP 2600 mV at 0x1004, the flags at 0x1119 as they come. */
	assert_memory_equal(registers + 0x04, "\x00\x00\x0A\x28", 4);
	assert_memory_equal(registers + 0x119, bms_jk_relay_profile.settings, 8);
	bms_jk_decode_settings(&window, &again);
	expect_settings(&again);
}

static void a_window_gives_only_what_lies_wholly_inside(void **state)
{
	uint8_t bytes[6] = { 0x28, 0x0A, 0, 0, 0x5A, 0x0A };
	struct bms_window window = { bytes, 0x04, sizeof(bytes), BMS_ORDER_LITTLE };
	struct bms_settings settings = { 0 };

	(void)state;
	bms_jk_decode_settings(&window, &settings);
	assert_int_equal(count_present(&settings), 1);
	assert_true(bms_settings_has(&settings, BMS_SETTING_SLOT_CELL_UVP));
	assert_int_equal(settings.value[BMS_SETTING_SLOT_CELL_UVP], 2600);
}

static void a_decoder_leaves_other_values_alone(void **state)
{
	uint8_t bytes[4] = { 0x28, 0x0A, 0, 0 };
	struct bms_window window = { bytes, 0x04, sizeof(bytes), BMS_ORDER_LITTLE };
	struct bms_settings settings = { 0 };

	(void)state;
	bms_settings_set(&settings, BMS_SETTING_SLOT_CELL_COUNT, 25);
	bms_jk_decode_settings(&window, &settings);
	assert_int_equal(count_present(&settings), 2);
	assert_int_equal(settings.value[BMS_SETTING_SLOT_CELL_COUNT], 25);
}

static void an_encoder_leaves_the_bytes_of_absent_settings_alone(void **state)
{
	uint8_t bytes[BMS_JK_BLOCK_SIZE];
	struct bms_window window = { bytes, 0, sizeof(bytes), BMS_ORDER_BIG };
	struct bms_settings settings = { 0 };

	(void)state;
	memset(bytes, 0x5A, sizeof(bytes));
	bms_settings_set(&settings, BMS_SETTING_SLOT_CELL_OVP, 3650);
	bms_jk_encode_settings(&window, &settings, &bms_jk_relay_profile);
	for (size_t i = 0; i < BMS_JK_BLOCK_SIZE; i++)
		if (!(i >= 0x0C && i < 0x10) && !(i >= 0x119 && i < 0x121))
			assert_int_equal(bytes[i], 0x5A);
	assert_memory_equal(bytes + 0x0C, "\x00\x00\x0E\x42", 4);
}

static void a_switch_changes_its_own_bit_only(void **state)
{
	uint8_t bytes[2] = { 0xA5, 0x5A };
	struct bms_window window = { bytes, 0x114, sizeof(bytes), BMS_ORDER_BIG };
	struct bms_settings settings = { 0 };

	(void)state;
	bms_settings_set(&settings, BMS_SETTING_SLOT_PORT_RS485, 0);
	bms_settings_set(&settings, BMS_SETTING_SLOT_GPS_LOCK_DISCHARGE, 1);
	bms_settings_set(&settings, BMS_SETTING_SLOT_HEATING_SWITCH, 1);
	bms_jk_encode_settings(&window, &settings, &bms_jk_relay_profile);
	assert_memory_equal(bytes, "\xA5\x53", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_relay_boards_settings_frame_reads_field_by_field),
		cmocka_unit_test(the_relay_boards_settings_frame_is_written_byte_for_byte),
		cmocka_unit_test(registers_carry_the_same_settings_in_the_other_byte_order),
		cmocka_unit_test(a_window_gives_only_what_lies_wholly_inside),
		cmocka_unit_test(a_decoder_leaves_other_values_alone),
		cmocka_unit_test(an_encoder_leaves_the_bytes_of_absent_settings_alone),
		cmocka_unit_test(a_switch_changes_its_own_bit_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
