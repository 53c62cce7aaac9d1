/* SPDX-License-Identifier: MIT */
#include "link/turnaround.h"

enum {
	STEP_FIRST_US = 16,
	STEP_SHARE = 4,        /* a step down is at most this part of the estimate */
	RAISE_SHARE = 2,       /* and a step up at most this part of it, */
	RAISE_LEAST_US = 1000, /* or this much */
	RAISE_MARGIN_US = 100, /* stations vary: stay on the late side of what was seen */
	SETTLED_EVERY = 8,     /* one transaction of these is a probe */
	IN_TIME_UNSETTLED = 3, /* so many in time: the estimate is too long, hurry down */
};

static uint32_t lesser(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

void turnaround_init(struct turnaround *turnaround, uint32_t first_us, uint32_t max_us)
{
	*turnaround = (struct turnaround){
		.us = lesser(first_us, max_us),
		.max_us = max_us,
		.step_us = STEP_FIRST_US,
	};
}

bool turnaround_next_is_probe(struct turnaround *turnaround)
{
	if (turnaround->until_probe == 0)
		return true;
	turnaround->until_probe--;
	return false;
}

void turnaround_in_time(struct turnaround *turnaround)
{
	uint32_t most_us = turnaround->us / STEP_SHARE + STEP_FIRST_US;

	turnaround->us -= lesser(turnaround->us, lesser(turnaround->step_us, most_us));
	turnaround->step_us = lesser(turnaround->step_us * 2, most_us);
	if (turnaround->in_time < IN_TIME_UNSETTLED)
		turnaround->in_time++;

	bool unsettled = turnaround->in_time == IN_TIME_UNSETTLED && turnaround->us > 0;
	turnaround->until_probe = unsettled ? 0 : SETTLED_EVERY - 1;
}

void turnaround_late(struct turnaround *turnaround, uint32_t late_us)
{
	uint32_t most_us = turnaround->us / RAISE_SHARE + RAISE_LEAST_US;
	uint32_t raise_us = lesser(late_us, most_us) + RAISE_MARGIN_US;

	turnaround->us += lesser(raise_us, turnaround->max_us - turnaround->us);
	turnaround->step_us = STEP_FIRST_US;
	turnaround->in_time = 0;
	turnaround->until_probe = SETTLED_EVERY - 1;
}
