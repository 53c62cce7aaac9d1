/* SPDX-License-Identifier: MIT */
/* The whole store: the thread, the event loop and a second connection that looks on. */
#include <errno.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/clock.h"
#include "battery.h"
#include "lab.h"
#include "store/mailbox.h"
#include "store/store.h"

#define START_MS INT64_C(1795348800000) /* 2026-11-22 12:00:00 UTC */

enum {
	PATIENCE_MS = 30000, /* the machine may be busy */
	LONG_MS = 600000,    /* a commit interval that no test waits for */
	LOG_MAX = 4096,
};

struct watch {
	struct lab *lab;
	sd_event *event;
	struct store *store;
	struct battery battery;
	unsigned house;

	unsigned intents;
	uint64_t intent_id[LOG_MAX];
	int intent_error[LOG_MAX];
	unsigned states;
	int state_error;
	char reason[1024]; /* of every state, one after the other */
	/* Rows that another connection saw when the intent was told. */
	int64_t pending_seen;
};

static void on_intent(void *userdata, uint64_t change_id, int error)
{
	struct watch *watch = userdata;

	assert_true(watch->intents < LOG_MAX);
	watch->intent_id[watch->intents] = change_id;
	watch->intent_error[watch->intents++] = error;
	if (error == 0)
		watch->pending_seen = lab_integer(watch->lab->path,
			"SELECT count(*) FROM setting_change WHERE result='pending'");
}

static void on_state(void *userdata, int error, const char *reason)
{
	struct watch *watch = userdata;
	size_t length = strlen(watch->reason);

	watch->states++;
	watch->state_error = error;
	snprintf(watch->reason + length, sizeof(watch->reason) - length, "[%s]",
		reason ? reason : "works");
}

static void start_at(struct watch *watch, const char *path, unsigned commit_ms, bool raw_all)
{
	const struct store_options options = {
		.path = path,
		.commit_interval_ms = commit_ms,
		.retry_interval_ms = 50,
		.raw_all = raw_all,
	};
	const struct store_callbacks callbacks = { on_intent, on_state };

	assert_int_equal(store_new(&watch->store, watch->event, &options, &callbacks, watch), 0);
	watch->house = store_add_pack(watch->store, "house");
	battery_init(&watch->battery, 1, 1000);
}

static void start(struct watch *watch, unsigned commit_ms, bool raw_all)
{
	start_at(watch, watch->lab->path, commit_ms, raw_all);
}

static int watch_setup(void **state)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	void *lab;

	assert_non_null(watch);
	lab_setup(&lab);
	watch->lab = lab;
	assert_true(sd_event_new(&watch->event) >= 0);
	*state = watch;
	return 0;
}

static int watch_teardown(void **state)
{
	struct watch *watch = *state;
	void *lab = watch->lab;

	store_free(watch->store);
	sd_event_unref(watch->event);
	lab_teardown(&lab);
	free(watch);
	return 0;
}

static void run_loop(struct watch *watch, unsigned ms)
{
	assert_true(sd_event_run(watch->event, ms * 1000) >= 0);
}

#define WAIT_FOR(watch, condition) \
	do { \
		uint64_t until = clock_monotonic_us() + PATIENCE_MS * UINT64_C(1000); \
		while (!(condition) && clock_monotonic_us() < until) \
			run_loop(watch, 10); \
		assert_true(condition); \
	} while (0)

static struct store_stats stats_of(struct watch *watch)
{
	struct store_stats stats;

	store_stats(watch->store, &stats);
	return stats;
}

static void put(struct watch *watch, int64_t time_ms, bool edge)
{
	struct bms_telemetry telemetry;

	battery_read(&watch->battery, time_ms, &telemetry);
	store_put_sample(watch->store, watch->house, time_ms, &telemetry, edge);
}

static int64_t count(const struct watch *watch, const char *table)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	return lab_can(watch->lab->path, sql) ? lab_integer(watch->lab->path, sql) : 0;
}

static void put_event(struct watch *watch, const char *kind)
{
	struct store_event event = {
		.pack = watch->house, .time_ms = START_MS, .subject = "cell_ovp"
	};

	snprintf(event.kind, sizeof(event.kind), "%s", kind);
	store_put_event(watch->store, &event);
}

static void begin(struct watch *watch, uint64_t id)
{
	struct store_change change = { .id = id,
		.pack = watch->house,
		.time_ms = START_MS,
		.setting = "cell_ovp_mv",
		.has_old = true,
		.old_value = 3600,
		.new_value = 3650,
		.source = "config" };

	store_begin_change(watch->store, &change);
}

static void the_same_name_gives_the_same_index(void **state)
{
	struct watch *watch = *state;

	start(watch, LONG_MS, false);
	assert_int_equal(store_add_pack(watch->store, "shed"), watch->house + 1);
	assert_int_equal(store_add_pack(watch->store, "house"), watch->house);
}

static void samples_wait_for_the_commit_interval(void **state)
{
	struct watch *watch = *state;
	uint64_t begun_us = clock_monotonic_us();

	start(watch, 2000, true);
	for (int i = 0; i < 100; i++)
		put(watch, START_MS + i * 1000, false);
	WAIT_FOR(watch, count(watch, "pack") > 0 || count(watch, "meta") > 0);
	if (clock_monotonic_us() - begun_us < 1500000)
		assert_int_equal(count(watch, "sample"), 0);
	WAIT_FOR(watch, count(watch, "sample") == 100);
	assert_true(clock_monotonic_us() - begun_us >= 2000000);
	assert_int_equal(count(watch, "m1"), 2);
	assert_int_equal(lab_integer(watch->lab->path, "SELECT sum(n) FROM m1"), 100);
	assert_int_equal(stats_of(watch).commits, 1);
	assert_int_equal(stats_of(watch).samples, 100);
	assert_int_equal(stats_of(watch).rows, 100);
	assert_int_equal(stats_of(watch).dropped, 0);
}

static void a_stop_commits_the_last_batch(void **state)
{
	struct watch *watch = *state;

	start(watch, LONG_MS, true);
	for (int i = 0; i < 50; i++)
		put(watch, START_MS + i * 1000, false);
	watch->store = store_free(watch->store);
	assert_null(watch->store);
	assert_int_equal(count(watch, "sample"), 50);
	assert_int_equal(lab_integer(watch->lab->path, "SELECT sum(n) FROM m1"), 50);
	assert_int_equal(
		lab_integer(watch->lab->path, "SELECT last_seen_ms FROM pack"), START_MS + 49000);
}

static void a_store_that_got_nothing_stops_cleanly(void **state)
{
	struct watch *watch = *state;

	start(watch, LONG_MS, true);
	watch->store = store_free(watch->store);
	assert_int_equal(count(watch, "sample"), 0);
	assert_string_equal(lab_text(watch->lab->path, "PRAGMA integrity_check"), "ok");
}

static void the_deadband_drops_what_did_not_move_but_minutes_count_it(void **state)
{
	struct watch *watch = *state;

	start(watch, LONG_MS, false);
	for (int i = 0; i < 600; i++)
		put(watch, START_MS + i * 1000, false);
	watch->store = store_free(watch->store);
	assert_in_range(count(watch, "sample"), 10, 400);
	assert_int_equal(lab_integer(watch->lab->path, "SELECT sum(n) FROM m1"), 600);
	assert_int_equal(count(watch, "m1 WHERE n=60"), 10);
}

static void an_edge_is_committed_at_once(void **state)
{
	struct watch *watch = *state;

	start(watch, LONG_MS, false);
	put(watch, START_MS, false);
	put(watch, START_MS + 1000, true);
	WAIT_FOR(watch, count(watch, "sample") == 2);
}

static void an_event_is_committed_at_once(void **state)
{
	struct watch *watch = *state;

	start(watch, LONG_MS, false);
	put_event(watch, "alarm_on");
	WAIT_FOR(watch, count(watch, "event") == 1);
	assert_string_equal(
		lab_text(watch->lab->path, "SELECT pack||' '||kind||' '||subject FROM event"),
		"house alarm_on cell_ovp");
}

static void a_storm_of_events_commits_once_a_second(void **state)
{
	struct watch *watch = *state;
	uint64_t begun_us = clock_monotonic_us();
	unsigned put_count = 0;

	start(watch, LONG_MS, false);
	while (clock_monotonic_us() - begun_us < 2500000) {
		put_event(watch, "alarm_on");
		put_count++;
		run_loop(watch, 20);
	}
	WAIT_FOR(watch, count(watch, "event") == put_count);

	uint64_t seconds = (clock_monotonic_us() - begun_us) / 1000000;

	assert_true(stats_of(watch).commits <= seconds + 2);
	assert_true(stats_of(watch).commits >= 2);
}

static void an_intent_is_on_the_disk_when_it_is_told(void **state)
{
	struct watch *watch = *state;
	const struct store_outcome outcome = { .id = 7,
		.result = STORE_RESULT_OK,
		.has_readback = true,
		.readback = 3650,
		.duration_ms = 120 };

	start(watch, LONG_MS, false);
	begin(watch, 7);
	WAIT_FOR(watch, watch->intents == 1);
	assert_int_equal(watch->intent_id[0], 7);
	assert_int_equal(watch->intent_error[0], 0);
	assert_int_equal(watch->pending_seen, 1);
	store_finish_change(watch->store, &outcome);
	WAIT_FOR(watch, count(watch, "setting_change WHERE result='ok'") == 1);
	assert_string_equal(lab_text(watch->lab->path,
				    "SELECT pack||' '||setting||' '||old||' '||new||' '||source"
				    "||' '||readback||' '||duration_ms FROM setting_change"),
		"house cell_ovp_mv 3600 3650 config 3650 120");
}

static void intents_do_not_wait_for_one_another(void **state)
{
	struct watch *watch = *state;
	uint64_t begun_us = clock_monotonic_us();

	start(watch, LONG_MS, false);
	for (unsigned id = 1; id <= 10; id++) {
		const struct store_outcome outcome = { .id = id, .result = STORE_RESULT_REFUSED };

		begin(watch, id);
		WAIT_FOR(watch, watch->intents == id);
		store_finish_change(watch->store, &outcome);
	}
	assert_true(clock_monotonic_us() - begun_us < 8000000);
	watch->store = store_free(watch->store);
	assert_int_equal(count(watch, "setting_change WHERE result='refused'"), 10);
}

static void too_many_open_changes_are_refused(void **state)
{
	struct watch *watch = *state;
	unsigned refused = 0;

	start(watch, LONG_MS, false);
	for (unsigned id = 1; id <= 300; id++)
		begin(watch, id);
	WAIT_FOR(watch, watch->intents == 300);
	for (unsigned i = 0; i < 300; i++)
		refused += watch->intent_error[i] == -ENOBUFS;
	assert_int_equal(refused, 300 - 256);
}

static void a_missing_directory_is_told_and_recovers(void **state)
{
	struct watch *watch = *state;
	char directory[LAB_PATH_SIZE], path[LAB_PATH_SIZE + 16];

	snprintf(directory, sizeof(directory), "%s/later", watch->lab->directory);
	snprintf(path, sizeof(path), "%s/history.db", directory);
	start_at(watch, path, LONG_MS, true);
	WAIT_FOR(watch, watch->states == 1);
	assert_int_equal(watch->state_error, -ENOENT);
	assert_int_equal(stats_of(watch).error, -ENOENT);
	for (int i = 0; i < 40; i++)
		put(watch, START_MS + i * 1000, false);
	begin(watch, 5);
	WAIT_FOR(watch, watch->intents == 1);
	assert_int_equal(watch->intent_error[0], -ENOENT);
	assert_int_equal(stats_of(watch).dropped, 40);
	assert_int_equal(mkdir(directory, 0755), 0);
	WAIT_FOR(watch, watch->states == 2);
	assert_int_equal(watch->state_error, 0);
	put(watch, START_MS + 100000, false);
	watch->store = store_free(watch->store);
	assert_int_equal(lab_integer(path, "SELECT count(*) FROM sample"), 1);
}

static void a_damaged_file_is_told_and_replaced(void **state)
{
	struct watch *watch = *state;
	FILE *file = fopen(watch->lab->path, "w");

	for (int i = 0; i < 1000; i++)
		fprintf(file, "no database %d\n", i);
	fclose(file);
	start(watch, LONG_MS, true);
	WAIT_FOR(watch, watch->states == 2);
	assert_non_null(strstr(watch->reason, "renamed to"));
	assert_non_null(strstr(watch->reason, "[works]"));
	put(watch, START_MS, true);
	WAIT_FOR(watch, count(watch, "sample") == 1);
	assert_int_equal(lab_count_files(watch->lab, ".bad-"), 1);
}

static void a_file_that_breaks_while_it_is_written_is_replaced(void **state)
{
	struct watch *watch = *state;
	FILE *file;

	start(watch, LONG_MS, true);
	put_event(watch, "alarm_on");
	WAIT_FOR(watch, count(watch, "event") == 1);
	watch->store = store_free(watch->store);
	/* A page that no start looks at, but the first sample of a pack does. */
	file = fopen(watch->lab->path, "r+");
	assert_int_equal(
		fseek(file,
			4096 * (lab_integer(watch->lab->path, "SELECT rootpage FROM sqlite_schema "
							      "WHERE name='wire'") -
				       1),
			SEEK_SET),
		0);
	for (int i = 0; i < 4096; i++)
		fputc(0x5a, file);
	fclose(file);
	start(watch, LONG_MS, true);
	put(watch, START_MS, true);
	WAIT_FOR(watch, strstr(watch->reason, "renamed to") != NULL);
	put(watch, START_MS + 1000, true);
	WAIT_FOR(watch, count(watch, "sample") >= 1);
	WAIT_FOR(watch, watch->state_error == 0);
	assert_string_equal(lab_text(watch->lab->path, "PRAGMA integrity_check"), "ok");
}

static void a_file_that_is_removed_while_it_is_written_is_told_and_made_anew(void **state)
{
	struct watch *watch = *state;

	start(watch, LONG_MS, true);
	put(watch, START_MS, true);
	WAIT_FOR(watch, count(watch, "sample") == 1);
	assert_int_equal(unlink(watch->lab->path), 0);
	put(watch, START_MS + 1000, true);
	WAIT_FOR(watch, strstr(watch->reason, "removed or replaced") != NULL);
	WAIT_FOR(watch, strstr(watch->reason, "[works]") != NULL);
	put(watch, START_MS + 2000, true);
	WAIT_FOR(watch, count(watch, "sample") == 1);
	assert_string_equal(lab_text(watch->lab->path, "PRAGMA integrity_check"), "ok");
}

static void a_stop_waits_a_second_for_the_lock_of_another_and_tells_what_it_loses(void **state)
{
	struct watch *watch = *state;
	uint64_t stopped_us;
	sqlite3 *other;

	start(watch, LONG_MS, true);
	put(watch, START_MS, true);
	WAIT_FOR(watch, count(watch, "sample") == 1);
	assert_int_equal(sqlite3_open(watch->lab->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	put(watch, START_MS + 1000, true);
	run_loop(watch, 100);
	stopped_us = clock_monotonic_us();
	watch->store = store_free(watch->store);
	assert_in_range(clock_monotonic_us() - stopped_us, 0, 3000000);
	assert_int_equal(watch->state_error, -EBUSY);
	sqlite3_close(other);
}

static void limit_file_size(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_is_told_counted_and_recovers(void **state)
{
	struct watch *watch = *state;
	unsigned id = 0;

	signal(SIGXFSZ, SIG_IGN);
	start(watch, 50, true);
	put(watch, START_MS, true);
	WAIT_FOR(watch, count(watch, "sample") == 1);
	limit_file_size(1);
	for (int i = 0; i < 500; i++)
		put(watch, START_MS + i * 1000, false);
	begin(watch, ++id);
	WAIT_FOR(watch, watch->intents == 1 && watch->state_error != 0);
	assert_true(watch->intent_error[0] < 0);
	assert_true(stats_of(watch).error < 0);
	assert_true(stats_of(watch).dropped > 0);
	limit_file_size(RLIM_INFINITY);
	WAIT_FOR(watch, watch->state_error == 0);
	put(watch, START_MS + 600000, true);
	WAIT_FOR(watch, count(watch, "sample WHERE time_ms=1795349400000") == 1);
	/* The intent that could not be recorded then is now. */
	WAIT_FOR(watch, count(watch, "setting_change") == 1);
}

/* A transaction of another program holds up the writer at its first sample. */
static void a_queue_that_overflows_counts_what_it_drops(void **state)
{
	struct watch *watch = *state;
	struct store_stats stats;
	sqlite3 *other;

	start(watch, LONG_MS, true);
	WAIT_FOR(watch, lab_can(watch->lab->path, "SELECT count(*) FROM sample"));
	assert_int_equal(sqlite3_open(watch->lab->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	for (int i = 0; i < 2000; i++)
		put(watch, START_MS + i, false);
	put_event(watch, "alarm_on");
	assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	stats = stats_of(watch);
	watch->store = store_free(watch->store);
	assert_int_equal(stats.samples, 2000);
	assert_in_range(stats.dropped, 1000, 1500);
	assert_int_equal(count(watch, "sample"), 2000 - (int64_t)stats.dropped);
	/* Samples may not take the last places. */
	assert_int_equal(count(watch, "event"), 1);
}

static void impossible_times_are_counted_and_dropped(void **state)
{
	struct watch *watch = *state;
	static const int64_t times[] = { -1, INT64_MIN, INT64_MAX, INT64_C(253402300800000) };

	start(watch, LONG_MS, true);
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++)
		put(watch, times[i], false);
	assert_int_equal(stats_of(watch).dropped, 4);
	put(watch, INT64_C(253402300799999), false);
	put(watch, 0, true);
	WAIT_FOR(watch, count(watch, "sample") == 2);
	assert_int_equal(watch->states, 0);
}

static void an_unknown_pack_is_counted_and_dropped(void **state)
{
	struct watch *watch = *state;
	struct bms_telemetry telemetry = { 0 };

	start(watch, LONG_MS, true);
	store_put_sample(watch->store, 99, START_MS, &telemetry, true);
	store_put_sample(watch->store, STORE_NO_PACK, START_MS, &telemetry, true);
	WAIT_FOR(watch, stats_of(watch).dropped == 2);
	assert_int_equal(watch->states, 0);
}

static void a_clock_that_goes_back_is_an_event_and_loses_nothing(void **state)
{
	struct watch *watch = *state;

	start(watch, LONG_MS, true);
	for (int i = 0; i < 90; i++)
		put(watch, START_MS + i * 1000, false);
	for (int i = 0; i < 90; i++)
		put(watch, START_MS + i * 1000 + 500, false);
	watch->store = store_free(watch->store);
	assert_int_equal(count(watch, "sample"), 180);
	assert_int_equal(count(watch, "m1"), 2);
	assert_int_equal(lab_integer(watch->lab->path, "SELECT sum(n) FROM m1"), 180);
	assert_int_equal(
		lab_integer(watch->lab->path, "SELECT value FROM event WHERE kind='clock'"),
		500 - 89000);
}

static void write_until_killed(struct watch *watch, int out)
{
	unsigned told = 0;

	/* The parent's loop does not work in a child. */
	if (sd_event_new(&watch->event) < 0)
		_exit(1);
	start(watch, 20, true);
	for (unsigned i = 1;; i++) {
		const struct store_outcome outcome = { .id = i, .result = STORE_RESULT_OK };

		put(watch, START_MS + i * 1000, false);
		begin(watch, i);
		run_loop(watch, 5);
		while (told < watch->intents) {
			uint64_t id = watch->intent_id[told++];

			if (write(out, &id, sizeof(id)) != sizeof(id))
				_exit(1);
		}
		store_finish_change(watch->store, &outcome);
	}
}

/* Proves the order of commit and callback, not the disk: the kernel keeps what was written. */
static void a_killed_writer_leaves_what_it_reported(void **state)
{
	struct watch *watch = *state;
	uint64_t last = 0, id;
	int pipe_fd[2];
	pid_t child;

	assert_int_equal(pipe(pipe_fd), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		write_until_killed(watch, pipe_fd[1]);
	close(pipe_fd[1]);
	while (last < 40 && read(pipe_fd[0], &id, sizeof(id)) == sizeof(id))
		last = id;
	kill(child, SIGKILL);
	while (read(pipe_fd[0], &id, sizeof(id)) == sizeof(id))
		last = id;
	close(pipe_fd[0]);
	waitpid(child, NULL, 0);
	assert_true(last >= 40);
	assert_string_equal(lab_text(watch->lab->path, "PRAGMA integrity_check"), "ok");
	assert_true(count(watch, "setting_change") >= (int64_t)last);
	assert_true(count(watch, "sample") >= (int64_t)last);
	/* And a new store goes on with it. */
	start(watch, LONG_MS, true);
	put(watch, START_MS + 86400000, true);
	WAIT_FOR(watch, count(watch, "s_20261123") == 1);
	assert_int_equal(watch->states, 0);
	assert_int_equal(count(watch, "setting_change WHERE result='pending'"), 0);
}

/* In a child that may read by its group and write nothing, as a person in the group bmsd. */
static int read_as_group(const struct lab *lab)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (geteuid() == 0 &&
			(setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65533) < 0))
			_exit(2);
		_exit(lab_can(lab->path, "SELECT count(*) FROM sample") ? 0 : 1);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void make_readable_by_group(const struct lab *lab)
{
	char path[LAB_PATH_SIZE + 8];
	static const char *const suffixes[] = { "", "-wal", "-shm" };

	if (geteuid() != 0)
		return;
	assert_int_equal(chown(lab->directory, 0, 65534), 0);
	assert_int_equal(chmod(lab->directory, 0750), 0);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", lab->path, suffixes[i]);
		assert_int_equal(chown(path, 0, 65534), 0);
	}
}

static void a_reader_of_the_group_needs_no_right_to_write(void **state)
{
	struct watch *watch = *state;

	start(watch, LONG_MS, true);
	put(watch, START_MS, true);
	WAIT_FOR(watch, count(watch, "sample") == 1);
	make_readable_by_group(watch->lab);
	assert_int_equal(read_as_group(watch->lab), 0);
	watch->store = store_free(watch->store);
	assert_int_equal(read_as_group(watch->lab), 0);
}

int main(void)
{
#define WATCH_TEST(name) cmocka_unit_test_setup_teardown(name, watch_setup, watch_teardown)
	const struct CMUnitTest tests[] = {
		WATCH_TEST(the_same_name_gives_the_same_index),
		WATCH_TEST(samples_wait_for_the_commit_interval),
		WATCH_TEST(a_stop_commits_the_last_batch),
		WATCH_TEST(a_store_that_got_nothing_stops_cleanly),
		WATCH_TEST(the_deadband_drops_what_did_not_move_but_minutes_count_it),
		WATCH_TEST(an_edge_is_committed_at_once),
		WATCH_TEST(an_event_is_committed_at_once),
		WATCH_TEST(a_storm_of_events_commits_once_a_second),
		WATCH_TEST(an_intent_is_on_the_disk_when_it_is_told),
		WATCH_TEST(intents_do_not_wait_for_one_another),
		WATCH_TEST(too_many_open_changes_are_refused),
		WATCH_TEST(a_missing_directory_is_told_and_recovers),
		WATCH_TEST(a_damaged_file_is_told_and_replaced),
		WATCH_TEST(a_file_that_breaks_while_it_is_written_is_replaced),
		WATCH_TEST(a_file_that_is_removed_while_it_is_written_is_told_and_made_anew),
		WATCH_TEST(a_stop_waits_a_second_for_the_lock_of_another_and_tells_what_it_loses),
		WATCH_TEST(a_full_disk_is_told_counted_and_recovers),
		WATCH_TEST(a_queue_that_overflows_counts_what_it_drops),
		WATCH_TEST(impossible_times_are_counted_and_dropped),
		WATCH_TEST(an_unknown_pack_is_counted_and_dropped),
		WATCH_TEST(a_clock_that_goes_back_is_an_event_and_loses_nothing),
		WATCH_TEST(a_killed_writer_leaves_what_it_reported),
		WATCH_TEST(a_reader_of_the_group_needs_no_right_to_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
