/* SPDX-License-Identifier: MIT */
/*
 * How long a station takes to begin its answer, learned so that one sleep per transaction ends
 * when the answer is there. Pure arithmetic: no clock, no I/O.
 *
 * Whoever sleeps until the predicted end cannot see how much earlier the answer ended, so an
 * average of what was seen can only grow: each oversleep looks like a slow station. Here an
 * estimate that was long enough always goes down, in steps that double while it stays long
 * enough, and goes up only by what was missing, by a limited part of itself at a time.
 *
 * Transactions normally end with the gap that must follow the answer, which would hide an
 * estimate that is too short by less than the gap. So only some are *probes*: the line is looked
 * at when the answer should just have ended, before the gap.
 */
#ifndef LINK_TURNAROUND_H
#define LINK_TURNAROUND_H

#include <stdbool.h>
#include <stdint.h>

struct turnaround {
	uint32_t us; /* the estimate */
	uint32_t max_us;
	uint32_t step_us;    /* the next step down */
	uint8_t in_time;     /* probes in time, one after the other */
	uint8_t until_probe; /* transactions before the next probe */
};

void turnaround_init(struct turnaround *turnaround, uint32_t first_us, uint32_t max_us);

/* Once per transaction: is this one a probe? */
bool turnaround_next_is_probe(struct turnaround *turnaround);

/* A probe found the whole answer. */
void turnaround_in_time(struct turnaround *turnaround);

/* The answer, a good one, ended this long after its predicted end. */
void turnaround_late(struct turnaround *turnaround, uint32_t late_us);

#endif
