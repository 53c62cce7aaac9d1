/* SPDX-License-Identifier: MIT */
/* The thread of one line: keeps the device open, does the jobs in the mailbox. */
#ifndef LINK_MODBUS_WORKER_H
#define LINK_MODBUS_WORKER_H

#include <pthread.h>

#include "link/modbus_mailbox.h"
#include "link/modbus_master.h"

struct modbus_worker {
	pthread_t thread;
	struct modbus_mailbox *mailbox; /* borrowed */
	char *device;
	bool rs485;
	bool was_open;
	uint64_t retry_us;
	struct modbus_master master;
	struct modbus_answer answer;
	struct modbus_result result;
};

int modbus_worker_start(struct modbus_worker *worker, struct modbus_mailbox *mailbox,
	const struct modbus_line_options *options);

/* Call modbus_mailbox_stop() before. */
void modbus_worker_join(struct modbus_worker *worker);

#endif
