/* SPDX-License-Identifier: MIT */
/* How this board is built into its battery: fixed at the factory, a constant of the port. All
 * zeros is the standard board: split port, load sense wire and auxiliary contacts in place. */
#ifndef WIRING_H
#define WIRING_H

#include <stdbool.h>
#include <stdint.h>

enum {
	WIRING_BREAK_PCT = 300 /* of the shunt's range */
};

struct wiring {
	bool common_port;   /* one relay, the discharge one, carries both directions */
	bool no_load_sense; /* nothing measures behind the discharge relay */
	bool no_contacts;   /* nothing tells whether a relay follows its coil */
	bool key_starts;    /* discharge needs the ACC key */
	bool plug_starts;   /* the charge relay needs a charger at K+ */
	/* What the contacts can break, of the shunt's range; 0: WIRING_BREAK_PCT. Above it the fuse
	 * goes first. */
	uint16_t break_pct;
};

#endif
