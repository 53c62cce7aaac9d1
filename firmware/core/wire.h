/* SPDX-License-Identifier: MIT */
/*
 * The sense wires. The balancing current flows through them, which costs nothing to look at: the
 * step in a cell's voltage when the current starts is its loop resistance, the step in its
 * neighbours' is the wire they share. With both known, readings are corrected while the current
 * flows, so that no protection sees the drop. Before anything is measured, the resistances that
 * somebody has set stand in.
 *
 * A wire that goes bad under the current would still look like a cell beyond its limits. Cells do
 * not jump: a corrected reading that has left the one without current behind is not believed but
 * looked at again without it, which costs a protection one scan.
 */
#ifndef WIRE_H
#define WIRE_H

#include "bms/settings.h"
#include "core/measure.h"

enum {
	WIRE_LIMIT_MOHM = 400,
	WIRE_LIMIT_RATIO = 3, /* of the median */
	WIRE_CONFIRMATIONS = 2,
	WIRE_OPEN_MOHM = 65535, /* no current at all */
	WIRE_NO_CELL = 0xff,
	WIRE_RETEST_S = 600, /* of a wire that is too high */
	WIRE_TRIES = 3,
	WIRE_DOUBT_MV = 40, /* more than a cell moves while it is connected */
	WIRE_CELLS = 3,     /* that share the connected cell's wires: below, itself, above */
};

struct wire_loop {
	int32_t uohm;     /* averaged; both wires of the cell */
	int32_t low_uohm; /* the wire shared with the cell below; 0: not known */
	uint64_t tested_us;
	uint8_t tries;  /* tests begun */
	uint8_t pulses; /* measured; stays at its largest value */
	uint8_t doubts; /* pulses in a row that contradict what high says */
	bool high;
};

struct wire {
	struct wire_loop loop[PORT_CHANNELS + 1]; /* the last one has the topmost wire only */
	uint32_t high_mask;                       /* loops too high */
	uint64_t changed_us;                      /* the stage was told mode */
	uint32_t seq;                             /* of the cells' sample seen last */
	uint8_t mode;                             /* enum port_stage_mode */
	uint8_t cell;                             /* connected, or last connected */
	uint16_t ma;
	bool clean;               /* idle_mv is from just before the current started */
	uint16_t pulse;           /* measured pulses in all */
	bool measured;            /* this pulse was */
	bool doubted;             /* the stage is to be off until a scan without current has come */
	int32_t uohm[WIRE_CELLS]; /* of this connection, as each cell sees it */
	uint16_t idle_mv[PORT_CHANNELS];  /* as corrected last */
	uint16_t quiet_mv[PORT_CHANNELS]; /* the last without current */
};

void wire_init(struct wire *wire);

/* One step; driven is what the stage was told in the step before. The cells of the input are
 * corrected in place, and given the resistances that are known. */
void wire_step(struct wire *wire, struct board_input *input, const struct port_stage_order *driven,
	const struct bms_settings *settings);

/* The cell whose wires want a test pulse, or WIRE_NO_CELL. */
uint8_t wire_next_test(const struct wire *wire, uint8_t cell_count, uint64_t now_us);
void wire_test_begins(struct wire *wire, uint8_t cell, uint64_t now_us);

/* 0: not measured yet. */
uint16_t wire_mohm(const struct wire *wire, size_t cell);

/* Cells that must not be connected: those with a bad or an open wire, and their neighbours. */
uint32_t wire_locked_mask(const struct wire *wire, uint32_t open_mask);

#endif
