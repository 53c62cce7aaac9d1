/* SPDX-License-Identifier: MIT */
/*
 * Everything that a line's owner and its worker share: jobs go one way, results the other, by
 * value, under one mutex. Each side sleeps on its own eventfd, which is written only when that
 * side sleeps, or has nothing yet to wake up for.
 */
#ifndef LINK_MODBUS_MAILBOX_H
#define LINK_MODBUS_MAILBOX_H

#include <pthread.h>

#include "link/modbus_line.h"

/* First in, first out, in a ring. */
struct modbus_jobs {
	unsigned first;
	unsigned count;
	struct modbus_job jobs[MODBUS_LINE_QUEUE_MAX];
};

struct modbus_mailbox {
	pthread_mutex_t mutex;
	int worker_fd; /* readable: work to do while the worker is idle, else: stop */
	int owner_fd;  /* readable: results or news of the state */
	bool stopping;
	bool worker_idle;
	bool worker_called;
	bool owner_called;

	unsigned outstanding; /* jobs accepted whose result has not been taken */
	struct modbus_jobs writes;
	struct modbus_jobs reads;

	unsigned result_first;
	unsigned result_count;
	struct modbus_result results[MODBUS_LINE_QUEUE_MAX];

	enum modbus_line_state state;
	int state_error;
	bool state_is_news;

	struct modbus_line_stats stats;
};

int modbus_mailbox_init(struct modbus_mailbox *mailbox);
void modbus_mailbox_deinit(struct modbus_mailbox *mailbox);

/* The owner's side. */
int modbus_mailbox_submit(struct modbus_mailbox *mailbox, const struct modbus_job *job);
void modbus_mailbox_stop(struct modbus_mailbox *mailbox);
/* Call first when owner_fd is readable, then take until there is nothing. */
void modbus_mailbox_answer_call(struct modbus_mailbox *mailbox);
bool modbus_mailbox_take_result(struct modbus_mailbox *mailbox, struct modbus_result *ret);
bool modbus_mailbox_take_state(
	struct modbus_mailbox *mailbox, enum modbus_line_state *ret_state, int *ret_error);
void modbus_mailbox_stats(struct modbus_mailbox *mailbox, struct modbus_line_stats *ret);

/* The worker's side. */
/* 1 and a job; 0 when there is none, and worker_fd will tell of the next; -ECANCELED: stop. */
int modbus_mailbox_take_job(struct modbus_mailbox *mailbox, struct modbus_job *ret);
void modbus_mailbox_post_result(struct modbus_mailbox *mailbox, const struct modbus_result *result,
	const struct modbus_line_stats *stats);
/* Only a change is news. */
void modbus_mailbox_post_state(
	struct modbus_mailbox *mailbox, enum modbus_line_state state, int error);

#endif
