/* SPDX-License-Identifier: MIT */
#include "link/modbus_mailbox.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"

static void jobs_push(struct modbus_jobs *jobs, const struct modbus_job *job)
{
	assert(jobs->count < MODBUS_LINE_QUEUE_MAX);
	jobs->jobs[(jobs->first + jobs->count++) % MODBUS_LINE_QUEUE_MAX] = *job;
}

static bool jobs_pop(struct modbus_jobs *jobs, struct modbus_job *ret)
{
	if (jobs->count == 0)
		return false;
	*ret = jobs->jobs[jobs->first];
	jobs->first = (jobs->first + 1) % MODBUS_LINE_QUEUE_MAX;
	jobs->count--;
	return true;
}

static bool job_writes(const struct modbus_job *job)
{
	for (unsigned i = 0; i < job->step_count; i++)
		if (job->steps[i].function == BMS_MODBUS_WRITE)
			return true;
	return false;
}

/* Under the mutex: is a call due? It is made after the mutex is given back, or the side that wakes
 * up would run into it. */
static bool side_needs_call(bool *called)
{
	bool needs_call = !*called;

	*called = true;
	return needs_call;
}

/* Cannot fail: the counter of an eventfd has room for more than these single calls. */
static void side_call(int fd)
{
	(void)eventfd_write(fd, 1);
}

/* Under the mutex. A call that is due but not yet made is made any moment, without the mutex. */
static void side_uncall(int fd, bool *called)
{
	struct pollfd call = { .fd = fd, .events = POLLIN };
	eventfd_t calls;

	if (!*called)
		return;
	while (eventfd_read(fd, &calls) < 0)
		(void)poll(&call, 1, -1);
	*called = false;
}

int modbus_mailbox_init(struct modbus_mailbox *mailbox)
{
	_cleanup_(close_p) int worker_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker_fd < 0)
		return -errno;
	int owner_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (owner_fd < 0)
		return -errno;

	*mailbox = (struct modbus_mailbox){
		.worker_fd = worker_fd,
		.owner_fd = owner_fd,
		.state = MODBUS_LINE_CLOSED,
	};
	pthread_mutex_init(&mailbox->mutex, NULL);
	worker_fd = -1;
	return 0;
}

void modbus_mailbox_deinit(struct modbus_mailbox *mailbox)
{
	pthread_mutex_destroy(&mailbox->mutex);
	close(mailbox->worker_fd);
	close(mailbox->owner_fd);
}

int modbus_mailbox_submit(struct modbus_mailbox *mailbox, const struct modbus_job *job)
{
	bool calls = false;
	int r = -ENOBUFS;

	pthread_mutex_lock(&mailbox->mutex);
	if (mailbox->outstanding < MODBUS_LINE_QUEUE_MAX) {
		mailbox->outstanding++;
		jobs_push(job_writes(job) ? &mailbox->writes : &mailbox->reads, job);
		if (mailbox->worker_idle)
			calls = side_needs_call(&mailbox->worker_called);
		r = 0;
	}
	pthread_mutex_unlock(&mailbox->mutex);
	if (calls)
		side_call(mailbox->worker_fd);
	return r;
}

void modbus_mailbox_stop(struct modbus_mailbox *mailbox)
{
	pthread_mutex_lock(&mailbox->mutex);
	mailbox->stopping = true;
	bool calls = side_needs_call(&mailbox->worker_called);
	pthread_mutex_unlock(&mailbox->mutex);
	if (calls)
		side_call(mailbox->worker_fd);
}

void modbus_mailbox_answer_call(struct modbus_mailbox *mailbox)
{
	pthread_mutex_lock(&mailbox->mutex);
	side_uncall(mailbox->owner_fd, &mailbox->owner_called);
	pthread_mutex_unlock(&mailbox->mutex);
}

bool modbus_mailbox_take_result(struct modbus_mailbox *mailbox, struct modbus_result *ret)
{
	bool taken = false;

	pthread_mutex_lock(&mailbox->mutex);
	if (mailbox->result_count > 0) {
		*ret = mailbox->results[mailbox->result_first];
		mailbox->result_first = (mailbox->result_first + 1) % MODBUS_LINE_QUEUE_MAX;
		mailbox->result_count--;
		mailbox->outstanding--;
		taken = true;
	}
	pthread_mutex_unlock(&mailbox->mutex);
	return taken;
}

bool modbus_mailbox_take_state(
	struct modbus_mailbox *mailbox, enum modbus_line_state *ret_state, int *ret_error)
{
	pthread_mutex_lock(&mailbox->mutex);
	bool is_news = mailbox->state_is_news;
	if (is_news) {
		mailbox->state_is_news = false;
		*ret_state = mailbox->state;
		*ret_error = mailbox->state_error;
	}
	pthread_mutex_unlock(&mailbox->mutex);
	return is_news;
}

void modbus_mailbox_stats(struct modbus_mailbox *mailbox, struct modbus_line_stats *ret)
{
	pthread_mutex_lock(&mailbox->mutex);
	*ret = mailbox->stats;
	pthread_mutex_unlock(&mailbox->mutex);
}

int modbus_mailbox_take_job(struct modbus_mailbox *mailbox, struct modbus_job *ret)
{
	int r = -ECANCELED;

	pthread_mutex_lock(&mailbox->mutex);
	if (!mailbox->stopping) {
		side_uncall(mailbox->worker_fd, &mailbox->worker_called);
		r = jobs_pop(&mailbox->writes, ret) || jobs_pop(&mailbox->reads, ret);
		mailbox->worker_idle = r == 0;
	}
	pthread_mutex_unlock(&mailbox->mutex);
	return r;
}

void modbus_mailbox_post_result(struct modbus_mailbox *mailbox, const struct modbus_result *result,
	const struct modbus_line_stats *stats)
{
	pthread_mutex_lock(&mailbox->mutex);
	assert(mailbox->result_count < MODBUS_LINE_QUEUE_MAX);
	unsigned slot = (mailbox->result_first + mailbox->result_count++) % MODBUS_LINE_QUEUE_MAX;
	mailbox->results[slot] = *result;
	mailbox->stats = *stats;
	bool calls = side_needs_call(&mailbox->owner_called);
	pthread_mutex_unlock(&mailbox->mutex);
	if (calls)
		side_call(mailbox->owner_fd);
}

void modbus_mailbox_post_state(
	struct modbus_mailbox *mailbox, enum modbus_line_state state, int error)
{
	bool calls = false;

	pthread_mutex_lock(&mailbox->mutex);
	if (mailbox->state != state || mailbox->state_error != error) {
		mailbox->state = state;
		mailbox->state_error = error;
		mailbox->state_is_news = true;
		calls = side_needs_call(&mailbox->owner_called);
	}
	pthread_mutex_unlock(&mailbox->mutex);
	if (calls)
		side_call(mailbox->owner_fd);
}
