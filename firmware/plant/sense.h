/* SPDX-License-Identifier: MIT */
/* The converters between the plant and the board: when each samples, with stamps, and how each
 * can stop or fail. */
#ifndef SENSE_H
#define SENSE_H

#include "plant/plant.h"

enum {
	SENSE_SCAN_US = 250000
};

struct sense {
	struct port_cells cells;
	struct port_shunt shunt;
	struct port_probes probes;
	struct port_rails rails;
	struct port_stage stage;
	uint64_t next_scan_us;
	uint32_t seq;
};

void sense_init(struct sense *sense, uint64_t now_us);

/* Once a step, after plant_step(). */
void sense_step(struct sense *sense, struct plant *plant, uint64_t now_us);

#endif
