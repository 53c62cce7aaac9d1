/* SPDX-License-Identifier: MIT */
/*
 * One pack's open minute, from every reading. A minute that was interrupted is continued by
 * joining the row that is stored of it; the row then always stands for the whole minute and
 * replaces what was there.
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

struct rollup {
	const struct column_list *columns; /* of m1, borrowed */
	int64_t start_ms;
	int64_t n;      /* readings; 0 when no minute is open */
	bool is_joined; /* what was stored of this minute is in */
	bool is_dirty;  /* there is more than was last written */
	struct rollup_range range[COLUMN_ROLLED];
	struct rollup_value last[COLUMN_LASTS];
	struct rollup_value bits[COLUMN_RAWS];
	int64_t total[COLUMN_TOTALS];
	bool has_previous;
	int64_t previous_ms;
	int64_t previous_ma;
	int64_t previous_mv;
};

void rollup_init(struct rollup *rollup, const struct column_list *columns);

/* Whether a reading of this time ends the open minute: write it before adding. */
bool rollup_is_ended(const struct rollup *rollup, int64_t time_ms);

void rollup_add(struct rollup *rollup, int64_t time_ms, const struct bms_telemetry *telemetry);

/* Takes in a stored row of the open minute, one value per column. */
void rollup_join(struct rollup *rollup, const struct rollup_value *stored);

/* The open minute's value for a column. */
struct rollup_value rollup_read(const struct rollup *rollup, const struct column *column);

#endif
