/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <assert.h>
#include <time.h>

static struct timespec clock_now(clockid_t id)
{
	struct timespec now;
	int r = clock_gettime(id, &now);

	assert(r == 0);
	(void)r;
	return now;
}

uint64_t clock_monotonic_us(void)
{
	struct timespec now = clock_now(CLOCK_MONOTONIC);

	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int64_t clock_wall_ms(void)
{
	struct timespec now = clock_now(CLOCK_REALTIME);

	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
