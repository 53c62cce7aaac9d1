/* SPDX-License-Identifier: MIT */
/* A board on the bench: sensors are set by hand, contacts follow the coils one step later. */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include "core/board.h"

enum {
	BENCH_SCAN_MS = 250,
	BENCH_STEP_MS = 10,
	BENCH_CELLS = 16
};

struct bench {
	struct board board;
	struct board_input input;
	struct board_output output;
	bool cells_frozen; /* the same sample again and again */
	bool cells_invalid;
	bool shunt_frozen;
	bool probes_frozen;
	bool rails_frozen;
	uint8_t stuck_open, stuck_closed; /* relays */
	bool load_shorted;
};

/* 16 cells of 3.3 V, 25 C, no current, both switches on, nothing in flash. */
void bench_init(struct bench *bench);
void bench_set_cells(struct bench *bench, uint16_t mv);
void bench_set_probes(struct bench *bench, int16_t dc);
void bench_run(struct bench *bench, unsigned ms);
void bench_set(struct bench *bench, enum bms_setting_slot slot, int64_t value);

/* Runs until the relays are closed. */
void bench_close(struct bench *bench);

#endif
