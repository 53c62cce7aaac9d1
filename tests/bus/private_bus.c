/* SPDX-License-Identifier: MIT */
#include "private_bus.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void run_daemon(int out, const char *address)
{
	char print[32];
	char where[300];

	/* A test that crashes must not leave it behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(print, sizeof(print), "--print-address=%d", out);
	snprintf(where, sizeof(where), "--address=%s", address ? address : "unix:tmpdir=/tmp");
	execlp("dbus-daemon", "dbus-daemon", "--session", "--nofork", "--nopidfile", print, where,
		(char *)NULL);
	_exit(127);
}

static bool read_line(int fd, char *out, size_t size)
{
	size_t length = 0;

	while (length + 1 < size && read(fd, out + length, 1) == 1) {
		if (out[length] == '\n') {
			out[length] = '\0';
			return length > 0;
		}
		length++;
	}
	return false;
}

bool private_bus_start(struct private_bus *bus, const char *address)
{
	int ends[2];
	bool is_up;

	if (pipe(ends) < 0)
		return false;
	bus->pid = fork();
	if (bus->pid == 0)
		run_daemon(ends[1], address);
	close(ends[1]);
	is_up = read_line(ends[0], bus->address, sizeof(bus->address));
	close(ends[0]);
	if (!is_up)
		return false;
	setenv("DBUS_SESSION_BUS_ADDRESS", bus->address, 1);
	return true;
}

void private_bus_stop(struct private_bus *bus)
{
	if (bus->pid <= 0)
		return;
	kill(bus->pid, SIGKILL);
	waitpid(bus->pid, NULL, 0);
	bus->pid = 0;
}
