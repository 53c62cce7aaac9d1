/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "bms/jk_dialect.h"
#include "captures_24s.h"
#include "captures_boards.h"
#include "captures_jk04.h"
#include "captures_relay.h"

static uint8_t bytes[BMS_JK_FRAME_SIZE];

static struct bms_jk_frame parse(const char *hex, uint8_t type)
{
	struct bms_jk_frame frame;

	assert_int_equal(capture_bytes(hex, bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(bms_jk_frame_parse(bytes, sizeof(bytes), &frame), BMS_OK);
	assert_int_equal(frame.type, type);
	return frame;
}

static struct bms_telemetry live(enum bms_jk_dialect dialect, const char *hex)
{
	struct bms_jk_frame frame = parse(hex, BMS_JK_FRAME_LIVE);
	struct bms_telemetry telemetry = { 0 };

	bms_jk_dialect_decode_live(dialect, &frame.payload, &telemetry);
	return telemetry;
}

static struct bms_settings settings(enum bms_jk_dialect dialect, const char *hex)
{
	struct bms_jk_frame frame = parse(hex, BMS_JK_FRAME_SETTINGS);
	struct bms_settings result = { 0 };

	bms_jk_dialect_decode_settings(dialect, &frame.payload, &result);
	return result;
}

static struct bms_identity identity(const char *hex)
{
	struct bms_jk_frame frame = parse(hex, BMS_JK_FRAME_DEVICE);
	struct bms_identity result = { 0 };
	struct bms_settings found = { 0 };

	bms_jk_dialect_decode_device(BMS_JK_DIALECT_24S, &frame.payload, &result, &found);
	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++)
		assert_false(bms_settings_has(&found, slot));
	return result;
}

static void expect_telemetry(
	const struct bms_telemetry *telemetry, const struct capture_value *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_true(bms_telemetry_has(telemetry, values[i].slot));
		assert_int_equal(telemetry->value[values[i].slot], values[i].value);
	}
}

/* Exactly these, and no other. */
static void expect_settings(
	const struct bms_settings *found, const struct capture_value *values, size_t count)
{
	size_t present = 0;

	for (size_t i = 0; i < count; i++) {
		assert_true(bms_settings_has(found, values[i].slot));
		assert_int_equal(found->value[values[i].slot], values[i].value);
	}
	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++)
		present += bms_settings_has(found, slot);
	assert_int_equal(present, count);
}

/* The source's own test states these values; it counts the current the other way round. */
static void eight_cells_of_24_read_as_their_source_says(void **state)
{
	static const uint16_t cells_mv[] = { 3362, 3364, 3365, 3370, 3364, 3362, 3365, 3362 };
	static const struct capture_value expected[] = {
		{ BMS_SLOT_PACK_MV, 26911 },
		{ BMS_SLOT_CURRENT_MA, 12219 },
		{ BMS_SLOT_SOC_PCT, 65 },
		{ BMS_SLOT_REMAINING_MAH, 181036 },
		{ BMS_SLOT_FULL_MAH, 275000 },
		{ BMS_SLOT_CYCLED_MAH, 22173 },
		{ BMS_SLOT_CYCLES, 0 },
		{ BMS_SLOT_PROBE_DC, 268 },
		{ BMS_SLOT_PROBE_DC + 1, 248 },
		{ BMS_SLOT_MOS_DC, 283 },
		{ BMS_SLOT_BALANCE_MA, 0 },
		{ BMS_SLOT_RUNTIME_S, 3144960 },
	};
	struct bms_telemetry telemetry = live(BMS_JK_DIALECT_24S, old_live_frame);

	(void)state;
	expect_telemetry(&telemetry, expected, LENGTH(expected));
	assert_int_equal(bms_telemetry_length(&telemetry, BMS_FIELD_CELL_MV), LENGTH(cells_mv));
	assert_int_equal(bms_telemetry_length(&telemetry, BMS_FIELD_PROBE_DC), 2);
	for (size_t i = 0; i < LENGTH(cells_mv); i++)
		assert_int_equal(telemetry.value[BMS_SLOT_CELL_MV + i], cells_mv[i]);
}

static void sixteen_cells_of_24_charging_read_as_their_source_says(void **state)
{
	static const struct capture_value expected[] = {
		{ BMS_SLOT_CELL_MV, 3310 },
		{ BMS_SLOT_CELL_MV + 1, 3314 },
		{ BMS_SLOT_CELL_MV + 15, 3309 },
		{ BMS_SLOT_CELL_DELTA_MV, 5 },
		{ BMS_SLOT_PACK_MV, 52971 },
		{ BMS_SLOT_CURRENT_MA, 2329 },
		{ BMS_SLOT_BALANCE_MA, 2 },
		{ BMS_SLOT_SOC_PCT, 56 },
		{ BMS_SLOT_SOH_PCT, 100 },
		{ BMS_SLOT_REMAINING_MAH, 113245 },
		{ BMS_SLOT_FULL_MAH, 202000 },
		{ BMS_SLOT_CYCLES, 60 },
		{ BMS_SLOT_PROBE_DC, 181 },
		{ BMS_SLOT_PROBE_DC + 1, 186 },
		{ BMS_SLOT_MOS_DC, 228 },
		{ BMS_SLOT_PROBE_MASK, 7 },
		{ BMS_SLOT_ALARM_BITS, 0 },
		{ BMS_SLOT_CHARGE_ON, 1 },
		{ BMS_SLOT_DISCHARGE_ON, 1 },
	};
	struct bms_telemetry telemetry = live(BMS_JK_DIALECT_24S, b2a20s20p_live_frame);

	(void)state;
	expect_telemetry(&telemetry, expected, LENGTH(expected));
	assert_int_equal(bms_telemetry_length(&telemetry, BMS_FIELD_CELL_MV), 16);
}

static void temperatures_below_zero_read_with_their_sign(void **state)
{
	static const struct capture_value expected[] = {
		{ BMS_SLOT_CELL_MASK, 0x1FFF },
		{ BMS_SLOT_PACK_MV, 42786 },
		{ BMS_SLOT_PROBE_DC, -31 },
		{ BMS_SLOT_PROBE_DC + 1, -29 },
		{ BMS_SLOT_MOS_DC, 5 },
		{ BMS_SLOT_CYCLED_MAH, 7475896 },
		{ BMS_SLOT_RUNTIME_S, 20660739 },
		{ BMS_SLOT_CHARGE_ON, 0 },
		{ BMS_SLOT_DISCHARGE_ON, 0 },
	};
	struct bms_telemetry telemetry = live(BMS_JK_DIALECT_24S, b2a24s20p_cold_frame);

	(void)state;
	expect_telemetry(&telemetry, expected, LENGTH(expected));
}

static void all_24_cells_and_their_wires_are_read(void **state)
{
	static const struct capture_value expected[] = {
		{ BMS_SLOT_CELL_MV + 23, 3281 },
		{ BMS_SLOT_CELL_MASK, 0xFFFFFF },
		{ BMS_SLOT_CELL_AVERAGE_MV, 3281 },
		{ BMS_SLOT_CELL_HIGHEST, 0 },
		{ BMS_SLOT_CELL_LOWEST, 3 },
		{ BMS_SLOT_WIRE_MOHM, 100 },
		{ BMS_SLOT_WIRE_MOHM + 8, 127 },
		{ BMS_SLOT_WIRE_MOHM + 23, 97 },
		{ BMS_SLOT_WIRE_HIGH_MASK, 0 },
		{ BMS_SLOT_PACK_MV, 78735 },
	};
	struct bms_telemetry telemetry = live(BMS_JK_DIALECT_24S, b2a24s20p_live_frame);

	(void)state;
	expect_telemetry(&telemetry, expected, LENGTH(expected));
	assert_int_equal(bms_telemetry_length(&telemetry, BMS_FIELD_WIRE_MOHM), 24);
}

static void settings_of_24_cells_read_field_by_field(void **state)
{
	static const struct capture_value expected[] = {
		{ BMS_SETTING_SLOT_SMART_SLEEP_VOLTAGE, 600 },
		{ BMS_SETTING_SLOT_CELL_UVP, 2600 },
		{ BMS_SETTING_SLOT_CELL_UVP_RELEASE, 3000 },
		{ BMS_SETTING_SLOT_CELL_OVP, 3600 },
		{ BMS_SETTING_SLOT_CELL_OVP_RELEASE, 3400 },
		{ BMS_SETTING_SLOT_BALANCE_TRIGGER, 10 },
		{ BMS_SETTING_SLOT_POWER_OFF_VOLTAGE, 2500 },
		{ BMS_SETTING_SLOT_CHARGE_OCP, 25000 },
		{ BMS_SETTING_SLOT_CHARGE_OCP_DELAY, 30 },
		{ BMS_SETTING_SLOT_CHARGE_OCP_RELEASE, 60 },
		{ BMS_SETTING_SLOT_DISCHARGE_OCP, 60000 },
		{ BMS_SETTING_SLOT_DISCHARGE_OCP_DELAY, 300 },
		{ BMS_SETTING_SLOT_DISCHARGE_OCP_RELEASE, 60 },
		{ BMS_SETTING_SLOT_SCP_RELEASE, 60 },
		{ BMS_SETTING_SLOT_BALANCE_CURRENT, 600 },
		{ BMS_SETTING_SLOT_CHARGE_OTP, 700 },
		{ BMS_SETTING_SLOT_CHARGE_OTP_RELEASE, 600 },
		{ BMS_SETTING_SLOT_DISCHARGE_OTP, 700 },
		{ BMS_SETTING_SLOT_DISCHARGE_OTP_RELEASE, 600 },
		{ BMS_SETTING_SLOT_CHARGE_UTP, -200 },
		{ BMS_SETTING_SLOT_CHARGE_UTP_RELEASE, -100 },
		{ BMS_SETTING_SLOT_MOS_OTP, 900 },
		{ BMS_SETTING_SLOT_MOS_OTP_RELEASE, 700 },
		{ BMS_SETTING_SLOT_CELL_COUNT, 16 },
		{ BMS_SETTING_SLOT_CHARGE_SWITCH, 1 },
		{ BMS_SETTING_SLOT_DISCHARGE_SWITCH, 1 },
		{ BMS_SETTING_SLOT_BALANCE_SWITCH, 1 },
		{ BMS_SETTING_SLOT_NOMINAL_CAPACITY, 81000 },
		{ BMS_SETTING_SLOT_SCP_DELAY, 1500 },
		{ BMS_SETTING_SLOT_BALANCE_START_VOLTAGE, 3000 },
	};
	struct capture_value all[LENGTH(expected) + 24];
	struct bms_settings found = settings(BMS_JK_DIALECT_24S, bd6a17s6p_settings_frame);

	(void)state;
	memcpy(all, expected, sizeof(expected));
	for (size_t i = 0; i < 24; i++)
		all[LENGTH(expected) + i] =
			(struct capture_value){ (uint16_t)(BMS_SETTING_SLOT_WIRE_RESISTANCE + i),
				0 };
	expect_settings(&found, all, LENGTH(all));
}

static void the_oldest_layouts_singles_read_as_millivolts(void **state)
{
	static const struct capture_value expected[] = {
		{ BMS_SLOT_CELL_MV, 3350 },
		{ BMS_SLOT_CELL_MV + 1, 3354 },
		{ BMS_SLOT_CELL_MV + 15, 3351 },
		{ BMS_SLOT_CELL_AVERAGE_MV, 3353 },
		{ BMS_SLOT_CELL_DELTA_MV, 4 },
		{ BMS_SLOT_CELL_MASK, 0xFFFF },
		{ BMS_SLOT_WIRE_MOHM, 159 },
		{ BMS_SLOT_WIRE_MOHM + 15, 119 },
		{ BMS_SLOT_BALANCE_STATE, 0 },
		{ BMS_SLOT_BALANCE_MA, 0 },
		{ BMS_SLOT_RUNTIME_S, 1873491 },
	};
	struct bms_telemetry telemetry = live(BMS_JK_DIALECT_04, jk04_live_frame);

	(void)state;
	expect_telemetry(&telemetry, expected, LENGTH(expected));
	assert_int_equal(bms_telemetry_length(&telemetry, BMS_FIELD_CELL_MV), 16);
	assert_false(bms_telemetry_has(&telemetry, BMS_SLOT_PACK_MV));
	assert_false(bms_telemetry_has(&telemetry, BMS_SLOT_CURRENT_MA));
	assert_false(bms_telemetry_has(&telemetry, BMS_SLOT_SOC_PCT));
}

static void the_oldest_layouts_settings_read_field_by_field(void **state)
{
	static const struct capture_value expected[] = {
		{ BMS_SETTING_SLOT_CELL_COUNT, 16 },
		{ BMS_SETTING_SLOT_POWER_OFF_VOLTAGE, 3000 },
		{ BMS_SETTING_SLOT_BALANCE_START_VOLTAGE, 4250 },
		{ BMS_SETTING_SLOT_BALANCE_TRIGGER, 5 },
		{ BMS_SETTING_SLOT_BALANCE_CURRENT, 2000 },
		{ BMS_SETTING_SLOT_BALANCE_SWITCH, 1 },
	};
	struct bms_settings found = settings(BMS_JK_DIALECT_04, jk04_settings_frame);

	(void)state;
	expect_settings(&found, expected, LENGTH(expected));
}

static void the_later_dialect_is_the_registers_layout(void **state)
{
	struct bms_telemetry telemetry = live(BMS_JK_DIALECT_32S, relay_live_frames[0]);
	struct bms_settings found = settings(BMS_JK_DIALECT_32S, relay_settings_frame);

	(void)state;
	expect_telemetry(&telemetry, relay_live[0].values, relay_live[0].count);
	for (size_t i = 0; i < LENGTH(relay_settings); i++) {
		assert_true(bms_settings_has(&found, relay_settings[i].slot));
		assert_int_equal(found.value[relay_settings[i].slot], relay_settings[i].value);
	}
}

static void the_software_of_captured_boards_tells_their_dialect(void **state)
{
	const struct {
		const char *frame;
		enum bms_jk_dialect dialect;
	} boards[] = {
		{ relay_device_frame, BMS_JK_DIALECT_32S },
		{ pb2a16s20p_device_frame, BMS_JK_DIALECT_32S },
		{ old_device_frame, BMS_JK_DIALECT_24S },
		{ bd6a17s6p_device_frame, BMS_JK_DIALECT_24S },
		{ jk04_device_frame, BMS_JK_DIALECT_04 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(boards); i++) {
		struct bms_identity found = identity(boards[i].frame);
		enum bms_jk_dialect dialect;

		assert_int_equal(bms_jk_dialect_of(&found, &dialect), BMS_OK);
		assert_int_equal(dialect, boards[i].dialect);
	}
}

static enum bms_status dialect_of(
	const char *model, const char *software, enum bms_jk_dialect *ret_dialect)
{
	struct bms_identity odd = { 0 };

	strcpy(odd.text[BMS_IDENTITY_MODEL], model);
	strcpy(odd.text[BMS_IDENTITY_SOFTWARE], software);
	return bms_jk_dialect_of(&odd, ret_dialect);
}

static void a_software_nobody_knows_is_not_guessed_at(void **state)
{
	const char *const odd[] = { "", "V", "0.1", "2.9", "4.0", "6.7", "100.1", "99999999999" };
	enum bms_jk_dialect dialect = BMS_JK_DIALECTS;

	(void)state;
	for (size_t i = 0; i < LENGTH(odd); i++)
		assert_int_equal(dialect_of("JK-B2A24S", odd[i], &dialect), BMS_UNKNOWN);
	assert_int_equal(dialect, BMS_JK_DIALECTS);
	assert_int_equal(dialect_of("JK-B2A24S", "V11.20", &dialect), BMS_OK);
	assert_int_equal(dialect, BMS_JK_DIALECT_32S);
}

static void one_model_kept_the_oldest_layout_under_software_8(void **state)
{
	enum bms_jk_dialect dialect;

	(void)state;
	assert_int_equal(dialect_of("JK-B5A24S", "8.0.3M", &dialect), BMS_OK);
	assert_int_equal(dialect, BMS_JK_DIALECT_04);
	assert_int_equal(dialect_of("JK-B2A24S15P", "8.0.6G", &dialect), BMS_OK);
	assert_int_equal(dialect, BMS_JK_DIALECT_24S);
}

static void expect_write(enum bms_jk_dialect dialect, size_t slot, int64_t value, const char *hex)
{
	uint8_t expected[BMS_JK_COMMAND_SIZE];
	uint8_t command[BMS_JK_COMMAND_SIZE];

	capture_bytes(hex, expected, sizeof(expected));
	assert_int_equal(bms_jk_dialect_write(dialect, slot, value, command), BMS_OK);
	assert_memory_equal(command, expected, sizeof(expected));
}

/* The first three are documented by their captures; those of singles lie in HCI logs as numbers. */
static void settings_are_written_as_the_app_writes_them(void **state)
{
	(void)state;
	expect_write(BMS_JK_DIALECT_32S, BMS_SETTING_SLOT_CELL_OVP, 3650,
		"aa5590eb0404420e0000000000000000000000d2");
	expect_write(BMS_JK_DIALECT_32S, BMS_SETTING_SLOT_CHARGE_SWITCH, 1,
		"aa5590eb1d04010000000000000000000000009c");
	expect_write(BMS_JK_DIALECT_32S, BMS_SETTING_SLOT_PRECHARGE_TIME, 4,
		"aa5590eb250404000000000000000000000000a7");
	expect_write(BMS_JK_DIALECT_32S, BMS_SETTING_SLOT_HEATING_START, 3,
		"aa5590eb370103000000000000000000000000b5");
	expect_write(BMS_JK_DIALECT_32S, BMS_SETTING_SLOT_HEATING_SWITCH, 1,
		"aa5590eb270401000000000000000000000000a6");
	expect_write(BMS_JK_DIALECT_32S, BMS_SETTING_SLOT_CHARGE_UTP, -200,
		"aa5590eb180438ffffff000000000000000000cb");
	expect_write(BMS_JK_DIALECT_32S, BMS_SETTING_SLOT_BUZZER_TRIGGER, 9,
		"aa5590eba902090000000000000000000000002e");
	expect_write(BMS_JK_DIALECT_24S, BMS_SETTING_SLOT_SCP_DELAY, 1500,
		"aa5590eb2504dc05000000000000000000000084");
	expect_write(BMS_JK_DIALECT_24S, BMS_SETTING_SLOT_WIRE_RESISTANCE + 23, 5,
		"aa5590eb3e0405000000000000000000000000c1");
	expect_write(BMS_JK_DIALECT_04, BMS_SETTING_SLOT_POWER_OFF_VOLTAGE, 3000,
		"aa5590eb2004000040400000000000000000001e");
	expect_write(BMS_JK_DIALECT_04, BMS_SETTING_SLOT_CELL_COUNT, 16,
		"aa5590eb1c0210000000000000000000000000a8");
	expect_write(BMS_JK_DIALECT_04, BMS_SETTING_SLOT_BALANCE_SWITCH, 1,
		"aa5590eb6c0101000000000000000000000000e8");
}

static void what_nobody_has_captured_is_not_written(void **state)
{
	static const struct {
		enum bms_jk_dialect dialect;
		size_t slot;
	} unknown[] = {
		{ BMS_JK_DIALECT_32S, BMS_SETTING_SLOT_WIRE_RESISTANCE },
		{ BMS_JK_DIALECT_24S, BMS_SETTING_SLOT_WIRE_RESISTANCE + 24 },
		{ BMS_JK_DIALECT_24S, BMS_SETTING_SLOT_SOC100_VOLTAGE },
		{ BMS_JK_DIALECT_24S, BMS_SETTING_SLOT_UART1_PROTOCOL },
		{ BMS_JK_DIALECT_04, BMS_SETTING_SLOT_BALANCE_START_VOLTAGE },
		{ BMS_JK_DIALECT_04, BMS_SETTING_SLOT_CELL_OVP },
	};
	uint8_t command[BMS_JK_COMMAND_SIZE] = { 0xEE };

	(void)state;
	for (size_t i = 0; i < LENGTH(unknown); i++)
		assert_int_equal(
			bms_jk_dialect_write(unknown[i].dialect, unknown[i].slot, 1, command),
			BMS_UNKNOWN);
	assert_int_equal(bms_jk_dialect_write(
				 BMS_JK_DIALECT_32S, BMS_SETTING_SLOT_HEATING_START, 128, command),
		BMS_OUT_OF_RANGE);
	assert_int_equal(
		bms_jk_dialect_write(BMS_JK_DIALECT_32S, BMS_SETTING_SLOT_SMART_SLEEP, 2, command),
		BMS_OUT_OF_RANGE);
	assert_int_equal(command[0], 0xEE);
}

/* The firmware's own reader of commands is the judge. */
static void every_32s_setting_comes_back_out_of_its_command(void **state)
{
	size_t written = 0;

	(void)state;
	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++) {
		const struct bms_setting_row *row = &bms_setting_rows[bms_setting_of_slot(slot)];
		uint8_t out[BMS_JK_COMMAND_SIZE];
		struct bms_jk_command command;
		int64_t value;
		size_t back;

		if (bms_jk_dialect_write(BMS_JK_DIALECT_32S, slot, row->min, out) != BMS_OK)
			continue;
		written++;
		assert_int_equal(bms_jk_command_parse(out, sizeof(out), &command), BMS_OK);
		assert_int_equal(bms_jk_command_setting(&command, &back, &value), BMS_OK);
		assert_int_equal(back, slot);
		assert_int_equal(value, row->min);
	}
	/* All but the calibration of 32 wires, whose form nobody has captured. */
	assert_int_equal(written, BMS_SETTING_SLOTS - 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eight_cells_of_24_read_as_their_source_says),
		cmocka_unit_test(sixteen_cells_of_24_charging_read_as_their_source_says),
		cmocka_unit_test(temperatures_below_zero_read_with_their_sign),
		cmocka_unit_test(all_24_cells_and_their_wires_are_read),
		cmocka_unit_test(settings_of_24_cells_read_field_by_field),
		cmocka_unit_test(the_oldest_layouts_singles_read_as_millivolts),
		cmocka_unit_test(the_oldest_layouts_settings_read_field_by_field),
		cmocka_unit_test(the_later_dialect_is_the_registers_layout),
		cmocka_unit_test(the_software_of_captured_boards_tells_their_dialect),
		cmocka_unit_test(a_software_nobody_knows_is_not_guessed_at),
		cmocka_unit_test(one_model_kept_the_oldest_layout_under_software_8),
		cmocka_unit_test(settings_are_written_as_the_app_writes_them),
		cmocka_unit_test(what_nobody_has_captured_is_not_written),
		cmocka_unit_test(every_32s_setting_comes_back_out_of_its_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
