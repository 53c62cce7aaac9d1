/* SPDX-License-Identifier: MIT */
/*
 * A CAN interface as a network device: is it there and up, and, where the configuration lets us
 * manage it, its bit rate, start and restart through libsocketcan. Everything that changes the
 * interface needs CAP_NET_ADMIN.
 */
#ifndef LINK_CAN_CONTROLLER_H
#define LINK_CAN_CONTROLLER_H

#include <stdbool.h>
#include <stddef.h>

enum can_presence {
	CAN_PRESENCE_MISSING,
	CAN_PRESENCE_OTHER, /* a network interface, but not for CAN */
	CAN_PRESENCE_DOWN,
	CAN_PRESENCE_UP,
};

/* ret_index is the kernel's number of it, 0 when missing. */
enum can_presence can_controller_presence(const char *interface, int *ret_index);

/* A sentence for people. */
const char *can_presence_text(enum can_presence presence);

/* Is it bus-off now? A virtual interface never is. */
bool can_controller_is_off(const char *interface);

/* Sets the bit rate of an interface that is down, and brings it up. 0 or a negative errno. */
int can_controller_start(const char *interface, unsigned bit_s);

/* After bus-off: a restart, or where the driver knows none, down and up again. */
int can_controller_restart(const char *interface);

/* "250000 bit/s, error-active, 0 errors sending, 0 receiving"; "" where there is nothing to read. */
void can_controller_describe(const char *interface, char *out, size_t size);

#endif
