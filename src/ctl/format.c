/* SPDX-License-Identifier: MIT */
#include "ctl/format.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *format_number(char out[FORMAT_SIZE], int64_t value, enum bms_unit unit)
{
	uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	unsigned decimals = bms_unit_rows[unit].decimals;
	uint64_t scale = 1;

	assert(decimals < 10);
	for (unsigned i = 0; i < decimals; i++)
		scale *= 10;
	if (unit == BMS_UNIT_BOOL)
		snprintf(out, FORMAT_SIZE, "%s", value ? "on" : "off");
	else if (unit == BMS_UNIT_BITS)
		snprintf(out, FORMAT_SIZE, "0x%08" PRIx64, (uint64_t)value);
	else if (decimals == 0)
		snprintf(out, FORMAT_SIZE, "%" PRId64, value);
	else
		snprintf(out, FORMAT_SIZE, "%s%" PRIu64 ".%0*" PRIu64, value < 0 ? "-" : "",
			magnitude / scale, (int)decimals, magnitude % scale);
	return out;
}

const char *format_value(char out[FORMAT_SIZE], int64_t value, enum bms_unit unit)
{
	const char *shown = bms_unit_rows[unit].shown;
	size_t length = strlen(format_number(out, value, unit));

	snprintf(out + length, FORMAT_SIZE - length, "%s%s", shown[0] ? " " : "", shown);
	return out;
}

const char *format_age(char out[FORMAT_SIZE], int64_t age_ms)
{
	static const struct {
		int64_t ms;
		const char *name;
	} steps[] = {
		{ INT64_C(172800000), "d" }, /* two of a unit before it is used */
		{ INT64_C(7200000), "h" },
		{ INT64_C(120000), "min" },
		{ INT64_C(20000), "s" },
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		int64_t unit_ms = steps[i].name[0] == 's' ? 1000 : steps[i].ms / 2;

		if (age_ms < steps[i].ms)
			continue;
		snprintf(out, FORMAT_SIZE, "%" PRId64 " %s", age_ms / unit_ms, steps[i].name);
		return out;
	}
	if (age_ms < 0)
		age_ms = 0;
	snprintf(out, FORMAT_SIZE, "%" PRId64 ".%" PRId64 " s", age_ms / 1000, age_ms % 1000 / 100);
	return out;
}

const char *format_time(char out[FORMAT_SIZE], int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm = { 0 };

	localtime_r(&seconds, &tm);
	strftime(out, FORMAT_SIZE, "%Y-%m-%d %H:%M:%S", &tm);
	return out;
}

const char *format_color(const struct ctl *ctl, enum format_color color)
{
	static const char *const sequences[] = {
		[FORMAT_PLAIN] = "\033[0m",
		[FORMAT_GOOD] = "\033[32m",
		[FORMAT_WARNING] = "\033[33m",
		[FORMAT_BAD] = "\033[31m",
	};

	return ctl->has_color ? sequences[color] : "";
}
