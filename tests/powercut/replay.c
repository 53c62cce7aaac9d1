/* SPDX-License-Identifier: MIT */
/*
 * Cuts the power in a recorded run, again and again: replay LOG DIRECTORY IMAGES SEED [no-sync]
 *
 * Each image is what a disk may hold when the power goes between two operations of the log. What
 * was synced is there. Of everything later, each model lets other parts arrive. The image is then
 * opened with SQLite, checked and compared byte for byte with the states that the history went
 * through: it has to be one of them (a consistent prefix), and none older than what was
 * acknowledged by then. Last, the daemon's own code opens it, and may neither fail nor set it
 * aside.
 *
 * Acknowledged is a commit once the sync of the WAL has returned: it is then that COMMIT returns,
 * and that the store counts the commit and tells of intents. And, independently of SQLite's own
 * order: once a setting was written to a board, its intent has to be a row.
 *
 * no-sync is the control. The disk is told of no sync, which is all that synchronous=OFF changes:
 * in WAL mode SQLite then makes the same writes in the same order and leaves out the syncs. The
 * program still believes its commits to be durable. A replayer that finds no failures there would
 * find none anywhere.
 *
 * Assumed, as SQLite does: a write destroys nothing beside itself, even in the same sector
 * (powersafe overwrite). Assumed of ext4: names change in order, and a sync makes the earlier
 * changes durable.
 */
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "state.h"

enum {
	WRITTEN_BACK = 64, /* operations up to which the kernel may have been on its own */
	SAID_MAX = 5,      /* failures that are told in full */
	SECTOR = 512,
	PAGE = 4096,
	MODBUS_SETTINGS_END = 0x1200,
	CHANGES_MAX = 65536,
};

enum model {
	MODEL_DROPPED,   /* nothing arrived */
	MODEL_PREFIX,    /* everything up to some operation */
	MODEL_REORDERED, /* any of the writes, each of them whole */
	MODEL_TORN_512,  /* any of the sectors of any write */
	MODEL_TORN_4K,
	MODEL_GARBAGE, /* as torn, and of what did not arrive something else did */
	MODELS
};

static const char *const model_names[MODELS] = { "dropped", "prefix", "reordered", "torn 512 B",
	"torn 4 KiB", "garbage" };

struct golden {
	uint64_t hash;
	int64_t changes; /* rows of setting_change */
};

struct cut {
	size_t at;      /* operations before it were performed */
	size_t horizon; /* and those before this one arrived */
	enum model model;
	uint64_t seed;
};

struct tally {
	unsigned images;
	unsigned corrupt;
	unsigned lost;
};

struct replay {
	struct oplog oplog;
	const char *directory;
	char path[PATH_MAX];
	bool is_control;
	uint64_t random;

	size_t *synced_by;   /* of each operation: the sync that makes it durable, or count */
	size_t *golden_at;   /* newest state before each operation */
	size_t *required_at; /* oldest state that may be found */
	struct golden *goldens;
	size_t golden_count;

	struct disk base, image;
	size_t base_at;
	struct tally tallies[MODELS];
	unsigned said;
};

static uint64_t random_next(struct replay *replay)
{
	uint64_t x = replay->random += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static size_t random_below(struct replay *replay, size_t limit)
{
	return (size_t)(random_next(replay) % limit);
}

static void *allocate(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		err(1, "memory");
	return memory;
}

/* Names are durable with the next sync of any file, content with that of its own. */
static void find_syncs(struct replay *replay)
{
	size_t next[DISK_FILES_MAX], count = replay->oplog.count, any = count;

	for (size_t i = 0; i < DISK_FILES_MAX; i++)
		next[i] = count;
	for (size_t i = count; i-- > 0;) {
		const struct op *op = &replay->oplog.ops[i];
		bool is_content = op->kind == IOLOG_WRITE || op->kind == IOLOG_TRUNCATE;

		if (op->kind == IOLOG_SYNC && !replay->is_control)
			next[op->file] = any = i;
		replay->synced_by[i] = is_content ? next[op->file] : any;
	}
}

/* The states the history went through */

static void golden_add(struct replay *replay)
{
	struct state state;

	disk_store(&replay->image, replay->directory);
	if (!state_read(replay->path, &state))
		errx(1, "the recorded run itself is damaged: %s", state.reason);
	if (state.hash == replay->goldens[replay->golden_count - 1].hash)
		return;
	replay->goldens[replay->golden_count++] =
		(struct golden){ .hash = state.hash, .changes = state.changes };
}

/* The header of a frame that ends a transaction; its page is written next. */
static bool is_commit_frame(const struct replay *replay, const struct op *op)
{
	return op->kind == IOLOG_WRITE && op->length == 24 && op->offset > 0 &&
	       op_is_of(&replay->oplog, op, "-wal") && memcmp(op->payload + 4, "\0\0\0\0", 4) != 0;
}

static void find_goldens(struct replay *replay)
{
	bool is_due = false;

	replay->goldens[0] = (struct golden){ .hash = state_hash_nothing() };
	replay->golden_count = 1;
	for (size_t i = 0; i < replay->oplog.count; i++) {
		const struct op *op = &replay->oplog.ops[i];

		replay->golden_at[i] = replay->golden_count - 1;
		disk_apply(&replay->image, &replay->oplog, op);
		if (is_due || op->kind == IOLOG_SYNC || op->kind == IOLOG_UNLINK)
			golden_add(replay);
		is_due = is_commit_frame(replay, op);
	}
	replay->golden_at[replay->oplog.count] = replay->golden_count - 1;
}

/* What was acknowledged */

/* A board gets the same frame again when its answer was lost. */
static bool is_new_ack(const struct op *op, const struct op *before)
{
	return !before || op->length != before->length ||
	       memcmp(op->payload, before->payload, op->length) != 0;
}

static bool is_promise(const struct op *op)
{
	unsigned address;

	if (op->kind != IOLOG_ACK)
		return false;
	if (op->length < 9 || op->payload[1] != 0x10)
		return true; /* from tests/powercut/drive.c */
	address = (unsigned)op->payload[2] << 8 | op->payload[3];
	return address < MODBUS_SETTINGS_END;
}

/* A state that never came about is required if something was told before it was written. */
static size_t golden_with_changes(const struct replay *replay, int64_t changes)
{
	size_t golden = 0;

	while (golden < replay->golden_count && replay->goldens[golden].changes < changes)
		golden++;
	return golden;
}

static int64_t find_required(struct replay *replay)
{
	const struct op *last_ack = NULL;
	int64_t promises = 0;
	size_t required = 0;

	for (size_t i = 0; i < replay->oplog.count; i++) {
		const struct op *op = &replay->oplog.ops[i];
		size_t golden = 0;

		replay->required_at[i] = required;
		if (op->kind == IOLOG_SYNC && op_is_of(&replay->oplog, op, "-wal"))
			golden = replay->golden_at[i];
		if (is_promise(op)) {
			promises += is_new_ack(op, last_ack);
			last_ack = op;
			golden = golden_with_changes(replay, promises);
		}
		if (golden > required)
			required = golden;
	}
	replay->required_at[replay->oplog.count] = required;
	return promises;
}

/* Images */

/* Everything before it is durable. */
static size_t first_pending(const struct replay *replay, size_t at)
{
	size_t i = 0;

	while (i < at && replay->synced_by[i] < at)
		i++;
	return i;
}

static int cut_compare(const void *a, const void *b)
{
	const struct cut *left = a, *right = b;

	return (left->horizon > right->horizon) - (left->horizon < right->horizon);
}

/* In the order of their horizons, so that the disk up to there is built once. */
static struct cut *plan_cuts(struct replay *replay, size_t count)
{
	struct cut *cuts = allocate(count, sizeof(*cuts));

	for (size_t i = 0; i < count; i++) {
		struct cut *cut = &cuts[i];
		size_t back = random_below(replay, WRITTEN_BACK);

		cut->at = 1 + random_below(replay, replay->oplog.count);
		cut->model = (enum model)(i % MODELS);
		cut->seed = random_next(replay);
		cut->horizon = first_pending(replay, cut->at);
		if (i / MODELS % 2 && cut->at > back && cut->at - back > cut->horizon)
			cut->horizon = cut->at - back;
	}
	qsort(cuts, count, sizeof(*cuts), cut_compare);
	return cuts;
}

static void write_garbage(struct replay *replay, const struct op *op, size_t from, size_t length)
{
	uint8_t bytes[PAGE];
	uint64_t kind = random_next(replay) % 3;

	for (size_t i = 0; i < length; i++)
		bytes[i] = kind == 0 ? 0 : kind == 1 ? 0xff : (uint8_t)random_next(replay);
	disk_write(&replay->image, op, from, bytes, length);
}

static void write_sectors(
	struct replay *replay, const struct op *op, size_t sector, size_t arrive_pct, bool garbage)
{
	size_t from = 0;

	while (from < op->length) {
		size_t left = sector - ((size_t)op->offset + from) % sector;
		size_t length = left < op->length - from ? left : op->length - from;

		if (random_below(replay, 100) < arrive_pct)
			disk_write(&replay->image, op, from, op->payload + from, length);
		else if (garbage && random_below(replay, 2) == 0)
			write_garbage(replay, op, from, length);
		from += length;
	}
}

static void arrive_partly(
	struct replay *replay, const struct op *op, enum model model, size_t arrive_pct)
{
	bool is_sectors =
		model == MODEL_TORN_512 || model == MODEL_TORN_4K || model == MODEL_GARBAGE;

	if (op->kind == IOLOG_WRITE && is_sectors)
		write_sectors(replay, op, model == MODEL_TORN_4K ? PAGE : SECTOR, arrive_pct,
			model == MODEL_GARBAGE);
	else if (random_below(replay, 100) < arrive_pct)
		disk_apply(&replay->image, &replay->oplog, op);
}

/* What a mapped file holds nobody knows. */
static void scramble_mapped(struct replay *replay)
{
	for (size_t i = 0; i < DISK_FILES_MAX; i++) {
		struct disk_file *file = &replay->image.files[i];
		bool is_zero = random_below(replay, 2) == 0;

		if (file->exists && file->is_mapped)
			for (size_t at = 0; at < file->size; at++)
				file->bytes[at] = is_zero ? 0 : (uint8_t)random_next(replay);
	}
}

static void build_image(struct replay *replay, const struct cut *cut)
{
	size_t span = cut->at - cut->horizon + 1, arrive_pct;
	size_t content_end, names_end;

	replay->random = cut->seed;
	content_end = cut->horizon + random_below(replay, span);
	names_end = cut->horizon + random_below(replay, span);
	arrive_pct = 5 + random_below(replay, 91);
	while (replay->base_at < cut->horizon)
		disk_apply(&replay->base, &replay->oplog, &replay->oplog.ops[replay->base_at++]);
	disk_copy(&replay->image, &replay->base);
	for (size_t i = cut->horizon; i < cut->at; i++) {
		const struct op *op = &replay->oplog.ops[i];
		bool is_content = op->kind == IOLOG_WRITE || op->kind == IOLOG_TRUNCATE;

		if (replay->synced_by[i] < cut->at || op->kind == IOLOG_MAP ||
			(!is_content && i < names_end) ||
			(is_content && cut->model == MODEL_PREFIX && i < content_end))
			disk_apply(&replay->image, &replay->oplog, op);
		else if (is_content && cut->model > MODEL_PREFIX)
			arrive_partly(replay, op, cut->model, arrive_pct);
	}
	scramble_mapped(replay);
}

/* The newest state that looks so, up to the given one. */
static bool find_state(const struct replay *replay, uint64_t hash, size_t newest, size_t *ret)
{
	for (size_t i = newest + 1; i-- > 0;)
		if (replay->goldens[i].hash == hash) {
			*ret = i;
			return true;
		}
	return false;
}

static void say(struct replay *replay, const struct cut *cut, const char *what, const char *why)
{
	if (replay->is_control || replay->said++ >= SAID_MAX)
		return;
	printf("%s: power cut before operation %zu, %s, written back to %zu: %s\n", what, cut->at,
		model_names[cut->model], cut->horizon, why);
}

static void judge(struct replay *replay, const struct cut *cut, struct tally *tally)
{
	char why[STATE_REASON_SIZE];
	struct state state;
	size_t found = 0;

	disk_store(&replay->image, replay->directory);
	if (!state_read(replay->path, &state)) {
		tally->corrupt++;
		say(replay, cut, "corrupt", state.reason);
	} else if (!find_state(replay, state.hash, replay->golden_at[cut->at], &found)) {
		tally->corrupt++;
		say(replay, cut, "corrupt", "a state that the history was never in");
	} else if (found < replay->required_at[cut->at]) {
		tally->lost++;
		snprintf(why, sizeof(why), "state %zu is back, %zu was acknowledged", found,
			replay->required_at[cut->at]);
		say(replay, cut, "lost", why);
	} else if (!state_can_be_opened(replay->path, why)) {
		tally->corrupt++;
		say(replay, cut, "not opened by bmsd", why);
	}
	tally->images++;
}

static void report(const struct replay *replay)
{
	struct tally sum = { 0 };

	for (size_t i = 0; i < MODELS; i++) {
		const struct tally *tally = &replay->tallies[i];

		printf("  %-12s %6u images %6u corrupt %6u lost\n", model_names[i], tally->images,
			tally->corrupt, tally->lost);
		sum.images += tally->images;
		sum.corrupt += tally->corrupt;
		sum.lost += tally->lost;
	}
	printf("images %u corrupt %u lost %u\n", sum.images, sum.corrupt, sum.lost);
}

static void replay_init(struct replay *replay, char **argv)
{
	oplog_load(&replay->oplog, argv[1]);
	replay->directory = argv[2];
	snprintf(replay->path, sizeof(replay->path), "%s/history.db", argv[2]);
	replay->random = strtoull(argv[4], NULL, 10);
	if (replay->oplog.count == 0)
		errx(1, "%s: nothing was recorded", argv[1]);

	size_t count = replay->oplog.count + 1;

	replay->synced_by = allocate(count, sizeof(size_t));
	replay->golden_at = allocate(count, sizeof(size_t));
	replay->required_at = allocate(count, sizeof(size_t));
	replay->goldens = allocate(count, sizeof(struct golden));
	find_syncs(replay);
	find_goldens(replay);
}

static void replay_free(struct replay *replay)
{
	oplog_free(&replay->oplog);
	disk_free(&replay->base);
	disk_free(&replay->image);
	free(replay->synced_by);
	free(replay->golden_at);
	free(replay->required_at);
	free(replay->goldens);
}

int main(int argc, char **argv)
{
	static struct replay replay;
	size_t images;
	struct cut *cuts;

	if (argc < 5)
		errx(64, "usage: replay LOG DIRECTORY IMAGES SEED [no-sync]");
	images = strtoull(argv[3], NULL, 10);
	replay.is_control = argc > 5 && strcmp(argv[5], "no-sync") == 0;
	replay_init(&replay, argv);
	printf("%s%zu operations, %zu states, %lld promises to boards\n",
		replay.is_control ? "control: " : "", replay.oplog.count, replay.golden_count,
		(long long)find_required(&replay));
	cuts = plan_cuts(&replay, images);
	for (size_t i = 0; i < images; i++) {
		build_image(&replay, &cuts[i]);
		judge(&replay, &cuts[i], &replay.tallies[cuts[i].model]);
	}
	report(&replay);
	free(cuts);
	replay_free(&replay);
	return EXIT_SUCCESS;
}
