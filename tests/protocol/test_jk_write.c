/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "bms/jk_layout.h"
#include "bms/modbus_rtu.h"
#include "captures_writes.h"

static struct bms_settings every_setting(void)
{
	struct bms_settings settings = { 0 };

	bms_settings_preset(&settings, BMS_CHEMISTRY_LFP);
	return settings;
}

static void expect_write(size_t slot, int64_t value, uint16_t reg, const char *data, uint8_t size)
{
	struct bms_settings board = every_setting();
	struct bms_jk_write write;

	assert_int_equal(bms_jk_write_setting(&board, slot, value, &write), BMS_OK);
	assert_int_equal(write.reg, reg);
	assert_int_equal(write.size, size);
	assert_memory_equal(write.data, data, size);
}

static void the_vendors_write_examples_come_out_byte_for_byte(void **state)
{
	(void)state;
	assert_int_equal(LENGTH(modbus_writes), 53);
	for (size_t i = 0; i < LENGTH(modbus_writes); i++) {
		const struct modbus_write *example = &modbus_writes[i];
		struct bms_settings nothing = { 0 };
		struct bms_jk_write write;
		uint8_t expected[BMS_MODBUS_FRAME_MAX];
		uint8_t request[BMS_MODBUS_FRAME_MAX];
		size_t size = capture_bytes(example->request, expected, sizeof(expected));

		assert_int_equal(
			bms_jk_write_setting(&nothing, example->slot, example->value, &write),
			BMS_OK);
		assert_int_equal(write.reg, example->reg);
		assert_int_equal(
			bms_modbus_write_request(request, 1, write.reg, write.data, write.size),
			size);
		assert_memory_equal(request, expected, size);
	}
}

static void the_vendors_write_examples_read_back_as_the_setting(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(modbus_writes); i++) {
		const struct modbus_write *example = &modbus_writes[i];
		uint8_t request[BMS_MODBUS_FRAME_MAX];
		size_t size = capture_bytes(example->request, request, sizeof(request));
		struct bms_modbus_frame parsed;
		struct bms_settings settings = { 0 };
		struct bms_window window = { .order = BMS_ORDER_BIG };

		assert_int_equal(bms_modbus_parse_request(request, size, &parsed), BMS_OK);
		window.data = request + (parsed.data - request);
		window.start = (uint16_t)(parsed.reg - BMS_JK_SETTINGS_BASE);
		window.size = parsed.data_size;
		bms_jk_decode_settings(&window, &settings);
		assert_true(bms_settings_has(&settings, example->slot));
		assert_int_equal(settings.value[example->slot], example->value);
	}
}

static void every_wire_resistance_has_its_own_register(void **state)
{
	(void)state;
	expect_write(BMS_SETTING_SLOT_WIRE_RESISTANCE, 100, 0x1088, "\x00\x00\x00\x64", 4);
	expect_write(BMS_SETTING_SLOT_WIRE_RESISTANCE_LAST, 1, 0x1104, "\x00\x00\x00\x01", 4);
}

static void settings_behind_the_wire_resistances_are_where_the_table_says(void **state)
{
	(void)state;
	expect_write(BMS_SETTING_SLOT_DEVICE_ADDRESS, 7, 0x1108, "\x00\x00\x00\x07", 4);
	expect_write(BMS_SETTING_SLOT_PRECHARGE_TIME, 4, 0x110C, "\x00\x00\x00\x04", 4);
	expect_write(BMS_SETTING_SLOT_CURRENT_RANGE, 500000, 0x1110, "\x00\x07\xA1\x20", 4);
}

static void a_switch_is_written_with_the_fifteen_others(void **state)
{
	struct bms_settings board = every_setting();
	struct bms_jk_write write;

	(void)state;
	bms_settings_set(&board, BMS_SETTING_SLOT_HEATING_SWITCH, 1);
	bms_settings_set(&board, BMS_SETTING_SLOT_GPS_LOCK_DISCHARGE, 1);
	assert_int_equal(
		bms_jk_write_setting(&board, BMS_SETTING_SLOT_PORT_RS485, 1, &write), BMS_OK);
	assert_int_equal(write.reg, 0x1114);
	assert_int_equal(write.size, 2);
	assert_memory_equal(write.data, "\x80\x09", 2);
	assert_int_equal(
		bms_jk_write_setting(&board, BMS_SETTING_SLOT_HEATING_SWITCH, 0, &write), BMS_OK);
	assert_memory_equal(write.data, "\x80\x00", 2);
}

static void a_switch_with_an_unknown_neighbour_is_not_written(void **state)
{
	struct bms_settings board = every_setting();
	struct bms_jk_write write = { .reg = 0xBEEF };

	(void)state;
	bms_clear_slot(board.present, BMS_SETTING_SLOT_GPS_LOCK_CHARGE);
	assert_int_equal(bms_jk_write_setting(&board, BMS_SETTING_SLOT_HEATING_SWITCH, 1, &write),
		BMS_UNKNOWN);
	assert_int_equal(write.reg, 0xBEEF);
}

static void a_byte_is_written_with_the_other_half_of_its_register(void **state)
{
	(void)state;
	expect_write(BMS_SETTING_SLOT_HEATING_START, -5, 0x1116, "\xFB\x32", 2);
	expect_write(BMS_SETTING_SLOT_HEATING_STOP, 10, 0x1116, "\x3C\x0A", 2);
	expect_write(BMS_SETTING_SLOT_DISCHARGE_UTP_RELEASE, -30, 0x1122, "\x00\xE2", 2);
	expect_write(BMS_SETTING_SLOT_UART1_PROTOCOL, 1, 0x14B2, "\x01\x00", 2);
	expect_write(BMS_SETTING_SLOT_CAN_PROTOCOL, 6, 0x14B2, "\x00\x06", 2);
	expect_write(BMS_SETTING_SLOT_BUZZER_TRIGGER, 3, 0x14E4, "\x03\x00", 2);
	expect_write(BMS_SETTING_SLOT_BUZZER_VALUE, -1, 0x14E8, "\xFF\xFF\xFF\xFF", 4);
}

static void the_sleep_time_is_written_with_the_flags_every_board_has(void **state)
{
	struct bms_settings nothing = { 0 };
	struct bms_jk_write write;

	(void)state;
	expect_write(BMS_SETTING_SLOT_SMART_SLEEP_TIME, 48, 0x1118, "\x30\xFE", 2);
	assert_int_equal(
		bms_jk_write_setting(&nothing, BMS_SETTING_SLOT_SMART_SLEEP_TIME, 48, &write),
		BMS_OK);
	assert_int_equal(bms_jk_relay_profile.settings[0], 0xFE);
}

static void a_byte_beside_a_read_only_one_has_no_way_to_be_written(void **state)
{
	struct bms_settings board = every_setting();
	struct bms_jk_write write;

	(void)state;
	assert_int_equal(bms_jk_write_setting(&board, BMS_SETTING_SLOT_EMERGENCY_TIME, 30, &write),
		BMS_UNKNOWN);
}

static void a_value_the_wire_cannot_carry_is_refused(void **state)
{
	struct bms_settings board = every_setting();
	struct bms_jk_write write = { .reg = 0xBEEF };

	(void)state;
	assert_int_equal(bms_jk_write_setting(&board, BMS_SETTING_SLOT_CELL_UVP, -1, &write),
		BMS_OUT_OF_RANGE);
	assert_int_equal(bms_jk_write_setting(&board, BMS_SETTING_SLOT_HEATING_START, 128, &write),
		BMS_OUT_OF_RANGE);
	assert_int_equal(bms_jk_write_setting(&board, BMS_SETTING_SLOT_HEATING_SWITCH, 2, &write),
		BMS_OUT_OF_RANGE);
	assert_int_equal(write.reg, 0xBEEF);
}

static void a_slot_that_does_not_exist_is_unknown(void **state)
{
	struct bms_settings board = every_setting();
	struct bms_jk_write write;

	(void)state;
	assert_int_equal(bms_jk_write_setting(&board, BMS_SETTING_SLOTS, 0, &write), BMS_UNKNOWN);
}

/* What a write would do: the block before and after must differ in this one setting. */
static void every_write_changes_its_own_setting_only(void **state)
{
	struct dice dice = { 20 };

	(void)state;
	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++) {
		const struct bms_setting_row *row = &bms_setting_rows[bms_setting_of_slot(slot)];
		struct bms_settings board = every_setting();
		struct bms_settings after = board;
		int64_t value = dice_between(&dice, row->min, row->max);
		struct bms_jk_write write;
		enum bms_jk_block block;
		struct bms_window window;
		struct bms_identity identity = { 0 };

		if (slot == BMS_SETTING_SLOT_EMERGENCY_TIME)
			continue;
		if (row->unit == BMS_UNIT_C && value > 127)
			value = 127;
		assert_int_equal(bms_jk_write_setting(&board, slot, value, &write), BMS_OK);
		block = bms_jk_block_of_register(write.reg);
		window = (struct bms_window){ write.data,
			(uint16_t)(write.reg - bms_jk_block_base(block)), write.size,
			BMS_ORDER_BIG };
		if (block == BMS_JK_SETTINGS)
			bms_jk_decode_settings(&window, &after);
		else
			bms_jk_decode_device(&window, &identity, &after);
		bms_settings_set(&board, slot, value);
		assert_memory_equal(&after, &board, sizeof(board));
		assert_true(bms_jk_is_writable(block, window.start, window.size));
	}
}

static void expect_writable(
	enum bms_jk_block block, const uint16_t (*ranges)[2], size_t count, const char *name)
{
	for (size_t offset = 0; offset < BMS_JK_BLOCK_STRIDE; offset++) {
		bool expected = false;

		for (size_t i = 0; i < count; i++)
			expected = expected || (offset >= ranges[i][0] && offset <= ranges[i][1]);
		if (bms_jk_is_writable(block, offset, 1) != expected)
			fail_msg("%s block, byte %zx", name, offset);
	}
}

static void exactly_settings_and_the_owners_texts_are_writable(void **state)
{
	static const uint16_t settings[][2] = { { 0x00, 0x119 }, { 0x122, 0x123 } };
	static const uint16_t device[][2] = { { 0x28, 0x47 }, { 0x60, 0x8F }, { 0xB2, 0xB3 },
		{ 0xE4, 0xE5 }, { 0xE8, 0xF7 }, { 0x100, 0x103 }, { 0x107, 0x107 } };

	(void)state;
	expect_writable(BMS_JK_SETTINGS, settings, LENGTH(settings), "settings");
	expect_writable(BMS_JK_LIVE, NULL, 0, "live");
	expect_writable(BMS_JK_DEVICE, device, LENGTH(device), "device");
}

static void a_range_is_writable_only_when_all_of_it_is(void **state)
{
	(void)state;
	assert_true(bms_jk_is_writable(BMS_JK_DEVICE, 0x70, 12));
	assert_true(bms_jk_is_writable(BMS_JK_DEVICE, 0x28, 0x20));
	assert_false(bms_jk_is_writable(BMS_JK_DEVICE, 0x28, 0x21));
	assert_false(bms_jk_is_writable(BMS_JK_SETTINGS, 0x118, 4));
	assert_false(bms_jk_is_writable(BMS_JK_SETTINGS, 0x120, 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vendors_write_examples_come_out_byte_for_byte),
		cmocka_unit_test(the_vendors_write_examples_read_back_as_the_setting),
		cmocka_unit_test(every_wire_resistance_has_its_own_register),
		cmocka_unit_test(settings_behind_the_wire_resistances_are_where_the_table_says),
		cmocka_unit_test(a_switch_is_written_with_the_fifteen_others),
		cmocka_unit_test(a_switch_with_an_unknown_neighbour_is_not_written),
		cmocka_unit_test(a_byte_is_written_with_the_other_half_of_its_register),
		cmocka_unit_test(the_sleep_time_is_written_with_the_flags_every_board_has),
		cmocka_unit_test(a_byte_beside_a_read_only_one_has_no_way_to_be_written),
		cmocka_unit_test(a_value_the_wire_cannot_carry_is_refused),
		cmocka_unit_test(a_slot_that_does_not_exist_is_unknown),
		cmocka_unit_test(every_write_changes_its_own_setting_only),
		cmocka_unit_test(exactly_settings_and_the_owners_texts_are_writable),
		cmocka_unit_test(a_range_is_writable_only_when_all_of_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
