/* SPDX-License-Identifier: MIT */
/* A history filled with simulated packs, faster than time passes: what the writer does, without its
 * thread. */
#ifndef TESTS_STORE_FILLER_H
#define TESTS_STORE_FILLER_H

#include "battery.h"
#include "store/pack_track.h"

enum {
	FILLER_PACKS_MAX = 100,
	FILLER_COMMIT_S = 60, /* the default of commit_interval_s */
	FILLER_SETTLE_S = 2,  /* so long after a minute the writer commits it */
};

struct filler {
	struct history history;
	unsigned packs;
	bool raw_all;
	struct battery batteries[FILLER_PACKS_MAX];
	struct pack_track tracks[FILLER_PACKS_MAX];
	int64_t rows;
	int64_t cpu_ns; /* in the store */
};

/* All end the program if the store fails. */
void filler_open(struct filler *filler, const char *path, unsigned packs, int64_t noise_uv,
	int64_t start_ms);
/* A reading of each pack, and a commit when the writer would make one. */
void filler_put_second(struct filler *filler, int64_t time_ms);
/* The same in pieces, for readings that come from elsewhere. */
void filler_put(struct filler *filler, unsigned pack, int64_t time_ms,
	const struct bms_telemetry *telemetry);
void filler_commit_if_due(struct filler *filler, int64_t time_ms);
void filler_commit(struct filler *filler, int64_t time_ms);
/* Everything is rolled up, as at the daemon's end. */
void filler_finish(struct filler *filler);
void filler_close(struct filler *filler);

void filler_name(char *out, size_t size, unsigned pack);

#endif
