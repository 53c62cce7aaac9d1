/* SPDX-License-Identifier: MIT */
#include "ctl/time_text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Up to so many digits; false if there is none. */
static bool take_digits(const char **text, size_t most, int *ret)
{
	size_t count = 0;
	int value = 0;

	while (count < most && **text >= '0' && **text <= '9') {
		value = value * 10 + (**text - '0');
		++*text;
		count++;
	}
	*ret = value;
	return count > 0;
}

static bool take(const char **text, char wanted)
{
	if (**text != wanted)
		return false;
	++*text;
	return true;
}

static bool take_date(const char **text, struct tm *tm)
{
	if (!take_digits(text, 4, &tm->tm_year) || !take(text, '-') ||
		!take_digits(text, 2, &tm->tm_mon) || !take(text, '-') ||
		!take_digits(text, 2, &tm->tm_mday))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return true;
}

/* Milliseconds behind a decimal point: ".25" is 250. */
static bool take_fraction(const char **text, int *ret_ms)
{
	const char *start = *text;
	int value;

	if (!take_digits(text, 3, &value))
		return false;
	for (const char *at = start; at < start + 3; at++)
		if (at >= *text)
			value *= 10;
	*ret_ms = value;
	return true;
}

static bool take_time_of_day(const char **text, struct tm *tm, int *ret_ms)
{
	if (!take_digits(text, 2, &tm->tm_hour) || !take(text, ':') ||
		!take_digits(text, 2, &tm->tm_min))
		return false;
	if (!take(text, ':'))
		return true;
	if (!take_digits(text, 2, &tm->tm_sec))
		return false;
	return !take(text, '.') || take_fraction(text, ret_ms);
}

static bool tm_to_ms(const struct tm *tm, bool is_utc, int ms, int64_t *ret_ms)
{
	struct tm copy = *tm;
	time_t seconds;

	copy.tm_isdst = -1;
	seconds = is_utc ? timegm(&copy) : mktime(&copy);
	/* 2026-02-30 would become a day in March. */
	if (copy.tm_mday != tm->tm_mday || copy.tm_mon != tm->tm_mon || tm->tm_hour > 23 ||
		tm->tm_min > 59 || tm->tm_sec > 59)
		return false;
	*ret_ms = (int64_t)seconds * 1000 + ms;
	return true;
}

static bool parse_date(const char *text, int64_t *ret_ms)
{
	struct tm tm = { 0 };
	bool is_utc = false;
	int ms = 0;

	if (!take_date(&text, &tm))
		return false;
	if (*text) {
		if (!take(&text, ' ') && !take(&text, 'T'))
			return false;
		if (!take_time_of_day(&text, &tm, &ms))
			return false;
		is_utc = take(&text, 'Z');
	}
	return !*text && tm_to_ms(&tm, is_utc, ms, ret_ms);
}

static bool parse_ago(const char *text, int64_t now_ms, int64_t *ret_ms)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {
		{ "s", 1000 },
		{ "min", 60000 },
		{ "m", 60000 },
		{ "h", 3600000 },
		{ "d", 86400000 },
		{ "w", 604800000 },
	};
	int count;

	if (!take_digits(&text, 6, &count))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(units[i].name, text) != 0)
			continue;
		*ret_ms = now_ms - count * units[i].ms;
		return true;
	}
	return false;
}

static bool parse_day(int days_ago, int64_t now_ms, int64_t *ret_ms)
{
	time_t seconds = (time_t)(now_ms / 1000);
	struct tm tm = { 0 };

	localtime_r(&seconds, &tm);
	tm.tm_mday -= days_ago;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	*ret_ms = (int64_t)mktime(&tm) * 1000;
	return true;
}

bool time_text_parse(const char *text, int64_t now_ms, int64_t *ret_ms)
{
	if (strcmp(text, "now") == 0) {
		*ret_ms = now_ms;
		return true;
	}
	if (strcmp(text, "today") == 0)
		return parse_day(0, now_ms, ret_ms);
	if (strcmp(text, "yesterday") == 0)
		return parse_day(1, now_ms, ret_ms);
	return parse_ago(text, now_ms, ret_ms) || parse_date(text, ret_ms);
}
