/* SPDX-License-Identifier: MIT */
/* Values with their units as people write and read them, in integer arithmetic. */
#ifndef BASE_QUANTITY_H
#define BASE_QUANTITY_H

#include "bms/row.h"

enum quantity_status {
	QUANTITY_OK,
	QUANTITY_MALFORMED,  /* not NUMBER UNIT */
	QUANTITY_NO_UNIT,    /* a bare number: could be meant in either unit */
	QUANTITY_WRONG_UNIT, /* a unit of something else, or none we know */
	QUANTITY_TOO_FINE,   /* more decimals than the integer can hold */
	QUANTITY_TOO_LARGE,  /* does not fit the integer */
};

/* "3.65 V", "3650 mV", "-20 C", "5 min" to the integer in unit; exact or refused. */
enum quantity_status quantity_parse(enum bms_unit unit, const char *text, int64_t *ret);

/* What quantity_parse() takes for the unit, e.g. "V or mV"; empty where it takes nothing. */
const char *quantity_symbols(enum bms_unit unit);

/* The following write into out and return it. */
enum {
	QUANTITY_SIZE = 96
};

/* For people: "3.650 V". */
const char *quantity_shown(char out[QUANTITY_SIZE], enum bms_unit unit, int64_t value);

/* As it is stored: "3650 mV"; "600 (60.0 C)" where the stored unit has no symbol of its own. */
const char *quantity_stored(char out[QUANTITY_SIZE], enum bms_unit unit, int64_t value);

/* Both ways: "1000 to 4500 mV (1.000 V to 4.500 V)". */
const char *quantity_range(char out[QUANTITY_SIZE], enum bms_unit unit, int64_t min, int64_t max);

#endif
