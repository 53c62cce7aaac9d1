/* SPDX-License-Identifier: MIT */
/*
 * What current and voltages say of the contacts, without any feedback from them. The verdicts are
 * rows of the protection table; here are their quantities.
 *
 *   all commanded open  current flows                 stray: welded
 *   denied and open     current against the denial    anyway: welded, or through the other port
 *   commanded open   none, load at pack voltage 30 s  suspect: welded, or a large capacitor
 *   commanded closed none, load far below the pack    load down: the contact did not close
 */
#ifndef WELD_H
#define WELD_H

#include "core/measure.h"
#include "core/wiring.h"

enum {
	WELD_OPEN_MS = 100,   /* release time and arc, with a margin */
	WELD_CLOSED_MS = 500, /* operate time, bounce and a sample of the rails after it */
	WELD_SUSPECT_MS = 30000,
	WELD_SUSPECT_PCT = 90,
	WELD_FED_PCT = 95,
	WELD_DOWN_PCT = 80,
	WELD_NO_CURRENT_MA = 1000,
};

struct weld {
	uint64_t changed_us; /* a coil was switched */
	uint64_t high_us; /* since when the load has been high with its relays open; 0: it is not */
	uint8_t driven;
	bool suspect;
};

struct weld_input {
	uint64_t now_us;
	uint8_t driven;  /* coils */
	uint8_t allowed; /* enum protect_action; one denied must carry no current either */
	bool no_load_sense;
	bool common_port;
};

void weld_init(struct weld *weld, uint64_t now_us);

/* Fills the quantities that are its own. */
void weld_step(struct weld *weld, struct measure *measure, const struct weld_input *input);

#endif
