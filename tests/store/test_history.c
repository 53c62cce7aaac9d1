/* SPDX-License-Identifier: MIT */
/* The file without the thread: what is found, made, set aside and joined. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "battery.h"
#include "lab.h"
#include "store/pack_track.h"

#define START_MS INT64_C(1795348800000) /* 2026-11-22 12:00:00 UTC */
#define DAY_MS   INT64_C(86400000)

static void open_history(struct history *history, const struct lab *lab)
{
	assert_int_equal(history_init(history, lab->path), 0);
	if (history_open(history, START_MS) < 0)
		fail_msg("%s", history->file.reason);
}

static void put_rows(struct history *history, int64_t time_ms, unsigned count)
{
	struct battery battery;
	struct bms_telemetry telemetry;
	int64_t pack;

	battery_init(&battery, 1, 1000);
	assert_int_equal(history_add_pack(history, "house", time_ms, &pack), 0);
	for (unsigned i = 0; i < count; i++) {
		battery_read(&battery, time_ms + i * 1000, &telemetry);
		assert_int_equal(
			history_put_sample(history, pack, time_ms + i * 1000, &telemetry), 1);
	}
	assert_int_equal(history_commit(history), 0);
}

static void an_empty_history_answers(void **state)
{
	const struct lab *lab = *state;
	struct history history;

	open_history(&history, lab);
	history_deinit(&history);
	assert_int_equal(lab_integer(lab->path, "SELECT count(*) FROM sample"), 0);
	assert_int_equal(lab_integer(lab->path, "SELECT count(*) FROM m1"), 0);
	assert_int_equal(lab_integer(lab->path, "PRAGMA application_id"), 0x626d7364);
	assert_int_equal(lab_integer(lab->path, "PRAGMA user_version"), 2);
	assert_int_equal(lab_integer(lab->path, "PRAGMA page_size"), 4096);
	assert_string_equal(lab_text(lab->path, "PRAGMA journal_mode"), "wal");
}

static void the_file_is_for_its_group_to_read(void **state)
{
	const struct lab *lab = *state;
	mode_t before = umask(077);
	struct history history;
	struct stat status;
	char path[LAB_PATH_SIZE + 8];

	open_history(&history, lab);
	umask(before);
	history_deinit(&history);
	assert_int_equal(stat(lab->path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
	snprintf(path, sizeof(path), "%s-wal", lab->path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
}

static void assert_columns(const struct lab *lab, const char *table, const char *first,
	const struct column_list *columns)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT group_concat(name) FROM pragma_table_info('%s')", table);

	char *names = strdup(lab_text(lab->path, sql)), *rest = names, *name;

	assert_int_equal(strncmp(names, first, strlen(first)), 0);
	rest += strlen(first);
	for (size_t i = 0; i < columns->count; i++) {
		name = strsep(&rest, ",");
		assert_non_null(name);
		assert_string_equal(name, columns->column[i].name);
	}
	assert_null(rest);
	free(names);
}

static void tables_and_views_have_the_columns_of_the_rows(void **state)
{
	const struct lab *lab = *state;
	struct history history;

	open_history(&history, lab);
	put_rows(&history, START_MS, 1);
	assert_columns(lab, "s_20261122", "time_ms,pack,", &history.series[SCHEMA_SAMPLE].columns);
	assert_columns(
		lab, "sample", "pack,time_ms,pack_id,", &history.series[SCHEMA_SAMPLE].columns);
	assert_columns(lab, "m1", "pack,time_ms,pack_id,", &history.series[SCHEMA_M1].columns);
	history_deinit(&history);
}

static void the_pack_table_has_the_public_identity_and_no_secret(void **state)
{
	const struct lab *lab = *state;
	struct history history;
	const char *column;
	char sql[128];

	open_history(&history, lab);
	history_deinit(&history);
	for (size_t i = 0; (column = schema_identity_column(i)); i++) {
		snprintf(sql, sizeof(sql), "SELECT %s FROM pack", column);
		assert_true(lab_can(lab->path, sql));
	}
	assert_true(lab_can(lab->path, "SELECT id,name,first_seen_ms,last_seen_ms,model,hardware,"
				       "software,serial,board_name FROM pack"));
	assert_false(lab_can(lab->path, "SELECT pin FROM pack"));
	assert_false(lab_can(lab->path, "SELECT settings_password FROM pack"));
}

static void an_identity_is_stored_as_text_that_readers_can_read(void **state)
{
	const struct lab *lab = *state;
	struct bms_identity identity = { 0 };
	struct history history;
	int64_t pack;

	open_history(&history, lab);
	strcpy(identity.text[BMS_IDENTITY_MODEL], "JK-B2A24S");
	strcpy(identity.text[BMS_IDENTITY_NAME], "a\xff\n\xc3\xa9");
	strcpy(identity.text[BMS_IDENTITY_PIN], "1234");
	identity.number[BMS_IDENTITY_POWER_ON_COUNT] = 9;
	identity.present[0] = 1u << BMS_IDENTITY_POWER_ON_COUNT;
	assert_int_equal(history_add_pack(&history, "house", START_MS, &pack), 0);
	assert_int_equal(history_put_identity(&history, pack, &identity), 0);
	assert_int_equal(history_commit(&history), 0);
	history_deinit(&history);
	assert_string_equal(lab_text(lab->path, "SELECT model FROM pack"), "JK-B2A24S");
	assert_string_equal(lab_text(lab->path, "SELECT board_name FROM pack"), "a??\xc3\xa9");
	assert_int_equal(lab_integer(lab->path, "SELECT power_on_count FROM pack"), 9);
	assert_int_equal(lab_integer(lab->path, "SELECT total_runtime_s IS NULL FROM pack"), 1);
}

static void a_pack_keeps_its_id(void **state)
{
	const struct lab *lab = *state;
	struct history history;
	int64_t first, other, again;

	open_history(&history, lab);
	assert_int_equal(history_add_pack(&history, "house", START_MS, &first), 0);
	assert_int_equal(history_add_pack(&history, "shed", START_MS, &other), 0);
	assert_int_equal(history_commit(&history), 0);
	history_deinit(&history);
	open_history(&history, lab);
	assert_int_equal(history_add_pack(&history, "shed", START_MS + 5, &again), 0);
	assert_int_equal(again, other);
	assert_int_equal(history_add_pack(&history, "house", START_MS + 5, &again), 0);
	assert_int_equal(again, first);
	assert_int_equal(history_commit(&history), 0);
	history_deinit(&history);
	assert_int_equal(lab_integer(lab->path, "SELECT first_seen_ms FROM pack"), START_MS);
	assert_int_equal(lab_integer(lab->path, "SELECT last_seen_ms FROM pack"), START_MS + 5);
}

static void readings_of_one_millisecond_are_moved_apart(void **state)
{
	const struct lab *lab = *state;
	struct bms_telemetry telemetry = { 0 };
	struct history history;
	int64_t pack;

	open_history(&history, lab);
	assert_int_equal(history_add_pack(&history, "house", START_MS, &pack), 0);
	for (int i = 1; i <= 1001; i++) {
		bms_telemetry_set(&telemetry, BMS_SLOT_PACK_MV, i);
		assert_int_equal(
			history_put_sample(&history, pack, START_MS, &telemetry), i <= 1000);
	}
	assert_int_equal(history_commit(&history), 0);
	history_deinit(&history);
	assert_int_equal(lab_integer(lab->path, "SELECT count(*) FROM sample"), 1000);
	assert_int_equal(lab_integer(lab->path, "SELECT max(time_ms) FROM sample"), START_MS + 999);
	assert_int_equal(lab_integer(lab->path, "SELECT pack_mv FROM sample "
						"WHERE time_ms=1795348800002"),
		3);
}

static void an_absent_value_is_null(void **state)
{
	const struct lab *lab = *state;
	struct history history;

	open_history(&history, lab);
	put_rows(&history, START_MS, 1);
	history_deinit(&history);
	assert_int_equal(lab_integer(lab->path,
				 "SELECT cell26_mv IS NULL AND cell25_mv IS NOT NULL FROM sample"),
		1);
}

static void old_days_go_as_whole_tables(void **state)
{
	const struct lab *lab = *state;
	struct history history;

	open_history(&history, lab);
	for (int day = 0; day < 40; day++)
		put_rows(&history, START_MS + day * DAY_MS, 2);
	history_deinit(&history);
	assert_int_equal(lab_integer(lab->path, "SELECT count(*) FROM sample"), 2 * 31);
	assert_int_equal(
		lab_integer(lab->path, "SELECT min(time_ms) FROM sample"), START_MS + 9 * DAY_MS);
	assert_int_equal(lab_integer(lab->path, "SELECT count(*) FROM sqlite_schema WHERE "
						"type='table' AND name GLOB 's_2*'"),
		31);
}

static void a_clock_that_leaps_ahead_empties_nothing(void **state)
{
	const struct lab *lab = *state;
	struct history history;

	open_history(&history, lab);
	for (int day = 0; day < 20; day++)
		put_rows(&history, START_MS + day * DAY_MS, 1);
	put_rows(&history, START_MS + 20000 * DAY_MS, 1);
	put_rows(&history, START_MS + 20 * DAY_MS, 1);
	history_deinit(&history);
	assert_int_equal(lab_integer(lab->path, "SELECT count(*) FROM sample"), 22);
}

static void a_clock_at_1970_still_stores(void **state)
{
	const struct lab *lab = *state;
	struct history history;

	open_history(&history, lab);
	for (int day = 0; day < 31; day++)
		put_rows(&history, START_MS + day * DAY_MS, 1);
	put_rows(&history, 12000, 3);
	assert_int_equal(
		lab_integer(lab->path, "SELECT count(*) FROM sample WHERE time_ms<20000"), 3);
	history_deinit(&history);
}

static void a_plan_over_the_view_is_an_index_search(void **state)
{
	const struct lab *lab = *state;
	struct history history;
	sqlite3_stmt *statement;
	sqlite3 *db;
	unsigned searches = 0, scans = 0;

	open_history(&history, lab);
	for (int day = 0; day < 3; day++)
		put_rows(&history, START_MS + day * DAY_MS, 1);
	history_deinit(&history);
	assert_int_equal(sqlite3_open(lab->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
				 "EXPLAIN QUERY PLAN SELECT time_ms,cell3_mv FROM sample "
				 "WHERE pack='house' AND time_ms BETWEEN 1 AND 2",
				 -1, &statement, NULL),
		SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		const char *detail = (const char *)sqlite3_column_text(statement, 3);

		searches += strstr(detail, "SEARCH s USING INTEGER PRIMARY KEY (rowid>") != NULL;
		scans += strstr(detail, "SCAN") != NULL;
	}
	sqlite3_finalize(statement);
	sqlite3_close(db);
	assert_int_equal(searches, 3);
	assert_int_equal(scans, 0);
}

static void a_second_start_writes_no_schema(void **state)
{
	const struct lab *lab = *state;
	struct history history;
	int64_t version;

	open_history(&history, lab);
	put_rows(&history, START_MS, 1);
	history_deinit(&history);
	version = lab_integer(lab->path, "PRAGMA schema_version");
	open_history(&history, lab);
	history_deinit(&history);
	assert_int_equal(lab_integer(lab->path, "PRAGMA schema_version"), version);
}

static void a_table_of_an_earlier_version_gets_the_columns_it_lacks(void **state)
{
	const struct lab *lab = *state;
	struct history history;

	open_history(&history, lab);
	put_rows(&history, START_MS, 1);
	history_deinit(&history);
	lab_write(lab->path,
		"DROP VIEW last; DROP VIEW sample; ALTER TABLE s_20261122 DROP COLUMN soc_pct;"
		"ALTER TABLE s_20261122 DROP COLUMN cell7_mv");
	open_history(&history, lab);
	put_rows(&history, START_MS + 10000, 1);
	history_deinit(&history);
	assert_int_equal(lab_integer(lab->path, "SELECT count(*) FROM sample"), 2);
	assert_int_equal(lab_integer(lab->path, "SELECT count(cell7_mv) FROM sample"), 1);
}

static void assert_set_aside(const struct lab *lab, const char *why)
{
	struct history history;

	open_history(&history, lab);
	assert_true(history.file.was_set_aside);
	assert_non_null(strstr(history.file.reason, why));
	put_rows(&history, START_MS, 5);
	history_deinit(&history);
	assert_int_equal(lab_integer(lab->path, "SELECT count(*) FROM sample"), 5);
	assert_int_equal(lab_integer(lab->path, "SELECT count(*) FROM event "
						"WHERE kind='history' AND subject='set_aside'"),
		1);
	assert_true(lab_count_files(lab, ".bad-") >= 1);
}

static void a_file_that_is_no_database_is_set_aside(void **state)
{
	const struct lab *lab = *state;
	FILE *file = fopen(lab->path, "w");

	for (int i = 0; i < 2000; i++)
		fprintf(file, "this is not a database %d\n", i);
	fclose(file);
	assert_set_aside(lab, "file is not a database");
}

static void a_database_of_somebody_else_is_set_aside_whole(void **state)
{
	const struct lab *lab = *state;
	char *aside;

	lab_write(lab->path, "PRAGMA journal_mode=WAL;CREATE TABLE theirs(x);"
			     "INSERT INTO theirs VALUES(42)");
	assert_set_aside(lab, "not a history of bmsd");
	aside = strdup(lab_text(lab->path, "SELECT substr(detail,instr(detail,'renamed to ')+11) "
					   "FROM event"));
	assert_int_equal(lab_integer(aside, "SELECT x FROM theirs"), 42);
	free(aside);
}

static void a_file_of_a_newer_version_is_set_aside(void **state)
{
	const struct lab *lab = *state;
	struct history history;

	open_history(&history, lab);
	history_deinit(&history);
	lab_write(lab->path, "PRAGMA user_version=3");
	assert_set_aside(lab, "schema version 3, this bmsd writes 2");
}

static void a_damaged_file_is_set_aside(void **state)
{
	const struct lab *lab = *state;
	struct history history;
	FILE *file;

	open_history(&history, lab);
	put_rows(&history, START_MS, 100);
	history_deinit(&history);
	file = fopen(lab->path, "r+");
	assert_int_equal(fseek(file, 100, SEEK_SET), 0);
	for (int i = 0; i < 3996; i++)
		fputc(0x5a, file);
	fclose(file);
	assert_set_aside(lab, "malformed");
}

static void two_files_set_aside_in_one_second_both_stay(void **state)
{
	const struct lab *lab = *state;

	for (int i = 0; i < 3; i++) {
		FILE *file;

		/* Renamed files keep their names, so only the newest one is ours to spoil. */
		unlink(lab->path);
		file = fopen(lab->path, "w");
		for (int k = 0; k < 200; k++)
			fprintf(file, "this is not a database %d\n", k);
		fclose(file);

		struct history history;

		open_history(&history, lab);
		history_deinit(&history);
	}
	assert_true(lab_count_files(lab, ".bad-") >= 3);
}

static void what_was_pending_at_the_end_is_abandoned_at_the_next_start(void **state)
{
	const struct lab *lab = *state;
	struct store_change change = { .time_ms = START_MS, .setting = "cell_ovp", .source = "t" };
	struct store_outcome outcome = { .result = STORE_RESULT_OK };
	struct history history;
	int64_t done, left;

	open_history(&history, lab);
	assert_int_equal(history_put_change(&history, "house", &change, &done), 0);
	assert_int_equal(history_put_change(&history, "house", &change, &left), 0);
	assert_int_equal(history_end_change(&history, done, &outcome), 0);
	assert_int_equal(history_end_change(&history, 99, &outcome), 1);
	assert_int_equal(history_commit(&history), 0);
	history_deinit(&history);
	open_history(&history, lab);
	history_deinit(&history);
	assert_string_equal(lab_text(lab->path, "SELECT group_concat(result) FROM setting_change"),
		"ok,abandoned");
}

static void a_missing_directory_is_an_error_that_says_so(void **state)
{
	const struct lab *lab = *state;
	struct history history;
	char path[LAB_PATH_SIZE + 16];

	snprintf(path, sizeof(path), "%s/none/history.db", lab->directory);
	assert_int_equal(history_init(&history, path), 0);
	assert_int_equal(history_open(&history, START_MS), -ENOENT);
	assert_non_null(
		strstr(history.file.reason, "none/history.db: cannot create: No such file"));
	history_deinit(&history);
}

static void a_directory_in_place_of_the_file_is_an_error(void **state)
{
	const struct lab *lab = *state;
	struct history history;

	assert_int_equal(mkdir(lab->path, 0755), 0);
	assert_int_equal(history_init(&history, lab->path), 0);
	assert_true(history_open(&history, START_MS) < 0);
	assert_false(history_is_open(&history));
	assert_int_equal(lab_count_files(lab, ".bad-"), 0);
	history_deinit(&history);
}

static void a_file_that_another_program_writes_is_busy_and_stays(void **state)
{
	const struct lab *lab = *state;
	struct history first, second;
	int64_t pack;

	open_history(&first, lab);
	assert_int_equal(history_add_pack(&first, "house", START_MS, &pack), 0);
	assert_int_equal(history_init(&second, lab->path), 0);
	assert_int_equal(history_open(&second, START_MS), -EBUSY);
	history_deinit(&second);
	assert_int_equal(history_commit(&first), 0);
	history_deinit(&first);
	assert_int_equal(lab_count_files(lab, ".bad-"), 0);
}

static void wires_are_stored_when_they_change_and_remembered(void **state)
{
	const struct lab *lab = *state;
	struct column_list columns;
	struct bms_telemetry telemetry = { 0 };
	struct pack_track track;
	struct history history;

	column_list_minute(&columns);
	bms_telemetry_set(&telemetry, BMS_SLOT_WIRE_MOHM, 50);
	bms_telemetry_set(&telemetry, BMS_SLOT_WIRE_MOHM + 1, 60);
	for (int start = 0; start < 2; start++) {
		open_history(&history, lab);
		pack_track_init(&track, "house", &columns);
		for (int i = 0; i < 3; i++) {
			int64_t time_ms = START_MS + start * 3600000 + i * PACK_TRACK_WIRE_MS;

			if (i == 2)
				telemetry.value[BMS_SLOT_WIRE_MOHM + 1]++;
			assert_true(
				pack_track_put(&track, &history, time_ms, &telemetry, false) >= 0);
			assert_true(pack_track_put(&track, &history, time_ms + 1000, &telemetry,
					    false) >= 0);
		}
		assert_int_equal(pack_track_end(&track, &history), 0);
		assert_int_equal(history_commit(&history), 0);
		history_deinit(&history);
	}
	assert_int_equal(lab_integer(lab->path, "SELECT count(*) FROM wire WHERE cell=1"), 1);
	assert_string_equal(
		lab_text(lab->path,
			"SELECT group_concat(mohm) FROM wire WHERE pack='house' AND cell=2"),
		"60,61,62");
}

int main(void)
{
#define LAB_TEST(name) cmocka_unit_test_setup_teardown(name, lab_setup, lab_teardown)
	const struct CMUnitTest tests[] = {
		LAB_TEST(an_empty_history_answers),
		LAB_TEST(the_file_is_for_its_group_to_read),
		LAB_TEST(tables_and_views_have_the_columns_of_the_rows),
		LAB_TEST(the_pack_table_has_the_public_identity_and_no_secret),
		LAB_TEST(an_identity_is_stored_as_text_that_readers_can_read),
		LAB_TEST(a_pack_keeps_its_id),
		LAB_TEST(readings_of_one_millisecond_are_moved_apart),
		LAB_TEST(an_absent_value_is_null),
		LAB_TEST(old_days_go_as_whole_tables),
		LAB_TEST(a_clock_that_leaps_ahead_empties_nothing),
		LAB_TEST(a_clock_at_1970_still_stores),
		LAB_TEST(a_plan_over_the_view_is_an_index_search),
		LAB_TEST(a_second_start_writes_no_schema),
		LAB_TEST(a_table_of_an_earlier_version_gets_the_columns_it_lacks),
		LAB_TEST(a_file_that_is_no_database_is_set_aside),
		LAB_TEST(a_database_of_somebody_else_is_set_aside_whole),
		LAB_TEST(a_file_of_a_newer_version_is_set_aside),
		LAB_TEST(a_damaged_file_is_set_aside),
		LAB_TEST(two_files_set_aside_in_one_second_both_stay),
		LAB_TEST(what_was_pending_at_the_end_is_abandoned_at_the_next_start),
		LAB_TEST(a_missing_directory_is_an_error_that_says_so),
		LAB_TEST(a_directory_in_place_of_the_file_is_an_error),
		LAB_TEST(a_file_that_another_program_writes_is_busy_and_stays),
		LAB_TEST(wires_are_stored_when_they_change_and_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
