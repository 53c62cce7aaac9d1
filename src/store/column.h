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
	COLUMN_ROLLED =
#include "bms/telemetry.def"
};
#undef BMS_FIELD

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
	COLUMN_TOTALS
};

extern const int64_t column_total_divisors[COLUMN_TOTALS];

enum column_kind {
	COLUMN_VALUE,   /* of one reading */
	COLUMN_SAMPLES, /* readings in the minute */
	COLUMN_MIN,
	COLUMN_MAX,
	COLUMN_AVG,
	COLUMN_LAST,
	COLUMN_BITS,  /* every bit that was set in the minute */
	COLUMN_TOTAL, /* index is enum column_total */
};

struct column {
	char name[COLUMN_NAME_SIZE];
	enum column_kind kind;
	size_t slot;  /* of struct bms_telemetry, where it comes from one */
	size_t index; /* among the columns of its kind */
};

enum {
	COLUMNS_MAX = 1 + 3 * COLUMN_ROLLED + COLUMN_LASTS + COLUMN_RAWS + COLUMN_TOTALS,
};

struct column_list {
	size_t count;
	struct column column[COLUMNS_MAX];
};

/* The columns of sample after time_ms and pack. */
void column_list_sample(struct column_list *list);

/* The columns of m1 after time_ms and pack; the first one is the number of readings. */
void column_list_minute(struct column_list *list);

#endif
