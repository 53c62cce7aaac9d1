/* SPDX-License-Identifier: MIT */
/* Histories of every released schema are taken over without loss; their dumps are in schema/. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "battery.h"
#include "lab.h"
#include "store/history.h"
#include "store/pack_track.h"

#define AFTER_MS INT64_C(1796083800000) /* the dump ends here: 2026-12-01 00:10:00 UTC */

static const char *dump_path;

static void load_dump(const struct lab *lab)
{
	FILE *file = fopen(dump_path, "r");
	char *sql = NULL;
	size_t size = 0;

	assert_non_null(file);
	assert_true(getdelim(&sql, &size, '\0', file) > 0);
	fclose(file);
	lab_write(lab->path, "PRAGMA journal_mode=WAL");
	lab_write(lab->path, sql);
	free(sql);
}

static void migrate(const struct lab *lab)
{
	struct history history;

	assert_int_equal(history_init(&history, lab->path), 0);
	if (history_open(&history, AFTER_MS) < 0)
		fail_msg("%s", history.file.reason);
	assert_false(history.file.was_set_aside);
	assert_true(history_roll_up(&history, INT64_MAX, UINT32_MAX) > 0);
	assert_int_equal(history_commit(&history), 0);
	history_deinit(&history);
}

/* One number that tells every value of a table. */
static void assert_kept(const struct lab *lab, const char *sql, const char *expected)
{
	assert_string_equal(lab_text(lab->path, sql), expected);
}

static void version_1_keeps_every_row(void **state)
{
	const struct lab *lab = *state;

	load_dump(lab);
	migrate(lab);
	assert_int_equal(lab_integer(lab->path, "PRAGMA user_version"), SCHEMA_VERSION);
	assert_kept(lab, "SELECT count(*)||' '||sum(pack_mv) FROM sample", "32 2631491");
	assert_kept(lab,
		"SELECT count(*)||' '||sum(n)||' '||sum(charge_out_mas)||' '||sum(energy_out_mj) "
		"FROM m1",
		"40 60 4636160 381252188");
	assert_kept(lab, "SELECT kind||subject||value||detail FROM event",
		"alarm_oncell_ovp3651cell 3");
	assert_kept(lab,
		"SELECT setting||old||new||source||result||readback||duration_ms FROM "
		"setting_change",
		"cell_ovp36003650configok365090");
	assert_kept(lab, "SELECT count(*)||' '||(count(DISTINCT cell)) FROM wire", "50 25");
	assert_kept(lab, "SELECT group_concat(name) FROM (SELECT name FROM pack ORDER BY id)",
		"house,shed");
	assert_kept(lab, "PRAGMA integrity_check", "ok");
}

static void version_1_gets_the_longer_rollups(void **state)
{
	const struct lab *lab = *state;

	load_dump(lab);
	migrate(lab);
	assert_kept(lab,
		"SELECT count(*)||' '||sum(n)||' '||sum(charge_out_mas)||' '||sum(energy_out_mj) "
		"FROM m15",
		"4 60 4636160 381252188");
	assert_kept(lab,
		"SELECT count(*)||' '||sum(n)||' '||sum(charge_out_mas)||' '||sum(energy_out_mj) "
		"FROM d1",
		"4 60 4636160 381252188");
	assert_kept(lab,
		"SELECT group_concat(day) FROM (SELECT DISTINCT day FROM energy_day ORDER BY day)",
		"2026-11-30,2026-12-01");
	assert_int_equal(lab_integer(lab->path, "SELECT count(*) FROM rollup_due"), 0);
}

static void version_1_goes_on_in_its_tables(void **state)
{
	const struct lab *lab = *state;
	struct bms_telemetry telemetry;
	struct pack_track track;
	struct history history;
	struct battery battery;

	load_dump(lab);
	battery_init(&battery, 3, 1000);
	assert_int_equal(history_init(&history, lab->path), 0);
	assert_int_equal(history_open(&history, AFTER_MS), 0);
	pack_track_init(&track, "house", &history.series[SCHEMA_M1].columns);
	for (int i = 0; i < 90; i++) {
		battery_read(&battery, AFTER_MS + i * 1000, &telemetry);
		assert_true(pack_track_put(
				    &track, &history, AFTER_MS + i * 1000, &telemetry, true) >= 0);
	}
	assert_int_equal(pack_track_end(&track, &history), 0);
	assert_int_equal(history_commit(&history), 0);
	history_deinit(&history);
	assert_kept(lab, "SELECT count(*) FROM sample", "122");
	assert_kept(
		lab, "SELECT count(*)||' '||sum(n)||' '||count(spread_mv_max) FROM m1", "42 150 2");
	assert_kept(lab, "SELECT time_ms FROM last WHERE pack='house'", "1796083889000");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(version_1_keeps_every_row, lab_setup, lab_teardown),
		cmocka_unit_test_setup_teardown(
			version_1_gets_the_longer_rollups, lab_setup, lab_teardown),
		cmocka_unit_test_setup_teardown(
			version_1_goes_on_in_its_tables, lab_setup, lab_teardown),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: test_migrate version1.sql\n");
		return EXIT_FAILURE;
	}
	dump_path = argv[1];
	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
