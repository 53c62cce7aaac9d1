/* SPDX-License-Identifier: MIT */
/* A dbus-daemon of the test's own. */
#ifndef TESTS_PRIVATE_BUS_H
#define TESTS_PRIVATE_BUS_H

#include <stdbool.h>
#include <sys/types.h>

struct private_bus {
	pid_t pid;
	char address[256];
};

/* Starts it at the address (NULL: anywhere) and makes it the session bus of this process. */
bool private_bus_start(struct private_bus *bus, const char *address);
void private_bus_stop(struct private_bus *bus);

#endif
