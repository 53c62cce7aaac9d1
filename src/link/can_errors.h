/* SPDX-License-Identifier: MIT */
/*
 * What a CAN controller says of its bus, by the kernel's error frames, and what that means in plain
 * words. No I/O; times are monotonic microseconds.
 */
#ifndef LINK_CAN_ERRORS_H
#define LINK_CAN_ERRORS_H

#include <linux/can.h>
#include <stdbool.h>
#include <stdint.h>

enum can_bus_state {
	CAN_BUS_ACTIVE,
	CAN_BUS_WARNING, /* 96 errors counted: frames are getting lost */
	CAN_BUS_PASSIVE, /* 128: the controller hardly dares to speak */
	CAN_BUS_OFF,     /* 256: it has switched itself off */
};

struct can_errors {
	enum can_bus_state state;
	uint8_t tx_count; /* the controller's error counters, as told last */
	uint8_t rx_count;
	uint64_t frames;   /* error frames in all */
	uint64_t overruns; /* of the controller's own buffer */
	uint64_t restarts;
	/* Since the last good frame. */
	unsigned bad_in_a_row;
	uint64_t first_bad_us;
};

/* An error frame; true when there is news of the state. */
bool can_errors_take(struct can_errors *errors, const struct can_frame *frame, uint64_t now_us);

/* A frame arrived whole: the bus works. True when that is news. */
bool can_errors_take_good(struct can_errors *errors);

/* Errors and nothing else for a while: nobody on this bus understands anybody. */
bool can_errors_is_babel(const struct can_errors *errors, uint64_t now_us);

/* A sentence for people, "" when there is nothing to say. */
const char *can_errors_text(const struct can_errors *errors, uint64_t now_us);

#endif
