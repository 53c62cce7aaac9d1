/* SPDX-License-Identifier: MIT */
/* The command line of bms-sim. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "port/host/station.h"

enum option_number {
	OPTION_CELLS,
	OPTION_CAPACITY_MAH,
	OPTION_SEED,
	OPTION_SPEED,
	OPTION_TURNAROUND_US,
	OPTION_BAUD,
	OPTION_DIE_AFTER_WRITES,
	OPTION_NUMBERS
};

enum {
	OPTIONS_BOARDS_MAX = 247
};

enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE, /* help or version was printed */
	OPTIONS_BAD,  /* said why on stderr */
};

struct options {
	int64_t number[OPTION_NUMBERS];
	enum bms_chemistry chemistry;
	enum profile profile;
	enum death death;
	unsigned fault_every[LINE_FAULTS];
	bool counts_frames;
	bool can_obeys;
	struct bms_jk_can_options can_options;
	const char *can;              /* interface; NULL: no CAN */
	const char *store;            /* borrowed from argv */
	const char *script;           /* NULL: nothing happens to the battery */
	const char *control;          /* socket; NULL: none */
	const char *link[PORT_UARTS]; /* NULL: no such line, except RS485 */
	size_t boards;
	uint8_t address[OPTIONS_BOARDS_MAX];
};

enum options_result options_parse(struct options *options, int argc, char **argv);

#endif
