/* SPDX-License-Identifier: MIT */
/* How the plant is made to show the board a quantity: what the rows' scenarios turn. */
#ifndef DRIVE_H
#define DRIVE_H

#include "scenario/rig.h"

struct drive {
	/* On a rig that rig_bench() has prepared. */
	void (*force)(struct rig *rig, int32_t value);
	void (*prepare)(struct rig *rig);
	const struct wiring *wiring; /* NULL: the standard board */
	/* Stops the sensor behind it; PLANT_FAULT_COUNT: there is none that could stop. */
	enum plant_fault blind;
	bool is_flag;     /* 0 or 1, nothing in between */
	bool ends_itself; /* the open relay ends it */
	bool is_unknown;  /* the current may be more than can be broken: the fuse goes first */
	bool is_age;      /* of the sensor's samples: the limit itself cannot be held */
};

/* NULL: scenarios written by hand stand for it, under drive_by_hand()'s row. */
const struct drive *drive_of(enum measure_quantity quantity);

/* NULL: nobody looks at this quantity. */
const char *drive_by_hand(enum measure_quantity quantity);

#endif
