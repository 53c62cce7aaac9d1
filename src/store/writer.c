/* SPDX-License-Identifier: MIT */
#include "store/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum {
	RETRY_INTERVAL_MS = 10000,
	URGENT_INTERVAL_US = 1000000, /* between commits that are not due yet */
	CLOCK_BACK_MS = 2000,         /* less is jitter between packs */
	MINUTE_US = 60000000,
	SETTLE_MS = 2000,   /* after a minute's end every pack has begun the next */
	ROLL_UPS_MAX = 512, /* quarters in a commit: enough for 100 packs, and a bound */
	END_ROLL_UPS_MAX = 4096,
};

static bool is_stopping(void *userdata)
{
	struct writer *writer = userdata;

	return mailbox_is_stopping(writer->mailbox);
}

int writer_init(struct writer *writer, struct mailbox *mailbox, const struct store_options *options)
{
	unsigned retry_ms = options->retry_interval_ms;
	int r;

	*writer = (struct writer){
		.mailbox = mailbox,
		.commit_interval_us = (uint64_t)options->commit_interval_ms * 1000,
		.retry_interval_us = (uint64_t)(retry_ms ? retry_ms : RETRY_INTERVAL_MS) * 1000,
		.raw_all = options->raw_all,
	};
	r = history_init(&writer->history, options->path);
	writer->history.file.is_hurried = is_stopping;
	writer->history.file.userdata = writer;
	return r;
}

void writer_deinit(struct writer *writer)
{
	for (size_t i = 0; i < writer->pack_count; i++)
		free(writer->packs[i]);
	free(writer->packs);
	change_list_deinit(&writer->changes);
	history_deinit(&writer->history);
}

static void tell_intent(void *userdata, uint64_t change_id, int error)
{
	struct writer *writer = userdata;

	mailbox_tell_intent(writer->mailbox, change_id, error);
}

/* A retry that fails as the one before is no news. */
static void tell_state(struct writer *writer, int error)
{
	const char *reason = error ? writer->history.file.reason : "";

	if (error == writer->error && strcmp(reason, writer->reason) == 0)
		return;
	writer->error = error;
	strcpy(writer->reason, reason);
	mailbox_tell_state(writer->mailbox, error, error ? reason : NULL);
}

static void batch_forget(struct writer *writer)
{
	writer->is_batch_open = false;
	writer->is_intent_waiting = false;
	writer->batch_values = 0;
	writer->batch_rows = 0;
}

static void writer_fail(struct writer *writer, int error)
{
	/* A new file is made at once; only what may get better by itself is waited for. */
	bool waits = !writer->history.file.is_damaged && error != -ESTALE;

	history_rollback(&writer->history);
	history_close(&writer->history);
	mailbox_count_dropped(writer->mailbox, writer->batch_values);
	change_list_undone(&writer->changes, error, tell_intent, writer);
	for (size_t i = 0; i < writer->pack_count; i++)
		if (writer->packs[i])
			pack_track_undone(writer->packs[i]);
	batch_forget(writer);
	tell_state(writer, error);
	writer->retry_us = clock_monotonic_us() + (waits ? writer->retry_interval_us : 0);
}

static void batch_want(struct writer *writer, uint64_t due_us)
{
	if (!writer->is_batch_open || due_us < writer->due_us)
		writer->due_us = due_us;
	writer->is_batch_open = true;
}

/* A commit that takes its time comes when the minutes have just ended, so that it has all of them. */
static void batch_want_later(struct writer *writer)
{
	uint64_t due_us = clock_monotonic_us() + writer->commit_interval_us;
	int64_t due_ms = clock_wall_ms() + (int64_t)(writer->commit_interval_us / 1000);
	int64_t after_ms = (due_ms - SETTLE_MS) % ROLLUP_MINUTE_MS;

	if (writer->commit_interval_us >= MINUTE_US && due_ms > SETTLE_MS)
		due_us -= (uint64_t)after_ms * 1000;
	batch_want(writer, due_us);
}

static void batch_want_soon(struct writer *writer)
{
	uint64_t now_us = clock_monotonic_us();
	uint64_t allowed_us = writer->last_commit_us + URGENT_INTERVAL_US;

	batch_want(writer, allowed_us > now_us ? allowed_us : now_us);
}

static void writer_open(struct writer *writer)
{
	int r = history_open(&writer->history, clock_wall_ms());

	if (r < 0) {
		tell_state(writer, r);
		writer->retry_us = clock_monotonic_us() + writer->retry_interval_us;
		return;
	}
	if (writer->history.file.was_set_aside)
		tell_state(writer, -EBADMSG);
	tell_state(writer, 0);
	if (writer->changes.count > 0)
		batch_want_soon(writer);
}

/* Open minutes go along only if commits are more frequent than minutes: else the minute that ends
 * next is written once and not twice. */
static int batch_flush(struct writer *writer)
{
	int r = change_list_write(&writer->changes, &writer->history);

	for (size_t i = 0; r == 0 && i < writer->pack_count; i++)
		if (writer->packs[i] && writer->commit_interval_us < MINUTE_US)
			r = pack_track_flush(writer->packs[i], &writer->history);
	if (r == 0 && writer->history.in_transaction)
		r = history_roll_up(&writer->history, writer->newest_ms, ROLL_UPS_MAX);
	return r < 0 ? r : 0;
}

static void batch_commit(struct writer *writer)
{
	int r = batch_flush(writer);
	bool has_rows = writer->history.in_transaction;

	if (r == 0 && has_rows)
		r = history_commit(&writer->history);
	if (r < 0) {
		writer_fail(writer, r);
		return;
	}
	writer->last_commit_us = clock_monotonic_us();
	if (has_rows)
		mailbox_count_commit(writer->mailbox, writer->batch_rows);
	change_list_committed(&writer->changes, tell_intent, writer);
	batch_forget(writer);
}

static int packs_have_room(struct writer *writer, unsigned pack)
{
	struct pack_track **packs;

	if (pack < writer->pack_count)
		return 0;
	packs = realloc(writer->packs, (pack + 1) * sizeof(struct pack_track *));
	if (!packs)
		return -ENOMEM;
	for (size_t i = writer->pack_count; i <= pack; i++)
		packs[i] = NULL;
	writer->packs = packs;
	writer->pack_count = pack + 1;
	return 0;
}

/* NULL for a pack that was never added, or for want of memory. */
static struct pack_track *pack_get(struct writer *writer, unsigned pack)
{
	char name[STORE_NAME_MAX];

	if (!mailbox_pack_name(writer->mailbox, pack, name) || packs_have_room(writer, pack) < 0)
		return NULL;
	if (!writer->packs[pack]) {
		writer->packs[pack] = malloc(sizeof(struct pack_track));
		if (writer->packs[pack])
			pack_track_init(writer->packs[pack], name,
				&writer->history.series[SCHEMA_M1].columns);
	}
	return writer->packs[pack];
}

static const char *pack_name(struct writer *writer, unsigned pack, char name[STORE_NAME_MAX])
{
	return mailbox_pack_name(writer->mailbox, pack, name) ? name : NULL;
}

/* Rows keep the time they were read at; that it is earlier than the last one is an event. */
static int clock_watch(struct writer *writer, int64_t time_ms)
{
	struct store_event event = { .time_ms = time_ms,
		.kind = "clock",
		.subject = "back",
		.has_value = true,
		.value = time_ms - writer->newest_ms,
		.detail = "the clock went back by so many milliseconds" };
	bool is_back = time_ms < writer->newest_ms - CLOCK_BACK_MS;

	if (is_back || time_ms > writer->newest_ms)
		writer->newest_ms = time_ms;
	return is_back ? history_put_event(&writer->history, NULL, &event) : 0;
}

static int take_sample(struct writer *writer, const struct mailbox_sample *sample)
{
	struct pack_track *track = pack_get(writer, sample->pack);
	int r;

	if (!track) {
		mailbox_count_dropped(writer->mailbox, 1);
		return 0;
	}
	r = clock_watch(writer, sample->time_ms);
	if (r == 0)
		r = pack_track_put(track, &writer->history, sample->time_ms, &sample->telemetry,
			sample->edge || writer->raw_all);
	writer->batch_rows += r > 0;
	if (sample->edge)
		batch_want_soon(writer);
	return r;
}

static int take_event(struct writer *writer, const struct store_event *event)
{
	char name[STORE_NAME_MAX];

	batch_want_soon(writer);
	return history_put_event(&writer->history, pack_name(writer, event->pack, name), event);
}

static int take_identity(struct writer *writer, const struct mailbox_identity *item)
{
	struct pack_track *track = pack_get(writer, item->pack);

	return track ? pack_track_put_identity(track, &writer->history, &item->identity) : 0;
}

/* An intent may not wait: somebody waits for it before a board is written. */
static void take_change(struct writer *writer, const struct store_change *change)
{
	char name[STORE_NAME_MAX];
	int r = change_list_begin(&writer->changes, change, pack_name(writer, change->pack, name));

	if (r < 0)
		tell_intent(writer, change->id, r);
	else
		writer->is_intent_waiting = true;
}

static void take_outcome(struct writer *writer, const struct store_outcome *outcome)
{
	if (change_list_end(&writer->changes, outcome))
		batch_want_soon(writer);
}

static int take_open(struct writer *writer, const struct mailbox_item *item)
{
	char name[STORE_NAME_MAX];

	switch (item->kind) {
	case MAILBOX_SAMPLE:
		return take_sample(writer, &item->sample);
	case MAILBOX_IDENTITY:
		return take_identity(writer, &item->identity);
	case MAILBOX_EVENT:
		return take_event(writer, &item->event);
	case MAILBOX_LINK:
		return history_put_link(
			&writer->history, pack_name(writer, item->link.pack, name), &item->link);
	case MAILBOX_FRAME:
		return history_put_frame(
			&writer->history, pack_name(writer, item->frame.pack, name), &item->frame);
	case MAILBOX_CHANGE:
		take_change(writer, &item->change);
		break;
	case MAILBOX_OUTCOME:
		take_outcome(writer, &item->outcome);
		break;
	}
	return 0;
}

/* Changes are remembered and identities kept; what is measured and what happens is lost. */
static void take_closed(struct writer *writer, const struct mailbox_item *item)
{
	struct pack_track *track;

	switch (item->kind) {
	case MAILBOX_SAMPLE:
	case MAILBOX_EVENT:
	case MAILBOX_LINK:
	case MAILBOX_FRAME:
		mailbox_count_dropped(writer->mailbox, 1);
		break;
	case MAILBOX_IDENTITY:
		track = pack_get(writer, item->identity.pack);
		if (track)
			pack_track_put_identity(track, &writer->history, &item->identity.identity);
		break;
	case MAILBOX_CHANGE:
		take_change(writer, &item->change);
		change_list_undone(&writer->changes, writer->error, tell_intent, writer);
		break;
	case MAILBOX_OUTCOME:
		change_list_end(&writer->changes, &item->outcome);
		break;
	}
}

static void writer_take(struct writer *writer, const struct mailbox_item *item)
{
	int r;

	if (!history_is_open(&writer->history)) {
		take_closed(writer, item);
		return;
	}
	batch_want_later(writer);
	writer->batch_values++;
	r = take_open(writer, item);
	if (r < 0)
		writer_fail(writer, r);
}

static uint64_t writer_wake_us(const struct writer *writer)
{
	if (!history_is_open(&writer->history))
		return writer->retry_us;
	return writer->is_batch_open ? writer->due_us : 0;
}

static void writer_end(struct writer *writer)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < writer->pack_count; i++)
		if (writer->packs[i])
			r = pack_track_end(writer->packs[i], &writer->history);
	if (r == 0)
		r = history_roll_up(&writer->history, INT64_MAX, END_ROLL_UPS_MAX);
	if (r < 0)
		writer_fail(writer, r);
	else
		batch_commit(writer);
	history_close(&writer->history);
}

void *writer_run(void *argument)
{
	struct writer *writer = argument;
	struct mailbox_item item;
	bool is_on = true;

	writer_open(writer);
	while (is_on) {
		is_on = mailbox_wait(writer->mailbox, writer_wake_us(writer));
		while (mailbox_take(writer->mailbox, &item))
			writer_take(writer, &item);
		if (!history_is_open(&writer->history) && clock_monotonic_us() >= writer->retry_us)
			writer_open(writer);
		if (writer->is_batch_open &&
			(writer->is_intent_waiting || clock_monotonic_us() >= writer->due_us))
			batch_commit(writer);
	}
	if (history_is_open(&writer->history))
		writer_end(writer);
	return NULL;
}
