/* SPDX-License-Identifier: MIT */
#include "store/mailbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
	STATES_MAX = 16
};

/* Waiting is on the monotonic clock, so that a corrected wall clock does not delay a commit. */
static int wake_init(pthread_cond_t *wake)
{
	pthread_condattr_t attributes;
	int r = pthread_condattr_init(&attributes);

	if (r != 0)
		return -r;
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	r = pthread_cond_init(wake, &attributes);
	pthread_condattr_destroy(&attributes);
	return -r;
}

int mailbox_init(struct mailbox *mailbox)
{
	int r;

	*mailbox = (struct mailbox){ .event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
	if (mailbox->event_fd < 0)
		return -errno;
	r = wake_init(&mailbox->wake);
	if (r < 0) {
		close(mailbox->event_fd);
		return r;
	}
	pthread_mutex_init(&mailbox->lock, NULL);
	mailbox->items = malloc(MAILBOX_ITEMS * sizeof(*mailbox->items));
	mailbox->states = malloc(STATES_MAX * sizeof(*mailbox->states));
	if (mailbox->items && mailbox->states)
		return 0;
	mailbox_deinit(mailbox);
	return -ENOMEM;
}

void mailbox_deinit(struct mailbox *mailbox)
{
	free(mailbox->items);
	free(mailbox->intents);
	free(mailbox->states);
	free(mailbox->packs);
	pthread_cond_destroy(&mailbox->wake);
	pthread_mutex_destroy(&mailbox->lock);
	close(mailbox->event_fd);
}

/* Locked. */
static unsigned pack_find(const struct mailbox *mailbox, const char *name)
{
	unsigned pack = 0;

	while (pack < mailbox->pack_count &&
		strncmp(mailbox->packs[pack], name, STORE_NAME_MAX - 1) != 0)
		pack++;
	return pack;
}

/* Locked. */
static unsigned pack_append(struct mailbox *mailbox, const char *name)
{
	char(*packs)[STORE_NAME_MAX] =
		realloc(mailbox->packs, (mailbox->pack_count + 1) * sizeof(*packs));

	if (!packs)
		return STORE_NO_PACK;
	mailbox->packs = packs;
	snprintf(packs[mailbox->pack_count], STORE_NAME_MAX, "%s", name);
	return mailbox->pack_count++;
}

unsigned mailbox_add_pack(struct mailbox *mailbox, const char *name)
{
	pthread_mutex_lock(&mailbox->lock);

	unsigned pack = pack_find(mailbox, name);

	if (pack == mailbox->pack_count)
		pack = pack_append(mailbox, name);
	pthread_mutex_unlock(&mailbox->lock);
	return pack;
}

bool mailbox_pack_name(struct mailbox *mailbox, unsigned pack, char ret[STORE_NAME_MAX])
{
	pthread_mutex_lock(&mailbox->lock);

	bool is_known = pack < mailbox->pack_count;

	if (is_known)
		memcpy(ret, mailbox->packs[pack], STORE_NAME_MAX);
	pthread_mutex_unlock(&mailbox->lock);
	return is_known;
}

/* Locked. The ring starts over when it is empty, so that a quiet store touches little memory. */
static bool ring_append(struct mailbox *mailbox, const struct mailbox_item *item)
{
	bool is_plenty = item->kind == MAILBOX_SAMPLE || item->kind == MAILBOX_LINK ||
			 item->kind == MAILBOX_FRAME;
	size_t reserve = is_plenty ? MAILBOX_RESERVE : 0;

	if (mailbox->count >= MAILBOX_ITEMS - reserve)
		return false;
	if (mailbox->count == 0)
		mailbox->head = 0;
	mailbox->items[(mailbox->head + mailbox->count) % MAILBOX_ITEMS] = *item;
	mailbox->count++;
	return true;
}

bool mailbox_put(struct mailbox *mailbox, const struct mailbox_item *item, bool is_urgent)
{
	pthread_mutex_lock(&mailbox->lock);

	bool is_in = ring_append(mailbox, item);

	mailbox->stats.samples += item->kind == MAILBOX_SAMPLE;
	mailbox->stats.dropped += !is_in;
	if (is_in && is_urgent)
		mailbox->is_urgent = true;
	if (is_urgent || mailbox->count == 1 || mailbox->count >= MAILBOX_BATCH)
		pthread_cond_signal(&mailbox->wake);
	pthread_mutex_unlock(&mailbox->lock);
	return is_in;
}

void mailbox_stop(struct mailbox *mailbox)
{
	pthread_mutex_lock(&mailbox->lock);
	mailbox->is_stopping = true;
	pthread_cond_signal(&mailbox->wake);
	pthread_mutex_unlock(&mailbox->lock);
}

bool mailbox_is_stopping(struct mailbox *mailbox)
{
	pthread_mutex_lock(&mailbox->lock);

	bool is_stopping = mailbox->is_stopping;

	pthread_mutex_unlock(&mailbox->lock);
	return is_stopping;
}

/* Locked. */
static bool has_reason_to_wake(const struct mailbox *mailbox, uint64_t until_us)
{
	return mailbox->is_stopping || mailbox->is_urgent || mailbox->count >= MAILBOX_BATCH ||
	       (until_us == 0 && mailbox->count > 0);
}

bool mailbox_wait(struct mailbox *mailbox, uint64_t until_us)
{
	struct timespec until = { .tv_sec = (time_t)(until_us / 1000000),
		.tv_nsec = (long)(until_us % 1000000) * 1000 };
	bool is_stopping;
	int r = 0;

	pthread_mutex_lock(&mailbox->lock);
	while (r != ETIMEDOUT && !has_reason_to_wake(mailbox, until_us)) {
		if (until_us > 0)
			r = pthread_cond_timedwait(&mailbox->wake, &mailbox->lock, &until);
		else
			pthread_cond_wait(&mailbox->wake, &mailbox->lock);
	}
	mailbox->is_urgent = false;
	is_stopping = mailbox->is_stopping;
	pthread_mutex_unlock(&mailbox->lock);
	return !is_stopping;
}

bool mailbox_take(struct mailbox *mailbox, struct mailbox_item *ret)
{
	pthread_mutex_lock(&mailbox->lock);

	bool has_item = mailbox->count > 0;

	if (has_item) {
		*ret = mailbox->items[mailbox->head];
		mailbox->head = (mailbox->head + 1) % MAILBOX_ITEMS;
		mailbox->count--;
	}
	pthread_mutex_unlock(&mailbox->lock);
	return has_item;
}

/* A full counter is the only way this fails, and then it is readable anyway. */
static void ring_bell(struct mailbox *mailbox)
{
	uint64_t one = 1;
	ssize_t n = write(mailbox->event_fd, &one, sizeof(one));

	(void)n;
}

/* Locked. */
static bool intents_have_room(struct mailbox *mailbox)
{
	size_t room = mailbox->intent_room ? mailbox->intent_room * 2 : 16;
	struct mailbox_intent *intents;

	if (mailbox->intent_count < mailbox->intent_room)
		return true;
	intents = realloc(mailbox->intents, room * sizeof(*intents));
	if (!intents)
		return false;
	mailbox->intents = intents;
	mailbox->intent_room = room;
	return true;
}

void mailbox_tell_intent(struct mailbox *mailbox, uint64_t change_id, int error)
{
	pthread_mutex_lock(&mailbox->lock);
	if (intents_have_room(mailbox))
		mailbox->intents[mailbox->intent_count++] =
			(struct mailbox_intent){ change_id, error };
	else
		mailbox->stats.dropped++;
	pthread_mutex_unlock(&mailbox->lock);
	ring_bell(mailbox);
}

bool mailbox_take_intent(struct mailbox *mailbox, struct mailbox_intent *ret)
{
	pthread_mutex_lock(&mailbox->lock);

	bool has_intent = mailbox->intent_count > 0;

	if (has_intent) {
		*ret = mailbox->intents[0];
		mailbox->intent_count--;
		memmove(mailbox->intents, mailbox->intents + 1,
			mailbox->intent_count * sizeof(*mailbox->intents));
	}
	pthread_mutex_unlock(&mailbox->lock);
	return has_intent;
}

/* When nobody listened for so long that they do not fit, the newest replaces the one before. */
void mailbox_tell_state(struct mailbox *mailbox, int error, const char *reason)
{
	struct mailbox_state *state;

	pthread_mutex_lock(&mailbox->lock);
	if (mailbox->state_count < STATES_MAX)
		mailbox->state_count++;
	state = &mailbox->states[mailbox->state_count - 1];
	state->error = error;
	snprintf(state->reason, sizeof(state->reason), "%s", reason ? reason : "");
	mailbox->stats.error = error;
	pthread_mutex_unlock(&mailbox->lock);
	ring_bell(mailbox);
}

bool mailbox_take_state(struct mailbox *mailbox, struct mailbox_state *ret)
{
	pthread_mutex_lock(&mailbox->lock);

	bool has_state = mailbox->state_count > 0;

	if (has_state) {
		*ret = mailbox->states[0];
		mailbox->state_count--;
		memmove(mailbox->states, mailbox->states + 1,
			mailbox->state_count * sizeof(*mailbox->states));
	}
	pthread_mutex_unlock(&mailbox->lock);
	return has_state;
}

void mailbox_count_commit(struct mailbox *mailbox, uint64_t rows)
{
	pthread_mutex_lock(&mailbox->lock);
	mailbox->stats.rows += rows;
	mailbox->stats.commits++;
	pthread_mutex_unlock(&mailbox->lock);
}

void mailbox_count_dropped(struct mailbox *mailbox, uint64_t values)
{
	pthread_mutex_lock(&mailbox->lock);
	mailbox->stats.dropped += values;
	pthread_mutex_unlock(&mailbox->lock);
}

void mailbox_stats(struct mailbox *mailbox, struct store_stats *ret)
{
	pthread_mutex_lock(&mailbox->lock);
	*ret = mailbox->stats;
	pthread_mutex_unlock(&mailbox->lock);
}
