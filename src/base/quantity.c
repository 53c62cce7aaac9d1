/* SPDX-License-Identifier: MIT */
#include "base/quantity.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum dimension {
	DIMENSION_NONE,
	DIMENSION_VOLTAGE,     /* in uV */
	DIMENSION_CURRENT,     /* in mA */
	DIMENSION_POWER,       /* in mW */
	DIMENSION_CHARGE,      /* in mAh */
	DIMENSION_RESISTANCE,  /* in uOhm */
	DIMENSION_TEMPERATURE, /* in 0.1 C */
	DIMENSION_RATIO,       /* in ppb */
	DIMENSION_TIME,        /* in us */
};

struct scale {
	enum dimension dimension;
	int64_t factor; /* to the dimension's own unit */
};

static const struct scale unit_scales[BMS_UNIT_COUNT] = {
	[BMS_UNIT_MV] = { DIMENSION_VOLTAGE, 1000 },
	[BMS_UNIT_CV] = { DIMENSION_VOLTAGE, 10000 },
	[BMS_UNIT_MA] = { DIMENSION_CURRENT, 1 },
	[BMS_UNIT_MW] = { DIMENSION_POWER, 1 },
	[BMS_UNIT_MAH] = { DIMENSION_CHARGE, 1 },
	[BMS_UNIT_MOHM] = { DIMENSION_RESISTANCE, 1000 },
	[BMS_UNIT_UOHM] = { DIMENSION_RESISTANCE, 1 },
	[BMS_UNIT_DC] = { DIMENSION_TEMPERATURE, 1 },
	[BMS_UNIT_C] = { DIMENSION_TEMPERATURE, 10 },
	[BMS_UNIT_PCT] = { DIMENSION_RATIO, 10000000 },
	[BMS_UNIT_PPB] = { DIMENSION_RATIO, 1 },
	[BMS_UNIT_US] = { DIMENSION_TIME, 1 },
	[BMS_UNIT_DS] = { DIMENSION_TIME, 100000 },
	[BMS_UNIT_S] = { DIMENSION_TIME, 1000000 },
	[BMS_UNIT_MIN] = { DIMENSION_TIME, 60000000 },
	[BMS_UNIT_H] = { DIMENSION_TIME, 3600000000 },
};

static const struct {
	const char *symbol;
	struct scale scale;
} symbols[] = {
	{ "V", { DIMENSION_VOLTAGE, 1000000 } },
	{ "mV", { DIMENSION_VOLTAGE, 1000 } },
	{ "A", { DIMENSION_CURRENT, 1000 } },
	{ "mA", { DIMENSION_CURRENT, 1 } },
	{ "kW", { DIMENSION_POWER, 1000000 } },
	{ "W", { DIMENSION_POWER, 1000 } },
	{ "mW", { DIMENSION_POWER, 1 } },
	{ "Ah", { DIMENSION_CHARGE, 1000 } },
	{ "mAh", { DIMENSION_CHARGE, 1 } },
	{ "Ohm", { DIMENSION_RESISTANCE, 1000000 } },
	{ "mOhm", { DIMENSION_RESISTANCE, 1000 } },
	{ "uOhm", { DIMENSION_RESISTANCE, 1 } },
	{ "C", { DIMENSION_TEMPERATURE, 10 } },
	{ "\u00b0C", { DIMENSION_TEMPERATURE, 10 } },
	{ "%", { DIMENSION_RATIO, 10000000 } },
	{ "ppm", { DIMENSION_RATIO, 1000 } },
	{ "ppb", { DIMENSION_RATIO, 1 } },
	{ "us", { DIMENSION_TIME, 1 } },
	{ "ms", { DIMENSION_TIME, 1000 } },
	{ "s", { DIMENSION_TIME, 1000000 } },
	{ "min", { DIMENSION_TIME, 60000000 } },
	{ "h", { DIMENSION_TIME, 3600000000 } },
	{ "d", { DIMENSION_TIME, 86400000000 } },
};

static const char *const dimension_symbols[] = {
	[DIMENSION_NONE] = "",
	[DIMENSION_VOLTAGE] = "V or mV",
	[DIMENSION_CURRENT] = "A or mA",
	[DIMENSION_POWER] = "kW, W or mW",
	[DIMENSION_CHARGE] = "Ah or mAh",
	[DIMENSION_RESISTANCE] = "Ohm, mOhm or uOhm",
	[DIMENSION_TEMPERATURE] = "C",
	[DIMENSION_RATIO] = "%, ppm or ppb",
	[DIMENSION_TIME] = "us, ms, s, min, h or d",
};

/* mantissa / divisor, the divisor a power of ten without common tens */
struct decimal {
	int64_t mantissa;
	int64_t divisor;
};

const char *quantity_symbols(enum bms_unit unit)
{
	return dimension_symbols[unit_scales[unit].dimension];
}

static const struct scale *symbol_scale(const char *symbol)
{
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		if (strcmp(symbols[i].symbol, symbol) == 0)
			return &symbols[i].scale;
	}
	return NULL;
}

/* Digits with at most one point between them; true when text starts with such a number. */
static bool decimal_parse(struct decimal *decimal, const char **text, bool *overflow)
{
	const char *p = *text;
	bool negative = *p == '-';
	size_t digits = 0;
	bool has_point = false;

	*decimal = (struct decimal){ .divisor = 1 };
	if (*p == '-' || *p == '+')
		p++;
	for (; isdigit((unsigned char)*p) || (*p == '.' && !has_point && digits); p++) {
		if (*p == '.') {
			has_point = true;
			continue;
		}
		digits++;
		*overflow |=
			__builtin_mul_overflow(decimal->mantissa, 10, &decimal->mantissa) ||
			__builtin_add_overflow(decimal->mantissa, *p - '0', &decimal->mantissa) ||
			(has_point &&
				__builtin_mul_overflow(decimal->divisor, 10, &decimal->divisor));
	}
	if (digits == 0 || p[-1] == '.')
		return false;
	while (decimal->divisor > 1 && decimal->mantissa % 10 == 0) {
		decimal->mantissa /= 10;
		decimal->divisor /= 10;
	}
	if (negative)
		decimal->mantissa = -decimal->mantissa;
	*text = p;
	return true;
}

enum quantity_status quantity_parse(enum bms_unit unit, const char *text, int64_t *ret)
{
	const struct scale *to = &unit_scales[unit];
	const struct scale *from;
	struct decimal decimal;
	bool overflow = false;
	int64_t whole;
	int64_t step;

	if (!decimal_parse(&decimal, &text, &overflow))
		return QUANTITY_MALFORMED;
	while (*text == ' ')
		text++;
	if (*text == '\0')
		return QUANTITY_NO_UNIT;
	if (isdigit((unsigned char)*text) || *text == '.' || *text == ',')
		return QUANTITY_MALFORMED;
	from = symbol_scale(text);
	if (!from || from->dimension != to->dimension)
		return QUANTITY_WRONG_UNIT;
	if (overflow || __builtin_mul_overflow(decimal.mantissa, from->factor, &whole) ||
		__builtin_mul_overflow(decimal.divisor, to->factor, &step))
		return QUANTITY_TOO_LARGE;
	if (whole % step != 0)
		return QUANTITY_TOO_FINE;
	*ret = whole / step;
	return QUANTITY_OK;
}

const char *quantity_shown(char out[QUANTITY_SIZE], enum bms_unit unit, int64_t value)
{
	const struct bms_unit_row *row = &bms_unit_rows[unit];
	uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
	uint64_t divisor = 1;
	int len;

	for (unsigned i = 0; i < row->decimals; i++)
		divisor *= 10;
	len = snprintf(out, QUANTITY_SIZE, "%s%" PRIu64, value < 0 ? "-" : "", magnitude / divisor);
	if (row->decimals)
		len += snprintf(out + len, QUANTITY_SIZE - (size_t)len, ".%0*" PRIu64,
			row->decimals, magnitude % divisor);
	if (*row->shown)
		snprintf(out + len, QUANTITY_SIZE - (size_t)len, " %s", row->shown);
	return out;
}

/* "0.1C" after a number would read as part of it. */
static bool has_plain_symbol(const struct bms_unit_row *row)
{
	return !isdigit((unsigned char)row->symbol[0]);
}

const char *quantity_stored(char out[QUANTITY_SIZE], enum bms_unit unit, int64_t value)
{
	const struct bms_unit_row *row = &bms_unit_rows[unit];
	char shown[QUANTITY_SIZE];

	if (!has_plain_symbol(row))
		snprintf(out, QUANTITY_SIZE, "%" PRId64 " (%.40s)", value,
			quantity_shown(shown, unit, value));
	else
		snprintf(out, QUANTITY_SIZE, "%" PRId64 "%s%s", value, *row->symbol ? " " : "",
			row->symbol);
	return out;
}

const char *quantity_range(char out[QUANTITY_SIZE], enum bms_unit unit, int64_t min, int64_t max)
{
	const struct bms_unit_row *row = &bms_unit_rows[unit];
	const char *symbol = has_plain_symbol(row) ? row->symbol : "";
	char low[QUANTITY_SIZE];
	char high[QUANTITY_SIZE];
	int len;

	len = snprintf(out, QUANTITY_SIZE, "%" PRId64 " to %" PRId64 "%s%s", min, max,
		*symbol ? " " : "", symbol);
	if (row->decimals)
		snprintf(out + len, QUANTITY_SIZE - (size_t)len, " (%.20s to %.20s)",
			quantity_shown(low, unit, min), quantity_shown(high, unit, max));
	return out;
}
