/* SPDX-License-Identifier: MIT */
/* What a board says as JSON members, names from the rows; absent is null, secrets are left out. */
#ifndef BASE_BOARD_JSON_H
#define BASE_BOARD_JSON_H

#include "base/json.h"
#include "bms/identity.h"
#include "bms/settings.h"
#include "bms/telemetry.h"

/* One row, into the open object; alarms[] follows the alarm word. */
void board_json_field(
	struct json *json, const struct bms_telemetry *telemetry, enum bms_field field);

/* All rows of telemetry.def and alarms[], into the open object. */
void board_json_telemetry(struct json *json, const struct bms_telemetry *telemetry);

/* An object of the present settings under a key. */
void board_json_settings(struct json *json, const char *key, const struct bms_settings *settings);

/* An object of the public identity under a key. */
void board_json_identity(struct json *json, const char *key, const struct bms_identity *identity);

/* "2026-11-22T12:45:14.123Z" for Unix milliseconds. */
enum {
	BOARD_JSON_TIME_SIZE = 32
};
const char *board_json_time(char out[BOARD_JSON_TIME_SIZE], int64_t wall_ms);

#endif
