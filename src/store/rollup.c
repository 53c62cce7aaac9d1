/* SPDX-License-Identifier: MIT */
#include "store/rollup.h"

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
static void minute_start(struct rollup *rollup, int64_t time_ms)
{
	rollup->start_ms = minute_of(time_ms);
	rollup->n = 0;
	rollup->is_joined = false;
	memset(rollup->range, 0, sizeof(rollup->range));
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

/* What flowed since the previous reading counts for the minute of this one. */
static void totals_add(
	struct rollup *rollup, int64_t time_ms, const struct bms_telemetry *telemetry)
{
	int64_t held_ms = time_ms - rollup->previous_ms;
	int64_t ma = rollup->previous_ma;

	if (rollup->has_previous && held_ms > 0 && held_ms <= ROLLUP_HOLD_MS) {
		bool is_in = ma > 0;
		int64_t charge = (is_in ? ma : -ma) * held_ms;

		rollup->total[is_in ? COLUMN_CHARGE_IN : COLUMN_CHARGE_OUT] += charge;
		rollup->total[is_in ? COLUMN_ENERGY_IN : COLUMN_ENERGY_OUT] +=
			charge * rollup->previous_mv;
	}
	rollup->has_previous = bms_telemetry_has(telemetry, BMS_SLOT_CURRENT_MA) &&
			       bms_telemetry_has(telemetry, BMS_SLOT_PACK_MV);
	rollup->previous_ms = time_ms;
	rollup->previous_ma = telemetry->value[BMS_SLOT_CURRENT_MA];
	rollup->previous_mv = telemetry->value[BMS_SLOT_PACK_MV];
}

void rollup_add(struct rollup *rollup, int64_t time_ms, const struct bms_telemetry *telemetry)
{
	if (rollup->n == 0 || rollup_is_ended(rollup, time_ms))
		minute_start(rollup, time_ms);
	for (size_t i = 0; i < rollup->columns->count; i++) {
		const struct column *column = &rollup->columns->column[i];
		int64_t value = telemetry->value[column->slot];

		if (!bms_telemetry_has(telemetry, column->slot))
			continue;
		if (column->kind == COLUMN_MIN)
			range_add(&rollup->range[column->index], value);
		else if (column->kind == COLUMN_LAST)
			rollup->last[column->index] = (struct rollup_value){ true, value };
		else if (column->kind == COLUMN_BITS)
			bits_add(&rollup->bits[column->index], value);
	}
	totals_add(rollup, time_ms, telemetry);
	rollup->n++;
	rollup->is_dirty = true;
}

static void range_join(
	struct rollup_range *range, enum column_kind kind, int64_t value, int64_t stored_n)
{
	if (kind == COLUMN_MIN && (range->n == 0 || value < range->min)) {
		range->min = value;
	} else if (kind == COLUMN_MAX && (range->n == 0 || value > range->max)) {
		range->max = value;
	} else if (kind == COLUMN_AVG) {
		/* The last of the three: from here on the range has readings. */
		range->sum += value * stored_n;
		range->n += stored_n;
	}
}

static void column_join(
	struct rollup *rollup, const struct column *column, int64_t value, int64_t stored_n)
{
	switch (column->kind) {
	case COLUMN_SAMPLES:
		rollup->n += value;
		break;
	case COLUMN_MIN:
	case COLUMN_MAX:
	case COLUMN_AVG:
		range_join(&rollup->range[column->index], column->kind, value, stored_n);
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
	case COLUMN_VALUE:
		break;
	}
}

void rollup_join(struct rollup *rollup, const struct rollup_value *stored)
{
	for (size_t i = 0; i < rollup->columns->count; i++)
		if (stored[i].has)
			column_join(rollup, &rollup->columns->column[i], stored[i].value,
				stored[0].value);
}

/* To the nearest, halves away from zero. */
static int64_t divide(int64_t sum, int64_t n)
{
	return (sum + (sum < 0 ? -n : n) / 2) / n;
}

static struct rollup_value range_read(const struct rollup_range *range, enum column_kind kind)
{
	if (range->n == 0)
		return (struct rollup_value){ 0 };
	if (kind == COLUMN_MIN)
		return (struct rollup_value){ true, range->min };
	if (kind == COLUMN_MAX)
		return (struct rollup_value){ true, range->max };
	return (struct rollup_value){ true, divide(range->sum, range->n) };
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
	case COLUMN_LAST:
		return rollup->last[column->index];
	case COLUMN_BITS:
		return rollup->bits[column->index];
	case COLUMN_TOTAL:
		return (struct rollup_value){ true,
			rollup->total[column->index] / column_total_divisors[column->index] };
	case COLUMN_VALUE:
		break;
	}
	return (struct rollup_value){ 0 };
}
