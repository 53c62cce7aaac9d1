/* SPDX-License-Identifier: MIT */
#include "pack/plausibility.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "bms/alarms.h"

enum {
	CELLS_LEAST = 2,
	CELL_JUMP_MV = 2000,
	/* Cells and pack are not sampled at the same instant, and by different converters. */
	PACK_TOLERANCE_PCT = 2,
	PACK_TOLERANCE_MV = 500,
};

static int64_t distance(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

static bool is_near(int64_t value_mv, int64_t pack_mv)
{
	return distance(value_mv, pack_mv) <=
	       pack_mv * PACK_TOLERANCE_PCT / 100 + PACK_TOLERANCE_MV;
}

static bool is_in_range(const struct bms_telemetry *report, char *reason)
{
	size_t slot = bms_telemetry_out_of_range(report);
	const struct bms_field_row *row;

	if (slot == BMS_SLOTS)
		return true;
	row = &bms_field_rows[bms_field_of_slot(slot)];
	snprintf(reason, PLAUSIBILITY_REASON_SIZE,
		"%s %zu is %" PRId64 ", its limits are %" PRId64 " to %" PRId64, row->name,
		slot - row->slot + 1, report->value[slot], row->min, row->max);
	return false;
}

/*
 * A board that says itself that the cells do not match its setting (a sense wire fell off, or the
 * pack is being wired) is believed: that is a fault to show, not a bad frame.
 */
static bool admits_cells(const struct bms_telemetry *report)
{
	return bms_telemetry_or(report, BMS_SLOT_ALARM_BITS, 0) &
	       BMS_ALARM_BIT(BMS_ALARM_CELL_COUNT);
}

/* Cells are wired from the first one up, without a gap. */
static bool is_mask_sound(const struct bms_telemetry *report, char *reason)
{
	uint32_t mask = (uint32_t)bms_telemetry_or(report, BMS_SLOT_CELL_MASK, 3);
	bool gap = (mask & (mask + 1)) != 0;

	if (mask >> (CELLS_LEAST - 1) != 0 && (!gap || admits_cells(report)))
		return true;
	snprintf(reason, PLAUSIBILITY_REASON_SIZE,
		"the mask of cells present is 0x%08" PRIx32
		", which is not the first 2 to 32 cells without a gap",
		mask);
	return false;
}

/* False when a cell of the mask has no voltage. */
static bool sum_cells(const struct bms_telemetry *report, unsigned *ret_count, int64_t *ret_mv)
{
	uint32_t mask = (uint32_t)report->value[BMS_SLOT_CELL_MASK];
	unsigned count = 0;
	int64_t sum_mv = 0;

	for (unsigned cell = 0; cell < BMS_CELLS_MAX; cell++) {
		if (!(mask >> cell & 1))
			continue;
		if (!bms_telemetry_has(report, BMS_SLOT_CELL_MV + cell))
			return false;
		sum_mv += report->value[BMS_SLOT_CELL_MV + cell];
		count++;
	}
	*ret_count = count;
	*ret_mv = sum_mv;
	return true;
}

static bool is_sum_sound(const struct bms_telemetry *report, char *reason)
{
	int64_t pack_mv = report->value[BMS_SLOT_PACK_MV];
	unsigned count;
	int64_t sum_mv;

	if (!bms_telemetry_has(report, BMS_SLOT_CELL_MASK) ||
		!bms_telemetry_has(report, BMS_SLOT_PACK_MV))
		return true;
	if (admits_cells(report) || !sum_cells(report, &count, &sum_mv) || is_near(sum_mv, pack_mv))
		return true;
	snprintf(reason, PLAUSIBILITY_REASON_SIZE,
		"%u cells add up to %" PRId64 " mV, but the pack voltage is %" PRId64 " mV", count,
		sum_mv, pack_mv);
	return false;
}

static bool is_copy_sound(const struct bms_telemetry *report, char *reason)
{
	int64_t pack_mv = report->value[BMS_SLOT_PACK_MV];
	int64_t copy_mv = report->value[BMS_SLOT_PACK_CV] * 10;

	if (!bms_telemetry_has(report, BMS_SLOT_PACK_MV) ||
		!bms_telemetry_has(report, BMS_SLOT_PACK_CV) || is_near(copy_mv, pack_mv))
		return true;
	snprintf(reason, PLAUSIBILITY_REASON_SIZE,
		"the pack voltage is %" PRId64 " mV, but its second copy is %" PRId64 " mV",
		pack_mv, copy_mv);
	return false;
}

static bool have_both(
	const struct bms_telemetry *report, const struct bms_telemetry *before, size_t slot)
{
	return bms_telemetry_has(report, slot) && bms_telemetry_has(before, slot);
}

static bool went_back(
	const struct bms_telemetry *report, const struct bms_telemetry *before, size_t slot)
{
	return have_both(report, before, slot) && report->value[slot] < before->value[slot];
}

/*
 * Ticks count from power-on, the other counters are kept in a memory that is written now and then:
 * a restart may lose their last steps, and shows in the ticks.
 */
static bool are_counters_sound(
	const struct bms_telemetry *report, const struct bms_telemetry *before, char *reason)
{
	static const uint8_t slots[] = {
		BMS_SLOT_RUNTIME_S,
		BMS_SLOT_CYCLES,
		BMS_SLOT_CYCLED_MAH,
	};

	if (went_back(report, before, BMS_SLOT_TICKS_DS))
		return true;
	for (size_t i = 0; i < sizeof(slots); i++) {
		if (!went_back(report, before, slots[i]))
			continue;
		snprintf(reason, PLAUSIBILITY_REASON_SIZE,
			"%s went back from %" PRId64 " to %" PRId64 " without a restart",
			bms_field_rows[bms_field_of_slot(slots[i])].name, before->value[slots[i]],
			report->value[slots[i]]);
		return false;
	}
	return true;
}

static bool are_jumps_sound(
	const struct bms_telemetry *report, const struct bms_telemetry *before, char *reason)
{
	for (size_t slot = BMS_SLOT_CELL_MV; slot <= BMS_SLOT_CELL_MV_LAST; slot++) {
		if (!have_both(report, before, slot) ||
			distance(report->value[slot], before->value[slot]) <= CELL_JUMP_MV)
			continue;
		snprintf(reason, PLAUSIBILITY_REASON_SIZE,
			"cell %zu went from %" PRId64 " mV to %" PRId64 " mV between two readings",
			slot - BMS_SLOT_CELL_MV + 1, before->value[slot], report->value[slot]);
		return false;
	}
	return true;
}

bool plausibility_accepts(const struct bms_telemetry *report, const struct bms_telemetry *before,
	char reason[PLAUSIBILITY_REASON_SIZE])
{
	if (!is_in_range(report, reason) || !is_mask_sound(report, reason) ||
		!is_sum_sound(report, reason) || !is_copy_sound(report, reason))
		return false;
	return !before || (are_counters_sound(report, before, reason) &&
				  are_jumps_sound(report, before, reason));
}

/* How far a value may move: slack, and so much more for every second. */
struct pace {
	uint8_t slot;
	uint8_t last;
	bool only_up;    /* unless the board restarted */
	uint8_t percent; /* slack in percent of what the value of slot of was before */
	uint8_t of;
	int32_t slack;
	int32_t per_s;
};

enum {
	UP = true,
	ANY = false,
	/* The largest board of the family moves 2000 A: 556 mAh a second, here with room. */
	MAH_PER_S = 1200,
	TICKS_SLACK_DS = 100,
	TICKS_PER_S = 11,
	/* The board's own average and difference are of a scan of their own. */
	SCAN_TOLERANCE_MV = 150,
};

#define PACE(id, direction, slack, per_s) \
	{ \
		BMS_SLOT_##id, BMS_SLOT_##id##_LAST, direction, 0, 0, slack, per_s \
	}
#define PACE_OF(id, percent, of, per_s) \
	{ \
		BMS_SLOT_##id, BMS_SLOT_##id##_LAST, ANY, percent, BMS_SLOT_##of, 0, per_s \
	}

static const struct pace paces[] = {
	PACE(TICKS_DS, UP, TICKS_SLACK_DS, TICKS_PER_S),
	PACE(RUNTIME_S, UP, 10, 2),
	PACE(RTC_S, UP, 10, 2),
	PACE(CYCLES, UP, 1, 1),
	PACE(CYCLED_MAH, UP, 5000, MAH_PER_S),
	PACE_OF(REMAINING_MAH, 10, FULL_MAH, MAH_PER_S),
	PACE_OF(FULL_MAH, 20, FULL_MAH, 0),
	PACE(SOC_PCT, ANY, 10, 1),
	PACE(SOH_PCT, ANY, 10, 0),
	PACE(PROBE_DC, ANY, 150, 10),
	PACE(MOS_DC, ANY, 150, 20),
	PACE(CELL_MASK, ANY, 0, 0),
	PACE(PROBE_MASK, ANY, 0, 0),
	PACE(BATTERY_TYPE, ANY, 0, 0),
	PACE(MCU_ID, ANY, 0, 0),
	PACE(BALANCE_STATE, ANY, 2, 0),
	PACE(CHARGE_PHASE, ANY, 2, 0),
	PACE_OF(VOLTAGE_FACTOR_PPB, 25, VOLTAGE_FACTOR_PPB, 0),
	PACE_OF(DISCHARGE_FACTOR, 25, DISCHARGE_FACTOR, 0),
	PACE_OF(CHARGE_FACTOR, 25, CHARGE_FACTOR, 0),
	PACE(LOG_COUNT, ANY, 100, 10),
	PACE(DISCHARGE_OCP_TIMER_S, ANY, 700, 1),
	PACE(DISCHARGE_SCP_TIMER_S, ANY, 700, 1),
	PACE(CHARGE_OCP_TIMER_S, ANY, 700, 1),
	PACE(CHARGE_SCP_TIMER_S, ANY, 700, 1),
	PACE(UVP_TIMER_S, ANY, 700, 1),
	PACE(OVP_TIMER_S, ANY, 700, 1),
};

static bool moved_too_far(const struct bms_telemetry *report, const struct bms_telemetry *before,
	size_t slot, int64_t room, char *reason)
{
	const struct bms_field_row *row = &bms_field_rows[bms_field_of_slot(slot)];

	if (!have_both(report, before, slot) ||
		distance(report->value[slot], before->value[slot]) <= room)
		return false;
	snprintf(reason, PLAUSIBILITY_REASON_SIZE,
		"%s %zu went from %" PRId64 " to %" PRId64 " between two readings", row->name,
		slot - row->slot + 1, before->value[slot], report->value[slot]);
	return true;
}

/* Ticks begin at 0, so they cannot have gone back to more than the time that passed. */
static bool has_restarted(
	const struct bms_telemetry *report, const struct bms_telemetry *before, int64_t elapsed_s)
{
	return went_back(report, before, BMS_SLOT_TICKS_DS) &&
	       report->value[BMS_SLOT_TICKS_DS] <= TICKS_SLACK_DS + elapsed_s * TICKS_PER_S;
}

static bool keeps_pace(const struct pace *pace, const struct bms_telemetry *report,
	const struct bms_telemetry *before, int64_t elapsed_s, char *reason)
{
	int64_t of = pace->percent ? bms_telemetry_or(before, pace->of, 0) : 0;
	int64_t room =
		pace->slack + distance(of, 0) * pace->percent / 100 + elapsed_s * pace->per_s;
	bool restarted = has_restarted(report, before, elapsed_s);

	for (size_t slot = pace->slot; slot <= pace->last; slot++) {
		bool back = pace->only_up && went_back(report, before, slot);

		if (pace->only_up && restarted)
			continue;
		if (moved_too_far(report, before, slot, back ? 0 : room, reason))
			return false;
	}
	return true;
}

/* A switch that was open or closed cannot be anything else; what a board always says may be. */
static bool are_switches_sound(
	const struct bms_telemetry *report, const struct bms_telemetry *before, char *reason)
{
	for (size_t field = 0; field < BMS_FIELD_COUNT; field++)
		if (bms_field_rows[field].unit == BMS_UNIT_BOOL &&
			moved_too_far(report, before, bms_field_rows[field].slot, 1, reason))
			return false;
	return true;
}

/* Probes are not plugged in between two readings; one that falls off is absent at once. */
static bool has_no_new_probe(
	const struct bms_telemetry *report, const struct bms_telemetry *before, char *reason)
{
	for (size_t slot = BMS_SLOT_PROBE_DC; slot <= BMS_SLOT_PROBE_DC_LAST; slot++) {
		if (!bms_telemetry_has(report, slot) || bms_telemetry_has(before, slot))
			continue;
		snprintf(reason, PLAUSIBILITY_REASON_SIZE,
			"probe T%zu appeared between two readings", slot - BMS_SLOT_PROBE_DC + 1);
		return false;
	}
	return true;
}

/* What the board computed of its cells against the cells. */
static bool is_scan_sound(const struct bms_telemetry *report, char *reason)
{
	int64_t delta_mv = report->value[BMS_SLOT_CELL_DELTA_MV];
	int64_t least_mv = INT64_MAX;
	int64_t most_mv = 0;

	for (size_t slot = BMS_SLOT_CELL_MV; slot <= BMS_SLOT_CELL_MV_LAST; slot++) {
		if (!bms_telemetry_has(report, slot))
			continue;
		least_mv = report->value[slot] < least_mv ? report->value[slot] : least_mv;
		most_mv = report->value[slot] > most_mv ? report->value[slot] : most_mv;
	}
	if (!bms_telemetry_has(report, BMS_SLOT_CELL_DELTA_MV) || most_mv == 0 ||
		distance(most_mv - least_mv, delta_mv) <= SCAN_TOLERANCE_MV)
		return true;
	snprintf(reason, PLAUSIBILITY_REASON_SIZE,
		"the cells differ by %" PRId64 " mV, but the board says %" PRId64 " mV",
		most_mv - least_mv, delta_mv);
	return false;
}

static int64_t moved(
	const struct bms_telemetry *report, const struct bms_telemetry *before, size_t slot)
{
	return have_both(report, before, slot) ? report->value[slot] - before->value[slot] : 0;
}

/* A board may count faster than we do (a simulated one that is told to), but then with both its
 * clocks. */
static int64_t count_seconds(
	const struct bms_telemetry *report, const struct bms_telemetry *before, uint64_t elapsed_us)
{
	int64_t elapsed_s = (int64_t)(elapsed_us / 1000000) + 1;
	int64_t runtime_s = moved(report, before, BMS_SLOT_RUNTIME_S);
	int64_t ticks_ds = moved(report, before, BMS_SLOT_TICKS_DS);

	if (runtime_s <= elapsed_s ||
		distance(10 * runtime_s, ticks_ds) > TICKS_SLACK_DS + runtime_s / 2)
		return elapsed_s;
	return runtime_s;
}

bool plausibility_follows(const struct bms_telemetry *report, const struct bms_telemetry *before,
	uint64_t elapsed_us, char reason[PLAUSIBILITY_REASON_SIZE])
{
	int64_t elapsed_s = count_seconds(report, before, elapsed_us);

	for (size_t i = 0; i < sizeof(paces) / sizeof(*paces); i++)
		if (!keeps_pace(&paces[i], report, before, elapsed_s, reason))
			return false;
	return are_switches_sound(report, before, reason) &&
	       has_no_new_probe(report, before, reason) && is_scan_sound(report, reason);
}
