/* SPDX-License-Identifier: MIT */
/*
 * The thread that owns the history: takes values from the mailbox, decides when to commit, and
 * keeps trying when the file cannot be written.
 */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "store/change_list.h"
#include "store/mailbox.h"
#include "store/pack_track.h"

struct writer {
	struct mailbox *mailbox; /* borrowed */
	uint64_t commit_interval_us;
	uint64_t retry_interval_us;
	bool raw_all;

	struct history history;
	struct change_list changes;
	struct pack_track **packs; /* by the store's index; NULL until the first value */
	size_t pack_count;

	bool is_batch_open; /* values wait for a commit */
	uint64_t batch_values;
	uint64_t batch_rows;
	uint64_t due_us; /* of the commit */
	uint64_t last_commit_us;
	uint64_t retry_us; /* of opening the file, while it is closed */
	bool is_intent_waiting;
	int64_t newest_ms; /* time of the newest sample, to see a clock that goes back */

	int error; /* as last told */
	char reason[HISTORY_REASON_SIZE];
};

int writer_init(
	struct writer *writer, struct mailbox *mailbox, const struct store_options *options);
void writer_deinit(struct writer *writer);

/* The thread: until the mailbox stops; then everything is committed and the file closed. */
void *writer_run(void *writer);

#endif
