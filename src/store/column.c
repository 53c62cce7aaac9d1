/* SPDX-License-Identifier: MIT */
#include "store/column.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

const int64_t column_total_divisors[COLUMN_TOTALS] = {
	[COLUMN_CHARGE_IN] = 1000,
	[COLUMN_CHARGE_OUT] = 1000,
	[COLUMN_ENERGY_IN] = 1000000,
	[COLUMN_ENERGY_OUT] = 1000000,
	[COLUMN_BALANCE_CHARGE] = 1000,
	[COLUMN_BALANCE_TIME] = 1,
};

static const char *const total_names[COLUMN_TOTALS] = {
	[COLUMN_CHARGE_IN] = "charge_in_mas",
	[COLUMN_CHARGE_OUT] = "charge_out_mas",
	[COLUMN_ENERGY_IN] = "energy_in_mj",
	[COLUMN_ENERGY_OUT] = "energy_out_mj",
	[COLUMN_BALANCE_CHARGE] = "balance_mas",
	[COLUMN_BALANCE_TIME] = "balance_ms",
};

static const struct {
	enum column_kind kind;
	const char *suffix;
} rolls[] = {
	{ COLUMN_MIN, "_min" },
	{ COLUMN_MAX, "_max" },
	{ COLUMN_AVG, "_avg" },
};

enum {
	ROLLS = sizeof(rolls) / sizeof(*rolls)
};

/* cell_mv, 2 -> cell3_mv: people count from one and the unit stays at the end. */
static void element_name(
	char out[COLUMN_NAME_SIZE], const struct bms_field_row *row, unsigned element)
{
	const char *suffix = bms_unit_rows[row->unit].suffix;
	size_t length = strlen(row->name), tail = strlen(suffix);

	if (tail > length || strcmp(row->name + length - tail, suffix) != 0)
		tail = 0;
	if (row->count == 1)
		snprintf(out, COLUMN_NAME_SIZE, "%s", row->name);
	else
		snprintf(out, COLUMN_NAME_SIZE, "%.*s%u%s", (int)(length - tail), row->name,
			element + 1, row->name + length - tail);
}

static struct column *list_add(
	struct column_list *list, enum column_kind kind, size_t slot, size_t index)
{
	assert(list->count < COLUMNS_MAX);

	struct column *column = &list->column[list->count++];

	*column = (struct column){ .kind = kind, .slot = slot, .index = index };
	return column;
}

static void list_add_element(struct column_list *list, enum column_kind kind,
	const struct bms_field_row *row, unsigned element, size_t index)
{
	struct column *column = list_add(list, kind, row->slot + element, index);

	element_name(column->name, row, element);
}

static void list_add_named(
	struct column_list *list, enum column_kind kind, size_t index, const char *name)
{
	strcpy(list_add(list, kind, 0, index)->name, name);
}

void column_list_sample(struct column_list *list)
{
	list->count = 0;
	list_add_named(list, COLUMN_CLOCK, 0, "clock_id");
	for (size_t i = 0; i < BMS_FIELD_COUNT; i++) {
		const struct bms_field_row *row = &bms_field_rows[i];

		if (row->keep == BMS_KEEP_LIVE || row->keep == BMS_KEEP_WIRE)
			continue;
		for (unsigned element = 0; element < row->count; element++)
			list_add_element(list, COLUMN_VALUE, row, element, list->count);
	}
}

static void list_add_rolled(
	struct column_list *list, const struct bms_field_row *row, size_t *index)
{
	for (unsigned element = 0; element < row->count; element++, ++*index)
		for (size_t i = 0; i < ROLLS; i++) {
			list_add_element(list, rolls[i].kind, row, element, *index);
			strcat(list->column[list->count - 1].name, rolls[i].suffix);
		}
}

static void list_add_plain(struct column_list *list, enum column_kind kind,
	const struct bms_field_row *row, size_t *index)
{
	for (unsigned element = 0; element < row->count; element++, ++*index)
		list_add_element(list, kind, row, element, *index);
}

static void list_add_spread(struct column_list *list)
{
	char name[COLUMN_NAME_SIZE];

	for (size_t i = 0; i < ROLLS; i++) {
		snprintf(name, sizeof(name), "spread_mv%s", rolls[i].suffix);
		list_add_named(list, rolls[i].kind, COLUMN_SPREAD, name);
	}
	list_add_named(list, COLUMN_LOW_CELL, 0, "low_cell");
	list_add_named(list, COLUMN_HIGH_CELL, 0, "high_cell");
}

static void list_add_rollup(struct column_list *list)
{
	size_t rolled = 0, lasts = 0, bits = 0;

	list_add_named(list, COLUMN_CLOCK, 0, "clock_id");
	list_add_named(list, COLUMN_SAMPLES, 0, "n");
	for (size_t i = 0; i < BMS_FIELD_COUNT; i++) {
		const struct bms_field_row *row = &bms_field_rows[i];

		if (row->keep == BMS_KEEP_ROLL)
			list_add_rolled(list, row, &rolled);
		else if (row->keep == BMS_KEEP_LAST)
			list_add_plain(list, COLUMN_LAST, row, &lasts);
		else if (row->keep == BMS_KEEP_RAW && row->unit == BMS_UNIT_BITS)
			list_add_plain(list, COLUMN_BITS, row, &bits);
	}
	list_add_spread(list);
	for (size_t i = 0; i < COLUMN_TOTALS; i++)
		list_add_named(list, COLUMN_TOTAL, i, total_names[i]);
	list_add_named(list, COLUMN_REST, 0, "rest");
}

void column_list_minute(struct column_list *list)
{
	list->count = 0;
	list_add_rollup(list);
}

void column_list_day(struct column_list *list)
{
	list->count = 0;
	list_add_named(list, COLUMN_DAY, 0, "day");
	list_add_rollup(list);
}

const char *column_type(enum column_kind kind)
{
	return kind == COLUMN_REST ? "BLOB" : "INTEGER";
}
