/* SPDX-License-Identifier: MIT */
/*
 * What a roll-up's row does not show and needs to be continued or added up exactly: how many
 * readings had a column at all, what the averages lost by rounding, and what is left of the totals
 * below their units. A few bytes, variable-length integers of seven bits each:
 *
 *   format   bit 0: the numbers of readings differ from the row's n · bit 1: totals follow
 *   per rolled column: with bit 0 the number of readings; unless that is 0 the remainder, zigzag
 *   per total, with bit 1: the remainder
 */
#ifndef STORE_ROLLUP_REST_H
#define STORE_ROLLUP_REST_H

#include "store/rollup.h"

enum {
	ROLLUP_REST_MAX = 1 + COLUMN_ROLLED * 20 + COLUMN_TOTALS * 10
};

/* Of the open row; has_totals when the row is one that may be continued. Returns the size. */
size_t rollup_rest_write(
	const struct rollup *rollup, bool has_totals, uint8_t out[ROLLUP_REST_MAX]);

/* What a stored row adds to sums and counts, given its averages; false if the bytes are none of
 * ours. */
bool rollup_rest_read(struct rollup_rest *ret, const uint8_t *bytes, size_t size, int64_t n,
	const struct rollup_value averages[COLUMN_ROLLED]);

#endif
