/* SPDX-License-Identifier: MIT */
#include "pty_station.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "bms/modbus_rtu.h"

enum {
	SCRIPT_MAX = 64,
	ASKED_MAX = 256
};

struct pty_station {
	char directory[64];
	char path[96];
	int master_fd;
	int slave_fd; /* held, or the master hangs up whenever the line is closed */
	int left_fd;  /* the master of a pseudo-terminal that was moved away from */
	int left_slave_fd;
	int stop_fd;
	bool is_running;
	pthread_t thread;

	pthread_mutex_t mutex;
	unsigned script_size;
	unsigned script_done;
	struct pty_answer script[SCRIPT_MAX];
	size_t asked_count;
	uint16_t asked[ASKED_MAX];
};

static void sleep_us(uint64_t us)
{
	struct timespec time = {
		.tv_sec = (time_t)(us / 1000000),
		.tv_nsec = (long)(us % 1000000) * 1000,
	};

	nanosleep(&time, NULL);
}

static size_t good_answer(const struct bms_modbus_frame *request, uint8_t *out)
{
	uint8_t registers[252];

	if (request->function == BMS_MODBUS_WRITE)
		return bms_modbus_write_reply(out, request->unit, request->reg, request->count);
	for (unsigned i = 0; i < sizeof(registers); i++)
		registers[i] = (uint8_t)(request->reg + i);
	return bms_modbus_read_reply(out, request->unit, registers, (uint8_t)(request->count * 2));
}

static void station_send(struct pty_station *station, const struct pty_answer *answer)
{
	size_t chunk_size = answer->chunk_size ? answer->chunk_size : PTY_ANSWER_MAX;

	for (unsigned i = 0; i <= answer->repeat; i++) {
		for (size_t at = 0; at < answer->size; at += chunk_size) {
			size_t left = answer->size - at;
			size_t size = left < chunk_size ? left : chunk_size;

			if (at > 0 || i > 0)
				sleep_us(answer->chunk_gap_us);
			/* A full terminal loses bytes, like a line that nobody listens to. */
			if (write(station->master_fd, answer->bytes + at, size) < 0)
				return;
		}
	}
}

static void station_answer(struct pty_station *station, const struct bms_modbus_frame *request)
{
	struct pty_answer answer = { .is_good = true };

	pthread_mutex_lock(&station->mutex);
	if (station->asked_count < ASKED_MAX)
		station->asked[station->asked_count++] = request->reg;
	if (station->script_done < station->script_size)
		answer = station->script[station->script_done++];
	pthread_mutex_unlock(&station->mutex);

	if (answer.is_good)
		answer.size = good_answer(request, answer.bytes);
	sleep_us(answer.delay_ms * 1000);
	station_send(station, &answer);
}

static void *station_run(void *userdata)
{
	struct pty_station *station = userdata;
	uint8_t bytes[BMS_MODBUS_FRAME_MAX];
	size_t size = 0;

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = station->stop_fd, .events = POLLIN },
			{ .fd = station->master_fd, .events = POLLIN },
		};
		struct bms_modbus_frame request;

		if (poll(fds, 2, -1) < 0 || fds[0].revents)
			return NULL;
		ssize_t n = read(station->master_fd, bytes + size, sizeof(bytes) - size);
		if (n <= 0)
			continue;
		size += (size_t)n;
		size_t whole = bms_modbus_request_size(bytes, size);
		if (whole == 0 || size < whole)
			continue;
		if (bms_modbus_parse_request(bytes, size, &request) == BMS_OK)
			station_answer(station, &request);
		size = 0;
	}
}

static void station_start(struct pty_station *station)
{
	eventfd_t calls;

	(void)eventfd_read(station->stop_fd, &calls);
	int r = pthread_create(&station->thread, NULL, station_run, station);
	assert(r == 0);
	station->is_running = true;
}

void pty_station_freeze(struct pty_station *station)
{
	if (!station->is_running)
		return;
	(void)eventfd_write(station->stop_fd, 1);
	pthread_join(station->thread, NULL);
	station->is_running = false;
}

void pty_station_plug(struct pty_station *station)
{
	char next[128];
	char name[64];
	struct termios termios;

	station->master_fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	int r = grantpt(station->master_fd) || unlockpt(station->master_fd) ||
		ptsname_r(station->master_fd, name, sizeof(name));
	assert(r == 0);
	station->slave_fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert(station->slave_fd >= 0);
	tcgetattr(station->slave_fd, &termios);
	cfmakeraw(&termios);
	tcsetattr(station->slave_fd, TCSANOW, &termios);

	snprintf(next, sizeof(next), "%s.next", station->path);
	r = symlink(name, next) || rename(next, station->path);
	assert(r == 0);
	station_start(station);
}

void pty_station_unplug(struct pty_station *station)
{
	pty_station_freeze(station);
	unlink(station->path);
	if (station->master_fd >= 0) {
		close(station->master_fd);
		close(station->slave_fd);
	}
	station->master_fd = -1;
}

void pty_station_move(struct pty_station *station)
{
	pty_station_freeze(station);
	station->left_fd = station->master_fd;
	station->left_slave_fd = station->slave_fd;
	pty_station_plug(station);
}

struct pty_station *pty_station_new(void)
{
	struct pty_station *station = calloc(1, sizeof(*station));

	assert(station);
	snprintf(station->directory, sizeof(station->directory), "/tmp/pty_station.XXXXXX");
	char *directory = mkdtemp(station->directory);
	assert(directory);
	snprintf(station->path, sizeof(station->path), "%s/tty", directory);
	pthread_mutex_init(&station->mutex, NULL);
	station->left_fd = -1;
	station->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pty_station_plug(station);
	return station;
}

struct pty_station *pty_station_free(struct pty_station *station)
{
	if (!station)
		return NULL;
	pty_station_unplug(station);
	if (station->left_fd >= 0) {
		close(station->left_fd);
		close(station->left_slave_fd);
	}
	close(station->stop_fd);
	rmdir(station->directory);
	pthread_mutex_destroy(&station->mutex);
	free(station);
	return NULL;
}

const char *pty_station_path(const struct pty_station *station)
{
	return station->path;
}

void pty_station_answer_next(struct pty_station *station, const struct pty_answer *answer)
{
	pthread_mutex_lock(&station->mutex);
	assert(station->script_size < SCRIPT_MAX);
	station->script[station->script_size++] = *answer;
	pthread_mutex_unlock(&station->mutex);
}

void pty_station_say(struct pty_station *station, const uint8_t *bytes, size_t size)
{
	ssize_t n = write(station->master_fd, bytes, size);

	assert(n == (ssize_t)size);
}

size_t pty_station_asked(struct pty_station *station, size_t index)
{
	pthread_mutex_lock(&station->mutex);
	size_t reg = index < station->asked_count ? station->asked[index] : SIZE_MAX;
	pthread_mutex_unlock(&station->mutex);
	return reg;
}
