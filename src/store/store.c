/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/writer.h"

/* The last millisecond of the year 9999: the tables are named by date. */
static const int64_t time_max_ms = INT64_C(253402300799999);

struct store {
	struct mailbox mailbox;
	struct writer writer; /* the thread's own from store_new to store_free */
	pthread_t thread;
	sd_event_source *source;
	struct store_callbacks callbacks;
	void *userdata;
};

static void tell_states(struct store *store)
{
	struct mailbox_state state;

	while (mailbox_take_state(&store->mailbox, &state))
		store->callbacks.on_state(
			store->userdata, state.error, state.error ? state.reason : NULL);
}

/* Intents first: whoever hears that writing works again knows by then what did not. */
static int on_news(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct store *store = userdata;
	struct mailbox_intent intent;
	uint64_t count;

	(void)source;
	(void)revents;
	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return -errno;
	while (mailbox_take_intent(&store->mailbox, &intent))
		store->callbacks.on_intent(store->userdata, intent.change_id, intent.error);
	tell_states(store);
	return 0;
}

/* Signals are for the event loop; one that is blocked here cannot go to the wrong thread. */
static int thread_start(struct store *store)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	r = pthread_sigmask(SIG_SETMASK, &all, &before);
	if (r != 0)
		return -r;
	r = pthread_create(&store->thread, NULL, writer_run, &store->writer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		pthread_setname_np(store->thread, "bmsd-store");
	return -r;
}

static int store_start(struct store *store, sd_event *event)
{
	int r = sd_event_add_io(
		event, &store->source, store->mailbox.event_fd, EPOLLIN, on_news, store);

	if (r < 0)
		return r;
	sd_event_source_set_description(store->source, "history");
	return thread_start(store);
}

int store_new(struct store **ret, sd_event *event, const struct store_options *options,
	const struct store_callbacks *callbacks, void *userdata)
{
	struct store *store = calloc(1, sizeof(*store));
	int r;

	if (!store)
		return -ENOMEM;
	store->callbacks = *callbacks;
	store->userdata = userdata;
	r = mailbox_init(&store->mailbox);
	if (r < 0) {
		free(store);
		return r;
	}
	r = writer_init(&store->writer, &store->mailbox, options);
	if (r == 0)
		r = store_start(store, event);
	if (r < 0) {
		sd_event_source_disable_unref(store->source);
		writer_deinit(&store->writer);
		mailbox_deinit(&store->mailbox);
		free(store);
		return r;
	}
	*ret = store;
	return 0;
}

struct store *store_free(struct store *store)
{
	if (!store)
		return NULL;
	mailbox_stop(&store->mailbox);
	pthread_join(store->thread, NULL);
	tell_states(store); /* that the last batch was lost */
	sd_event_source_disable_unref(store->source);
	writer_deinit(&store->writer);
	mailbox_deinit(&store->mailbox);
	free(store);
	return NULL;
}

unsigned store_add_pack(struct store *store, const char *name)
{
	return mailbox_add_pack(&store->mailbox, name);
}

void store_put_identity(struct store *store, unsigned pack, const struct bms_identity *identity)
{
	struct mailbox_item item = { .kind = MAILBOX_IDENTITY };

	item.identity.pack = pack;
	item.identity.identity = *identity;
	mailbox_put(&store->mailbox, &item, false);
}

void store_put_sample(struct store *store, unsigned pack, int64_t time_ms,
	const struct bms_telemetry *telemetry, bool edge)
{
	struct mailbox_item item;

	if (time_ms < 0 || time_ms > time_max_ms) {
		mailbox_count_dropped(&store->mailbox, 1);
		return;
	}
	item.kind = MAILBOX_SAMPLE;
	item.sample.pack = pack;
	item.sample.edge = edge;
	item.sample.time_ms = time_ms;
	item.sample.telemetry = *telemetry;
	mailbox_put(&store->mailbox, &item, edge);
}

void store_put_event(struct store *store, const struct store_event *event)
{
	struct mailbox_item item = { .kind = MAILBOX_EVENT };

	item.event = *event;
	mailbox_put(&store->mailbox, &item, true);
}

void store_put_link_stat(struct store *store, const struct store_link_stat *stat)
{
	struct mailbox_item item = { .kind = MAILBOX_LINK };

	item.link = *stat;
	mailbox_put(&store->mailbox, &item, false);
}

void store_put_frame(struct store *store, const struct store_frame *frame)
{
	struct mailbox_item item = { .kind = MAILBOX_FRAME };

	item.frame = *frame;
	mailbox_put(&store->mailbox, &item, false);
}

void store_begin_change(struct store *store, const struct store_change *change)
{
	struct mailbox_item item = { .kind = MAILBOX_CHANGE };

	item.change = *change;
	if (!mailbox_put(&store->mailbox, &item, true))
		mailbox_tell_intent(&store->mailbox, change->id, -ENOBUFS);
}

void store_finish_change(struct store *store, const struct store_outcome *outcome)
{
	struct mailbox_item item = { .kind = MAILBOX_OUTCOME };

	item.outcome = *outcome;
	mailbox_put(&store->mailbox, &item, true);
}

void store_stats(struct store *store, struct store_stats *ret)
{
	mailbox_stats(&store->mailbox, ret);
}
