/* SPDX-License-Identifier: MIT */
/* Whatever the times, commits and restarts: the rollups equal what the readings say. */
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
	for (unsigned i = 0; i < PACKS; i++)
		assert_int_equal(pack_track_end(&series->tracks[i], &series->history), 0);
	assert_true(history_roll_up(&series->history, INT64_MAX, UINT32_MAX) >= 0);
	assert_int_equal(history_commit(&series->history), 0);
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
	int64_t last_ms;
	int64_t bits;
	int64_t present;
};

/* Of a reading: highest less lowest cell; false if it has no cell. */
static bool spread_of(const struct bms_telemetry *telemetry, int64_t *ret)
{
	int64_t low = INT64_MAX, high = INT64_MIN;

	for (size_t slot = BMS_SLOT_CELL_MV; slot <= BMS_SLOT_CELL_MV_LAST; slot++) {
		if (!bms_telemetry_has(telemetry, slot))
			continue;
		low = telemetry->value[slot] < low ? telemetry->value[slot] : low;
		high = telemetry->value[slot] > high ? telemetry->value[slot] : high;
	}
	*ret = high - low;
	return high != INT64_MIN;
}

static bool value_of(
	const struct bms_telemetry *telemetry, const struct column *column, int64_t *ret)
{
	if (column->index == COLUMN_SPREAD && column->kind >= COLUMN_MIN &&
		column->kind <= COLUMN_AVG)
		return spread_of(telemetry, ret);
	*ret = telemetry->value[column->slot];
	return bms_telemetry_has(telemetry, column->slot);
}

static struct naive compute(const struct series *series, unsigned pack, int64_t from_ms,
	int64_t until_ms, const struct column *column)
{
	struct naive naive = { 0 };

	for (size_t i = 0; i < series->count; i++) {
		const struct reading *reading = &series->readings[i];
		int64_t value;

		if (reading->pack != pack || reading->time_ms < from_ms ||
			reading->time_ms >= until_ms)
			continue;
		naive.n++;
		if (!value_of(&reading->telemetry, column, &value))
			continue;
		naive.min = naive.present == 0 || value < naive.min ? value : naive.min;
		naive.max = naive.present == 0 || value > naive.max ? value : naive.max;
		naive.sum += value;
		naive.bits |= value;
		if (naive.present == 0 || reading->time_ms / 60000 >= naive.last_ms / 60000) {
			naive.last = value;
			naive.last_ms = reading->time_ms;
		}
		naive.present++;
	}
	return naive;
}

static void check_column(
	const struct naive *naive, const struct column *column, bool is_null, int64_t value)
{
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
		assert_int_equal(value,
			(naive->sum + (naive->sum < 0 ? -naive->present : naive->present) / 2) /
				naive->present);
}

/* Columns that a value per reading explains; the others have tests of their own. */
static bool is_compared(const struct column *column)
{
	return column->kind == COLUMN_SAMPLES || column->kind == COLUMN_MIN ||
	       column->kind == COLUMN_MAX || column->kind == COLUMN_AVG ||
	       column->kind == COLUMN_LAST || column->kind == COLUMN_BITS;
}

static void check_row(const struct series *series, const struct column_list *columns,
	sqlite3_stmt *statement, int64_t step_ms)
{
	unsigned pack = strcmp((const char *)sqlite3_column_text(statement, 0), "shed") == 0;
	int64_t from_ms = sqlite3_column_int64(statement, 1);

	assert_int_equal(from_ms % step_ms, 0);
	for (size_t i = 0; i < columns->count; i++) {
		const struct column *column = &columns->column[i];
		struct naive naive;

		if (!is_compared(column))
			continue;
		naive = compute(series, pack, from_ms, from_ms + step_ms, column);
		check_column(&naive, column,
			sqlite3_column_type(statement, (int)i + 3) == SQLITE_NULL,
			sqlite3_column_int64(statement, (int)i + 3));
	}
}

static int64_t check_rows(const struct series *series, const struct lab *lab,
	enum schema_series_id id, int64_t step_ms)
{
	struct column_list columns;
	sqlite3_stmt *statement;
	sqlite3 *db;
	char sql[64];
	int64_t rows = 0;

	schema_series[id].columns(&columns);
	snprintf(sql, sizeof(sql), "SELECT * FROM %s", schema_series[id].view);
	assert_int_equal(sqlite3_open(lab->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	for (; sqlite3_step(statement) == SQLITE_ROW; rows++)
		check_row(series, &columns, statement, step_ms);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return rows;
}

static int64_t count_rows(const struct series *series, int64_t step_ms)
{
	int64_t minutes = 0;

	for (size_t i = 0; i < series->count; i++) {
		bool is_new = true;

		for (size_t k = 0; k < i && is_new; k++)
			is_new = series->readings[k].pack != series->readings[i].pack ||
				 series->readings[k].time_ms / step_ms !=
					 series->readings[i].time_ms / step_ms;
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

static void check_energy(const struct series *series, const struct lab *lab, const char *view)
{
	for (unsigned pack = 0; pack < PACKS; pack++)
		for (int is_in = 0; is_in < 2; is_in++) {
			char sql[128];
			int64_t stored, expected = sum_energy(series, pack, is_in) / 1000000;

			snprintf(sql, sizeof(sql),
				"SELECT sum(energy_%s_mj) FROM %s WHERE pack='%s'",
				is_in ? "in" : "out", view, pack_names[pack]);
			stored = lab_integer(lab->path, sql);
			assert_true(expected > 0);
			/* A restart after the end of a minute loses less than a millijoule. */
			assert_in_range(expected - stored, 0, series->restarts + 1);
		}
}

static void run_seed(const struct lab *lab, uint64_t seed)
{
	static const struct {
		enum schema_series_id id;
		int64_t step_ms;
	} tiers[] = { { SCHEMA_M1, 60000 }, { SCHEMA_M15, 900000 }, { SCHEMA_D1, 86400000 } };
	struct series *series = calloc(1, sizeof(*series));

	assert_non_null(series);
	series->readings = calloc(READINGS, sizeof(*series->readings));
	assert_non_null(series->readings);
	column_list_minute(&series->columns);
	series_run(series, lab, seed);
	for (size_t i = 0; i < sizeof(tiers) / sizeof(*tiers); i++) {
		const char *view = schema_series[tiers[i].id].view;
		char sql[64];

		assert_int_equal(check_rows(series, lab, tiers[i].id, tiers[i].step_ms),
			count_rows(series, tiers[i].step_ms));
		snprintf(sql, sizeof(sql), "SELECT sum(n) FROM %s", view);
		assert_int_equal(lab_integer(lab->path, sql), READINGS);
		check_energy(series, lab, view);
	}
	free(series->readings);
	free(series);
}

static void rollups_equal_a_naive_computation(void **state)
{
	run_seed(*state, 1);
}

static void rollups_equal_a_naive_computation_of_another_series(void **state)
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
		LAB_TEST(rollups_equal_a_naive_computation),
		LAB_TEST(rollups_equal_a_naive_computation_of_another_series),
		LAB_TEST(an_undone_transaction_leaves_the_open_minute_whole),
	};

	setenv("TZ", "UTC", 1); /* days are the computer's */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
