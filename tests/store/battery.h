/* SPDX-License-Identifier: MIT */
/* A made-up day of a solar battery, good enough to fill a history: 25 LFP cells, sun, loads, noise. */
#ifndef TESTS_STORE_BATTERY_H
#define TESTS_STORE_BATTERY_H

#include "bms/telemetry.h"

enum {
	BATTERY_CELLS = 25
};

struct battery {
	uint64_t random;
	int64_t noise_uv;   /* standard deviation of a cell's reading */
	int64_t charge_mas; /* in the cells */
	int64_t load_ma;
	int64_t offset_uv[BATTERY_CELLS];
	int64_t wire_mohm[BATTERY_CELLS];
};

void battery_init(struct battery *battery, uint64_t seed, int64_t noise_uv);

/* What a board would report; a second of time passes. */
void battery_read(struct battery *battery, int64_t time_ms, struct bms_telemetry *telemetry);

/* Uniform in 0..limit-1. */
int64_t battery_random(struct battery *battery, int64_t limit);

#endif
