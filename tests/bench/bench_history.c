/* SPDX-License-Identifier: MIT */
/*
 * Size and speed of a month: bench_history [DAYS [DIRECTORY]]
 *
 * The same simulated pack, 25 cells at 1 Hz with 1 mV of noise, goes into bmsd's history, into a
 * naive logger's and into an entropy coder's books. What the naive history needs is about 2 GB in
 * the directory (TMPDIR or /tmp).
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entropy.h"
#include "figures.h"
#include "filler.h"
#include "naive.h"
#include "query_cost.h"

#define START_MS INT64_C(1795305600000) /* 2026-11-22 00:00:00 UTC */
#define DAY_MS   INT64_C(86400000)

enum {
	NOISE_UV = 1000,
	DAY_S = 86400,
	DAYS = 30,
	DAYS_MAX = 31, /* that the raw tables are kept by default */
	RUNS = 5,
	MIDNIGHT_S = 65, /* a row a minute is stored at least */
};

struct bench {
	unsigned days;
	char directory[256], ours[512], naively[512];
	struct filler filler;
	struct naive naive;
	struct battery battery;
	struct entropy entropy;
	int64_t day_bytes; /* that storing the last day wrote */
	bool has_missed;
};

static void gate(struct bench *bench, bool met)
{
	bench->has_missed |= !met;
}

/* Bytes passed to write(), by the kernel's count. */
static int64_t written_bytes(void)
{
	FILE *file = fopen("/proc/self/io", "r");
	long long bytes = 0;

	if (!file || fscanf(file, "rchar: %*d wchar: %lld", &bytes) != 1)
		err(1, "/proc/self/io");
	fclose(file);
	return bytes;
}

static void put_second(struct bench *bench, int64_t time_ms, bool in_all)
{
	struct bms_telemetry telemetry;

	battery_read(&bench->battery, time_ms, &telemetry);
	filler_put(&bench->filler, 0, time_ms, &telemetry);
	filler_commit_if_due(&bench->filler, time_ms);
	if (!in_all)
		return;
	entropy_add(&bench->entropy, &telemetry);
	naive_put(&bench->naive, time_ms, "pack001", &telemetry);
}

static void fill_days(struct bench *bench)
{
	for (int64_t day = 0; day < bench->days; day++) {
		naive_run(&bench->naive, "BEGIN");
		for (int64_t second = 0; second < DAY_S; second++)
			put_second(bench, START_MS + day * DAY_MS + second * 1000, true);
		naive_run(&bench->naive, "COMMIT");
	}
}

static double bytes_of(struct bench *bench, const char *where)
{
	char sql[128];
	struct query_cost cost;

	snprintf(sql, sizeof(sql), "SELECT sum(pgsize) FROM dbstat WHERE name GLOB '%s'", where);
	query_cost(bench->ours, sql, 0, &cost);
	return cost.sum;
}

static void compare_sizes(struct bench *bench)
{
	double samples = bench->days * (double)DAY_S;
	double bound = entropy_bound(&bench->entropy);
	double raw = bytes_of(bench, "s_[0-9]*") / samples;
	double minutes = bytes_of(bench, "m1_[0-9]*") / samples;
	struct query_cost naive;

	query_cost(bench->naively, "SELECT sum(pgsize) FROM dbstat", 0, &naive);
	printf("\nsize of %u days\n", bench->days);
	figure_show("entropy bound", bound, "B/sample");
	figure_show("of it the cells", entropy_of_cells(&bench->entropy), "B/sample");
	figure_show("readings that became a row", 100 * (double)bench->filler.rows / samples, "%");
	figure_show("raw", raw, "B/sample");
	figure_show("m1", minutes, "B/sample");
	figure_show("file, with everything else", bytes_of(bench, "*") / samples, "B/sample");
	figure_show("naive", naive.sum / samples, "B/sample");
	gate(bench, figure_at_most("raw against the bound", raw / bound, "", 2));
	gate(bench,
		figure_at_most("raw and m1 against the bound", (raw + minutes) / bound, "", 2.5));
	figure_show("naive against the file", naive.sum / bytes_of(bench, "*"), "");
}

/* What the minute after midnight writes, which begins the day's table, and the checkpoint of it. */
static int64_t midnight_bytes(struct bench *bench, int64_t midnight_ms)
{
	int64_t before;

	history_file_run(&bench->filler.history.file, "PRAGMA wal_checkpoint(TRUNCATE)");
	before = written_bytes();
	for (int64_t second = 0; second < MIDNIGHT_S; second++)
		put_second(bench, midnight_ms + second * 1000, false);
	filler_commit(&bench->filler, midnight_ms + MIDNIGHT_S * 1000);
	history_file_run(&bench->filler.history.file, "PRAGMA wal_checkpoint(TRUNCATE)");
	return written_bytes() - before;
}

static int64_t tables(struct bench *bench)
{
	struct query_cost cost;

	query_cost(bench->ours,
		"SELECT count(*) FROM sqlite_schema WHERE type='table' AND name GLOB 's_[0-9]*'", 0,
		&cost);
	return (int64_t)cost.sum;
}

/* Days go on until one is dropped; its midnight is compared with the one before. */
static void compare_retention(struct bench *bench)
{
	int64_t day = bench->days, kept = tables(bench), plain = 0, before, midnight;

	for (;; day++) {
		midnight = midnight_bytes(bench, START_MS + day * DAY_MS);
		if (tables(bench) == kept)
			break;
		kept = tables(bench);
		plain = midnight;
		before = written_bytes();
		for (int64_t second = MIDNIGHT_S; second < DAY_S; second++)
			put_second(bench, START_MS + day * DAY_MS + second * 1000, false);
		bench->day_bytes = written_bytes() - before;
	}
	printf("\nretention\n");
	figure_show("storing a day writes", (double)bench->day_bytes / 1e6, "MB");
	figure_show("a midnight writes", (double)plain / 1e3, "kB");
	figure_show("a midnight that drops a day writes", (double)midnight / 1e3, "kB");
	gate(bench, figure_at_most("dropping a day against storing it",
			    (double)(midnight - plain) / (double)bench->day_bytes, "", 0.05));
}

struct query {
	const char *what;
	const char *ours;
	const char *naive;
	double least_cpu;   /* times less than the naive history */
	double least_bytes; /* 0: no gate */
	double likeness;    /* the answers differ by no more than this part; 0 is equal */
};

#define EACH_CELL(say) \
	say(1) "," say(2) "," say(3) "," say(4) "," say(5) "," say(6) "," say(7) "," say(8) "," say(9) "," say(10) "," say(11) "," say(12) "," say(13) "," say( \
		14) "," say(15) "," say(16) "," say(17) "," say(18) "," say(19) "," say(20) "," say(21) "," say(22) "," say(23) "," say(24) "," say(25)
#define CELL(n)       "cell" #n
#define CELL_RANGE(n) "round(1000*min(cell" #n ")),round(1000*max(cell" #n "))"
#define DAY_RANGE(n)  "cell" #n "_mv_min,cell" #n "_mv_max"

/* The sixteenth day: 2026-12-07. */
static const struct query queries[] = {
	{ "one cell for 24 h",
		"SELECT cell7_mv FROM sample WHERE pack='pack001' AND "
		"time_ms>=1796601600000 AND time_ms<1796688000000",
		"SELECT round(1000*cell7) FROM reading WHERE pack='pack001' AND "
		"time>='2026-12-07T00:00:00Z' AND time<'2026-12-08T00:00:00Z'",
		4, 10, 1 },
	{ "lowest and highest of each cell, by day", "SELECT " EACH_CELL(DAY_RANGE) " FROM d1",
		"SELECT " EACH_CELL(CELL_RANGE) " FROM reading GROUP BY substr(time,1,10)", 40, 0,
		0 },
	{ "worst spread of the cells, by hour",
		"SELECT max(spread_mv_max) FROM m15 GROUP BY time_ms/3600000",
		"SELECT round(1000*max(max(" EACH_CELL(CELL) ")-min(" EACH_CELL(
			CELL) "))) "
			      "FROM reading GROUP BY substr(time,1,13)",
		40, 0, 0 },
	{ "energy in and out, by day", "SELECT energy_in_mj/3.6e6,energy_out_mj/3.6e6 FROM d1",
		"SELECT sum(voltage*max(current,0))/3600,sum(voltage*max(-current,0))/3600 "
		"FROM reading GROUP BY substr(time,1,10)",
		40, 0, 0.001 },
};

static void compare_query(struct bench *bench, const struct query *query)
{
	struct query_cost ours, naive;
	bool is_long = query->least_cpu > 10;
	double difference;

	query_cost(bench->ours, query->ours, RUNS, &ours);
	query_cost(bench->naively, query->naive, is_long ? 1 : RUNS, &naive);
	difference = naive.sum > 0 ? ours.sum / naive.sum - 1 : 1;
	printf("\n%s\n", query->what);
	figure_show("naive: rows", (double)naive.rows, "");
	figure_show("bmsd: rows", (double)ours.rows, "");
	figure_show("naive: CPU", naive.cpu_s * 1e3, "ms");
	figure_show("bmsd: CPU", ours.cpu_s * 1e3, "ms");
	figure_show("naive: bytes read", naive.bytes / 1e6, "MB");
	figure_show("bmsd: bytes read", ours.bytes / 1e6, "MB");
	gate(bench,
		figure_at_least("times less CPU", naive.cpu_s / ours.cpu_s, "", query->least_cpu));
	if (query->least_bytes > 0)
		gate(bench, figure_at_least("times less read", naive.bytes / ours.bytes, "",
				    query->least_bytes));
	else
		figure_show("times less read", naive.bytes / ours.bytes, "");
	if (query->likeness < 1)
		gate(bench, figure_at_most("difference of the sums of the answers",
				    1e6 * (difference < 0 ? -difference : difference), "ppm",
				    1e6 * query->likeness));
}

static void bench_init(struct bench *bench, int argc, char **argv)
{
	const char *where = argc > 2 ? argv[2] : getenv("TMPDIR");

	bench->days = argc > 1 ? (unsigned)atoi(argv[1]) : DAYS;
	if (bench->days < 17 || bench->days > DAYS_MAX)
		errx(64, "usage: bench_history [DAYS [DIRECTORY]]; 17 to %d days", DAYS_MAX);
	snprintf(bench->directory, sizeof(bench->directory), "%s/bmsd-history-XXXXXX",
		where ? where : "/tmp");
	if (!mkdtemp(bench->directory))
		err(1, "%s", bench->directory);
	snprintf(bench->ours, sizeof(bench->ours), "%s/history.db", bench->directory);
	snprintf(bench->naively, sizeof(bench->naively), "%s/naive.db", bench->directory);
	battery_init(&bench->battery, 1, NOISE_UV);
	filler_open(&bench->filler, bench->ours, 1, NOISE_UV, START_MS);
	naive_open(&bench->naive, bench->naively);
	/* Neither changes what is in the file. */
	naive_run(&bench->naive, "PRAGMA synchronous=OFF; PRAGMA cache_size=-64000");
}

static void bench_remove(struct bench *bench)
{
	static const char *const names[] = { "history.db", "history.db-wal", "history.db-shm",
		"naive.db" };
	char path[512];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", bench->directory, names[i]);
		unlink(path);
	}
	rmdir(bench->directory);
}

int main(int argc, char **argv)
{
	static struct bench bench;

	setenv("TZ", "UTC", true); /* days as the naive logger has them */
	bench_init(&bench, argc, argv);
	fill_days(&bench);
	naive_close(&bench.naive);
	filler_finish(&bench.filler);
	compare_sizes(&bench);
	for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++)
		compare_query(&bench, &queries[i]);
	compare_retention(&bench);
	filler_close(&bench.filler);
	bench_remove(&bench);
	puts(bench.has_missed ? "\nMISS" : "\nPASS");
	return bench.has_missed ? EXIT_FAILURE : EXIT_SUCCESS;
}
