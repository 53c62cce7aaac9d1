/* SPDX-License-Identifier: MIT */
#include "link/modbus_worker.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum {
	REOPEN_EVERY_US = 500000
};

static void worker_open(struct modbus_worker *worker)
{
	if (clock_monotonic_us() < worker->retry_us)
		return;

	int r = modbus_master_open(&worker->master, worker->device, worker->rs485);
	if (r < 0) {
		worker->retry_us = clock_monotonic_us() + REOPEN_EVERY_US;
		modbus_mailbox_post_state(worker->mailbox, MODBUS_LINE_CLOSED, r);
		return;
	}
	if (worker->was_open)
		worker->master.stats.reopened++;
	worker->was_open = true;
	modbus_mailbox_post_state(worker->mailbox, MODBUS_LINE_OPEN, 0);
}

static void worker_lose_device(struct modbus_worker *worker)
{
	if (!serial_port_is_open(&worker->master.port))
		return;
	modbus_master_close(&worker->master);
	worker->retry_us = 0; /* the attempt that follows at once says why it stays closed */
}

static enum bms_status worker_ask(
	struct modbus_worker *worker, uint8_t unit, const struct modbus_step *step)
{
	enum bms_status status = BMS_LINK_DOWN;

	if (serial_port_is_open(&worker->master.port))
		status = modbus_master_ask(&worker->master, unit, step, &worker->answer);
	/* A silent port may be one that nobody holds any more while its path leads elsewhere. */
	if (status == BMS_SILENCE && serial_port_is_replaced(&worker->master.port, worker->device))
		status = BMS_LINK_DOWN;
	if (status == BMS_LINK_DOWN)
		worker_lose_device(worker);
	return status;
}

static void result_add_reply(struct modbus_result *result, const struct modbus_answer *answer)
{
	unsigned at = result->done_count++;

	assert(answer->data_size <= MODBUS_STEP_DATA_MAX);
	result->steps[at].size = answer->data_size;
	if (answer->data_size > 0)
		memcpy(result->steps[at].data, answer->data, answer->data_size);
}

static void result_fail(
	struct modbus_result *result, enum bms_status status, const struct modbus_answer *answer)
{
	if (status == BMS_LINK_DOWN)
		return;
	if (status == BMS_EXCEPTION) {
		result->exception = answer->exception;
		return;
	}
	if (result->bad_status != BMS_OK)
		return; /* the second is often but what the first leads to */
	result->bad_status = status;
	result->bad_reg = result->steps[result->done_count].reg;
	result->bad_size = answer->size;
	memcpy(result->bad, answer->bytes, answer->size);
}

/* Noise spoils an answer now and then; a second read costs less than a reading missed. A write is
 * never sent twice: the board may have taken it, so its caller looks first. */
static bool is_worth_another(
	const struct modbus_job *job, const struct modbus_step *step, enum bms_status status)
{
	if (step->function != BMS_MODBUS_READ || status == BMS_OK || status == BMS_EXCEPTION ||
		status == BMS_LINK_DOWN)
		return false;
	return status != BMS_SILENCE || job->insists;
}

static void worker_do_step(
	struct modbus_worker *worker, const struct modbus_job *job, const struct modbus_step *step)
{
	struct modbus_result *result = &worker->result;

	result->steps[result->done_count].reg = step->reg;
	result->steps[result->done_count].size = 0;
	result->status = worker_ask(worker, job->unit, step);
	if (is_worth_another(job, step, result->status)) {
		result_fail(result, result->status, &worker->answer);
		result->status = worker_ask(worker, job->unit, step);
	}
	if (result->status == BMS_OK)
		result_add_reply(result, &worker->answer);
	else
		result_fail(result, result->status, &worker->answer);
	result->done_us =
		result->status == BMS_LINK_DOWN ? clock_monotonic_us() : worker->answer.done_us;
}

static void worker_do(struct modbus_worker *worker, const struct modbus_job *job)
{
	struct modbus_result *result = &worker->result;

	result->tag = job->tag;
	result->unit = job->unit;
	result->done_count = 0;
	result->status = BMS_OK;
	result->exception = 0;
	result->bad_status = BMS_OK;
	result->bad_size = 0;
	result->done_us = clock_monotonic_us();

	while (result->status == BMS_OK && result->done_count < job->step_count)
		worker_do_step(worker, job, &job->steps[result->done_count]);
	worker->master.stats.jobs++;
	modbus_mailbox_post_result(worker->mailbox, result, &worker->master.stats);
}

/* Until there is a job, the device goes away or it is time to look for it. */
static void worker_rest(struct modbus_worker *worker)
{
	bool is_open = serial_port_is_open(&worker->master.port);
	struct pollfd fds[] = {
		{ .fd = worker->mailbox->worker_fd, .events = POLLIN },
		{ .fd = is_open ? worker->master.port.fd : -1 },
	};
	int timeout_ms = is_open ? -1 : REOPEN_EVERY_US / 1000;

	if (poll(fds, 2, timeout_ms) > 0 && fds[1].revents)
		worker_lose_device(worker);
}

static void *worker_run(void *userdata)
{
	struct modbus_worker *worker = userdata;
	struct modbus_job job;

	for (;;) {
		if (!serial_port_is_open(&worker->master.port))
			worker_open(worker);
		int r = modbus_mailbox_take_job(worker->mailbox, &job);
		if (r < 0)
			break;
		if (r > 0)
			worker_do(worker, &job);
		else
			worker_rest(worker);
	}
	modbus_master_close(&worker->master);
	return NULL;
}

int modbus_worker_start(struct modbus_worker *worker, struct modbus_mailbox *mailbox,
	const struct modbus_line_options *options)
{
	sigset_t all, before;

	worker->mailbox = mailbox;
	worker->rs485 = options->rs485;
	worker->device = strdup(options->device);
	if (!worker->device)
		return -ENOMEM;
	modbus_master_init(&worker->master, mailbox->worker_fd, options->baud,
		options->answer_timeout_ms * 1000);

	/* Signals are the event loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int r = pthread_create(&worker->thread, NULL, worker_run, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0) {
		free(worker->device);
		return -r;
	}
	pthread_setname_np(worker->thread, "modbus");
	return 0;
}

void modbus_worker_join(struct modbus_worker *worker)
{
	pthread_join(worker->thread, NULL);
	free(worker->device);
}
