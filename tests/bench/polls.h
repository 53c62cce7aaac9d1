/* SPDX-License-Identifier: MIT */
/* A line that polls the live blocks of boards, for the benchmarks. */
#ifndef TESTS_POLLS_H
#define TESTS_POLLS_H

#include "link/modbus_line.h"

enum {
	/* The live block: 122 registers are the most that boards answer at once. */
	POLL_REGISTER = 0x1200,
	POLL_FIRST_COUNT = 122,
	POLL_REST_REGISTER = POLL_REGISTER + 2 * POLL_FIRST_COUNT,
	POLL_REST_COUNT = 25,
	POLL_ANSWER_TIMEOUT_MS = 350,
};

struct polls {
	sd_event *event;
	struct modbus_line *line;
	unsigned done;
	unsigned failed;
};

/* Ends the program if the line does not open. */
void polls_start(struct polls *polls, const char *device, unsigned baud);
void polls_stop(struct polls *polls);

void polls_submit(struct polls *polls, uint8_t unit);
/* Runs the loop until so many polls are done. */
void polls_wait(struct polls *polls, unsigned done);

#endif
