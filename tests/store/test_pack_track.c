/* SPDX-License-Identifier: MIT */
/* Whatever the times, commits and restarts: the minutes equal what the readings say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "battery.h"
#include "lab.h"
#include "store/pack_track.h"

#define START_MS INT64_C(1795391880000) /* 2026-11-22 23:58:00 UTC */

enum {
	PACKS = 2,
	READINGS = 3000,
};

struct reading {
	int64_t time_ms;
	unsigned pack;
	bool is_first; /* of its pack since a start: what flowed before it is unknown */
	struct bms_telemetry telemetry;
};

struct series {
	struct battery battery;
	struct column_list columns;
	struct history history;
	struct pack_track tracks[PACKS];
	struct reading *readings;
	size_t count;
	unsigned restarts;
};

static const char *const pack_names[PACKS] = { "house", "shed" };

static void series_open(struct series *series, const struct lab *lab)
{
	assert_int_equal(history_init(&series->history, lab->path), 0);
	if (history_open(&series->history, START_MS) < 0)
		fail_msg("%s", series->history.file.reason);
	for (unsigned i = 0; i < PACKS; i++)
		pack_track_init(&series->tracks[i], pack_names[i], &series->columns);
}

static void series_commit(struct series *series)
{
	for (unsigned i = 0; i < PACKS; i++)
		assert_int_equal(pack_track_flush(&series->tracks[i], &series->history), 0);
	if (series->history.in_transaction)
		assert_int_equal(history_commit(&series->history), 0);
}

static void series_close(struct series *series)
{
	series_commit(series);
	history_deinit(&series->history);
}

/* Sometimes quick, sometimes with a gap of minutes, sometimes back in time. */
static int64_t next_time(struct series *series, int64_t time_ms)
{
	switch (battery_random(&series->battery, 200)) {
	case 0:
		return time_ms + 60000 + battery_random(&series->battery, 600000);
	case 1:
		return time_ms - battery_random(&series->battery, 150000);
	default:
		return time_ms + 1 + battery_random(&series->battery, 4000);
	}
}

static void spoil(struct series *series, struct bms_telemetry *telemetry)
{
	size_t slot = (size_t)battery_random(&series->battery, BMS_SLOTS);

	bms_clear_slot(telemetry->present, slot);
	if (battery_random(&series->battery, 50) == 0)
		bms_telemetry_set(
			telemetry, BMS_SLOT_ALARM_BITS, 1 << battery_random(&series->battery, 20));
	if (battery_random(&series->battery, 2))
		telemetry->value[BMS_SLOT_CURRENT_MA] *= -7;
}

static void series_run(struct series *series, const struct lab *lab, uint64_t seed)
{
	bool is_first[PACKS] = { true, true };
	int64_t time_ms = START_MS;

	series_open(series, lab);
	battery_init(&series->battery, seed, 2000);
	for (size_t i = 0; i < READINGS; i++) {
		struct reading *reading = &series->readings[series->count++];

		time_ms = next_time(series, time_ms);
		reading->time_ms = time_ms;
		reading->pack = (unsigned)battery_random(&series->battery, PACKS);
		reading->is_first = is_first[reading->pack];
		is_first[reading->pack] = false;
		battery_read(&series->battery, time_ms, &reading->telemetry);
		spoil(series, &reading->telemetry);
		assert_true(pack_track_put(&series->tracks[reading->pack], &series->history,
				    time_ms, &reading->telemetry, false) >= 0);
		if (battery_random(&series->battery, 20) == 0)
			series_commit(series);
		if (battery_random(&series->battery, 300) == 0) {
			series_close(series);
			series_open(series, lab);
			memset(is_first, true, sizeof(is_first));
			series->restarts++;
		}
	}
	series_close(series);
}

/* The naive way: every reading of the minute, one column at a time. */
struct naive {
	int64_t n;
	int64_t min;
	int64_t max;
	int64_t sum;
	int64_t last;
	int64_t bits;
	int64_t present;
};

static struct naive compute(
	const struct series *series, unsigned pack, int64_t minute_ms, size_t slot)
{
	struct naive naive = { 0 };

	for (size_t i = 0; i < series->count; i++) {
		const struct reading *reading = &series->readings[i];
		int64_t value = reading->telemetry.value[slot];

		if (reading->pack != pack || reading->time_ms / 60000 != minute_ms / 60000)
			continue;
		naive.n++;
		if (!bms_telemetry_has(&reading->telemetry, slot))
			continue;
		naive.min = naive.present == 0 || value < naive.min ? value : naive.min;
		naive.max = naive.present == 0 || value > naive.max ? value : naive.max;
		naive.sum += value;
		naive.bits |= value;
		naive.last = value;
		naive.present++;
	}
	return naive;
}

/* An average that was joined from rounded parts may be off by the roundings. A stored part weighs
 * as many readings as its row has, so a field that some of them lack is only known to be between. */
static void check_average(const struct naive *naive, int64_t value)
{
	if (naive->present == naive->n)
		assert_true(llabs(value * naive->n - naive->sum) <= 2 * naive->n);
	assert_true(value >= naive->min && value <= naive->max);
}

static void check_column(
	const struct naive *naive, const struct column *column, bool is_null, int64_t value)
{
	if (column->kind == COLUMN_TOTAL)
		return;
	if (column->kind == COLUMN_SAMPLES) {
		assert_int_equal(value, naive->n);
		return;
	}
	assert_int_equal(is_null, naive->present == 0);
	if (is_null)
		return;
	if (column->kind == COLUMN_MIN)
		assert_int_equal(value, naive->min);
	else if (column->kind == COLUMN_MAX)
		assert_int_equal(value, naive->max);
	else if (column->kind == COLUMN_LAST)
		assert_int_equal(value, naive->last);
	else if (column->kind == COLUMN_BITS)
		assert_int_equal(value, naive->bits);
	else
		check_average(naive, value);
}

static int64_t check_minutes(const struct series *series, const struct lab *lab)
{
	sqlite3_stmt *statement;
	sqlite3 *db;
	int64_t rows = 0;

	assert_int_equal(sqlite3_open(lab->path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(db, "SELECT * FROM m1", -1, &statement, NULL), SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		int64_t minute_ms = sqlite3_column_int64(statement, 0);
		unsigned pack =
			strcmp((const char *)sqlite3_column_text(statement, 1), "shed") == 0;

		for (size_t i = 0; i < series->columns.count; i++) {
			const struct column *column = &series->columns.column[i];
			struct naive naive = compute(series, pack, minute_ms, column->slot);

			check_column(&naive, column,
				sqlite3_column_type(statement, (int)i + 3) == SQLITE_NULL,
				sqlite3_column_int64(statement, (int)i + 3));
		}
		rows++;
	}
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return rows;
}

static int64_t count_minutes(const struct series *series)
{
	int64_t minutes = 0;

	for (size_t i = 0; i < series->count; i++) {
		bool is_new = true;

		for (size_t k = 0; k < i && is_new; k++)
			is_new = series->readings[k].pack != series->readings[i].pack ||
				 series->readings[k].time_ms / 60000 !=
					 series->readings[i].time_ms / 60000;
		minutes += is_new;
	}
	return minutes;
}

/* In nJ, in one direction. */
static int64_t sum_energy(const struct series *series, unsigned pack, bool is_in)
{
	const struct reading *previous = NULL;
	int64_t sum = 0;

	for (size_t i = 0; i < series->count; i++) {
		const struct reading *reading = &series->readings[i];
		int64_t held_ms = previous ? reading->time_ms - previous->time_ms : 0;

		if (reading->pack != pack)
			continue;
		if (previous && !reading->is_first && held_ms > 0 && held_ms <= 120000 &&
			bms_telemetry_has(&previous->telemetry, BMS_SLOT_CURRENT_MA) &&
			bms_telemetry_has(&previous->telemetry, BMS_SLOT_PACK_MV)) {
			int64_t ma = previous->telemetry.value[BMS_SLOT_CURRENT_MA];

			if (is_in == (ma > 0))
				sum += llabs(ma) * held_ms *
				       previous->telemetry.value[BMS_SLOT_PACK_MV];
		}
		previous = reading;
	}
	return sum;
}

static void check_energy(const struct series *series, const struct lab *lab)
{
	for (unsigned pack = 0; pack < PACKS; pack++)
		for (int is_in = 0; is_in < 2; is_in++) {
			char sql[128];
			int64_t stored, expected = sum_energy(series, pack, is_in) / 1000000;

			snprintf(sql, sizeof(sql),
				"SELECT sum(energy_%s_mj) FROM m1 WHERE pack='%s'",
				is_in ? "in" : "out", pack_names[pack]);
			stored = lab_integer(lab->path, sql);
			assert_true(expected > 0);
			/* Each restart loses a remainder of less than a millijoule. */
			assert_in_range(expected - stored, 0, series->restarts + 1);
		}
}

static void run_seed(const struct lab *lab, uint64_t seed)
{
	struct series *series = calloc(1, sizeof(*series));

	assert_non_null(series);
	series->readings = calloc(READINGS, sizeof(*series->readings));
	assert_non_null(series->readings);
	column_list_minute(&series->columns);
	series_run(series, lab, seed);
	assert_int_equal(check_minutes(series, lab), count_minutes(series));
	assert_int_equal(lab_integer(lab->path, "SELECT sum(n) FROM m1"), READINGS);
	check_energy(series, lab);
	free(series->readings);
	free(series);
}

static void minutes_equal_a_naive_computation(void **state)
{
	run_seed(*state, 1);
}

static void minutes_equal_a_naive_computation_of_another_series(void **state)
{
	run_seed(*state, 20261122);
}

static void an_undone_transaction_leaves_the_open_minute_whole(void **state)
{
	const struct lab *lab = *state;
	struct series *series = calloc(1, sizeof(*series));
	struct bms_telemetry telemetry;

	assert_non_null(series);
	column_list_minute(&series->columns);
	battery_init(&series->battery, 1, 1000);
	series_open(series, lab);
	for (int i = 0; i < 30; i++) {
		battery_read(&series->battery, START_MS + i * 1000, &telemetry);
		assert_true(pack_track_put(&series->tracks[0], &series->history,
				    START_MS + i * 1000, &telemetry, true) >= 0);
		if (i == 10)
			series_commit(series);
		if (i == 20) {
			assert_int_equal(pack_track_flush(&series->tracks[0], &series->history), 0);
			history_rollback(&series->history);
			pack_track_undone(&series->tracks[0]);
		}
	}
	series_close(series);
	assert_int_equal(lab_integer(lab->path, "SELECT n FROM m1"), 30);
	assert_int_equal(lab_integer(lab->path, "SELECT count(*) FROM sample"), 20);
	free(series);
}

int main(void)
{
#define LAB_TEST(name) cmocka_unit_test_setup_teardown(name, lab_setup, lab_teardown)
	const struct CMUnitTest tests[] = {
		LAB_TEST(minutes_equal_a_naive_computation),
		LAB_TEST(minutes_equal_a_naive_computation_of_another_series),
		LAB_TEST(an_undone_transaction_leaves_the_open_minute_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
