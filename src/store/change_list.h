/* SPDX-License-Identifier: MIT */
/*
 * The setting changes that are not over: begun but without an outcome, or not committed yet.
 * They live here and not in a transaction, so that one that fails does not lose them.
 */
#ifndef STORE_CHANGE_LIST_H
#define STORE_CHANGE_LIST_H

#include "store/history.h"

enum {
	CHANGE_LIST_MAX = 256
};

struct change_entry {
	struct store_change change;
	char pack[STORE_NAME_MAX]; /* empty for none */
	struct store_outcome outcome;
	bool has_outcome;
	bool is_told;  /* whether the intent is on the disk */
	bool is_ended; /* the outcome is in the transaction */
	int64_t row;   /* of setting_change, 0 for none */
};

struct change_list {
	struct change_entry *entries;
	size_t count;
};

/* The intent of change_id is on the disk (0) or is not (negative errno). */
typedef void (*change_list_tell)(void *userdata, uint64_t change_id, int error);

void change_list_deinit(struct change_list *list);

/* -ENOBUFS when too many are open, -ENOMEM. */
int change_list_begin(
	struct change_list *list, const struct store_change *change, const char *pack);
/* False if no such change was begun. */
bool change_list_end(struct change_list *list, const struct store_outcome *outcome);

/* Puts what is new into the transaction. */
int change_list_write(struct change_list *list, struct history *history);
/* The transaction is on the disk: tells the intents and forgets what is over. */
void change_list_committed(struct change_list *list, change_list_tell tell, void *userdata);
/* The transaction, or the whole file, is gone. */
void change_list_undone(struct change_list *list, int error, change_list_tell tell, void *userdata);

#endif
