/* SPDX-License-Identifier: MIT */
/* Frames of the board of test_jk_can.c, at the times of its capture. */
#include "check.h"

#include <string.h>

#include "bms/alarms.h"
#include "bms/jk_can_merge.h"
#include "capture.h"

enum {
	MS = 1000,
	START = 5000 * MS,
};

static struct bms_jk_can_merge merge;
static struct bms_telemetry report;

static int start(void **state)
{
	struct bms_jk_can_options options = { 0 };

	(void)state;
	bms_jk_can_merge_init(&merge, &options);
	report = (struct bms_telemetry){ 0 };
	return 0;
}

static enum bms_jk_can_news hear(uint32_t id, const char *hex, uint64_t now_us)
{
	struct bms_can_frame frame = { .id = id, .extended = id > 0x7FF, .size = 8 };
	enum bms_jk_can kind;
	unsigned address;

	assert_int_equal(capture_bytes(hex, frame.data, sizeof(frame.data)), 8);
	assert_true(bms_jk_can_identify(&frame, &kind, &address));
	assert_int_equal(address, 0);
	return bms_jk_can_merge_take(&merge, kind, &frame, now_us);
}

static void hear_all(uint64_t now_us)
{
	hear(0x2F4, "3b02a00f63000000", now_us);
	hear(0x4F4, "f50d01f20d040000", now_us);
	hear(0x5F4, "4901490049000000", now_us);
	hear(0x18F128F4, "8b0190015a000000", now_us);
	hear(0x18F228F4, "1049494a49490000", now_us);
	hear(0x18F428F4, "88820e0000006400", now_us);
	hear(0x18F528F4, "2300000000000000", now_us);
	hear(0x1806E5F4, "029e017c00000000", now_us);
	hear(0x18E028F4, "f50df40df30df20d", now_us);
	hear(0x18E128F4, "f20df20df30df30d", now_us);
	hear(0x18E228F4, "f40df30df30df30d", now_us);
	hear(0x18E328F4, "f20df30df20df30d", now_us);
}

static bool make(uint64_t now_us)
{
	return bms_jk_can_merge_report(&merge, now_us, &report);
}

static void expect(size_t slot, int64_t value)
{
	assert_true(bms_telemetry_has(&report, slot));
	assert_int_equal(report.value[slot], value);
}

static void the_captured_frames_make_the_documented_reading(void **state)
{
	(void)state;
	hear_all(START);
	assert_true(make(START + 200 * MS));
	expect(BMS_SLOT_PACK_MV, 57100);
	expect(BMS_SLOT_CURRENT_MA, 0);
	expect(BMS_SLOT_SOC_PCT, 99);
	expect(BMS_SLOT_REMAINING_MAH, 39500);
	expect(BMS_SLOT_FULL_MAH, 40000);
	expect(BMS_SLOT_CYCLED_MAH, 9000);
	expect(BMS_SLOT_CELL_MV, 3573);
	expect(BMS_SLOT_CELL_MV + 15, 3571);
	expect(BMS_SLOT_CELL_DELTA_MV, 3);
	expect(BMS_SLOT_PROBE_DC + 2, 240);
	expect(BMS_SLOT_CHARGE_REQUEST_MV, 67000);
	expect(BMS_SLOT_CHARGE_REQUEST_MA, 38000);
	expect(BMS_SLOT_CHARGE_ON, 1);
	expect(BMS_SLOT_DISCHARGE_ON, 1);
	expect(BMS_SLOT_BALANCE_ON, 0);
	expect(BMS_SLOT_ACC_ON, 1);
	expect(BMS_SLOT_ALARM_BITS, 0);
}

static void what_can_does_not_carry_is_absent(void **state)
{
	(void)state;
	hear_all(START);
	assert_true(make(START + 200 * MS));
	assert_false(bms_telemetry_has(&report, BMS_SLOT_WIRE_MOHM));
	assert_false(bms_telemetry_has(&report, BMS_SLOT_CELL_MASK));
	assert_false(bms_telemetry_has(&report, BMS_SLOT_MOS_DC));
	assert_false(bms_telemetry_has(&report, BMS_SLOT_BALANCE_STATE));
	assert_false(bms_telemetry_has(&report, BMS_SLOT_PRECHARGE_ON));
	assert_false(bms_telemetry_has(&report, BMS_SLOT_CELL_MV + 16));
}

static void a_board_that_has_only_begun_to_talk_makes_no_reading(void **state)
{
	(void)state;
	assert_false(make(START));
	hear(0x2F4, "3b02a00f63000000", START);
	assert_false(make(START));
	hear_all(START + 50 * MS);
	assert_false(make(START + 60 * MS)); /* other cells may follow */
	assert_true(make(START + 200 * MS));
}

static void a_board_that_never_says_some_things_is_read_without_them(void **state)
{
	(void)state;
	for (uint64_t ms = 0; ms <= 3000; ms += 100)
		hear(0x2F4, "3b02a00f63000000", START + ms * MS);
	assert_true(make(START + 3000 * MS));
	expect(BMS_SLOT_SOC_PCT, 99);
	assert_false(bms_telemetry_has(&report, BMS_SLOT_CELL_MV));
	assert_false(bms_telemetry_has(&report, BMS_SLOT_CHARGE_ON));
}

static void a_part_that_is_not_heard_any_more_becomes_absent(void **state)
{
	(void)state;
	hear_all(START);
	for (uint64_t ms = 100; ms <= 8000; ms += 100) {
		hear(0x2F4, "3b02a00f63000000", START + ms * MS);
		assert_true(ms < 200 || make(START + ms * MS));
		if (ms >= 200)
			assert_int_equal(
				bms_telemetry_has(&report, BMS_SLOT_CELL_MV), ms <= 4 * 1500);
	}
}

static void a_silent_board_makes_no_reading(void **state)
{
	(void)state;
	hear_all(START);
	assert_true(make(START + 1000 * MS));
	assert_false(make(START + 1001 * MS));
}

static void only_what_is_new_is_news_and_switches_and_alarms_are_events(void **state)
{
	(void)state;
	assert_int_equal(hear(0x2F4, "3b02a00f63000000", START), BMS_JK_CAN_NEW);
	assert_int_equal(hear(0x2F4, "3b02a00f63000000", START + 100 * MS), BMS_JK_CAN_OLD);
	assert_int_equal(hear(0x2F4, "3c02a00f63000000", START + 200 * MS), BMS_JK_CAN_NEW);
	assert_int_equal(hear(0x18F528F4, "2300000000000000", START), BMS_JK_CAN_EVENT);
	assert_int_equal(hear(0x18F528F4, "2300000000000000", START + MS), BMS_JK_CAN_OLD);
	assert_int_equal(hear(0x18F528F4, "2200000000000000", START + 2 * MS), BMS_JK_CAN_EVENT);
	assert_int_equal(hear(0x18F328F4, "1000000000000000", START), BMS_JK_CAN_EVENT);
}

static void an_alarm_lasts_as_long_as_its_frame_is_sent(void **state)
{
	(void)state;
	hear_all(START);
	hear(0x18F328F4, "1000000000000000", START + 100 * MS);
	assert_true(make(START + 200 * MS));
	expect(BMS_SLOT_ALARM_BITS, BMS_ALARM_BIT(BMS_ALARM_CELL_OVP));
	hear(0x2F4, "3b02a00f63000000", START + 1200 * MS);
	assert_true(make(START + 1200 * MS));
	expect(BMS_SLOT_ALARM_BITS, 0);
}

/* The first board's level frame says "serious" of the cells' undervoltage, and nothing more. */
static void levels_alone_tell_the_first_alarm_of_each_and_add_nothing_to_the_word(void **state)
{
	(void)state;
	hear_all(START);
	hear(0x7F4, "0404000000000000", START + 100 * MS);
	assert_true(make(START + 200 * MS));
	expect(BMS_SLOT_ALARM_BITS,
		BMS_ALARM_BIT(BMS_ALARM_CELL_UVP) | BMS_ALARM_BIT(BMS_ALARM_DISCHARGE_OCP));
	hear(0x18F328F4, "0048000000000000", START + 150 * MS);
	assert_true(make(START + 200 * MS));
	expect(BMS_SLOT_ALARM_BITS,
		BMS_ALARM_BIT(BMS_ALARM_CELL_UVP) | BMS_ALARM_BIT(BMS_ALARM_DISCHARGE_SCP));
}

static void a_short_frame_is_refused_and_changes_nothing(void **state)
{
	struct bms_can_frame frame = { .id = 0x2F4, .size = 4 };

	(void)state;
	hear_all(START);
	assert_int_equal(
		bms_jk_can_merge_take(&merge, BMS_JK_CAN_PACK, &frame, START + MS), BMS_JK_CAN_BAD);
	assert_true(make(START + 200 * MS));
	expect(BMS_SLOT_PACK_MV, 57100);
}

static void every_board_of_a_bus_has_its_own_ids(void **state)
{
	(void)state;
	for (unsigned address = 0; address <= BMS_JK_CAN_ADDRESS_MAX; address++) {
		for (int i = 0; i < BMS_JK_CAN_FRAMES; i++) {
			struct bms_can_frame frame = { .id = bms_jk_can_rows[i].id + address,
				.extended = bms_jk_can_rows[i].extended };
			enum bms_jk_can kind;
			unsigned found;

			assert_true(bms_jk_can_identify(&frame, &kind, &found));
			assert_int_equal(kind, i);
			assert_int_equal(found, address);
			frame.extended = !frame.extended;
			assert_false(bms_jk_can_identify(&frame, &kind, &found));
		}
	}
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_captured_frames_make_the_documented_reading),
		TEST(what_can_does_not_carry_is_absent),
		TEST(a_board_that_has_only_begun_to_talk_makes_no_reading),
		TEST(a_board_that_never_says_some_things_is_read_without_them),
		TEST(a_part_that_is_not_heard_any_more_becomes_absent),
		TEST(a_silent_board_makes_no_reading),
		TEST(only_what_is_new_is_news_and_switches_and_alarms_are_events),
		TEST(an_alarm_lasts_as_long_as_its_frame_is_sent),
		TEST(levels_alone_tell_the_first_alarm_of_each_and_add_nothing_to_the_word),
		TEST(a_short_frame_is_refused_and_changes_nothing),
		TEST(every_board_of_a_bus_has_its_own_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
