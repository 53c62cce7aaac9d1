/* SPDX-License-Identifier: MIT */
/* Single values of the file, each checked against its limits. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <libconfig.h>
#include <stdbool.h>
#include <stdint.h>

#include "bms/row.h"

struct error_list;

/* What a value must be: all that an error message says about it. */
struct value_limits {
	const char *key;
	enum bms_unit unit;
	int64_t min;
	int64_t max;
	int64_t example; /* a usual value */
};

/* What stands in the file: "an integer", "a list ( )" and so on. */
const char *value_kind(const config_setting_t *value);

unsigned value_line(const config_setting_t *value);

/* These write only when they return true; else an error was added. */

/* An integer in the unit, or a text with a unit of the same kind. */
bool value_read_integer(const config_setting_t *value, const struct value_limits *limits,
	int64_t *ret, struct error_list *errors);

/* true, false, 1 or 0. */
bool value_read_bool(
	const config_setting_t *value, const char *key, bool *ret, struct error_list *errors);

/* A text of printable characters. */
bool value_read_text(const config_setting_t *value, const char *key, const char **ret,
	struct error_list *errors);

#endif
