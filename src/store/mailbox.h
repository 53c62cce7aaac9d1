/* SPDX-License-Identifier: MIT */
/*
 * All that the caller's thread and the writer share: values in, values out, under one lock. The
 * way in is bounded; samples are turned away before events and changes are.
 */
#ifndef STORE_MAILBOX_H
#define STORE_MAILBOX_H

#include <pthread.h>

#include "store/store.h"

enum {
	MAILBOX_ITEMS = 1024,
	MAILBOX_RESERVE = 128, /* places that samples may not take */
	MAILBOX_BATCH = 32,    /* the writer sleeps until so many wait, or something is urgent */
	MAILBOX_REASON_SIZE = 512,
};

enum mailbox_kind {
	MAILBOX_SAMPLE,
	MAILBOX_IDENTITY,
	MAILBOX_EVENT,
	MAILBOX_CHANGE,
	MAILBOX_OUTCOME,
	MAILBOX_LINK,
	MAILBOX_FRAME,
};

struct mailbox_sample {
	unsigned pack;
	bool edge;
	int64_t time_ms;
	struct bms_telemetry telemetry;
};

struct mailbox_identity {
	unsigned pack;
	struct bms_identity identity;
};

struct mailbox_item {
	enum mailbox_kind kind;
	union {
		struct mailbox_sample sample;
		struct mailbox_identity identity;
		struct store_event event;
		struct store_change change;
		struct store_outcome outcome;
		struct store_link_stat link;
		struct store_frame frame;
	};
};

/* What the writer has to tell. */
struct mailbox_intent {
	uint64_t change_id;
	int error;
};

struct mailbox_state {
	int error;
	char reason[MAILBOX_REASON_SIZE];
};

struct mailbox {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	int event_fd; /* readable when there is something to tell */

	struct mailbox_item *items; /* a ring */
	size_t head;
	size_t count;
	bool is_urgent;
	bool is_stopping;

	struct mailbox_intent *intents;
	size_t intent_count;
	size_t intent_room;
	struct mailbox_state *states; /* every change of state is told, in order */
	size_t state_count;

	char (*packs)[STORE_NAME_MAX];
	unsigned pack_count;

	struct store_stats stats;
};

int mailbox_init(struct mailbox *mailbox);
void mailbox_deinit(struct mailbox *mailbox);

/* The caller's side. */
unsigned mailbox_add_pack(struct mailbox *mailbox, const char *name);
/* False, and counted, if there is no room. */
bool mailbox_put(struct mailbox *mailbox, const struct mailbox_item *item, bool is_urgent);
void mailbox_stop(struct mailbox *mailbox);
bool mailbox_is_stopping(struct mailbox *mailbox);
bool mailbox_take_intent(struct mailbox *mailbox, struct mailbox_intent *ret);
bool mailbox_take_state(struct mailbox *mailbox, struct mailbox_state *ret);
void mailbox_stats(struct mailbox *mailbox, struct store_stats *ret);

/* The writer's side. */

/* Until there is a batch or something urgent, or it is that late (monotonic; 0: until there is
 * anything). False when it is time to stop. */
bool mailbox_wait(struct mailbox *mailbox, uint64_t until_us);
bool mailbox_take(struct mailbox *mailbox, struct mailbox_item *ret);
bool mailbox_pack_name(struct mailbox *mailbox, unsigned pack, char ret[STORE_NAME_MAX]);
void mailbox_count_commit(struct mailbox *mailbox, uint64_t rows);
void mailbox_count_dropped(struct mailbox *mailbox, uint64_t values);

/* Both sides. */
void mailbox_tell_intent(struct mailbox *mailbox, uint64_t change_id, int error);
void mailbox_tell_state(struct mailbox *mailbox, int error, const char *reason);

#endif
