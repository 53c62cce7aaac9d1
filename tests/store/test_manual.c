/* SPDX-License-Identifier: MIT */
/*
 * bmsd-history(5) against the truth: its lists of columns equal the rows, and its example queries
 * work and find something in a history of two packs and three days.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/clock.h"
#include "battery.h"
#include "lab.h"
#include "store/pack_track.h"
#include "store/result.h"

enum {
	STEP_MS = 20000, /* between readings: enough of them and still quick */
	DAYS = 3,
	EXAMPLES_AT_LEAST = 10,
};

static char *page; /* the whole manual page */

static void read_page(const char *path)
{
	size_t size = 0;
	FILE *file = fopen(path, "r");

	if (!file || getdelim(&page, &size, '\0', file) < 0) {
		fprintf(stderr, "cannot read %s\n", path);
		exit(EXIT_FAILURE);
	}
	fclose(file);
}

/* The lines between two comments of the page, for the caller to free. */
static char *region(const char *name)
{
	char begin[64], end[64];
	char *from, *to;

	snprintf(begin, sizeof(begin), ".\\\" begin %s\n", name);
	snprintf(end, sizeof(end), ".\\\" end %s\n", name);
	from = strstr(page, begin);
	to = strstr(page, end);
	if (!from || !to)
		fail_msg("the page has no region %s", name);
	from += strlen(begin);
	return strndup(from, (size_t)(to - from));
}

static void assert_region(const char *name, const char *expected)
{
	char *found = region(name);

	if (strcmp(found, expected) != 0)
		fail_msg("region %s of the page should be:\n%s", name, expected);
	free(found);
}

static void print_unit(FILE *out, const struct bms_field_row *row)
{
	const char *symbol = bms_unit_rows[row->unit].symbol;

	fprintf(out, "%s%s%s", row->text, *symbol ? ", in " : "", symbol);
}

static void the_columns_of_sample_are_documented(void **state)
{
	struct column_list columns;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	column_list_sample(&columns);
	for (size_t i = 0; i < columns.count; i++) {
		const struct bms_field_row *row =
			&bms_field_rows[bms_field_of_slot(columns.column[i].slot)];

		if (columns.column[i].kind != COLUMN_VALUE)
			continue;
		fprintf(out, ".It Va %s", columns.column[i].name);
		if (row->count > 1) {
			i += row->count - 1u;
			fprintf(out, " No to Va %s", columns.column[i].name);
		}
		fprintf(out, "\n");
		print_unit(out, row);
		fprintf(out, "\n");
	}
	fclose(out);
	assert_region("sample", text);
	free(text);
}

static void print_minute_column(FILE *out, const struct column_list *columns, size_t *i)
{
	const struct column *column = &columns->column[*i];
	const struct bms_field_row *row = &bms_field_rows[bms_field_of_slot(column->slot)];

	fprintf(out, ".It Va %s", column->name);
	if (column->kind == COLUMN_MIN) {
		fprintf(out, " , %s , %s", column[1].name, column[2].name);
		if (row->count > 1) {
			*i += 3u * (row->count - 1u);
			fprintf(out, " No to Va %s , %s , %s", columns->column[*i].name,
				columns->column[*i + 1].name, columns->column[*i + 2].name);
		}
		*i += 2;
	}
	fprintf(out, "\n");
	print_unit(out, row);
	fprintf(out, "%s\n",
		column->kind == COLUMN_MIN    ? ": lowest, highest and mean"
		: column->kind == COLUMN_LAST ? ": the last one"
					      : ": every bit that was set");
}

/* Those that a value of a board explains. */
static bool is_of_a_row(const struct column *column)
{
	if (column->kind == COLUMN_LAST || column->kind == COLUMN_BITS)
		return true;
	return column->kind >= COLUMN_MIN && column->kind <= COLUMN_AVG &&
	       column->index < COLUMN_ROLLED_ROWS;
}

static void the_columns_of_m1_are_documented(void **state)
{
	struct column_list columns;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	column_list_minute(&columns);
	for (size_t i = 0; i < columns.count; i++)
		if (is_of_a_row(&columns.column[i]))
			print_minute_column(out, &columns, &i);
	fclose(out);
	assert_region("m1", text);
	free(text);
	for (size_t i = 0; i < columns.count; i++) {
		char item[64];

		snprintf(item, sizeof(item), "Va %s", columns.column[i].name);
		if (!is_of_a_row(&columns.column[i]) && columns.column[i].index != COLUMN_SPREAD)
			assert_non_null(strstr(page, item));
	}
}

static void the_columns_of_pack_are_documented(void **state)
{
	const char *column;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	for (size_t i = 0, k = 0; (column = schema_identity_column(i)); i++, k++) {
		const struct bms_identity_row *row;

		while (k < BMS_IDENTITY_TEXTS && bms_identity_text_rows[k].secret)
			k++;
		row = k < BMS_IDENTITY_TEXTS ? &bms_identity_text_rows[k]
					     : &bms_identity_number_rows[k - BMS_IDENTITY_TEXTS];
		fprintf(out, ".It Va %s\n%s\n", column, row->text);
	}
	fclose(out);
	assert_region("pack", text);
	free(text);
}

static void every_result_of_a_change_is_documented(void **state)
{
	(void)state;
	for (unsigned i = 0; i < STORE_RESULT_COUNT; i++) {
		char item[64];

		snprintf(
			item, sizeof(item), ".It Sy %s\n", store_result_text((enum store_result)i));
		if (!strstr(page, item))
			fail_msg("the page has no \"%s\"", item);
	}
}

static void put_happenings(struct history *history, int64_t time_ms)
{
	struct store_event event = {
		.time_ms = time_ms, .kind = "alarm_on", .subject = "cell_ovp", .detail = "cell 3"
	};
	struct store_change change = { .time_ms = time_ms,
		.setting = "cell_ovp_mv",
		.has_old = true,
		.old_value = 3600,
		.new_value = 3650,
		.source = "config" };
	struct store_outcome outcome = {
		.result = STORE_RESULT_OK, .has_readback = true, .readback = 3650, .duration_ms = 90
	};
	int64_t row;

	assert_int_equal(history_put_event(history, "house", &event), 0);
	event.time_ms += 4000;
	strcpy(event.kind, "alarm_off");
	assert_int_equal(history_put_event(history, "house", &event), 0);
	assert_int_equal(history_put_change(history, "house", &change, &row), 0);
	assert_int_equal(history_end_change(history, row, &outcome), 0);
}

/* Up to now, because people ask for the last day; with a hole of ten minutes. */
static void make_history(const struct lab *lab)
{
	static const char *const names[] = { "house", "shed" };
	int64_t end_ms = clock_wall_ms(), begin_ms = end_ms - DAYS * INT64_C(86400000);
	struct battery batteries[2];
	struct pack_track tracks[2];
	struct bms_telemetry telemetry;
	struct history history;

	assert_int_equal(history_init(&history, lab->path), 0);
	assert_int_equal(history_open(&history, begin_ms), 0);
	for (unsigned i = 0; i < 2; i++) {
		battery_init(&batteries[i], i + 1, 1000);
		pack_track_init(&tracks[i], names[i], &history.series[SCHEMA_M1].columns);
	}
	for (int64_t time_ms = begin_ms; time_ms < end_ms; time_ms += STEP_MS)
		for (unsigned i = 0; i < 2; i++) {
			battery_read(&batteries[i], time_ms, &telemetry);
			if (time_ms < end_ms - 3600000 || time_ms > end_ms - 3000000)
				assert_true(pack_track_put(&tracks[i], &history, time_ms,
						    &telemetry, false) >= 0);
		}
	put_happenings(&history, end_ms - 7200000);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pack_track_end(&tracks[i], &history), 0);
	assert_int_equal(history_commit(&history), 0);
	history_deinit(&history);
}

/* At least one row, and something in its last column. */
static void assert_finds(const struct lab *lab, const char *sql)
{
	sqlite3_stmt *statement;
	sqlite3 *db;
	int last;

	assert_int_equal(sqlite3_open_v2(lab->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s\n%s", sql, sqlite3_errmsg(db));
	if (sqlite3_step(statement) != SQLITE_ROW)
		fail_msg("%s\nfinds nothing: %s", sql, sqlite3_errmsg(db));
	last = sqlite3_column_count(statement) - 1;
	if (sqlite3_column_type(statement, last) == SQLITE_NULL)
		fail_msg("%s\nfinds NULL", sql);
	sqlite3_finalize(statement);
	sqlite3_close(db);
}

static void the_example_queries_find_something(void **state)
{
	static const char begin[] = ".Bd -literal -offset indent\nSELECT", end[] = ".Ed\n";
	const struct lab *lab = *state;
	unsigned examples = 0;

	make_history(lab);
	for (char *at = page; (at = strstr(at, begin)); examples++) {
		char *from = at + strlen(begin) - strlen("SELECT"), *to = strstr(from, end);
		char *sql;

		assert_non_null(to);
		sql = strndup(from, (size_t)(to - from));
		assert_finds(lab, sql);
		free(sql);
		at = to;
	}
	assert_true(examples >= EXAMPLES_AT_LEAST);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_columns_of_sample_are_documented),
		cmocka_unit_test(the_columns_of_m1_are_documented),
		cmocka_unit_test(the_columns_of_pack_are_documented),
		cmocka_unit_test(every_result_of_a_change_is_documented),
		cmocka_unit_test_setup_teardown(
			the_example_queries_find_something, lab_setup, lab_teardown),
	};
	int failed;

	if (argc != 2) {
		fprintf(stderr, "usage: test_manual bmsd-history.5\n");
		return EXIT_FAILURE;
	}
	read_page(argv[1]);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(page);
	return failed;
}
