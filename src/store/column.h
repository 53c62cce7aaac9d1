/* SPDX-License-Identifier: MIT */
/* The columns of the history that follow from the rows of telemetry.def. */
#ifndef STORE_COLUMN_H
#define STORE_COLUMN_H

#include "bms/telemetry.h"

enum {
	COLUMN_NAME_SIZE = 40
};

/* Slots of the rows of each kind, counted from the rows. */
#define BMS_FIELD(id, name, unit, count, min, max, keep, text) \
	+(BMS_KEEP_##keep == BMS_KEEP_ROLL ? (count) : 0)
enum {
	/* Of the rows; what a roll-up computes of a reading itself comes after them. */
	COLUMN_ROLLED_ROWS =
#include "bms/telemetry.def"
};
#undef BMS_FIELD

enum {
	COLUMN_SPREAD = COLUMN_ROLLED_ROWS, /* highest less lowest cell of a reading */
	COLUMN_ROLLED
};

#define BMS_FIELD(id, name, unit, count, min, max, keep, text) \
	+(BMS_KEEP_##keep == BMS_KEEP_LAST ? (count) : 0)
enum {
	COLUMN_LASTS =
#include "bms/telemetry.def"
};
#undef BMS_FIELD

#define BMS_FIELD(id, name, unit, count, min, max, keep, text) \
	+(BMS_KEEP_##keep == BMS_KEEP_RAW ? (count) : 0)
enum {
	COLUMN_RAWS =
#include "bms/telemetry.def"
};
#undef BMS_FIELD

/* What flowed in a minute; kept in the finer unit so that no remainder is lost. */
enum column_total {
	COLUMN_CHARGE_IN, /* mA ms, shown in mA s */
	COLUMN_CHARGE_OUT,
	COLUMN_ENERGY_IN, /* nJ, shown in mJ */
	COLUMN_ENERGY_OUT,
	COLUMN_BALANCE_CHARGE, /* of the balancer, either way */
	COLUMN_BALANCE_TIME,   /* ms */
	COLUMN_TOTALS
};

extern const int64_t column_total_divisors[COLUMN_TOTALS];

enum column_kind {
	COLUMN_VALUE,   /* of one reading */
	COLUMN_CLOCK,   /* clock.id of the stretch of time a row is from */
	COLUMN_DAY,     /* 20261122 */
	COLUMN_SAMPLES, /* readings in the minute */
	COLUMN_MIN,
	COLUMN_MAX,
	COLUMN_AVG,
	COLUMN_LOW_CELL, /* from 1, when the spread was greatest */
	COLUMN_HIGH_CELL,
	COLUMN_LAST,
	COLUMN_BITS,  /* every bit that was set in the minute */
	COLUMN_TOTAL, /* index is enum column_total */
	COLUMN_REST,  /* bytes: what averages lost by rounding, see rollup_rest.h */
};

struct column {
	char name[COLUMN_NAME_SIZE];
	enum column_kind kind;
	size_t slot;  /* of struct bms_telemetry, where it comes from one */
	size_t index; /* among the columns of its kind */
};

enum {
	COLUMNS_MAX = 6 + 3 * COLUMN_ROLLED + COLUMN_LASTS + COLUMN_RAWS + COLUMN_TOTALS,
};

struct column_list {
	size_t count;
	struct column column[COLUMNS_MAX];
};

/* The columns of sample after time_ms and pack. */
void column_list_sample(struct column_list *list);

/* The columns of m1 and m15 after time_ms and pack. */
void column_list_minute(struct column_list *list);

/* The columns of d1: those of m1, and which day it is. */
void column_list_day(struct column_list *list);

/* How SQL calls what is in a column of this kind. */
const char *column_type(enum column_kind kind);

#endif
