/* SPDX-License-Identifier: MIT */
#include "simulator.h"

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	BOARDS_MAX = 16,
	ARGUMENTS_MAX = 16 + 2 * BOARDS_MAX,
	PATIENCE_MS = 20000
};

static void simulator_run(const struct simulator *simulator, const char *program, unsigned boards)
{
	char store[128], baud[16], turnaround[16], addresses[BOARDS_MAX][4];
	const char *arguments[ARGUMENTS_MAX] = { program, "--link", simulator->link, "--store",
		store, "--baud", baud, "--turnaround-us", turnaround };
	unsigned count = 9;

	snprintf(store, sizeof(store), "%s/params", simulator->directory);
	snprintf(baud, sizeof(baud), "%d", SIMULATOR_BAUD);
	snprintf(turnaround, sizeof(turnaround), "%d", SIMULATOR_TURNAROUND_US);
	for (unsigned i = 0; i < boards; i++) {
		snprintf(addresses[i], sizeof(addresses[i]), "%u", i + 1);
		arguments[count++] = "--address";
		arguments[count++] = addresses[i];
	}
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	int null_fd = open("/dev/null", O_WRONLY);
	dup2(null_fd, STDOUT_FILENO);
	execv(program, (char *const *)arguments);
	err(1, "%s", program);
}

void simulator_start(struct simulator *simulator, const char *program, unsigned boards)
{
	snprintf(simulator->directory, sizeof(simulator->directory), "/tmp/bmsd-bench.XXXXXX");
	if (boards > BOARDS_MAX || !mkdtemp(simulator->directory))
		err(1, "simulator");
	snprintf(simulator->link, sizeof(simulator->link), "%s/tty", simulator->directory);

	simulator->pid = fork();
	if (simulator->pid < 0)
		err(1, "fork");
	if (simulator->pid == 0)
		simulator_run(simulator, program, boards);
	for (unsigned waited_ms = 0; access(simulator->link, F_OK) < 0; waited_ms += 10) {
		if (waited_ms > PATIENCE_MS || waitpid(simulator->pid, NULL, WNOHANG) != 0)
			errx(1, "%s has made no line", program);
		usleep(10000);
	}
}

void simulator_stop(struct simulator *simulator)
{
	char store[128];

	kill(simulator->pid, SIGTERM);
	waitpid(simulator->pid, NULL, 0);
	unlink(simulator->link);
	snprintf(store, sizeof(store), "%s/params", simulator->directory);
	unlink(store);
	rmdir(simulator->directory);
}
