/* SPDX-License-Identifier: MIT */
/* What days of one reading a second cost: bench_day [DAYS [PACKS [NOISE_UV [all]]]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filler.h"

#define START_MS INT64_C(1795305600000) /* 2026-11-22 00:00:00 UTC */

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

static int64_t bytes_of(struct filler *filler, const char *pattern)
{
	sqlite3_stmt *statement;
	int64_t bytes = 0;

	if (history_file_prepare(&filler->history.file,
		    "SELECT sum(pgsize) FROM dbstat WHERE name GLOB ?", &statement) < 0)
		return 0;
	sqlite3_bind_text(statement, 1, pattern, -1, SQLITE_STATIC);
	if (history_file_step(&filler->history.file, statement) > 0)
		bytes = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return bytes;
}

static void report(struct filler *filler, int64_t days, int64_t noise_uv)
{
	double samples = (double)days * 86400 * filler->packs;

	printf("{\"days\":%lld,\"packs\":%u,\"noise_uv\":%lld,\"raw\":\"%s\",\"rows\":%lld,"
	       "\"rows_pct\":%.1f,\"sample_bytes\":%.2f,\"m1_bytes\":%.2f,\"file_bytes\":%.2f,"
	       "\"written_bytes\":%.1f,\"cpu_us\":%.2f}\n",
		(long long)days, filler->packs, (long long)noise_uv,
		filler->raw_all ? "all" : "deadband", (long long)filler->rows,
		100.0 * (double)filler->rows / samples,
		(double)bytes_of(filler, "s_[0-9]*") / samples,
		(double)bytes_of(filler, "m1_*") / samples, (double)bytes_of(filler, "*") / samples,
		(double)written_bytes() / samples, (double)filler->cpu_ns / samples / 1000);
}

int main(int argc, char **argv)
{
	static struct filler filler;
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char directory[] = "/tmp/bmsd-day-XXXXXX", path[64];
	int64_t days = argc > 1 ? atoll(argv[1]) : 1, noise_uv = argc > 3 ? atoll(argv[3]) : 1000;
	unsigned packs = argc > 2 ? (unsigned)atoi(argv[2]) : 1;

	filler.raw_all = argc > 4;
	if (packs < 1 || packs > FILLER_PACKS_MAX || !mkdtemp(directory))
		return EXIT_FAILURE;
	snprintf(path, sizeof(path), "%s/history.db", directory);
	filler_open(&filler, path, packs, noise_uv, START_MS);
	for (int64_t second = 0; second < days * 86400; second++)
		filler_put_second(&filler, START_MS + second * 1000);
	report(&filler, days, noise_uv);
	filler_close(&filler);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/history.db%s", directory, suffixes[i]);
		unlink(path);
	}
	rmdir(directory);
	return EXIT_SUCCESS;
}
