/* SPDX-License-Identifier: MIT */
#include "filler.h"

#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>

static int64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void check(const struct filler *filler, int r)
{
	if (r < 0)
		errx(1, "%s", filler->history.file.reason);
}

void filler_name(char *out, size_t size, unsigned pack)
{
	snprintf(out, size, "pack%03u", pack + 1);
}

void filler_open(
	struct filler *filler, const char *path, unsigned packs, int64_t noise_uv, int64_t start_ms)
{
	filler->packs = packs;
	check(filler, history_init(&filler->history, path));
	check(filler, history_open(&filler->history, start_ms));
	for (unsigned pack = 0; pack < packs; pack++) {
		char name[STORE_NAME_MAX];

		filler_name(name, sizeof(name), pack);
		battery_init(&filler->batteries[pack], pack + 1, noise_uv);
		pack_track_init(
			&filler->tracks[pack], name, &filler->history.series[SCHEMA_M1].columns);
	}
}

void filler_put(struct filler *filler, unsigned pack, int64_t time_ms,
	const struct bms_telemetry *telemetry)
{
	int64_t begun_ns = cpu_ns();
	int r = pack_track_put(
		&filler->tracks[pack], &filler->history, time_ms, telemetry, filler->raw_all);

	filler->cpu_ns += cpu_ns() - begun_ns;
	filler->rows += r > 0;
	check(filler, r);
}

void filler_put_second(struct filler *filler, int64_t time_ms)
{
	struct bms_telemetry telemetry;

	for (unsigned pack = 0; pack < filler->packs; pack++) {
		battery_read(&filler->batteries[pack], time_ms, &telemetry);
		filler_put(filler, pack, time_ms, &telemetry);
	}
	filler_commit_if_due(filler, time_ms);
}

void filler_commit_if_due(struct filler *filler, int64_t time_ms)
{
	if (time_ms / 1000 % FILLER_COMMIT_S == FILLER_SETTLE_S)
		filler_commit(filler, time_ms);
}

void filler_commit(struct filler *filler, int64_t time_ms)
{
	int64_t begun_ns = cpu_ns();

	check(filler, history_roll_up(&filler->history, time_ms, INT_MAX));
	check(filler, history_commit(&filler->history));
	filler->cpu_ns += cpu_ns() - begun_ns;
}

void filler_finish(struct filler *filler)
{
	for (unsigned pack = 0; pack < filler->packs; pack++)
		check(filler, pack_track_end(&filler->tracks[pack], &filler->history));
	filler_commit(filler, INT64_MAX);
}

void filler_close(struct filler *filler)
{
	history_deinit(&filler->history);
}
