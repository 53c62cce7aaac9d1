/* SPDX-License-Identifier: MIT */
/*
 * The order in which relays close and open: a charge path with one relay, a discharge path with a
 * pre-charge relay beside the main one. One function a state; denied means out, at once.
 *
 *   OPEN --wanted, allowed, rested--> PRECHECK --load far from the pack--> PRECHARGE
 *     ^                                  '-- load at the pack ------.        |      |
 *     |                                                             v        |      | too late
 *     |                                                          CLOSED <-- OVERLAP v
 *     |<-- current gone, or 5 s -- OPENING <-- no longer wanted ----'        COOLDOWN
 *     |<-- current gone, or 3 s -- BREAKING <-- denied, more than the contacts can break
 *     '--------------------------------- 30 s, 60 s; three tries -------------------'
 */
#ifndef RELAY_H
#define RELAY_H

#include "core/protect.h"

enum relay_state {
	RELAY_OPEN,
	RELAY_PRECHECK,
	RELAY_PRECHARGE,
	RELAY_OVERLAP,
	RELAY_CLOSED,
	RELAY_OPENING,
	RELAY_BREAKING,
	RELAY_COOLDOWN,
	RELAY_STATES
};

enum {
	RELAY_MIN_MS = 1000, /* a relay stays as it is at least this long, unless denied */
	RELAY_CLOSURES_PER_MINUTE = 6,
	RELAY_PRECHECK_MS = 100,
	RELAY_LEVEL_PCT = 2, /* of the pack voltage: no inrush worth a resistor */
	RELAY_COIL_MS = 50,  /* the pre-charge contact is closed by then */
	RELAY_TOO_FAST_MS = 100,
	RELAY_RISEN_PCT = 95,   /* of the pack voltage, behind the pre-charge resistor */
	RELAY_BEYOND_PCT = 110, /* somebody else feeds the load */
	RELAY_RISEN_MS = 100,
	RELAY_RISEN_MA = 1000, /* a load that draws more through the resistor is not precharged */
	RELAY_OVERLAP_MS = 300,
	RELAY_OPENING_MS = 5000,
	RELAY_OPENING_MA = 5000, /* what the contacts break without wear */
	RELAY_STAGGER_MS = 50,   /* the relay that carries nothing opens after the other */
	RELAY_FUSE_MS = 3000,    /* a fuse has blown by then, or never will */
	RELAY_COOLDOWN_MS = 30000,
	RELAY_TRIES = 3,
};

struct relay_path {
	uint64_t since_us;
	uint64_t risen_us;  /* since when the load is up; 0: it is not */
	uint64_t minute_us; /* of the first closure that counts */
	uint8_t state;      /* enum relay_state */
	uint8_t main;       /* bit of enum port_relay */
	uint8_t precharge;
	bool charges; /* the current this path is there for; else it discharges */
	uint8_t tries;
	uint8_t closures; /* since minute_us */
	bool too_fast;    /* the last pre-charge took no time: back-feed, a weld, or no load */
	uint32_t cycles;
	uint32_t loaded_cycles; /* opened under more than RELAY_OPENING_MA */
	int32_t worst_ma;       /* opened under, in magnitude */
};

struct relay {
	struct relay_path charge;
	struct relay_path discharge;
	uint8_t drive;
};

struct relay_input {
	uint64_t now_us;
	uint8_t want;    /* bits of enum port_relay: charge, discharge */
	uint8_t allowed; /* enum protect_action */
	int32_t current_ma;
	int32_t contact_ma; /* the magnitude the contacts would have to break now */
	int32_t pack_mv;
	int32_t load_mv;
	uint32_t precharge_ms; /* 0: no pre-charge. At most; without a load sense wire, exactly */
	int32_t break_ma;      /* above, the fuse goes first; 0: open always */
	bool no_load_sense;
	bool suspect; /* a weld: the load at pack voltage is no reason to do without pre-charge */
};

void relay_init(struct relay *relay, uint64_t now_us);

/* One step; returns the relays to drive, bits of enum port_relay. */
uint8_t relay_step(struct relay *relay, const struct relay_input *input);

/* The load did not come up behind the pre-charge resistor. */
bool relay_start_failed(const struct relay *relay);

/* Paths that wait for their current to go, bits of enum port_relay: ask for none of it. */
uint8_t relay_opening(const struct relay *relay);

#endif
