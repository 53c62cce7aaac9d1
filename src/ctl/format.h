/* SPDX-License-Identifier: MIT */
/* Values as people read them: units.def says how. Integers all the way. */
#ifndef CTL_FORMAT_H
#define CTL_FORMAT_H

#include <stdint.h>

#include "bms/row.h"
#include "ctl/ctl.h"

enum {
	FORMAT_SIZE = 48
};

/* "3.645 V", "on", "0x00090010" */
const char *format_value(char out[FORMAT_SIZE], int64_t value, enum bms_unit unit);

/* The same without the unit: for tables, whose head names it. */
const char *format_number(char out[FORMAT_SIZE], int64_t value, enum bms_unit unit);

/* "0.4 s", "12 min" */
const char *format_age(char out[FORMAT_SIZE], int64_t age_ms);

/* Local time with seconds. */
const char *format_time(char out[FORMAT_SIZE], int64_t wall_ms);

enum format_color {
	FORMAT_PLAIN,
	FORMAT_GOOD,
	FORMAT_WARNING,
	FORMAT_BAD,
};

/* What switches a terminal to a colour, or "" where there is none. */
const char *format_color(const struct ctl *ctl, enum format_color color);

#endif
