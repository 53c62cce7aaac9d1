/* SPDX-License-Identifier: MIT */
/* A bms-sim of our own for the time of a benchmark: its line as slow as a real one. */
#ifndef TESTS_SIMULATOR_H
#define TESTS_SIMULATOR_H

#include <sys/types.h>

enum {
	SIMULATOR_BAUD = 115200,
	SIMULATOR_TURNAROUND_MS = 5,
};

struct simulator {
	pid_t pid;
	char directory[64];
	char link[96];
};

/* Boards at the addresses 1 to boards. Ends the program if there is none after a while. */
void simulator_start(struct simulator *simulator, const char *program, unsigned boards);
void simulator_stop(struct simulator *simulator);

#endif
