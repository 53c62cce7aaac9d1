/* SPDX-License-Identifier: MIT */
#include "config/value.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/quantity.h"
#include "config/errors.h"

const char *value_kind(const config_setting_t *value)
{
	switch (config_setting_type(value)) {
	case CONFIG_TYPE_GROUP:
		return "a group { }";
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return "an integer";
	case CONFIG_TYPE_FLOAT:
		return "a number with decimals";
	case CONFIG_TYPE_STRING:
		return "a text";
	case CONFIG_TYPE_BOOL:
		return "true or false";
	case CONFIG_TYPE_ARRAY:
		return "an array [ ]";
	case CONFIG_TYPE_LIST:
		return "a list ( )";
	default:
		return "nothing";
	}
}

unsigned value_line(const config_setting_t *value)
{
	return (unsigned)config_setting_source_line(value);
}

/* 3.65 is binary in libconfig: say how to write it exactly, in the user's own figures if they fit. */
static void decimals_refuse(
	const config_setting_t *value, const struct value_limits *limits, struct error_list *errors)
{
	char text[QUANTITY_SIZE];
	int64_t meant = limits->example;

	if (!*quantity_symbols(limits->unit)) {
		error_list_add(errors, value_line(value), "%s must be an integer, not %s",
			limits->key, value_kind(value));
		return;
	}
	snprintf(text, sizeof(text), "%.9g %s", config_setting_get_float(value),
		bms_unit_rows[limits->unit].shown);
	if (quantity_parse(limits->unit, text, &meant) != QUANTITY_OK || meant < limits->min ||
		meant > limits->max) {
		meant = limits->example;
		quantity_shown(text, limits->unit, meant);
	}
	error_list_add(errors, value_line(value),
		"%s must be an integer or a text with a unit: write %" PRId64 " or \"%s\"",
		limits->key, meant, text);
}

static bool quantity_read(const config_setting_t *value, const struct value_limits *limits,
	int64_t *ret, struct error_list *errors)
{
	const char *symbols = quantity_symbols(limits->unit);
	unsigned line = value_line(value);
	char example[QUANTITY_SIZE];
	const char *text;

	if (!value_read_text(value, limits->key, &text, errors))
		return false;
	if (!*symbols) {
		error_list_add(errors, line, "%s must be an integer, not a text", limits->key);
		return false;
	}
	switch (quantity_parse(limits->unit, text, ret)) {
	case QUANTITY_OK:
		return true;
	case QUANTITY_MALFORMED:
		error_list_add(errors, line,
			"%s \"%s\" is not a number with a unit, such as \"%s\"", limits->key, text,
			quantity_shown(example, limits->unit, limits->example));
		break;
	case QUANTITY_NO_UNIT:
		error_list_add(errors, line, "%s \"%s\" has no unit: write %s after the number",
			limits->key, text, symbols);
		break;
	case QUANTITY_WRONG_UNIT:
		error_list_add(errors, line, "%s \"%s\" must be in %s", limits->key, text, symbols);
		break;
	case QUANTITY_TOO_FINE:
		error_list_add(errors, line, "%s \"%s\" is finer than the smallest step, %s",
			limits->key, text, quantity_shown(example, limits->unit, 1));
		break;
	case QUANTITY_TOO_LARGE:
		error_list_add(errors, line, "%s \"%s\" is too large", limits->key, text);
		break;
	}
	return false;
}

static bool value_in_range(const config_setting_t *value, const struct value_limits *limits,
	int64_t number, struct error_list *errors)
{
	char stored[QUANTITY_SIZE];
	char range[QUANTITY_SIZE];

	if (number >= limits->min && number <= limits->max)
		return true;
	error_list_add(errors, value_line(value), "%s %s is out of range: %s", limits->key,
		quantity_stored(stored, limits->unit, number),
		quantity_range(range, limits->unit, limits->min, limits->max));
	return false;
}

bool value_read_integer(const config_setting_t *value, const struct value_limits *limits,
	int64_t *ret, struct error_list *errors)
{
	int64_t number;

	switch (config_setting_type(value)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		number = config_setting_get_int64(value);
		break;
	case CONFIG_TYPE_STRING:
		if (!quantity_read(value, limits, &number, errors))
			return false;
		break;
	case CONFIG_TYPE_FLOAT:
		decimals_refuse(value, limits, errors);
		return false;
	default:
		error_list_add(errors, value_line(value), "%s must be an integer, not %s",
			limits->key, value_kind(value));
		return false;
	}
	if (!value_in_range(value, limits, number, errors))
		return false;
	*ret = number;
	return true;
}

bool value_read_bool(
	const config_setting_t *value, const char *key, bool *ret, struct error_list *errors)
{
	int type = config_setting_type(value);
	long long number = 2;

	if (type == CONFIG_TYPE_BOOL)
		number = config_setting_get_bool(value);
	else if (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64)
		number = config_setting_get_int64(value);
	if (number == 0 || number == 1) {
		*ret = number == 1;
		return true;
	}
	error_list_add(errors, value_line(value), "%s must be true or false", key);
	return false;
}

bool value_read_text(
	const config_setting_t *value, const char *key, const char **ret, struct error_list *errors)
{
	const char *text;

	if (config_setting_type(value) != CONFIG_TYPE_STRING) {
		error_list_add(errors, value_line(value), "%s must be a text in quotes, not %s",
			key, value_kind(value));
		return false;
	}
	text = config_setting_get_string(value);
	for (const char *p = text; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == '\x7f') {
			error_list_add(
				errors, value_line(value), "%s holds a control character", key);
			return false;
		}
	}
	*ret = text;
	return true;
}
