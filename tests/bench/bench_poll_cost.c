/* SPDX-License-Identifier: MIT */
/*
 * What a poll costs the processor: the line against plain libmodbus calls, each on a simulator of
 * its own, in turns so that both see the same machine.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <modbus/modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "figures.h"
#include "polls.h"
#include "simulator.h"

enum {
	ROUNDS = 11,
	POLLS = 24,
	WARM_UP = 24,
	WAKE_UPS_MAX = 5
};

struct cost {
	double cpu_us;
	double wake_ups;
};

static double process_cpu_us(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* How often the thread of that name has gone to sleep; the first of that name is taken. */
static double thread_sleeps(const char *thread)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;
	double sleeps = -1;

	while (tasks && sleeps < 0 && (task = readdir(tasks))) {
		char path[300], line[128], name[32] = "";
		snprintf(path, sizeof(path), "/proc/self/task/%s/status", task->d_name);
		FILE *status = fopen(path, "re");
		while (status && fgets(line, sizeof(line), status)) {
			sscanf(line, "Name: %31s", name);
			if (strcmp(name, thread) == 0)
				sscanf(line, "voluntary_ctxt_switches: %lf", &sleeps);
		}
		if (status)
			fclose(status);
	}
	if (tasks)
		closedir(tasks);
	if (sleeps < 0)
		errx(1, "no thread %s", thread);
	return sleeps;
}

static void poll_by_line(struct polls *polls)
{
	for (unsigned i = 0; i < POLLS; i++) {
		polls_submit(polls, 1);
		polls_wait(polls, polls->done + 1);
	}
}

static void poll_plainly(modbus_t *modbus)
{
	uint16_t registers[POLL_FIRST_COUNT];

	for (unsigned i = 0; i < POLLS; i++)
		if (modbus_read_registers(modbus, POLL_REGISTER, POLL_FIRST_COUNT, registers) < 0 ||
			modbus_read_registers(
				modbus, POLL_REST_REGISTER, POLL_REST_COUNT, registers) < 0)
			warnx("plain libmodbus: %s", modbus_strerror(errno));
}

static modbus_t *plain_open(const char *device)
{
	modbus_t *modbus = modbus_new_rtu(device, SIMULATOR_BAUD, 'N', 8, 1);

	if (!modbus || modbus_set_slave(modbus, 1) < 0 || modbus_connect(modbus) < 0)
		errx(1, "%s: %s", device, modbus_strerror(errno));
	modbus_set_response_timeout(modbus, 0, POLL_ANSWER_TIMEOUT_MS * 1000);
	return modbus;
}

static struct cost measure(const char *thread, struct polls *polls, modbus_t *modbus)
{
	double sleeps = thread_sleeps(thread);
	double cpu_us = process_cpu_us();

	if (polls)
		poll_by_line(polls);
	else
		poll_plainly(modbus);
	return (struct cost){
		.cpu_us = (process_cpu_us() - cpu_us) / POLLS,
		.wake_ups = (thread_sleeps(thread) - sleeps) / POLLS,
	};
}

static bool report(double *line_cpu, double *plain_cpu, double *line_wakes, double *plain_wakes)
{
	double line_us = figure_median(line_cpu, ROUNDS);
	double plain_us = figure_median(plain_cpu, ROUNDS);
	bool met;

	figure_show("plain libmodbus: CPU per poll", plain_us, "us");
	figure_show("plain libmodbus: wake-ups per poll", figure_median(plain_wakes, ROUNDS), "");
	figure_show("line: CPU per poll, event loop included", line_us, "us");
	met = figure_at_most("line: wake-ups of the worker per poll",
		figure_median(line_wakes, ROUNDS), "", WAKE_UPS_MAX);
	return figure_at_most("line: CPU against plain libmodbus", line_us / plain_us, "", 1) &&
	       met;
}

int main(int argc, char **argv)
{
	double line_cpu[ROUNDS], plain_cpu[ROUNDS], line_wakes[ROUNDS], plain_wakes[ROUNDS];
	struct simulator line_board, plain_board;
	struct polls polls;

	if (argc != 2)
		errx(EXIT_FAILURE, "usage: bench_poll_cost BMS-SIM");
	const char *self = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	char name[16]; /* what the kernel keeps of it */
	snprintf(name, sizeof(name), "%s", self);
	simulator_start(&line_board, argv[1], 1);
	simulator_start(&plain_board, argv[1], 1);
	polls_start(&polls, line_board.link, SIMULATOR_BAUD);
	modbus_t *modbus = plain_open(plain_board.link);

	for (unsigned i = 0; i < WARM_UP; i += POLLS) {
		poll_by_line(&polls);
		poll_plainly(modbus);
	}
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct cost line = measure("modbus", &polls, NULL);
		struct cost plain = measure(name, NULL, modbus);

		line_cpu[i] = line.cpu_us;
		line_wakes[i] = line.wake_ups;
		plain_cpu[i] = plain.cpu_us;
		plain_wakes[i] = plain.wake_ups;
	}
	bool met = report(line_cpu, plain_cpu, line_wakes, plain_wakes) && polls.failed == 0;

	modbus_close(modbus);
	modbus_free(modbus);
	polls_stop(&polls);
	simulator_stop(&plain_board);
	simulator_stop(&line_board);
	return met ? EXIT_SUCCESS : EXIT_FAILURE;
}
