/* SPDX-License-Identifier: MIT */
/* A random battery lives through a random script of faults; what must always be true is checked at
 * each step, and that the board finds back at the end. A seed is one such life.
 *
 * Always: no relay closed longer than 20 ms and its travel while it is forbidden; never two cells
 * connected. While nothing is broken: no cell at rest more than 30 mV outside its limits, not for
 * one step; under current, which shows a cell higher or lower by what its resistance adds, not
 * for longer than the protection's own time. In the end: every protection released or latched. */
#ifndef PROPERTY_H
#define PROPERTY_H

#include "scenario/rig.h"

enum {
	PROPERTY_EVENTS = 16
};

struct property {
	uint64_t seed;
	struct rig_config config;
	struct fault_event event[PROPERTY_EVENTS];
	unsigned events;
	bool jitter;        /* steps of 1 to 50 ms */
	uint64_t fails_us;  /* since the start */
	const char *broken; /* NULL: everything was true */
	size_t row;         /* of the protections, if one did not release */
};

/* True: nothing was broken. */
bool property_run(struct property *property, uint64_t seed);

void property_print(const struct property *property);

#endif
