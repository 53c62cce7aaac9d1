/* SPDX-License-Identifier: MIT */
/* A CAN interface of the host, shared by the boards of a process, which do not hear each other. */
#ifndef CAN_BUS_H
#define CAN_BUS_H

#include "port/port.h"

struct can_bus {
	const char *interface; /* borrowed; NULL: there is no bus */
	int fd;
	int error; /* what sending failed with last, as told on stderr; 0: it works */
};

/* 0, or a negative errno; what went wrong is in ret_step. No interface: nothing is opened. */
int can_bus_init(struct can_bus *bus, const char *interface, const char **ret_step);
void can_bus_deinit(struct can_bus *bus);

/* The next frame for one of the boards. False: there is none. */
bool can_bus_read(struct can_bus *bus, struct port_can_frame *ret);

/* False: the interface's queue is full. On a bus that is down frames are lost, as on a real one
 * that nobody else is on. */
bool can_bus_write(struct can_bus *bus, const struct port_can_frame *frame);

#endif
