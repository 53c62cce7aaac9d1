/* SPDX-License-Identifier: MIT */
/* A raw CAN socket: opens, filters, receives in batches, sends. */
#ifndef LINK_CAN_SOCKET_H
#define LINK_CAN_SOCKET_H

#include <linux/can.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CAN_SOCKET_BATCH = 64
};

struct can_received {
	struct can_frame frame;
	uint64_t time_us; /* monotonic, by the kernel */
};

/* Bound to the interface with this number; receives error frames and nothing else yet. A file
 * descriptor, not blocking, or a negative errno. */
int can_socket_open(int index);

int can_socket_filter(int fd, const struct can_filter *filters, size_t count);

/*
 * Number of frames that were there, at most CAN_SOCKET_BATCH, or a negative errno; -EAGAIN for
 * none. ret_dropped is the kernel's count of all frames it had no room for, if it told.
 */
int can_socket_receive(int fd, struct can_received out[CAN_SOCKET_BATCH], uint32_t *ret_dropped);

#endif
