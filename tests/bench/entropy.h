/* SPDX-License-Identifier: MIT */
/*
 * How small a history can be that keeps every bit: the order-0 entropy of what a good predictor
 * gets wrong. It knows the past, the pack's current, and that all cells move together.
 */
#ifndef TESTS_ENTROPY_H
#define TESTS_ENTROPY_H

#include "battery.h"

enum {
	ENTROPY_SYMBOLS = 65536, /* residuals beyond share the outermost one */
	ENTROPY_STREAMS = 2 * BATTERY_CELLS + 8,
};

struct entropy {
	uint32_t counts[ENTROPY_STREAMS][ENTROPY_SYMBOLS];
	int64_t samples;
	bool has_previous;
	struct bms_telemetry previous;
	double current_ma;               /* smoothed */
	double common_uv;                /* mean of the cells at no current, smoothed */
	double offset_uv[BATTERY_CELLS]; /* of each cell from the mean, smoothed */
	double mean_uv;
	double steps_products, steps_squares; /* the resistance is their quotient */
	int64_t charge_mas;                   /* counted, to predict the capacity that is left */
};

void entropy_add(struct entropy *entropy, const struct bms_telemetry *telemetry);

/* Bytes per sample. */
double entropy_bound(const struct entropy *entropy);
double entropy_of_cells(const struct entropy *entropy);

#endif
