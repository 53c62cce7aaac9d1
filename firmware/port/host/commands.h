/* SPDX-License-Identifier: MIT */
/* What a person or a test may do to boards while they run, one line a command. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "port/host/station.h"

enum {
	ANSWER_MAX = 8192
};

struct answer {
	size_t size;
	char text[ANSWER_MAX];
};

/*
 * [ADDRESS:] COMMAND, for the board that was started with this address, else for the first one.
 * The answer's last line is "ok", or "error: " and why; then nothing has changed.
 */
void commands_run(struct station *stations, size_t count, const char *line, struct answer *ret);

#endif
