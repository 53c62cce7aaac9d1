/* SPDX-License-Identifier: MIT */
#include "link/modbus_line.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "link/modbus_mailbox.h"
#include "link/modbus_worker.h"

enum {
	READ_COUNT_MAX = 125
}; /* registers: Modbus' own limit */

struct modbus_line {
	sd_event_source *source;
	struct modbus_line_callbacks callbacks;
	void *userdata;
	bool dispatching;
	struct modbus_mailbox mailbox;
	struct modbus_worker worker;
	struct modbus_result result; /* the one being told */
};

static int line_on_news(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct modbus_line *line = userdata;
	enum modbus_line_state state;
	int error;

	(void)source;
	(void)fd;
	(void)revents;
	line->dispatching = true;
	modbus_mailbox_answer_call(&line->mailbox);
	if (modbus_mailbox_take_state(&line->mailbox, &state, &error))
		line->callbacks.on_state(line->userdata, state, error);
	while (modbus_mailbox_take_result(&line->mailbox, &line->result))
		line->callbacks.on_result(line->userdata, &line->result);
	line->dispatching = false;
	return 0;
}

int modbus_line_new(struct modbus_line **ret, sd_event *event,
	const struct modbus_line_options *options, const struct modbus_line_callbacks *callbacks,
	void *userdata)
{
	assert(callbacks->on_result && callbacks->on_state);
	if (!serial_port_has_baud(options->baud) || options->answer_timeout_ms == 0)
		return -EINVAL;

	_cleanup_(free_p) struct modbus_line *line = calloc(1, sizeof(*line));
	if (!line)
		return -ENOMEM;
	line->callbacks = *callbacks;
	line->userdata = userdata;
	int r = modbus_mailbox_init(&line->mailbox);
	if (r < 0)
		return r;
	r = sd_event_add_io(
		event, &line->source, line->mailbox.owner_fd, EPOLLIN, line_on_news, line);
	if (r >= 0)
		r = modbus_worker_start(&line->worker, &line->mailbox, options);
	if (r < 0) {
		sd_event_source_disable_unref(line->source);
		modbus_mailbox_deinit(&line->mailbox);
		return r;
	}
	*ret = line;
	line = NULL;
	return 0;
}

struct modbus_line *modbus_line_free(struct modbus_line *line)
{
	if (!line)
		return NULL;
	assert(!line->dispatching);
	modbus_mailbox_stop(&line->mailbox);
	modbus_worker_join(&line->worker);
	sd_event_source_disable_unref(line->source);
	modbus_mailbox_deinit(&line->mailbox);
	free(line);
	return NULL;
}

static bool step_is_valid(const struct modbus_step *step)
{
	if (step->function == BMS_MODBUS_READ)
		return step->count >= 1 && step->count <= READ_COUNT_MAX;
	return step->function == BMS_MODBUS_WRITE && step->data_size >= 2 &&
	       step->data_size <= sizeof(step->data) && step->data_size % 2 == 0;
}

static bool job_is_valid(const struct modbus_job *job)
{
	if (job->unit == 0 || job->unit > MODBUS_UNIT_MAX)
		return false;
	if (job->step_count == 0 || job->step_count > MODBUS_JOB_STEPS_MAX)
		return false;
	for (unsigned i = 0; i < job->step_count; i++)
		if (!step_is_valid(&job->steps[i]))
			return false;
	return true;
}

int modbus_line_submit(struct modbus_line *line, const struct modbus_job *job)
{
	if (!job_is_valid(job))
		return -EINVAL;
	return modbus_mailbox_submit(&line->mailbox, job);
}

void modbus_line_stats(struct modbus_line *line, struct modbus_line_stats *ret)
{
	modbus_mailbox_stats(&line->mailbox, ret);
}
