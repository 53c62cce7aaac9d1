/* SPDX-License-Identifier: MIT */
#include "store/rollup.h"

#include <stdlib.h>
#include <string.h>

void rollup_init(struct rollup *rollup, const struct column_list *columns)
{
	*rollup = (struct rollup){ .columns = columns };
}

static int64_t minute_of(int64_t time_ms)
{
	return time_ms - time_ms % ROLLUP_MINUTE_MS;
}

bool rollup_is_ended(const struct rollup *rollup, int64_t time_ms)
{
	return rollup->n > 0 && rollup->start_ms != minute_of(time_ms);
}

/* Remainders below the shown unit go on into the next minute. */
void rollup_begin(struct rollup *rollup, int64_t start_ms)
{
	rollup->start_ms = start_ms;
	rollup->n = 0;
	rollup->is_joined = false;
	rollup->is_stored_open = false;
	memset(rollup->range, 0, sizeof(rollup->range));
	rollup->low_cell = rollup->high_cell = 0;
	memset(rollup->last, 0, sizeof(rollup->last));
	memset(rollup->bits, 0, sizeof(rollup->bits));
	for (size_t i = 0; i < COLUMN_TOTALS; i++)
		rollup->total[i] %= column_total_divisors[i];
}

static void range_add(struct rollup_range *range, int64_t value)
{
	if (range->n == 0 || value < range->min)
		range->min = value;
	if (range->n == 0 || value > range->max)
		range->max = value;
	range->sum += value;
	range->n++;
}

static void bits_add(struct rollup_value *bits, int64_t value)
{
	bits->has = true;
	bits->value |= value;
}

/* The highest less the lowest cell, and which they are. */
static void spread_add(struct rollup *rollup, const struct bms_telemetry *telemetry)
{
	struct rollup_range *spread = &rollup->range[COLUMN_SPREAD];
	size_t low = BMS_CELLS_MAX, high = BMS_CELLS_MAX;
	const int64_t *mv = &telemetry->value[BMS_SLOT_CELL_MV];
	bool is_widest;

	for (size_t cell = 0; cell < BMS_CELLS_MAX; cell++) {
		if (!bms_telemetry_has(telemetry, BMS_SLOT_CELL_MV + cell))
			continue;
		if (low == BMS_CELLS_MAX || mv[cell] < mv[low])
			low = cell;
		if (high == BMS_CELLS_MAX || mv[cell] > mv[high])
			high = cell;
	}
	if (low == BMS_CELLS_MAX)
		return;
	is_widest = spread->n == 0 || mv[high] - mv[low] > spread->max;
	range_add(spread, mv[high] - mv[low]);
	if (!is_widest)
		return;
	rollup->low_cell = (int64_t)low + 1;
	rollup->high_cell = (int64_t)high + 1;
}

/* The balancer's share of the time since the previous reading. */
static void balance_add(struct rollup *rollup, int64_t held_ms)
{
	rollup->total[COLUMN_BALANCE_CHARGE] += rollup->previous_balance_ma * held_ms;
	if (rollup->was_balancing)
		rollup->total[COLUMN_BALANCE_TIME] += held_ms;
}

static void balance_remember(struct rollup *rollup, const struct bms_telemetry *telemetry)
{
	rollup->was_balancing = bms_telemetry_or(telemetry, BMS_SLOT_BALANCE_STATE, 0) != 0;
	rollup->previous_balance_ma =
		rollup->was_balancing ? llabs(bms_telemetry_or(telemetry, BMS_SLOT_BALANCE_MA, 0))
				      : 0;
}

/* What flowed since the previous reading counts for the minute of this one. */
static void totals_add(
	struct rollup *rollup, int64_t time_ms, const struct bms_telemetry *telemetry)
{
	int64_t held_ms = time_ms - rollup->previous_ms;
	int64_t ma = rollup->previous_ma;

	bool is_held = held_ms > 0 && held_ms <= ROLLUP_HOLD_MS;

	if (is_held)
		balance_add(rollup, held_ms);
	if (rollup->has_previous && is_held) {
		bool is_in = ma > 0;
		int64_t charge = (is_in ? ma : -ma) * held_ms;

		rollup->total[is_in ? COLUMN_CHARGE_IN : COLUMN_CHARGE_OUT] += charge;
		rollup->total[is_in ? COLUMN_ENERGY_IN : COLUMN_ENERGY_OUT] +=
			charge * rollup->previous_mv;
	}
	rollup->has_previous = bms_telemetry_has(telemetry, BMS_SLOT_CURRENT_MA) &&
			       bms_telemetry_has(telemetry, BMS_SLOT_PACK_MV);
	balance_remember(rollup, telemetry);
	rollup->previous_ms = time_ms;
	rollup->previous_ma = telemetry->value[BMS_SLOT_CURRENT_MA];
	rollup->previous_mv = telemetry->value[BMS_SLOT_PACK_MV];
}

void rollup_add(struct rollup *rollup, int64_t time_ms, const struct bms_telemetry *telemetry)
{
	if (rollup->n == 0 || rollup_is_ended(rollup, time_ms))
		rollup_begin(rollup, minute_of(time_ms));
	for (size_t i = 0; i < rollup->columns->count; i++) {
		const struct column *column = &rollup->columns->column[i];
		int64_t value = telemetry->value[column->slot];

		if (!bms_telemetry_has(telemetry, column->slot))
			continue;
		if (column->kind == COLUMN_MIN && column->index < COLUMN_ROLLED_ROWS)
			range_add(&rollup->range[column->index], value);
		else if (column->kind == COLUMN_LAST)
			rollup->last[column->index] = (struct rollup_value){ true, value };
		else if (column->kind == COLUMN_BITS)
			bits_add(&rollup->bits[column->index], value);
	}
	spread_add(rollup, telemetry);
	totals_add(rollup, time_ms, telemetry);
	rollup->n++;
	rollup->is_dirty = true;
}

static int64_t divide(int64_t sum, int64_t n)
{
	return (sum + (sum < 0 ? -n : n) / 2) / n;
}

int64_t rollup_range_average(const struct rollup_range *range)
{
	return divide(range->sum, range->n);
}

/* A row of before the rest was stored: its averages weigh what the row does. */
static void row_guess_rest(
	const struct rollup *rollup, const struct rollup_row *row, struct rollup_rest *rest)
{
	int64_t n = 0;

	for (size_t i = 0; i < rollup->columns->count; i++) {
		const struct column *column = &rollup->columns->column[i];

		if (column->kind == COLUMN_SAMPLES)
			n = row->value[i].value;
		if (column->kind != COLUMN_AVG || !row->value[i].has)
			continue;
		rest->n[column->index] = n;
		rest->sum[column->index] = row->value[i].value * n;
	}
}

static void range_join(struct rollup_range *range, const struct column *column, int64_t value,
	const struct rollup_rest *rest)
{
	if (column->kind == COLUMN_MIN && (range->n == 0 || value < range->min)) {
		range->min = value;
	} else if (column->kind == COLUMN_MAX && (range->n == 0 || value > range->max)) {
		range->max = value;
	} else if (column->kind == COLUMN_AVG) {
		/* The last of the three: from here on the range has readings. */
		range->sum += rest->sum[column->index];
		range->n += rest->n[column->index];
	}
}

static void column_join(struct rollup *rollup, const struct column *column, int64_t value,
	const struct rollup_rest *rest)
{
	switch (column->kind) {
	case COLUMN_SAMPLES:
		rollup->n += value;
		break;
	case COLUMN_MIN:
	case COLUMN_MAX:
	case COLUMN_AVG:
		range_join(&rollup->range[column->index], column, value, rest);
		break;
	case COLUMN_LAST:
		if (!rollup->last[column->index].has)
			rollup->last[column->index] = (struct rollup_value){ true, value };
		break;
	case COLUMN_BITS:
		bits_add(&rollup->bits[column->index], value);
		break;
	case COLUMN_TOTAL:
		rollup->total[column->index] += value * column_total_divisors[column->index];
		break;
	case COLUMN_LOW_CELL:
	case COLUMN_HIGH_CELL:
	case COLUMN_VALUE:
	case COLUMN_CLOCK:
	case COLUMN_DAY:
	case COLUMN_REST:
		break;
	}
}

/* Before the ranges are joined, because it compares with what they are without the row. */
static void cells_join(struct rollup *rollup, const struct rollup_row *stored)
{
	const struct rollup_range *spread = &rollup->range[COLUMN_SPREAD];
	int64_t low = 0, high = 0, max = -1;

	for (size_t i = 0; i < rollup->columns->count; i++) {
		const struct column *column = &rollup->columns->column[i];

		if (column->kind == COLUMN_MAX && column->index == COLUMN_SPREAD &&
			stored->value[i].has)
			max = stored->value[i].value;
		else if (column->kind == COLUMN_LOW_CELL)
			low = stored->value[i].value;
		else if (column->kind == COLUMN_HIGH_CELL)
			high = stored->value[i].value;
	}
	/* Of two that are as wide the earlier one, and what is joined came first. */
	if (max < 0 || (spread->n > 0 && max < spread->max))
		return;
	rollup->low_cell = low;
	rollup->high_cell = high;
}

void rollup_join(struct rollup *rollup, const struct rollup_row *stored, enum rollup_join how)
{
	struct rollup_rest rest = stored->rest;

	if (!stored->has_rest)
		row_guess_rest(rollup, stored, &rest);
	cells_join(rollup, stored);
	for (size_t i = 0; i < rollup->columns->count; i++)
		if (stored->value[i].has)
			column_join(
				rollup, &rollup->columns->column[i], stored->value[i].value, &rest);
	for (size_t i = 0; how == ROLLUP_CONTINUE && i < COLUMN_TOTALS; i++)
		rollup->total[i] += rest.total[i];
	rollup->is_dirty = true;
}

static struct rollup_value range_read(const struct rollup_range *range, enum column_kind kind)
{
	if (range->n == 0)
		return (struct rollup_value){ 0 };
	if (kind == COLUMN_MIN)
		return (struct rollup_value){ true, range->min };
	if (kind == COLUMN_MAX)
		return (struct rollup_value){ true, range->max };
	return (struct rollup_value){ true, rollup_range_average(range) };
}

struct rollup_value rollup_read(const struct rollup *rollup, const struct column *column)
{
	switch (column->kind) {
	case COLUMN_SAMPLES:
		return (struct rollup_value){ true, rollup->n };
	case COLUMN_MIN:
	case COLUMN_MAX:
	case COLUMN_AVG:
		return range_read(&rollup->range[column->index], column->kind);
	case COLUMN_LOW_CELL:
		return (struct rollup_value){ rollup->low_cell > 0, rollup->low_cell };
	case COLUMN_HIGH_CELL:
		return (struct rollup_value){ rollup->high_cell > 0, rollup->high_cell };
	case COLUMN_LAST:
		return rollup->last[column->index];
	case COLUMN_BITS:
		return rollup->bits[column->index];
	case COLUMN_TOTAL:
		return (struct rollup_value){ true,
			rollup->total[column->index] / column_total_divisors[column->index] };
	case COLUMN_VALUE:
	case COLUMN_CLOCK:
	case COLUMN_DAY:
	case COLUMN_REST:
		break;
	}
	return (struct rollup_value){ 0 };
}
