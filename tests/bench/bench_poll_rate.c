/* SPDX-License-Identifier: MIT */
/* How many polls a line does when 16 boards are read as fast as it allows, against what the bytes,
 * the gaps and the boards' turnaround leave. */
#include <err.h>
#include <stdlib.h>

#include "base/clock.h"
#include "figures.h"
#include "link/frame_time.h"
#include "polls.h"
#include "simulator.h"

enum {
	BOARDS = 16,
	WINDOWS = 7,
	WINDOW_POLLS = 48,
	WARM_UP = 96,
	LEAST_PERCENT = 90
};

static double transaction_us(uint16_t count)
{
	size_t bytes = bms_modbus_reply_size(BMS_MODBUS_READ, count) + 8;

	return frame_time_us(SIMULATOR_BAUD, bytes) + frame_gap_us(SIMULATOR_BAUD) +
	       SIMULATOR_TURNAROUND_MS * 1000;
}

/* As many jobs as there are boards always wait, so that the worker never does. */
static double polls_per_s(struct polls *polls, unsigned count)
{
	uint64_t from_us = clock_monotonic_us();

	for (unsigned i = 0; i < count; i++) {
		polls_submit(polls, (uint8_t)(1 + (polls->done + BOARDS) % BOARDS));
		polls_wait(polls, polls->done + 1);
	}
	return count * 1e6 / (double)(clock_monotonic_us() - from_us);
}

int main(int argc, char **argv)
{
	struct simulator boards;
	struct polls polls;
	double rates[WINDOWS];

	if (argc != 2)
		errx(EXIT_FAILURE, "usage: bench_poll_rate BMS-SIM");
	simulator_start(&boards, argv[1], BOARDS);
	polls_start(&polls, boards.link, SIMULATOR_BAUD);

	for (uint8_t unit = 1; unit <= BOARDS; unit++)
		polls_submit(&polls, unit);
	polls_per_s(&polls, WARM_UP);
	for (unsigned i = 0; i < WINDOWS; i++)
		rates[i] = polls_per_s(&polls, WINDOW_POLLS);
	double rate = figure_median(rates, WINDOWS);
	double limit = 1e6 / (transaction_us(POLL_FIRST_COUNT) + transaction_us(POLL_REST_COUNT));

	figure_show("limit of the line", limit, "polls/s");
	figure_show("polls done, median", rate, "polls/s");
	figure_show("polls done, best", rates[WINDOWS - 1], "polls/s");
	bool met = figure_at_least("part of the limit", 100 * rate / limit, "%", LEAST_PERCENT) &&
		   polls.failed == 0;

	polls_stop(&polls);
	simulator_stop(&boards);
	return met ? EXIT_SUCCESS : EXIT_FAILURE;
}
