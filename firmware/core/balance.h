/* SPDX-License-Identifier: MIT */
/*
 * Active balancing by charge. Voltages are believed only at rest and off the plateau; there each
 * cell's surplus or lack is learned once, and then paid at any state of charge, from any cell to
 * any cell through the capacitor, without looking at voltages that lie under current.
 *
 *   IDLE --spread above the trigger, pack quiet--> SETTLE --averages stand still--> plan
 *    ^ |                                                                            |
 *    | '--a wire wants its test--> TEST --> GAP     GAP <--debts--------------------'
 *    |                                               | ^
 *    '--nothing owed, or not allowed-----------------' '--- TAKE, GIVE: until the debt is paid or
 *                                                           the capacitor is full, empty; 20 s
 */
#ifndef BALANCE_H
#define BALANCE_H

#include "bms/settings.h"
#include "core/measure.h"
#include "core/wire.h"

enum balance_state {
	BALANCE_IDLE,
	BALANCE_SETTLE,
	BALANCE_GAP,
	BALANCE_TAKE,
	BALANCE_GIVE,
	BALANCE_TEST,
	BALANCE_STATES
};

/* Why the stage stays off. */
enum balance_lock {
	BALANCE_SWITCHED_OFF = 1u << 0,
	BALANCE_DENIED = 1u << 1, /* by a protection */
	BALANCE_HOT = 1u << 2,
	BALANCE_COLD = 1u << 3,
	BALANCE_BLIND = 1u << 4,    /* no fresh voltages, or none from the stage */
	BALANCE_WASTEFUL = 1u << 5, /* most of what is taken does not arrive */
};

enum {
	BALANCE_MAX_MA = 2000,
	BALANCE_MIN_MA = 300,
	BALANCE_HOT_DC = 850,
	BALANCE_COOL_DC = 750,
	BALANCE_DERATE_DC = 700,
};

struct balance_input {
	uint64_t now_us;
	const struct bms_settings *settings;
	const struct measure *measure;
	const struct port_stage *stage;
	uint8_t chemistry; /* enum bms_chemistry */
	bool allowed;      /* by the protections */
};

/* Averages of the cells while nothing flows. */
struct balance_window {
	uint64_t since_us;
	uint16_t scans;
	uint8_t doublings; /* of its length */
	bool before_known;
	int32_t sum_mv[PORT_CHANNELS];
	int32_t uv[PORT_CHANNELS]; /* of the window before */
};

struct balance {
	struct port_stage_order order;
	struct balance_window window;
	int64_t owed_uams[PORT_CHANNELS]; /* positive: the cell is to get it */
	int64_t taken_uams;               /* since the capacitor was empty last */
	int64_t given_uams;
	uint64_t since_us; /* of the state */
	uint64_t stepped_us;
	uint64_t quiet_us;   /* since when the pack current is small; 0: it is not */
	uint64_t learned_us; /* 0: never */
	int32_t efficiency_ppm;
	uint32_t wants_clean; /* the sample after which a gap may end */
	uint8_t state;        /* enum balance_state */
	uint8_t locks;        /* enum balance_lock */
	uint8_t wasteful;     /* poor cycles in a row */
	bool giving;          /* direction of the capacitor */
	bool cycle_known;     /* taken and given count from an empty capacitor on */
	bool continuing;      /* a plan was paid since the trigger was passed */
};

void balance_init(struct balance *balance);

/* One step; balance->order is what the stage is to do. wire is told of tests. */
void balance_step(struct balance *balance, struct wire *wire, const struct balance_input *input);

/* As telemetry says it: 0 off, 1 charging the weak cell, 2 discharging the strong cell. */
uint8_t balance_telemetry_state(const struct balance *balance);

#endif
