/* SPDX-License-Identifier: MIT */
/*
 * The order in which relays close and open. Split port: a charge path with one relay, a discharge
 * path with a pre-charge relay beside the main one.
 *
 *   OPEN --wanted, allowed, open for 1 s--> PRECHARGE --set time, load up--> OVERLAP --> CLOSED
 *     ^ <------------ denied: at once -----------'------------------------------'-----------'|
 *     | <-- current gone, or 2 s -- OPENING <-------- no longer wanted, closed for 1 s -------'
 *     '-- no longer wanted, or 30 s, 60 s; three tries -- COOLDOWN <-- PRECHARGE, load not up
 */
#ifndef RELAY_H
#define RELAY_H

#include "core/protect.h"

enum relay_state {
	RELAY_OPEN,
	RELAY_PRECHARGE,
	RELAY_OVERLAP,
	RELAY_CLOSED,
	RELAY_OPENING,
	RELAY_COOLDOWN,
	RELAY_STATES
};

enum {
	RELAY_MIN_MS = 1000, /* a relay stays as it is at least this long, unless denied */
	RELAY_OVERLAP_MS = 300,
	RELAY_OPENING_MS = 2000,
	RELAY_OPENING_MA = 5000, /* what the contacts break without wear */
	RELAY_COOLDOWN_MS = 30000,
	RELAY_TRIES = 3,
	RELAY_RISEN_PCT = 90, /* of the pack voltage, behind the pre-charge resistor */
};

struct relay_path {
	uint64_t since_us;
	uint8_t state; /* enum relay_state */
	uint8_t main;  /* bit of enum port_relay */
	uint8_t precharge;
	uint8_t tries;
};

struct relay {
	struct relay_path charge;
	struct relay_path discharge;
};

struct relay_input {
	uint64_t now_us;
	uint8_t want;    /* bits of enum port_relay: charge, discharge */
	uint8_t allowed; /* enum protect_action */
	int32_t current_ma;
	int32_t pack_mv;
	int32_t load_mv;
	uint32_t precharge_ms; /* 0: no pre-charge */
};

void relay_init(struct relay *relay, uint64_t now_us);

/* One step; returns the relays to drive, bits of enum port_relay. */
uint8_t relay_step(struct relay *relay, const struct relay_input *input);

/* The load did not come up behind the pre-charge resistor. */
bool relay_start_failed(const struct relay *relay);

#endif
