/* SPDX-License-Identifier: MIT */
#include "base/board_json.h"

#include <string.h>
#include <time.h>

#include "bms/alarms.h"

/* A relay board has three probes: their places are there even when nothing is plugged in. */
enum {
	PROBES_SHOWN_MIN = 3
};

static void json_slot(struct json *json, const char *key, enum bms_unit unit, const int64_t *value,
	bool is_present)
{
	if (!is_present)
		json_null(json, key);
	else if (unit == BMS_UNIT_BOOL)
		json_bool(json, key, *value != 0);
	else
		json_integer(json, key, *value);
}

static void json_elements(
	struct json *json, const struct bms_field_row *row, const struct bms_telemetry *telemetry)
{
	enum bms_field field = (enum bms_field)(row - bms_field_rows);
	size_t length = bms_telemetry_length(telemetry, field);

	if (field == BMS_FIELD_PROBE_DC && length < PROBES_SHOWN_MIN)
		length = PROBES_SHOWN_MIN;
	if (length == 0) {
		json_null(json, row->name);
		return;
	}
	json_array_begin(json, row->name);
	for (size_t slot = row->slot; slot < row->slot + length; slot++)
		json_slot(json, NULL, (enum bms_unit)row->unit, &telemetry->value[slot],
			bms_telemetry_has(telemetry, slot));
	json_array_end(json);
}

static void json_alarms(struct json *json, const struct bms_telemetry *telemetry)
{
	if (!bms_telemetry_has(telemetry, BMS_SLOT_ALARM_BITS)) {
		json_null(json, "alarms");
		return;
	}
	json_array_begin(json, "alarms");
	for (unsigned bit = 0; bit < BMS_ALARM_COUNT; bit++)
		if (telemetry->value[BMS_SLOT_ALARM_BITS] >> bit & 1)
			json_string(json, NULL, bms_alarm_rows[bit].key);
	json_array_end(json);
}

void board_json_field(
	struct json *json, const struct bms_telemetry *telemetry, enum bms_field field)
{
	const struct bms_field_row *row = &bms_field_rows[field];

	if (row->count > 1)
		json_elements(json, row, telemetry);
	else
		json_slot(json, row->name, (enum bms_unit)row->unit, &telemetry->value[row->slot],
			bms_telemetry_has(telemetry, row->slot));
	if (field == BMS_FIELD_ALARM_BITS)
		json_alarms(json, telemetry);
}

void board_json_telemetry(struct json *json, const struct bms_telemetry *telemetry)
{
	for (size_t i = 0; i < BMS_FIELD_COUNT; i++)
		board_json_field(json, telemetry, (enum bms_field)i);
}

/* Elements up to the last present one. */
static size_t setting_length(const struct bms_settings *settings, const struct bms_setting_row *row)
{
	size_t length = row->count;

	while (length > 0 && !bms_settings_has(settings, row->slot + length - 1))
		length--;
	return length;
}

void board_json_settings(struct json *json, const char *key, const struct bms_settings *settings)
{
	json_object_begin(json, key);
	for (size_t i = 0; i < BMS_SETTING_COUNT; i++) {
		const struct bms_setting_row *row = &bms_setting_rows[i];
		size_t length = setting_length(settings, row);

		if (length == 0)
			continue;
		if (row->count > 1)
			json_array_begin(json, row->key);
		for (size_t slot = row->slot; slot < row->slot + length; slot++)
			json_slot(json, row->count > 1 ? NULL : row->key, (enum bms_unit)row->unit,
				&settings->value[slot], bms_settings_has(settings, slot));
		if (row->count > 1)
			json_array_end(json);
	}
	json_object_end(json);
}

void board_json_identity(struct json *json, const char *key, const struct bms_identity *identity)
{
	json_object_begin(json, key);
	for (size_t i = 0; i < BMS_IDENTITY_TEXTS; i++) {
		const struct bms_identity_row *row = &bms_identity_text_rows[i];

		if (!row->secret)
			json_string(
				json, row->key, identity->text[i][0] ? identity->text[i] : NULL);
	}
	for (size_t i = 0; i < BMS_IDENTITY_NUMBERS; i++) {
		const struct bms_identity_row *row = &bms_identity_number_rows[i];

		if (!row->secret)
			json_slot(json, row->key, BMS_UNIT_NONE, &identity->number[i],
				bms_has_slot(identity->present, i));
	}
	json_object_end(json);
}

const char *board_json_time(char out[BOARD_JSON_TIME_SIZE], int64_t wall_ms)
{
	int64_t ms = wall_ms % 1000;
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm = { 0 };
	size_t length;

	if (ms < 0) {
		ms += 1000;
		seconds--;
	}
	gmtime_r(&seconds, &tm);
	length = strftime(out, BOARD_JSON_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + length, BOARD_JSON_TIME_SIZE - length, ".%03dZ", (int)ms);
	return out;
}
