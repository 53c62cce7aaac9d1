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
	PATIENCE_MS = 20000
};

static void simulator_run(const struct simulator *simulator, const char *program, unsigned boards)
{
	char baud[16], turnaround[16], addresses[16];
	const char *arguments[] = { program, "--link", simulator->link, "--baud", baud,
		"--turnaround-ms", turnaround, "--address", addresses, NULL };

	snprintf(baud, sizeof(baud), "%d", SIMULATOR_BAUD);
	snprintf(turnaround, sizeof(turnaround), "%d", SIMULATOR_TURNAROUND_MS);
	snprintf(addresses, sizeof(addresses), "1-%u", boards);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	int null_fd = open("/dev/null", O_WRONLY);
	dup2(null_fd, STDOUT_FILENO);
	execv(program, (char *const *)arguments);
	err(EXIT_FAILURE, "%s", program);
}

void simulator_start(struct simulator *simulator, const char *program, unsigned boards)
{
	snprintf(simulator->directory, sizeof(simulator->directory), "/tmp/bmsd-board.XXXXXX");
	if (!mkdtemp(simulator->directory))
		err(EXIT_FAILURE, "%s", simulator->directory);
	snprintf(simulator->link, sizeof(simulator->link), "%s/tty", simulator->directory);

	simulator->pid = fork();
	if (simulator->pid < 0)
		err(EXIT_FAILURE, "fork");
	if (simulator->pid == 0)
		simulator_run(simulator, program, boards);
	for (unsigned waited_ms = 0; access(simulator->link, F_OK) < 0; waited_ms += 10) {
		if (waited_ms > PATIENCE_MS || waitpid(simulator->pid, NULL, WNOHANG) != 0)
			errx(EXIT_FAILURE, "%s has made no line", program);
		usleep(10000);
	}
}

void simulator_stop(struct simulator *simulator)
{
	kill(simulator->pid, SIGTERM);
	waitpid(simulator->pid, NULL, 0);
	unlink(simulator->link);
	rmdir(simulator->directory);
}
