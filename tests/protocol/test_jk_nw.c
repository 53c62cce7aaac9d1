/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "bms/alarms.h"
#include "bms/jk_nw.h"
#include "captures_nw.h"

struct expected {
	enum bms_nw_number number;
	int64_t value;
};

static uint8_t bytes[BMS_NW_FRAME_MAX];
static struct bms_nw_frame frame;
static struct bms_nw_report report;

static void take(const char *hex, uint8_t command, uint16_t info_size)
{
	size_t size = capture_bytes(hex, bytes, sizeof(bytes));

	memset(&report, 0, sizeof(report));
	assert_int_equal(bms_nw_frame_size(bytes, size), size);
	assert_int_equal(bms_nw_parse(bytes, size, &frame), BMS_OK);
	assert_int_equal(frame.command, command);
	assert_int_equal(frame.source, BMS_NW_FROM_BMS);
	assert_int_equal(frame.type, BMS_NW_REPLY);
	assert_int_equal(frame.info_size, info_size);
	assert_int_equal(bms_nw_decode(frame.info, frame.info_size, &report), BMS_OK);
}

static void expect(const struct expected *expected, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_true(report.has_number[expected[i].number]);
		assert_int_equal(report.number[expected[i].number], expected[i].value);
	}
}

/* Values stated by the source's own test, and read by hand. */
static void the_captured_board_of_14_cells_says_what_its_source_states(void **state)
{
	static const uint16_t cells[] = { 3984, 3985, 3988, 3982, 3986, 3985, 3985, 3985, 3987,
		3982, 3985, 3984, 3984, 3981 };
	static const struct expected expected[] = {
		{ BMS_NW_MOS_C, 33 },
		{ BMS_NW_PROBE1_C, 28 },
		{ BMS_NW_PROBE2_C, 30 },
		{ BMS_NW_PACK_CV, 5578 },
		{ BMS_NW_CURRENT_CA, 453 },
		{ BMS_NW_SOC_PCT, 100 },
		{ BMS_NW_CYCLES, 25 },
		{ BMS_NW_CYCLED_AH, 5850 },
		{ BMS_NW_STATUS, 3 },
		{ BMS_NW_CELL_OVP, 4150 },
		{ BMS_NW_CELL_UVP, 3100 },
		{ BMS_NW_DISCHARGE_OCP, 110 },
		{ BMS_NW_CHARGE_OCP, 85 },
		{ BMS_NW_CHARGE_UTP, 1 },
		{ BMS_NW_DISCHARGE_UTP, -20 },
		{ BMS_NW_CAPACITY_AH, 234 },
		{ BMS_NW_RUNTIME_MIN, 99043 },
		{ BMS_NW_PROTOCOL_VERSION, 1 },
	};

	(void)state;
	take(nw_14_cells, BMS_NW_READ, 285 - BMS_NW_OVERHEAD);
	assert_int_equal(report.cells, LENGTH(cells));
	assert_memory_equal(report.cell_mv, cells, sizeof(cells));
	expect(expected, LENGTH(expected));
	assert_memory_equal(report.text[BMS_NW_TEXT_VERSIONS], "11.XW_S11.261__", 15);
	assert_memory_equal(report.text[BMS_NW_TEXT_MAKER], "Input UserdaJK_B1A20S15P", 24);
}

static void the_captured_board_of_4_cells_says_what_its_source_states(void **state)
{
	static const struct expected expected[] = {
		{ BMS_NW_PACK_CV, 1324 },
		{ BMS_NW_CURRENT_CA, 0 },
		{ BMS_NW_SOC_PCT, 98 },
		{ BMS_NW_PROBE2_C, 26 },
		{ BMS_NW_CAPACITY_AH, 320 },
		{ BMS_NW_CURRENT_CALIBRATION, 988 },
		{ BMS_NW_BATTERY_TYPE, 0 },
	};

	(void)state;
	take(nw_4_cells, BMS_NW_READ_ALL, 255 - BMS_NW_OVERHEAD);
	assert_int_equal(report.cells, 4);
	assert_int_equal(report.cell_mv[3], 3311);
	expect(expected, LENGTH(expected));
}

static void what_a_captured_reply_says_encodes_to_the_same_bytes(void **state)
{
	static const struct {
		const char *hex;
		uint8_t command;
		uint16_t size;
	} replies[] = { { nw_14_cells, BMS_NW_READ, 285 }, { nw_4_cells, BMS_NW_READ_ALL, 255 } };

	(void)state;
	for (size_t i = 0; i < LENGTH(replies); i++) {
		uint8_t out[BMS_NW_FRAME_MAX];
		size_t size;

		take(replies[i].hex, replies[i].command, replies[i].size - BMS_NW_OVERHEAD);
		size = bms_nw_encode(&report, out + BMS_NW_INFO);
		size = bms_nw_seal(out, replies[i].command, BMS_NW_FROM_BMS, BMS_NW_REPLY, size);
		assert_int_equal(size, replies[i].size);
		assert_memory_equal(out, bytes, size);
	}
}

/* The request of the document, and a switch write somebody captured (its type is 2). */
static void captured_requests_are_taken_apart(void **state)
{
	static const char read_all[] = "4e5700130000000006030000000000006800000129";
	static const char charge_on[] = "4e570014000000000203"
					"02ab010000000068000001d4";
	size_t size = capture_bytes(read_all, bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(size, 21);
	assert_int_equal(bms_nw_parse(bytes, size, &frame), BMS_OK);
	assert_int_equal(frame.command, BMS_NW_READ_ALL);
	assert_int_equal(frame.source, BMS_NW_FROM_PC);
	size = capture_bytes(charge_on, bytes, sizeof(bytes));
	assert_int_equal(bms_nw_parse(bytes, size, &frame), BMS_OK);
	assert_int_equal(frame.command, BMS_NW_WRITE);
	assert_int_equal(frame.type, BMS_NW_UNASKED);
	assert_int_equal(frame.info_size, 2);
	assert_int_equal(bms_nw_number_by_id(frame.info[0]), BMS_NW_CHARGE_SWITCH);
	assert_int_equal(frame.info[1], 1);
}

static void a_frame_with_any_one_byte_wrong_is_refused(void **state)
{
	size_t size = capture_bytes(nw_4_cells, bytes, sizeof(bytes));

	(void)state;
	for (size_t i = 0; i < size; i++) {
		bytes[i] ^= 0x21;
		/* The two bytes of the unused CRC are not part of the sum. */
		if (i != size - 4 && i != size - 3)
			assert_int_not_equal(bms_nw_parse(bytes, size, &frame), BMS_OK);
		bytes[i] ^= 0x21;
	}
}

static void a_cut_frame_is_short_and_a_grown_one_long(void **state)
{
	size_t size = capture_bytes(nw_4_cells, bytes, sizeof(bytes));

	(void)state;
	for (size_t i = 0; i < size; i++)
		assert_int_equal(bms_nw_parse(bytes, i, &frame), BMS_SHORT);
	assert_int_equal(bms_nw_parse(bytes, size + 1, &frame), BMS_LONG);
}

static void a_length_no_frame_has_is_a_bad_length(void **state)
{
	uint8_t tiny[] = { 0x4E, 0x57, 0x00, 0x05, 0, 0, 0 };
	uint8_t huge[] = { 0x4E, 0x57, 0x70, 0x05, 0, 0, 0 };

	(void)state;
	assert_int_equal(bms_nw_parse(tiny, sizeof(tiny), &frame), BMS_BAD_LENGTH);
	assert_int_equal(bms_nw_parse(huge, sizeof(huge), &frame), BMS_BAD_LENGTH);
}

static void information_cut_anywhere_is_short_and_an_unknown_id_is_told(void **state)
{
	static const uint8_t strange[] = { 0x85, 99, 0x77, 1 };

	(void)state;
	take(nw_4_cells, BMS_NW_READ_ALL, 255 - BMS_NW_OVERHEAD);
	assert_int_equal(bms_nw_decode(frame.info, 5, &report), BMS_SHORT);
	assert_int_equal(bms_nw_decode(frame.info, frame.info_size - 1u, &report), BMS_SHORT);
	assert_int_equal(bms_nw_decode(strange, sizeof(strange), &report), BMS_UNKNOWN);
	assert_int_equal(report.number[BMS_NW_SOC_PCT], 99);
}

static void a_current_that_does_not_fit_is_said_as_the_largest_one(void **state)
{
	static const struct {
		int64_t value, told;
	} cases[] = { { 453, 453 }, { -453, -453 }, { 100000, 32767 }, { -100000, -32767 } };
	uint8_t info[BMS_NW_INFO_MAX];

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct bms_nw_report said = { 0 }, heard = { 0 };

		said.number[BMS_NW_CURRENT_CA] = cases[i].value;
		said.has_number[BMS_NW_CURRENT_CA] = true;
		assert_int_equal(bms_nw_decode(info, bms_nw_encode(&said, info), &heard), BMS_OK);
		assert_int_equal(heard.number[BMS_NW_CURRENT_CA], cases[i].told);
	}
}

static void every_temperature_from_minus_40_to_98_survives(void **state)
{
	uint8_t info[BMS_NW_INFO_MAX];

	(void)state;
	for (int64_t c = -40; c <= 98; c++) {
		struct bms_nw_report said = { 0 }, heard = { 0 };

		said.number[BMS_NW_PROBE1_C] = c;
		said.has_number[BMS_NW_PROBE1_C] = true;
		assert_int_equal(bms_nw_encode(&said, info), 3);
		assert_int_equal(info[2], c < 0 ? 100 - c : c);
		assert_int_equal(bms_nw_decode(info, 3, &heard), BMS_OK);
		assert_int_equal(heard.number[BMS_NW_PROBE1_C], c);
	}
}

static void a_board_of_25_cells_fills_318_bytes(void **state)
{
	struct bms_telemetry telemetry = { 0 }, told = { 0 };
	struct bms_settings settings = { 0 };
	struct bms_identity identity = { 0 };
	uint8_t out[BMS_NW_FRAME_MAX];
	size_t size;

	(void)state;
	bms_settings_preset(&settings, BMS_CHEMISTRY_LFP);
	for (size_t i = 0; i < 25; i++)
		bms_telemetry_set(&telemetry, BMS_SLOT_CELL_MV + i, 3300 + (int64_t)i);
	bms_telemetry_set(&telemetry, BMS_SLOT_PACK_MV, 82800);
	bms_telemetry_set(&telemetry, BMS_SLOT_CURRENT_MA, -12340);
	bms_telemetry_set(&telemetry, BMS_SLOT_DISCHARGE_ON, 1);
	memcpy(identity.text[BMS_IDENTITY_HARDWARE], "11A", 3);
	memcpy(identity.text[BMS_IDENTITY_SOFTWARE], "11.55", 5);
	memcpy(identity.text[BMS_IDENTITY_SETTINGS_PASSWORD], "secret", 6);
	bms_nw_report_board(&report, &telemetry, &settings, &identity);
	size = bms_nw_encode(&report, out + BMS_NW_INFO);
	size = bms_nw_seal(out, BMS_NW_READ_ALL, BMS_NW_FROM_BMS, BMS_NW_REPLY, size);
	assert_int_equal(size, 318);
	assert_memory_equal(report.text[BMS_NW_TEXT_VERSIONS], "11A_____S11.55_", 15);
	for (size_t i = 0; i + 6 <= size; i++)
		assert_memory_not_equal(out + i, "secret", 6);
	bms_nw_report_telemetry(&report, &told);
	assert_int_equal(told.value[BMS_SLOT_CELL_MV + 24], 3324);
	assert_int_equal(told.value[BMS_SLOT_PACK_MV], 82800);
	assert_int_equal(told.value[BMS_SLOT_CURRENT_MA], -12340);
	assert_int_equal(told.value[BMS_SLOT_DISCHARGE_ON], 1);
	assert_int_equal(told.value[BMS_SLOT_CHARGE_ON], 0);
}

static void alarms_become_the_protocols_own_bits(void **state)
{
	(void)state;
	assert_int_equal(bms_nw_alarms(0, false), 0);
	assert_int_equal(bms_nw_alarms(0, true), 1);
	assert_int_equal(bms_nw_alarms(BMS_ALARM_BIT(BMS_ALARM_CELL_OVP), false), 0x0404);
	assert_int_equal(bms_nw_alarms(BMS_ALARM_BIT(BMS_ALARM_DISCHARGE_OCP), false), 0x0040);
	assert_int_equal(bms_nw_alarms(BMS_ALARM_BIT(BMS_ALARM_CHARGE_UTP), false), 0x0200);
	assert_int_equal(bms_nw_alarms(BMS_ALARM_BIT(BMS_ALARM_DEFAULT_PASSWORD), false), 0);
}

static void a_setting_in_another_unit_comes_back_in_ours(void **state)
{
	size_t slot;
	int64_t value;

	(void)state;
	assert_true(bms_nw_setting(BMS_NW_DISCHARGE_OCP, 800, &slot, &value));
	assert_int_equal(slot, BMS_SETTING_SLOT_DISCHARGE_OCP);
	assert_int_equal(value, 800000);
	assert_true(bms_nw_setting(BMS_NW_CHARGE_UTP, -5, &slot, &value));
	assert_int_equal(slot, BMS_SETTING_SLOT_CHARGE_UTP);
	assert_int_equal(value, -50);
	assert_false(bms_nw_setting(BMS_NW_CYCLES, 3, &slot, &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_captured_board_of_14_cells_says_what_its_source_states),
		cmocka_unit_test(the_captured_board_of_4_cells_says_what_its_source_states),
		cmocka_unit_test(what_a_captured_reply_says_encodes_to_the_same_bytes),
		cmocka_unit_test(captured_requests_are_taken_apart),
		cmocka_unit_test(a_frame_with_any_one_byte_wrong_is_refused),
		cmocka_unit_test(a_cut_frame_is_short_and_a_grown_one_long),
		cmocka_unit_test(a_length_no_frame_has_is_a_bad_length),
		cmocka_unit_test(information_cut_anywhere_is_short_and_an_unknown_id_is_told),
		cmocka_unit_test(a_current_that_does_not_fit_is_said_as_the_largest_one),
		cmocka_unit_test(every_temperature_from_minus_40_to_98_survives),
		cmocka_unit_test(a_board_of_25_cells_fills_318_bytes),
		cmocka_unit_test(alarms_become_the_protocols_own_bits),
		cmocka_unit_test(a_setting_in_another_unit_comes_back_in_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
