/* SPDX-License-Identifier: MIT */
/* What days of one reading a second cost: bench_day [DAYS [PACKS [NOISE_UV [all]]]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "battery.h"
#include "store/pack_track.h"

#define START_MS INT64_C(1795305600000) /* 2026-11-22 00:00:00 UTC */

enum {
	COMMIT_S = 60,
	PACKS_MAX = 100,
};

struct bench {
	int64_t days;
	int64_t packs;
	int64_t noise_uv;
	bool raw_all;
	struct history history;
	struct column_list columns;
	struct battery batteries[PACKS_MAX];
	struct pack_track tracks[PACKS_MAX];
	int64_t rows;
	int64_t cpu_ns;
};

static int64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Bytes passed to write(), by the kernel's count. */
static int64_t written_bytes(void)
{
	FILE *file = fopen("/proc/self/io", "r");
	long long bytes = 0;

	if (!file)
		return 0;
	if (fscanf(file, "rchar: %*d wchar: %lld", &bytes) != 1)
		bytes = 0;
	fclose(file);
	return bytes;
}

static int put_second(struct bench *bench, int64_t time_ms)
{
	struct bms_telemetry telemetry;
	int64_t begun_ns;
	int r = 0;

	for (int64_t i = 0; r >= 0 && i < bench->packs; i++) {
		battery_read(&bench->batteries[i], time_ms, &telemetry);
		begun_ns = cpu_ns();
		r = pack_track_put(
			&bench->tracks[i], &bench->history, time_ms, &telemetry, bench->raw_all);
		bench->cpu_ns += cpu_ns() - begun_ns;
		bench->rows += r > 0;
	}
	return r < 0 ? r : 0;
}

static int commit(struct bench *bench)
{
	int64_t begun_ns = cpu_ns();
	int r = 0;

	for (int64_t i = 0; r == 0 && i < bench->packs; i++)
		r = pack_track_flush(&bench->tracks[i], &bench->history);
	if (r == 0)
		r = history_commit(&bench->history);
	bench->cpu_ns += cpu_ns() - begun_ns;
	return r;
}

static int run(struct bench *bench)
{
	int r = history_open(&bench->history, START_MS);

	for (int64_t i = 0; i < bench->packs; i++) {
		char name[32];

		snprintf(name, sizeof(name), "pack%lld", (long long)i);
		battery_init(&bench->batteries[i], (uint64_t)i + 1, bench->noise_uv);
		pack_track_init(&bench->tracks[i], name, &bench->columns);
	}
	for (int64_t second = 0; r == 0 && second < bench->days * 86400; second++) {
		r = put_second(bench, START_MS + second * 1000);
		if (r == 0 && second % COMMIT_S == COMMIT_S - 1)
			r = commit(bench);
	}
	return r;
}

static int64_t bytes_of(struct bench *bench, const char *pattern)
{
	sqlite3_stmt *statement;
	int64_t bytes = 0;

	if (history_file_prepare(&bench->history.file,
		    "SELECT sum(pgsize) FROM dbstat WHERE name GLOB ?", &statement) < 0)
		return 0;
	sqlite3_bind_text(statement, 1, pattern, -1, SQLITE_STATIC);
	if (history_file_step(&bench->history.file, statement) > 0)
		bytes = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return bytes;
}

static void report(struct bench *bench)
{
	double samples = (double)(bench->days * 86400 * bench->packs);

	printf("{\"days\":%lld,\"packs\":%lld,\"noise_uv\":%lld,\"raw\":\"%s\",\"rows\":%lld,"
	       "\"rows_pct\":%.1f,\"sample_bytes\":%.2f,\"m1_bytes\":%.2f,\"file_bytes\":%.2f,"
	       "\"written_bytes\":%.1f,\"cpu_us\":%.2f}\n",
		(long long)bench->days, (long long)bench->packs, (long long)bench->noise_uv,
		bench->raw_all ? "all" : "deadband", (long long)bench->rows,
		100.0 * (double)bench->rows / samples,
		(double)bytes_of(bench, "s_[0-9]*") / samples,
		(double)bytes_of(bench, "m1_*") / samples, (double)bytes_of(bench, "*") / samples,
		(double)written_bytes() / samples, (double)bench->cpu_ns / samples / 1000);
}

int main(int argc, char **argv)
{
	static struct bench bench;
	char directory[] = "/tmp/bmsd-day-XXXXXX", path[64];
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	int r;

	bench.days = argc > 1 ? atoll(argv[1]) : 1;
	bench.packs = argc > 2 ? atoll(argv[2]) : 1;
	bench.noise_uv = argc > 3 ? atoll(argv[3]) : 1000;
	bench.raw_all = argc > 4;
	if (bench.packs < 1 || bench.packs > PACKS_MAX || !mkdtemp(directory))
		return EXIT_FAILURE;
	snprintf(path, sizeof(path), "%s/history.db", directory);
	column_list_minute(&bench.columns);
	r = history_init(&bench.history, path);
	if (r == 0)
		r = run(&bench);
	if (r < 0)
		fprintf(stderr, "%s\n", bench.history.file.reason);
	else
		report(&bench);
	history_deinit(&bench.history);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/history.db%s", directory, suffixes[i]);
		unlink(path);
	}
	rmdir(directory);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
