/* SPDX-License-Identifier: MIT */
/*
 * The daemon's store, driven faster than the daemon would: drive DIRECTORY COMMITS
 *
 * Each commit has a minute of readings of three packs, an event, and the intent and the outcome of
 * a setting. The commits of a few hours are a day of the history, so that tables are made and
 * dropped too. Each intent that the store reports as durable is told to a file named "acks", which
 * the recorder takes for the world outside.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "battery.h"
#include "iolog.h"
#include "store/store.h"

#define START_MS INT64_C(1795305600000) /* 2026-11-22 00:00:00 UTC */

enum {
	PACKS = 3,
	READINGS = 60, /* between two commits */
	STEP_MS = 2 * 3600 * 1000,
	NOISE_UV = 1000,
};

struct drive {
	struct store *store;
	sd_event *event;
	struct battery batteries[PACKS];
	int acks_fd;
	uint64_t acked;
};

static void on_intent(void *userdata, uint64_t change_id, int error)
{
	struct drive *drive = userdata;
	char text[32];
	int length = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)change_id);

	if (error < 0)
		errx(1, "intent %s: %s", text, strerror(-error));
	if (write(drive->acks_fd, text, (size_t)length) != length)
		err(1, IOLOG_ACKS);
	drive->acked = change_id;
}

static void on_state(void *userdata, int error, const char *reason)
{
	(void)userdata;
	if (error < 0)
		errx(1, "%s", reason);
}

static void put_readings(struct drive *drive, int64_t time_ms)
{
	struct bms_telemetry telemetry;

	for (int64_t second = 0; second < READINGS; second++)
		for (unsigned pack = 0; pack < PACKS; pack++) {
			battery_read(&drive->batteries[pack], time_ms + second * 1000, &telemetry);
			store_put_sample(
				drive->store, pack, time_ms + second * 1000, &telemetry, false);
		}
}

static void put_event(struct drive *drive, int64_t time_ms, uint64_t number)
{
	struct store_event event = {
		.pack = (unsigned)(number % PACKS),
		.time_ms = time_ms,
		.kind = "alarm_on",
		.subject = "cell_ovp",
		.has_value = true,
		.value = (int64_t)number,
		.detail = "made up for a power cut",
	};

	store_put_event(drive->store, &event);
}

static void change(struct drive *drive, int64_t time_ms, uint64_t number)
{
	const struct store_change change = {
		.id = number,
		.pack = (unsigned)(number % PACKS),
		.time_ms = time_ms,
		.setting = "cell_ovp",
		.has_old = true,
		.old_value = 3599 + (int64_t)number,
		.new_value = 3600 + (int64_t)number,
		.source = "powercut",
	};
	const struct store_outcome outcome = {
		.id = number,
		.result = STORE_RESULT_OK,
		.has_readback = true,
		.readback = change.new_value,
		.duration_ms = 40,
	};

	store_begin_change(drive->store, &change);
	while (drive->acked < number)
		if (sd_event_run(drive->event, UINT64_MAX) < 0)
			errx(1, "event loop");
	store_finish_change(drive->store, &outcome);
}

static void drive_open(struct drive *drive, const char *directory)
{
	static const struct store_callbacks callbacks = { on_intent, on_state };
	char path[256];
	struct store_options options = { .path = path, .commit_interval_ms = 60000 };

	snprintf(path, sizeof(path), "%s/" IOLOG_ACKS, directory);
	drive->acks_fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (drive->acks_fd < 0)
		err(1, "%s", path);
	snprintf(path, sizeof(path), "%s/history.db", directory);
	if (sd_event_new(&drive->event) < 0 ||
		store_new(&drive->store, drive->event, &options, &callbacks, drive) < 0)
		errx(1, "%s: cannot start the store", path);
	for (unsigned pack = 0; pack < PACKS; pack++) {
		snprintf(path, sizeof(path), "pack%u", pack);
		store_add_pack(drive->store, path);
		battery_init(&drive->batteries[pack], pack + 1, NOISE_UV);
	}
}

int main(int argc, char **argv)
{
	struct drive drive = { 0 };

	if (argc != 3)
		errx(64, "usage: drive DIRECTORY COMMITS");
	drive_open(&drive, argv[1]);
	for (uint64_t number = 1; number <= strtoull(argv[2], NULL, 10); number++) {
		int64_t time_ms = START_MS + (int64_t)number * STEP_MS;

		put_readings(&drive, time_ms);
		if (number % 3 == 0)
			put_event(&drive, time_ms, number);
		change(&drive, time_ms, number);
	}
	store_free(drive.store);
	sd_event_unref(drive.event);
	close(drive.acks_fd);
	return EXIT_SUCCESS;
}
