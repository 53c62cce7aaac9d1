/* SPDX-License-Identifier: MIT */
/* history and alarms --since on a file that the daemon's own store has written. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/history_column.h"
#include "store/store.h"

enum {
	ARGUMENTS_MAX = 16,
	SAMPLES = 3,
};

/* 2026-11-22 12:45:00 UTC */
static const int64_t start_ms = INT64_C(1795351500000);

static char directory[] = "/tmp/test_history_XXXXXX";
static char path[sizeof(directory) + 16];

static void on_intent(void *userdata, uint64_t change_id, int error)
{
	(void)userdata;
	(void)change_id;
	(void)error;
}

static void on_state(void *userdata, int error, const char *reason)
{
	(void)userdata;
	(void)reason;
	assert_int_equal(error, 0);
}

static void put_samples(struct store *store, unsigned pack)
{
	for (int i = 0; i < SAMPLES; i++) {
		struct bms_telemetry telemetry = { 0 };

		bms_telemetry_set(&telemetry, BMS_SLOT_PACK_MV, 9900 + i);
		bms_telemetry_set(&telemetry, BMS_SLOT_CURRENT_MA, -1500);
		bms_telemetry_set(&telemetry, BMS_SLOT_SOC_PCT, 80 + i);
		bms_telemetry_set(&telemetry, BMS_SLOT_CHARGE_ON, 1);
		bms_telemetry_set(&telemetry, BMS_SLOT_ALARM_BITS, 0);
		for (int64_t cell = 0; cell < 3; cell++)
			bms_telemetry_set(&telemetry, BMS_SLOT_CELL_MV + (size_t)cell, 3300 + cell);
		store_put_sample(store, pack, start_ms + i * 1000, &telemetry, false);
	}
}

static void put_events(struct store *store, unsigned house, unsigned silent)
{
	struct store_event alarm = { .pack = house,
		.time_ms = start_ms + 1500,
		.kind = "alarm_on",
		.subject = "cell_ovp",
		.has_value = true,
		.value = 3660,
		.detail = "cell 3" };

	struct store_event link = { .pack = silent, .time_ms = start_ms + 2500, .kind = "link" };

	store_put_event(store, &alarm);
	store_put_event(store, &link);
}

static int setup(void **state)
{
	static const struct store_callbacks callbacks = { on_intent, on_state };
	struct store_options options = {
		.path = path, .commit_interval_ms = 5000, .raw_all = true
	};
	struct store *store = NULL;
	sd_event *event = NULL;
	unsigned pack;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/history.db", directory);
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(store_new(&store, event, &options, &callbacks, NULL), 0);
	pack = store_add_pack(store, "house");
	put_samples(store, pack);
	put_events(store, pack, store_add_pack(store, "silent"));
	store_free(store);
	sd_event_unref(event);
	return 0;
}

static int teardown(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char file[sizeof(path) + 8];

	(void)state;
	for (size_t i = 0; i < LENGTH(suffixes); i++) {
		snprintf(file, sizeof(file), "%s%s", path, suffixes[i]);
		unlink(file);
	}
	return rmdir(directory);
}

/* A command line with --db; the output is for the caller to free. */
static char *run(int status, const char *const *arguments)
{
	char *copies[ARGUMENTS_MAX] = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int count = 0;

	copies[count++] = strdup("bmsctl");
	copies[count++] = strdup("--db");
	copies[count++] = strdup(path);
	for (size_t i = 0; arguments[i]; i++)
		copies[count++] = strdup(arguments[i]);
	assert_int_equal(ctl_run(count, copies, out), status);
	fclose(out);
	for (int i = 0; i < count; i++)
		free(copies[i]);
	return text;
}

#define RUN(status, ...) run(status, (const char *const[]){ __VA_ARGS__, NULL })

static void samples_are_printed_as_a_table_of_the_cells_there_are(void **state)
{
	char *text = RUN(EX_OK, "history", "house", "--since", "2026-11-22 12:45Z", "--until",
		"2026-11-22T12:45:02Z", "--field", "cell_mv", "--field", "soc_pct");

	(void)state;
	assert_string_equal(text,
		"time                   cell1_mv    cell2_mv    cell3_mv     soc_pct\n"
		"2026-11-22 12:45:00     3.300 V     3.301 V     3.302 V        80 %\n"
		"2026-11-22 12:45:01     3.300 V     3.301 V     3.302 V        81 %\n");
	free(text);
}

static void samples_are_printed_as_json(void **state)
{
	char *text = RUN(EX_OK, "history", "house", "--since", "2026-11-22T12:45:02Z", "--field",
		"pack_mv", "--field", "cell_mv", "--field", "charge_on", "--field", "heater_on",
		"--json");

	(void)state;
	assert_string_equal(text,
		"[{\"time\":\"2026-11-22T12:45:02.000Z\",\"time_ms\":1795351502000,"
		"\"pack\":\"house\",\"pack_mv\":9902,\"cell_mv\":[3300,3301,3302],"
		"\"charge_on\":true,\"heater_on\":null}]\n");
	free(text);
}

static void minutes_have_least_most_and_average(void **state)
{
	char *text = RUN(EX_OK, "history", "house", "--by", "minute", "--since",
		"2026-11-22T12:00Z", "--field", "pack_mv", "--field", "soc_pct", "--json");

	(void)state;
	assert_string_equal(text,
		"[{\"time\":\"2026-11-22T12:45:00.000Z\",\"time_ms\":1795351500000,"
		"\"pack\":\"house\",\"pack_mv_min\":9900,\"pack_mv_max\":9902,"
		"\"pack_mv_avg\":9901,\"soc_pct\":82}]\n");
	free(text);
}

static void without_a_field_the_usual_ones_are_shown(void **state)
{
	char *text = RUN(EX_OK, "history", "house", "--since", "2026-11-22T12:45:02Z");

	(void)state;
	assert_non_null(strstr(text, "9.902 V"));
	assert_non_null(strstr(text, "-1.500 A"));
	assert_non_null(strstr(text, "82 %"));
	free(text);
	free(RUN(EX_OK, "history", "house", "--since", "2026-11-22T12:45:02Z", "--by", "minute"));
}

static void every_field_the_history_keeps_can_be_asked_for(void **state)
{
	static const char *const sources[] = { "sample", "minute" };

	(void)state;
	for (size_t i = 0; i < BMS_FIELD_COUNT; i++) {
		for (size_t source = 0; source < LENGTH(sources); source++) {
			struct ctl ctl = { .out = stdout };
			struct history_groups groups;

			ctl.options.by = sources[source];
			ctl.fields[ctl.field_count++] = (enum bms_field)i;
			if (history_groups_choose(&ctl, &groups) != EX_OK)
				continue;
			free(RUN(EX_OK, "history", "house", "--since", "2026-11-22T12:45Z", "--by",
				sources[source], "--field", bms_field_rows[i].name, "--json"));
		}
	}
}

static void a_time_without_samples_is_an_empty_list(void **state)
{
	char *text = RUN(EX_OK, "history", "house", "--since", "2025-01-01", "--until",
		"2025-01-02", "--json");

	(void)state;
	assert_string_equal(text, "[]\n");
	free(text);
}

static void a_pack_the_history_does_not_know_is_a_usage_error(void **state)
{
	(void)state;
	free(RUN(EX_USAGE, "history", "garage"));
	free(RUN(EX_USAGE, "alarms", "garage", "--since", "1d"));
}

static void events_are_listed_in_time_order(void **state)
{
	char *text = RUN(EX_OK, "alarms", "--since", "2026-11-22T12:45Z", "--json");

	(void)state;
	assert_non_null(
		strstr(text, "{\"time\":\"2026-11-22T12:45:01.500Z\",\"time_ms\":1795351501500,"
			     "\"pack\":\"house\",\"kind\":\"alarm_on\",\"subject\":\"cell_ovp\","
			     "\"value\":3660,\"detail\":\"cell 3\"}"));
	free(text);
	text = RUN(EX_OK, "alarms", "house", "--since", "2026-11-22T12:45Z");
	assert_string_equal(
		text, "2026-11-22 12:45:01  house        alarm_on     cell_ovp 3660: cell 3\n");
	free(text);
	/* A pack that never answered has events all the same. */
	text = RUN(EX_OK, "alarms", "silent", "--since", "2026-11-22T12:45Z");
	assert_non_null(strstr(text, "link"));
	free(text);
	free(RUN(EX_OK, "history", "silent", "--since", "2026-11-22T12:45Z"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_are_printed_as_a_table_of_the_cells_there_are),
		cmocka_unit_test(samples_are_printed_as_json),
		cmocka_unit_test(minutes_have_least_most_and_average),
		cmocka_unit_test(without_a_field_the_usual_ones_are_shown),
		cmocka_unit_test(every_field_the_history_keeps_can_be_asked_for),
		cmocka_unit_test(a_time_without_samples_is_an_empty_list),
		cmocka_unit_test(a_pack_the_history_does_not_know_is_a_usage_error),
		cmocka_unit_test(events_are_listed_in_time_order),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, setup, teardown);
}
