/* SPDX-License-Identifier: MIT */
/*
 * One pack's open minute, from every reading, or a longer time, from rows of shorter ones. A minute
 * that was interrupted is continued by joining the row that is stored of it; the row then always
 * stands for the whole minute and replaces what was there. Nothing is lost by rounding: the rest
 * beside a row makes its sums exact.
 */
#ifndef STORE_ROLLUP_H
#define STORE_ROLLUP_H

#include "store/column.h"

enum {
	ROLLUP_MINUTE_MS = 60000,
	/* A value holds until the next reading, but no longer than this. */
	ROLLUP_HOLD_MS = 120000,
};

struct rollup_range {
	int64_t min;
	int64_t max;
	int64_t sum;
	int64_t n;
};

struct rollup_value {
	bool has;
	int64_t value;
};

/* What a stored row adds to sums and counts beyond what it shows. */
struct rollup_rest {
	int64_t n[COLUMN_ROLLED];
	int64_t sum[COLUMN_ROLLED];
	int64_t total[COLUMN_TOTALS];
};

/* A row as it is stored, one value per column but the last, which is the rest. */
struct rollup_row {
	struct rollup_value value[COLUMNS_MAX];
	bool has_rest; /* else averages weigh as many readings as the row has */
	struct rollup_rest rest;
};

struct rollup {
	const struct column_list *columns; /* of the series, borrowed */
	int64_t start_ms;
	int64_t n;           /* readings; 0 when no minute is open */
	bool is_joined;      /* what was stored of this minute is in */
	bool is_dirty;       /* there is more than was last written */
	bool is_stored_open; /* what was written holds remainders that go on into the next minute */
	struct rollup_range range[COLUMN_ROLLED];
	int64_t low_cell; /* at the widest spread, from 1 */
	int64_t high_cell;
	struct rollup_value last[COLUMN_LASTS];
	struct rollup_value bits[COLUMN_RAWS];
	int64_t total[COLUMN_TOTALS];
	bool has_previous;
	int64_t previous_ms;
	int64_t previous_ma;
	int64_t previous_mv;
	int64_t previous_balance_ma;
	bool was_balancing;
};

void rollup_init(struct rollup *rollup, const struct column_list *columns);

/* Whether a reading of this time ends the open minute: write it before adding. */
bool rollup_is_ended(const struct rollup *rollup, int64_t time_ms);

void rollup_add(struct rollup *rollup, int64_t time_ms, const struct bms_telemetry *telemetry);

/* Begins a time that rows are joined into. */
void rollup_begin(struct rollup *rollup, int64_t start_ms);

enum rollup_join {
	ROLLUP_CONTINUE, /* a stored row of the open time itself */
	ROLLUP_ADD,      /* a row of a part of the open time, later parts first */
};

void rollup_join(struct rollup *rollup, const struct rollup_row *stored, enum rollup_join how);

/* To the nearest, halves away from zero. The range has readings. */
int64_t rollup_range_average(const struct rollup_range *range);

/* The open time's value for a column. */
struct rollup_value rollup_read(const struct rollup *rollup, const struct column *column);

#endif
