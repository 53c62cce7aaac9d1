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

/* Cells are wired from the first one up, without a gap. */
static bool is_mask_sound(const struct bms_telemetry *report, char *reason)
{
	uint32_t mask = (uint32_t)bms_telemetry_or(report, BMS_SLOT_CELL_MASK, 3);

	if ((mask & (mask + 1)) == 0 && mask >> (CELLS_LEAST - 1) != 0)
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

/*
 * A board that says itself that the cells do not match its setting (a sense wire fell off, or the
 * pack is being wired) is believed: that is a fault to show, not a bad frame.
 */
static bool is_sum_sound(const struct bms_telemetry *report, char *reason)
{
	int64_t alarms = bms_telemetry_or(report, BMS_SLOT_ALARM_BITS, 0);
	int64_t pack_mv = report->value[BMS_SLOT_PACK_MV];
	unsigned count;
	int64_t sum_mv;

	if (!bms_telemetry_has(report, BMS_SLOT_CELL_MASK) ||
		!bms_telemetry_has(report, BMS_SLOT_PACK_MV))
		return true;
	if (alarms & BMS_ALARM_BIT(BMS_ALARM_CELL_COUNT) || !sum_cells(report, &count, &sum_mv) ||
		is_near(sum_mv, pack_mv))
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
