/* SPDX-License-Identifier: MIT */
/* Days as people count them: from midnight to midnight where the computer is. */
#ifndef STORE_LOCAL_DAY_H
#define STORE_LOCAL_DAY_H

#include <stdbool.h>
#include <stdint.h>

struct local_day {
	int64_t start_ms;
	int64_t end_ms; /* the next one's start: 23, 24 or 25 hours on */
	int64_t number; /* 20261122 */
};

/* The day of a time; false if the C library does not know. */
bool local_day_of(int64_t time_ms, struct local_day *ret);

#endif
