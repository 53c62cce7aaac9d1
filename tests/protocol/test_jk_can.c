/* SPDX-License-Identifier: MIT */
/*
 * Captured frames: JK BMS 15.38, 16 cells, 40 Ah, 250 kbit/s. Source:
 * victorstoica114/sigrok-pylon-bms-decoders at 4465229, examples/bridge/jkbms-can-raw-capture.sr,
 * decoded bit by bit, every CRC-15 valid. One frame of each of the twelve ids, from one moment.
 */
#include "check.h"

#include "bms/alarms.h"
#include "bms/jk_can.h"
#include "capture.h"

static const struct {
	enum bms_jk_can frame;
	uint32_t id;
	const char *hex;
} captured[] = {
	{ BMS_JK_CAN_PACK, 0x2F4, "3b02a00f63000000" },
	{ BMS_JK_CAN_EXTREMES, 0x4F4, "f50d01f20d040000" },
	{ BMS_JK_CAN_TEMPERATURE, 0x5F4, "4901490049000000" },
	{ BMS_JK_CAN_CAPACITY, 0x18F128F4, "8b0190015a000000" },
	{ BMS_JK_CAN_PROBES, 0x18F228F4, "1049494a49490000" },
	{ BMS_JK_CAN_STATE, 0x18F428F4, "88820e0000006400" },
	{ BMS_JK_CAN_SWITCHES, 0x18F528F4, "2300000000000000" },
	{ BMS_JK_CAN_CHARGER, 0x1806E5F4, "029e017c00000000" },
	{ BMS_JK_CAN_CELLS_1, 0x18E028F4, "f50df40df30df20d" },
	{ BMS_JK_CAN_CELLS_5, 0x18E128F4, "f20df20df30df30d" },
	{ BMS_JK_CAN_CELLS_9, 0x18E228F4, "f40df30df30df30d" },
	{ BMS_JK_CAN_CELLS_13, 0x18E328F4, "f20df30df20df30d" },
};

static struct bms_telemetry telemetry;
static struct bms_settings settings;
static struct bms_jk_can_options options;
static struct bms_can_frame frame;

static void set(size_t slot, int64_t value)
{
	bms_telemetry_set(&telemetry, slot, value);
}

/* The captured board; tenths of a degree are ours, the frames carry whole ones. */
static int start(void **state)
{
	static const uint16_t cells[] = { 3573, 3572, 3571, 3570, 3570, 3570, 3571, 3571, 3572,
		3571, 3571, 3571, 3570, 3571, 3570, 3571 };
	static const int16_t probes[] = { 231, 236, 240, 233, 234 };

	(void)state;
	telemetry = (struct bms_telemetry){ 0 };
	options = (struct bms_jk_can_options){ 0 };
	bms_settings_preset(&settings, BMS_CHEMISTRY_NMC);
	bms_settings_set(&settings, BMS_SETTING_SLOT_CELL_COUNT, 16);
	bms_settings_set(&settings, BMS_SETTING_SLOT_CHARGE_VOLTAGE_REQUEST, 4190);
	bms_settings_set(&settings, BMS_SETTING_SLOT_CHARGE_OCP, 38000);
	for (size_t i = 0; i < LENGTH(cells); i++)
		set(BMS_SLOT_CELL_MV + i, cells[i]);
	set(BMS_SLOT_CELL_HIGHEST, 0);
	set(BMS_SLOT_CELL_LOWEST, 3);
	set(BMS_SLOT_PACK_MV, 57140);
	set(BMS_SLOT_CURRENT_MA, 0);
	set(BMS_SLOT_SOC_PCT, 99);
	set(BMS_SLOT_REMAINING_MAH, 39500);
	set(BMS_SLOT_FULL_MAH, 40000);
	set(BMS_SLOT_CYCLED_MAH, 9000);
	set(BMS_SLOT_CYCLES, 0);
	set(BMS_SLOT_PROBE_DC, probes[0]);
	set(BMS_SLOT_PROBE_DC + 1, probes[1]);
	set(BMS_SLOT_MOS_DC, probes[2]);
	set(BMS_SLOT_PROBE_DC + 3, probes[3]);
	set(BMS_SLOT_PROBE_DC + 4, probes[4]);
	set(BMS_SLOT_RUNTIME_S, 0x0E8288);
	set(BMS_SLOT_SOH_PCT, 100);
	set(BMS_SLOT_CHARGE_ON, 1);
	set(BMS_SLOT_DISCHARGE_ON, 1);
	set(BMS_SLOT_ACC_ON, 1);
	set(BMS_SLOT_ALARM_BITS, 0);
	return 0;
}

static bool encode(enum bms_jk_can which)
{
	return bms_jk_can_encode(which, &telemetry, &settings, &options, &frame);
}

static void expect_data(const char *hex)
{
	uint8_t data[BMS_CAN_DATA_MAX];

	assert_int_equal(capture_bytes(hex, data, sizeof(data)), sizeof(data));
	assert_int_equal(frame.size, sizeof(data));
	assert_memory_equal(frame.data, data, sizeof(data));
}

static void every_captured_frame_is_encoded_byte_for_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(captured); i++) {
		assert_true(encode(captured[i].frame));
		assert_int_equal(frame.id, captured[i].id);
		assert_int_equal(frame.extended, captured[i].id > 0x7FF);
		expect_data(captured[i].hex);
	}
}

/* Medians of the capture. */
static void the_periods_are_the_captured_ones(void **state)
{
	static const uint16_t periods[] = { 100, 100, 1000, 200, 1000, 1000, 500, 500, 1500, 1500,
		1500, 1500 };

	(void)state;
	for (size_t i = 0; i < LENGTH(captured); i++)
		assert_int_equal(bms_jk_can_rows[captured[i].frame].period_ms, periods[i]);
}

static void captured_frames_decode_to_what_was_encoded(void **state)
{
	static const uint8_t slots[] = { BMS_SLOT_SOC_PCT, BMS_SLOT_CURRENT_MA,
		BMS_SLOT_REMAINING_MAH, BMS_SLOT_FULL_MAH, BMS_SLOT_CYCLED_MAH, BMS_SLOT_CYCLES,
		BMS_SLOT_RUNTIME_S, BMS_SLOT_SOH_PCT, BMS_SLOT_CHARGE_ON, BMS_SLOT_DISCHARGE_ON,
		BMS_SLOT_ACC_ON, BMS_SLOT_CELL_HIGHEST, BMS_SLOT_CELL_LOWEST };
	struct bms_telemetry told = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH(captured); i++) {
		assert_true(encode(captured[i].frame));
		assert_int_equal(bms_jk_can_decode(&frame, &options, &told), BMS_OK);
	}
	for (size_t i = 0; i < LENGTH(slots); i++)
		assert_int_equal(told.value[slots[i]], telemetry.value[slots[i]]);
	for (size_t i = 0; i < 16; i++)
		assert_int_equal(
			told.value[BMS_SLOT_CELL_MV + i], telemetry.value[BMS_SLOT_CELL_MV + i]);
	assert_int_equal(told.value[BMS_SLOT_PACK_MV], 57100);
	assert_int_equal(told.value[BMS_SLOT_PROBE_DC], 230);
	assert_false(bms_telemetry_has(&told, BMS_SLOT_CELL_MV + 16));
}

static void a_pack_sends_as_many_cell_frames_as_it_has_cells(void **state)
{
	(void)state;
	for (size_t cells = 8; cells <= 25; cells++) {
		size_t sent = 0;

		telemetry = (struct bms_telemetry){ 0 };
		for (size_t i = 0; i < cells; i++)
			set(BMS_SLOT_CELL_MV + i, 3300);
		for (int which = BMS_JK_CAN_CELLS_1; which <= BMS_JK_CAN_CELLS_25; which++)
			sent += encode((enum bms_jk_can)which);
		assert_int_equal(sent, (cells + 3) / 4);
	}
	assert_int_equal(frame.id, 0x18E628F4);
	expect_data("e40c000000000000");
}

static void the_address_is_added_to_every_id(void **state)
{
	struct bms_telemetry told = { 0 };

	(void)state;
	options.address = 1;
	for (size_t i = 0; i < LENGTH(captured); i++) {
		assert_true(encode(captured[i].frame));
		assert_int_equal(frame.id, captured[i].id + 1);
	}
	options.address = 0;
	assert_int_equal(bms_jk_can_decode(&frame, &options, &told), BMS_UNKNOWN);
}

static void a_current_is_charge_positive_unless_chosen_otherwise_and_saturates(void **state)
{
	static const struct {
		int32_t ma;
		bool discharge_positive;
		int32_t told_ma;
	} cases[] = {
		{ 12300, false, 12300 },
		{ -12300, false, -12300 },
		{ -12300, true, -12300 },
		{ -1000000, false, -400000 },
		{ -1000000, true, -1000000 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct bms_telemetry told = { 0 };

		options.discharge_positive = cases[i].discharge_positive;
		set(BMS_SLOT_CURRENT_MA, cases[i].ma);
		assert_true(encode(BMS_JK_CAN_PACK));
		assert_int_equal(bms_jk_can_decode(&frame, &options, &told), BMS_OK);
		assert_int_equal(told.value[BMS_SLOT_CURRENT_MA], cases[i].told_ma);
	}
}

static void alarm_frames_are_sent_only_while_there_is_an_alarm(void **state)
{
	(void)state;
	assert_false(encode(BMS_JK_CAN_ALARMS));
	assert_false(encode(BMS_JK_CAN_ERRORS));
	set(BMS_SLOT_ALARM_BITS, BMS_ALARM_BIT(BMS_ALARM_DEFAULT_PASSWORD));
	assert_false(encode(BMS_JK_CAN_ALARMS));
	assert_false(encode(BMS_JK_CAN_ERRORS));
	set(BMS_SLOT_ALARM_BITS, BMS_ALARM_BIT(BMS_ALARM_CELL_UVP));
	assert_true(encode(BMS_JK_CAN_ALARMS));
	expect_data("0400000000000000");
	assert_true(encode(BMS_JK_CAN_ERRORS));
	expect_data("0008000000000000");
}

/* The document's example: power stage, cell and pack undervoltage, discharge overcurrent. */
static void the_documents_example_of_errors_is_the_shifted_reading(void **state)
{
	int64_t alarms = BMS_ALARM_BIT(BMS_ALARM_MOS_OTP) | BMS_ALARM_BIT(BMS_ALARM_CELL_UVP) |
			 BMS_ALARM_BIT(BMS_ALARM_PACK_UVP);
	struct bms_telemetry told = { 0 };

	(void)state;
	set(BMS_SLOT_ALARM_BITS, alarms);
	options.errors_shifted = true;
	assert_true(encode(BMS_JK_CAN_ERRORS));
	expect_data("0230000000000000");
	assert_int_equal(bms_jk_can_decode(&frame, &options, &told), BMS_OK);
	assert_int_equal(told.value[BMS_SLOT_ALARM_BITS], alarms);
}

static void a_board_without_probes_sends_no_temperatures(void **state)
{
	struct bms_telemetry told = { 0 };

	(void)state;
	telemetry = (struct bms_telemetry){ 0 };
	assert_false(encode(BMS_JK_CAN_TEMPERATURE));
	assert_true(encode(BMS_JK_CAN_PROBES));
	assert_int_equal(bms_jk_can_decode(&frame, &options, &told), BMS_OK);
	assert_false(bms_telemetry_has(&told, BMS_SLOT_PROBE_DC));
}

static void a_board_without_a_request_asks_for_its_full_voltage(void **state)
{
	(void)state;
	bms_settings_set(&settings, BMS_SETTING_SLOT_CHARGE_VOLTAGE_REQUEST, 0);
	set(BMS_SLOT_CHARGE_ON, 0);
	set(BMS_SLOT_HEATER_ON, 1);
	assert_true(encode(BMS_JK_CAN_CHARGER));
	expect_data("029c017c01010000");
}

static void a_control_frame_names_the_switches_it_selects(void **state)
{
	struct bms_can_frame control = {
		.id = 0x18F0F428, .extended = true, .size = 8, .data = { 0x05, 1, 1, 0 }
	};
	size_t slots[3];
	int64_t wanted[3];

	(void)state;
	assert_int_equal(bms_jk_can_control(&control, slots, wanted), 2);
	assert_int_equal(slots[0], BMS_SETTING_SLOT_CHARGE_SWITCH);
	assert_int_equal(wanted[0], 1);
	assert_int_equal(slots[1], BMS_SETTING_SLOT_BALANCE_SWITCH);
	assert_int_equal(wanted[1], 0);
	control.data[1] = 7;
	assert_int_equal(bms_jk_can_control(&control, slots, wanted), 1);
	control.id++;
	assert_int_equal(bms_jk_can_control(&control, slots, wanted), 0);
}

static void strange_and_short_frames_are_refused(void **state)
{
	struct bms_telemetry told = { 0 };

	(void)state;
	assert_true(encode(BMS_JK_CAN_PACK));
	frame.size = 7;
	assert_int_equal(bms_jk_can_decode(&frame, &options, &told), BMS_SHORT);
	frame.size = 8;
	frame.extended = true;
	assert_int_equal(bms_jk_can_decode(&frame, &options, &told), BMS_UNKNOWN);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_captured_frame_is_encoded_byte_for_byte),
		TEST(the_periods_are_the_captured_ones),
		TEST(captured_frames_decode_to_what_was_encoded),
		TEST(a_pack_sends_as_many_cell_frames_as_it_has_cells),
		TEST(the_address_is_added_to_every_id),
		TEST(a_current_is_charge_positive_unless_chosen_otherwise_and_saturates),
		TEST(alarm_frames_are_sent_only_while_there_is_an_alarm),
		TEST(the_documents_example_of_errors_is_the_shifted_reading),
		TEST(a_board_without_probes_sends_no_temperatures),
		TEST(a_board_without_a_request_asks_for_its_full_voltage),
		TEST(a_control_frame_names_the_switches_it_selects),
		TEST(strange_and_short_frames_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
