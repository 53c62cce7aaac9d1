/* SPDX-License-Identifier: MIT */
/*
 * One logger of tests/bench/wear: wear_logger bmsd|naive PACKS FILE SECONDS
 *
 * Reads simulated packs once a second of real time and stores them: with the daemon's own store and
 * its default settings, or as a naive logger does, with a commit a second for all packs. Before
 * that, quickly, it stores an hour, so that what is measured is a history in use: files exist at
 * their working size, the WAL among them.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "filler.h"
#include "naive.h"
#include "store/store.h"

enum {
	NOISE_UV = 1000,
	FILLED_S = 3600,
	OPENING_US = 5000000, /* the store has opened the file by then */
	DAY_S = 86400,
	/* The hour of the first pack; the others are spread over the day from there. */
	FIRST_S = 9 * 3600,
};

struct logger {
	unsigned packs;
	struct battery batteries[FILLER_PACKS_MAX];
	char names[FILLER_PACKS_MAX][STORE_NAME_MAX];
	struct store *store;
	sd_event *event;
	struct filler filler;
	struct naive naive;
	int error; /* as the store last told */
};

static void on_intent(void *userdata, uint64_t change_id, int error)
{
	(void)userdata;
	(void)change_id;
	(void)error;
}

static void on_state(void *userdata, int error, const char *reason)
{
	struct logger *logger = userdata;

	logger->error = error;
	if (error < 0)
		warnx("%s", reason);
}

static void logger_wait(struct logger *logger, uint64_t until_us)
{
	uint64_t now_us;

	while ((now_us = clock_monotonic_us()) < until_us) {
		if (logger->event)
			sd_event_run(logger->event, until_us - now_us);
		else
			usleep((useconds_t)(until_us - now_us));
	}
}

/* The last hour but for a minute. */
static void fill_naive(struct logger *logger, int64_t start_ms)
{
	struct bms_telemetry telemetry;

	naive_run(&logger->naive, "BEGIN");
	for (int64_t second = 0; second < FILLED_S; second++)
		for (unsigned pack = 0; pack < logger->packs; pack++) {
			int64_t time_ms = start_ms + second * 1000;

			battery_read(&logger->batteries[pack], time_ms, &telemetry);
			naive_put(&logger->naive, time_ms, logger->names[pack], &telemetry);
		}
	naive_run(&logger->naive, "COMMIT");
}

static void fill_store(struct logger *logger, const char *path, int64_t start_ms)
{
	filler_open(&logger->filler, path, logger->packs, NOISE_UV, start_ms);
	for (int64_t second = 0; second < FILLED_S; second++)
		filler_put_second(&logger->filler, start_ms + second * 1000);
	filler_commit(&logger->filler, start_ms + FILLED_S * INT64_C(1000));
}

static void logger_open(struct logger *logger, const char *kind, const char *path)
{
	static const struct store_callbacks callbacks = { on_intent, on_state };
	int64_t start_ms = clock_wall_ms() - (FILLED_S + 60) * INT64_C(1000);
	struct store_options options = { .path = path,
		.commit_interval_ms = FILLER_COMMIT_S * 1000 };

	if (strcmp(kind, "naive") == 0) {
		naive_open(&logger->naive, path);
		fill_naive(logger, start_ms);
		return;
	}
	fill_store(logger, path, start_ms);
	if (sd_event_new(&logger->event) < 0 ||
		store_new(&logger->store, logger->event, &options, &callbacks, logger) < 0)
		errx(1, "%s: cannot start the store", path);
	for (unsigned pack = 0; pack < logger->packs; pack++)
		store_add_pack(logger->store, logger->names[pack]);
	/* Who closes last truncates the WAL, which would then grow again for an hour. */
	logger_wait(logger, clock_monotonic_us() + OPENING_US);
	filler_close(&logger->filler);
}

/* A pack's own time of the day runs at the pace of the real one. */
static void logger_put(struct logger *logger, int64_t second)
{
	int64_t time_ms = clock_wall_ms();
	struct bms_telemetry telemetry;

	if (!logger->store)
		naive_run(&logger->naive, "BEGIN");
	for (unsigned pack = 0; pack < logger->packs; pack++) {
		int64_t of_day = FIRST_S + DAY_S * (int64_t)pack / logger->packs + second;

		battery_read(&logger->batteries[pack], of_day * 1000, &telemetry);
		if (logger->store)
			store_put_sample(logger->store, pack, time_ms, &telemetry, false);
		else
			naive_put(&logger->naive, time_ms, logger->names[pack], &telemetry);
	}
	if (!logger->store)
		naive_run(&logger->naive, "COMMIT");
}

static void logger_close(struct logger *logger)
{
	struct store_stats stats;

	if (!logger->store) {
		naive_close(&logger->naive);
		return;
	}
	store_stats(logger->store, &stats);
	store_free(logger->store);
	sd_event_unref(logger->event);
	if (logger->error < 0 || stats.dropped > 0)
		errx(1, "the store lost %llu values", (unsigned long long)stats.dropped);
}

int main(int argc, char **argv)
{
	static struct logger logger;
	uint64_t begun_us;

	if (argc != 5)
		errx(64, "usage: wear_logger bmsd|naive PACKS FILE SECONDS");
	logger.packs = (unsigned)atoi(argv[2]);
	if (logger.packs < 1 || logger.packs > FILLER_PACKS_MAX)
		errx(64, "%s: 1 to %d packs", argv[2], FILLER_PACKS_MAX);
	for (unsigned pack = 0; pack < logger.packs; pack++) {
		battery_init(&logger.batteries[pack], pack + 1, NOISE_UV);
		filler_name(logger.names[pack], sizeof(logger.names[pack]), pack);
	}
	logger_open(&logger, argv[1], argv[3]);
	begun_us = clock_monotonic_us();
	for (int64_t second = 0; second < atoll(argv[4]); second++) {
		logger_put(&logger, second);
		logger_wait(&logger, begun_us + (uint64_t)(second + 1) * 1000000);
	}
	logger_close(&logger);
	return EXIT_SUCCESS;
}
