/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "base/board_json.h"

struct document {
	struct json json;
	char *text;
	size_t size;
};

static void document_begin(struct document *document)
{
	FILE *out = open_memstream(&document->text, &document->size);

	assert_non_null(out);
	json_init(&document->json, out, false);
	json_object_begin(&document->json, NULL);
}

static char *document_end(struct document *document)
{
	json_object_end(&document->json);
	json_finish(&document->json);
	fclose(document->json.out);
	return document->text;
}

static char *telemetry_text(const struct bms_telemetry *telemetry)
{
	struct document document;

	document_begin(&document);
	board_json_telemetry(&document.json, telemetry);
	return document_end(&document);
}

static void expect_part(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("%s is not in the text", part);
}

static void every_row_is_there_in_the_order_of_the_table(void **state)
{
	struct bms_telemetry telemetry = { 0 };
	char *text = telemetry_text(&telemetry);
	const char *at = text;

	(void)state;
	for (size_t i = 0; i < BMS_FIELD_COUNT; i++) {
		char key[64];

		snprintf(key, sizeof(key), "\"%s\":", bms_field_rows[i].name);
		at = strstr(at, key);
		assert_non_null(at);
	}
	free(text);
}

static void what_is_absent_is_null(void **state)
{
	struct bms_telemetry telemetry = { 0 };
	char *text = telemetry_text(&telemetry);

	(void)state;
	expect_part(text, "\"cell_mv\":null,");
	expect_part(text, "\"probe_dc\":[null,null,null],");
	expect_part(text, "\"pack_mv\":null,");
	expect_part(text, "\"charge_on\":null,");
	expect_part(text, "\"alarm_bits\":null,\"alarms\":null,");
	free(text);
}

static void arrays_end_with_the_last_value(void **state)
{
	struct bms_telemetry telemetry = { 0 };
	char *text;

	(void)state;
	bms_telemetry_set(&telemetry, BMS_SLOT_CELL_MV, 3300);
	bms_telemetry_set(&telemetry, BMS_SLOT_CELL_MV + 2, 3302);
	bms_telemetry_set(&telemetry, BMS_SLOT_PROBE_DC + 4, -55);
	bms_telemetry_set(&telemetry, BMS_SLOT_CHARGE_ON, 1);
	bms_telemetry_set(&telemetry, BMS_SLOT_DISCHARGE_ON, 0);
	bms_telemetry_set(&telemetry, BMS_SLOT_ALARM_BITS, 0x80000001);
	text = telemetry_text(&telemetry);
	expect_part(text, "\"cell_mv\":[3300,null,3302],");
	expect_part(text, "\"probe_dc\":[null,null,null,null,-55],");
	expect_part(text, "\"charge_on\":true,\"discharge_on\":false,");
	expect_part(text, "\"alarm_bits\":2147483649,\"alarms\":[\"wire_resistance\",\"bit31\"],");
	free(text);
}

static void settings_are_an_object_of_what_is_present(void **state)
{
	struct bms_settings settings = { 0 };
	struct document document;
	char *text;

	(void)state;
	bms_settings_set(&settings, BMS_SETTING_SLOT_CELL_OVP, 3600);
	bms_settings_set(&settings, BMS_SETTING_SLOT_CHARGE_SWITCH, 1);
	bms_settings_set(&settings, BMS_SETTING_SLOT_WIRE_RESISTANCE + 1, 70);
	document_begin(&document);
	board_json_settings(&document.json, "settings", &settings);
	text = document_end(&document);
	assert_string_equal(text, "{\"settings\":{\"cell_ovp\":3600,\"charge_switch\":true,"
				  "\"wire_resistance\":[null,70]}}\n");
	free(text);
}

static void no_secret_of_the_identity_is_printed(void **state)
{
	struct bms_identity identity = { 0 };
	struct document document;
	char *text;

	(void)state;
	for (size_t i = 0; i < BMS_IDENTITY_TEXTS; i++)
		if (bms_identity_text_rows[i].secret)
			strcpy(identity.text[i], "4711");
	strcpy(identity.text[BMS_IDENTITY_MODEL], "JK_B2A25SRP");
	document_begin(&document);
	board_json_identity(&document.json, "device", &identity);
	text = document_end(&document);
	expect_part(text, "{\"device\":{\"model\":\"JK_B2A25SRP\",\"hardware\":null,");
	expect_part(text, "\"total_runtime_s\":null");
	assert_null(strstr(text, "4711"));
	assert_null(strstr(text, "\"pin\""));
	free(text);
}

static void times_are_utc_with_milliseconds(void **state)
{
	char out[BOARD_JSON_TIME_SIZE];

	(void)state;
	assert_string_equal(board_json_time(out, 1795351514123), "2026-11-22T12:45:14.123Z");
	assert_string_equal(board_json_time(out, 0), "1970-01-01T00:00:00.000Z");
	assert_string_equal(board_json_time(out, -1), "1969-12-31T23:59:59.999Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_there_in_the_order_of_the_table),
		cmocka_unit_test(what_is_absent_is_null),
		cmocka_unit_test(arrays_end_with_the_last_value),
		cmocka_unit_test(settings_are_an_object_of_what_is_present),
		cmocka_unit_test(no_secret_of_the_identity_is_printed),
		cmocka_unit_test(times_are_utc_with_milliseconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
