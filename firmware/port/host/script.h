/* SPDX-License-Identifier: MIT */
/*
 * What happens to the first board's battery and wiring, read from a file while the simulation
 * runs: lines that are appended later, or written into a pipe, count from then on.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include "plant/fault.h"

enum {
	SCRIPT_LINE_MAX = 128,
	SCRIPT_EVENTS_MAX = 256,
};

struct script {
	const char *path; /* borrowed */
	int fd;           /* -1: no script */
	unsigned line;
	unsigned refused; /* lines that are not understood, or too many */
	size_t size;      /* of the unfinished line */
	char text[SCRIPT_LINE_MAX];
	size_t count; /* of events to come */
	struct fault_event events[SCRIPT_EVENTS_MAX];
};

/* 0 or a negative errno. */
int script_init(struct script *script, const char *path);
void script_deinit(struct script *script);

/* Takes what has been written so far; lines that are wrong are told on stderr and counted. */
void script_read(struct script *script);

/* The next event due at this battery time, once. False: there is none. */
bool script_next(struct script *script, uint64_t now_us, struct fault_event *ret);

#endif
