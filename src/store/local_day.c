/* SPDX-License-Identifier: MIT */
#include "store/local_day.h"

#include <time.h>

/* The first moment of a day; where midnight is skipped, mktime() gives the moment after. */
static bool midnight(struct tm day, int64_t *ret_ms)
{
	time_t seconds;

	day.tm_hour = day.tm_min = day.tm_sec = 0;
	day.tm_isdst = -1;
	seconds = mktime(&day);
	if (seconds == (time_t)-1)
		return false;
	*ret_ms = (int64_t)seconds * 1000;
	return true;
}

bool local_day_of(int64_t time_ms, struct local_day *ret)
{
	time_t seconds = (time_t)(time_ms / 1000);
	struct local_day day;
	struct tm tm, next;

	if (!localtime_r(&seconds, &tm))
		return false;
	next = tm;
	next.tm_mday++;
	if (!midnight(tm, &day.start_ms) || !midnight(next, &day.end_ms) ||
		time_ms < day.start_ms || time_ms >= day.end_ms)
		return false;
	day.number = (tm.tm_year + 1900) * INT64_C(10000) + (tm.tm_mon + 1) * 100 + tm.tm_mday;
	*ret = day;
	return true;
}
