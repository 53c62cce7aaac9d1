/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bms/alarms.h"
#include "bms/jk_frame.h"
#include "bms/jk_layout.h"
#include "captures_boards.h"
#include "captures_relay.h"
#include "pack/plausibility.h"

static struct bms_telemetry decode(const char *hex)
{
	static uint8_t bytes[BMS_JK_FRAME_SIZE];
	struct bms_telemetry telemetry = { 0 };
	struct bms_jk_frame frame;

	assert_int_equal(capture_bytes(hex, bytes, sizeof(bytes)), BMS_JK_FRAME_SIZE);
	assert_int_equal(bms_jk_frame_parse(bytes, sizeof(bytes), &frame), BMS_OK);
	assert_int_equal(frame.type, BMS_JK_FRAME_LIVE);
	bms_jk_decode_live(&frame.payload, &telemetry);
	return telemetry;
}

/* 25 cells of 3.642 V and more, 91.098 V, no current, no probes. */
static struct bms_telemetry relay_board(void)
{
	return decode(relay_live_frames[0]);
}

static void check_accepted(const struct bms_telemetry *report, const struct bms_telemetry *before)
{
	char reason[PLAUSIBILITY_REASON_SIZE] = "";

	if (!plausibility_accepts(report, before, reason))
		fail_msg("refused: %s", reason);
}

/* The reason must be a sentence that holds these words, figures among them. */
static void check_refused(
	const struct bms_telemetry *report, const struct bms_telemetry *before, const char *words)
{
	char reason[PLAUSIBILITY_REASON_SIZE] = "";

	assert_false(plausibility_accepts(report, before, reason));
	if (!strstr(reason, words))
		fail_msg("'%s' is not in '%s'", words, reason);
}

static void captured_frames_of_four_boards_are_accepted(void **state)
{
	const char *const frames[] = {
		relay_live_frames[0],
		relay_live_frames[1],
		relay_live_frames[2],
		b2a8s20p_live_frame,
		pb2a16s20p_live_frame,
		pb2a16s15p_live_frame,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		struct bms_telemetry report = decode(frames[i]);

		check_accepted(&report, NULL);
		check_accepted(&report, &report);
	}
}

static void consecutive_captured_frames_are_accepted(void **state)
{
	struct bms_telemetry before = decode(relay_live_frames[0]);
	struct bms_telemetry report = decode(relay_live_frames[2]);

	(void)state;
	check_accepted(&report, &before);
}

static void a_reading_without_values_is_not_refused(void **state)
{
	struct bms_telemetry empty = { 0 };
	struct bms_telemetry before = relay_board();

	(void)state;
	check_accepted(&empty, NULL);
	check_accepted(&empty, &before);
}

static void values_outside_their_rows_are_refused(void **state)
{
	struct bms_telemetry report = relay_board();

	(void)state;
	bms_telemetry_set(&report, BMS_SLOT_SOC_PCT, 101);
	check_refused(&report, NULL, "soc_pct 1 is 101, its limits are 0 to 100");
	report = relay_board();
	bms_telemetry_set(&report, BMS_SLOT_CELL_MV + 6, 5501);
	check_refused(&report, NULL, "cell_mv 7 is 5501, its limits are 0 to 5500");
}

static void cells_must_begin_at_the_first_and_have_no_gap(void **state)
{
	struct bms_telemetry report = relay_board();

	(void)state;
	bms_telemetry_set(&report, BMS_SLOT_CELL_MASK, 0x01FFFFFE);
	check_refused(&report, NULL, "0x01fffffe");
	bms_telemetry_set(&report, BMS_SLOT_CELL_MASK, 0x01FF7FFF);
	check_refused(&report, NULL, "0x01ff7fff");
}

/* A sense wire fell off: the alarm must not be lost with the reading that carries it. */
static void a_gap_that_the_board_itself_admits_is_believed(void **state)
{
	struct bms_telemetry report = relay_board();

	(void)state;
	bms_telemetry_set(&report, BMS_SLOT_CELL_MASK, 0x01FFFFFE);
	bms_telemetry_set(&report, BMS_SLOT_ALARM_BITS, BMS_ALARM_BIT(BMS_ALARM_CELL_COUNT));
	check_accepted(&report, NULL);
	bms_telemetry_set(&report, BMS_SLOT_CELL_MASK, 1);
	check_refused(&report, NULL, "0x00000001");
}

static void a_pack_has_two_to_thirty_two_cells(void **state)
{
	struct bms_telemetry report = { 0 };

	(void)state;
	bms_telemetry_set(&report, BMS_SLOT_CELL_MASK, 0);
	check_refused(&report, NULL, "0x00000000");
	bms_telemetry_set(&report, BMS_SLOT_CELL_MASK, 1);
	check_refused(&report, NULL, "0x00000001");
	bms_telemetry_set(&report, BMS_SLOT_CELL_MASK, 3);
	check_accepted(&report, NULL);
	bms_telemetry_set(&report, BMS_SLOT_CELL_MASK, 0xFFFFFFFF);
	check_accepted(&report, NULL);
}

static struct bms_telemetry two_cells(int64_t cell_mv, int64_t pack_mv)
{
	struct bms_telemetry report = { 0 };

	bms_telemetry_set(&report, BMS_SLOT_CELL_MASK, 3);
	bms_telemetry_set(&report, BMS_SLOT_CELL_MV, cell_mv);
	bms_telemetry_set(&report, BMS_SLOT_CELL_MV + 1, cell_mv);
	bms_telemetry_set(&report, BMS_SLOT_PACK_MV, pack_mv);
	return report;
}

static void cells_add_up_to_the_pack_within_two_percent_and_half_a_volt(void **state)
{
	/* 10 V: 200 mV + 500 mV */
	struct bms_telemetry report = two_cells(5350, 10000);

	(void)state;
	check_accepted(&report, NULL);
	report = two_cells(5351, 10000);
	check_refused(
		&report, NULL, "2 cells add up to 10702 mV, but the pack voltage is 10000 mV");
	report = two_cells(4650, 10000);
	check_accepted(&report, NULL);
	report = two_cells(4649, 10000);
	check_refused(&report, NULL, "9298 mV");
}

static void the_sum_is_not_asked_for_when_a_cell_is_missing(void **state)
{
	struct bms_telemetry report = two_cells(3300, 10000);

	(void)state;
	bms_clear_slot(report.present, BMS_SLOT_CELL_MV + 1);
	check_accepted(&report, NULL);
}

static void a_board_that_misses_a_cell_itself_is_believed(void **state)
{
	struct bms_telemetry report = two_cells(3300, 10000);

	(void)state;
	check_refused(&report, NULL, "6600 mV");
	bms_telemetry_set(&report, BMS_SLOT_ALARM_BITS, BMS_ALARM_BIT(BMS_ALARM_CELL_COUNT));
	check_accepted(&report, NULL);
}

static void the_two_copies_of_the_pack_voltage_agree(void **state)
{
	struct bms_telemetry report = relay_board();

	(void)state;
	assert_int_equal(report.value[BMS_SLOT_PACK_MV], 91098);
	/* 91098 mV: 1821 mV + 500 mV */
	bms_telemetry_set(&report, BMS_SLOT_PACK_CV, 9341);
	check_accepted(&report, NULL);
	bms_telemetry_set(&report, BMS_SLOT_PACK_CV, 9342);
	check_refused(
		&report, NULL, "the pack voltage is 91098 mV, but its second copy is 93420 mV");
}

static void counters_do_not_go_back(void **state)
{
	static const size_t slots[] = {
		BMS_SLOT_RUNTIME_S,
		BMS_SLOT_CYCLES,
		BMS_SLOT_CYCLED_MAH,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		struct bms_telemetry before = relay_board();
		struct bms_telemetry report = relay_board();

		before.value[slots[i]] = 1000;
		report.value[slots[i]] = 999;
		check_refused(&report, &before, "went back from 1000 to 999 without a restart");
		report.value[BMS_SLOT_TICKS_DS] = before.value[BMS_SLOT_TICKS_DS] - 1;
		check_accepted(&report, &before);
	}
}

static void a_cell_does_not_jump(void **state)
{
	struct bms_telemetry before = two_cells(4000, 8000);
	struct bms_telemetry report = two_cells(2000, 4000);

	(void)state;
	check_accepted(&report, &before);
	report = two_cells(1999, 3998);
	check_refused(&report, &before, "cell 1 went from 4000 mV to 1999 mV");
	check_refused(&before, &report, "cell 1 went from 1999 mV to 4000 mV");
}

/* The 8-bit sum lets one splice in some 270 through: head of one frame, tail of another. */
static void nine_in_ten_splices_of_two_packs_are_refused(void **state)
{
	struct bms_telemetry relay = relay_board();
	struct bms_telemetry other = decode(pb2a16s20p_live_frame);
	char reason[PLAUSIBILITY_REASON_SIZE];
	unsigned refused = 0;
	unsigned spliced = 0;

	(void)state;
	for (size_t cut = BMS_SLOT_CELL_MV + 1; cut < BMS_SLOT_PACK_MV; cut++) {
		struct bms_telemetry splice = other;

		for (size_t slot = 0; slot < cut; slot++) {
			bms_clear_slot(splice.present, slot);
			if (bms_telemetry_has(&relay, slot))
				bms_telemetry_set(&splice, slot, relay.value[slot]);
		}
		spliced++;
		refused += !plausibility_accepts(&splice, &relay, reason);
	}
	assert_true(refused * 10 >= spliced * 9);
}

/* The reason must hold these words. */
static void check_does_not_follow(const struct bms_telemetry *report,
	const struct bms_telemetry *before, uint64_t elapsed_us, const char *words)
{
	char reason[PLAUSIBILITY_REASON_SIZE] = "";

	assert_false(plausibility_follows(report, before, elapsed_us, reason));
	if (!strstr(reason, words))
		fail_msg("'%s' is not in '%s'", words, reason);
}

static void check_follows(
	const struct bms_telemetry *report, const struct bms_telemetry *before, uint64_t elapsed_us)
{
	char reason[PLAUSIBILITY_REASON_SIZE] = "";

	if (!plausibility_follows(report, before, elapsed_us, reason))
		fail_msg("refused: %s", reason);
}

/* The relay board's second and third frame were taken one after the other; the times between are
 * those of its ticks. */
static void captured_frames_follow_each_other(void **state)
{
	struct bms_telemetry before = decode(relay_live_frames[0]);
	struct bms_telemetry report = decode(relay_live_frames[2]);
	uint64_t elapsed_us =
		(uint64_t)(report.value[BMS_SLOT_TICKS_DS] - before.value[BMS_SLOT_TICKS_DS]) *
		100000;

	(void)state;
	check_follows(&report, &before, elapsed_us);
	check_follows(&before, &before, 0);
}

static void values_that_move_too_fast_do_not_follow(void **state)
{
	static const struct {
		size_t slot;
		int64_t by;
		const char *words;
	} jumps[] = {
		{ BMS_SLOT_TICKS_DS, 1000, "ticks_ds 1 went from" },
		{ BMS_SLOT_RTC_S, 100, "rtc_s" },
		{ BMS_SLOT_RTC_S, -1, "rtc_s" },
		{ BMS_SLOT_REMAINING_MAH, -50000, "remaining_mah" },
		{ BMS_SLOT_FULL_MAH, 100000, "full_mah" },
		{ BMS_SLOT_SOC_PCT, -20, "soc_pct" },
		{ BMS_SLOT_CYCLES, 256, "cycles" },
		{ BMS_SLOT_CHARGE_ON, 7, "charge_on" },
		{ BMS_SLOT_PROBE_MASK, 1, "probe_mask" },
		{ BMS_SLOT_CELL_DELTA_MV, 200, "the board says 203 mV" },
	};
	struct bms_telemetry before = relay_board();

	(void)state;
	for (size_t i = 0; i < sizeof(jumps) / sizeof(*jumps); i++) {
		struct bms_telemetry report = before;

		report.value[jumps[i].slot] += jumps[i].by;
		check_does_not_follow(&report, &before, 500000, jumps[i].words);
	}
}

static void a_restart_begins_the_boards_clocks_anew(void **state)
{
	struct bms_telemetry before = relay_board();
	struct bms_telemetry report = before;

	(void)state;
	report.value[BMS_SLOT_TICKS_DS] = 12;
	report.value[BMS_SLOT_RUNTIME_S] -= 300;
	report.value[BMS_SLOT_RTC_S] = 0;
	check_follows(&report, &before, 5000000);
	report.value[BMS_SLOT_TICKS_DS] = 20000; /* half an hour ago */
	check_does_not_follow(&report, &before, 5000000, "ticks_ds");
}

/* A simulated board at sixty times the speed moves both its clocks. */
static void a_board_that_counts_faster_than_we_do_is_followed(void **state)
{
	struct bms_telemetry before = relay_board();
	struct bms_telemetry report = before;

	(void)state;
	report.value[BMS_SLOT_TICKS_DS] += 36000;
	check_does_not_follow(&report, &before, 1000000, "ticks_ds");
	report.value[BMS_SLOT_RUNTIME_S] += 3600;
	report.value[BMS_SLOT_RTC_S] += 3600;
	check_follows(&report, &before, 1000000);
}

static void a_probe_that_appears_does_not_follow_and_one_that_falls_off_does(void **state)
{
	struct bms_telemetry without = relay_board();
	struct bms_telemetry with = without;

	(void)state;
	bms_telemetry_set(&with, BMS_SLOT_PROBE_DC + 2, 215);
	check_does_not_follow(&with, &without, 1000000, "probe T3");
	check_follows(&without, &with, 1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured_frames_of_four_boards_are_accepted),
		cmocka_unit_test(consecutive_captured_frames_are_accepted),
		cmocka_unit_test(a_reading_without_values_is_not_refused),
		cmocka_unit_test(values_outside_their_rows_are_refused),
		cmocka_unit_test(cells_must_begin_at_the_first_and_have_no_gap),
		cmocka_unit_test(a_gap_that_the_board_itself_admits_is_believed),
		cmocka_unit_test(a_pack_has_two_to_thirty_two_cells),
		cmocka_unit_test(cells_add_up_to_the_pack_within_two_percent_and_half_a_volt),
		cmocka_unit_test(the_sum_is_not_asked_for_when_a_cell_is_missing),
		cmocka_unit_test(a_board_that_misses_a_cell_itself_is_believed),
		cmocka_unit_test(the_two_copies_of_the_pack_voltage_agree),
		cmocka_unit_test(counters_do_not_go_back),
		cmocka_unit_test(a_cell_does_not_jump),
		cmocka_unit_test(nine_in_ten_splices_of_two_packs_are_refused),
		cmocka_unit_test(captured_frames_follow_each_other),
		cmocka_unit_test(values_that_move_too_fast_do_not_follow),
		cmocka_unit_test(a_restart_begins_the_boards_clocks_anew),
		cmocka_unit_test(a_board_that_counts_faster_than_we_do_is_followed),
		cmocka_unit_test(a_probe_that_appears_does_not_follow_and_one_that_falls_off_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
