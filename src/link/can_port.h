/* SPDX-License-Identifier: MIT */
/*
 * A CAN interface on the event loop: frames in batches with the kernel's times, only those asked
 * for, and what the controller says of the bus.
 *
 * An interface that is missing, down or gone is no error of the port: on_state tells, and the port
 * is open again by itself when the interface is back. It changes the interface only when options
 * let it.
 */
#ifndef LINK_CAN_PORT_H
#define LINK_CAN_PORT_H

#include <linux/can.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "bms/jk_can.h"

enum {
	CAN_PORT_REASON_SIZE = 192,
	CAN_PORT_FILTERS_MAX = 512, /* the kernel's limit */
};

struct can_port_options {
	const char *interface; /* copied */
	bool manage;           /* may set the bit rate, bring it up, and restart it */
	unsigned bit_s;        /* with manage */
	unsigned restart_ms;   /* with manage: pause before the first restart after bus-off */
};

struct can_port_stats {
	uint64_t frames;
	uint64_t batches; /* system calls that brought them */
	uint64_t dropped; /* by the kernel, for want of room (SO_RXQ_OVFL) */
	uint64_t error_frames;
	uint64_t overruns; /* of the controller */
	uint64_t reopened;
	uint64_t restarts; /* asked for by us */
};

struct can_port_callbacks {
	/* time_us is monotonic, when the kernel got it. */
	void (*on_frame)(void *userdata, const struct bms_can_frame *frame, uint64_t time_us);
	/* After the frames of a batch. */
	void (*on_batch)(void *userdata);
	/* Usable or not, and why not, or what is wrong with it though it is usable. Once a change. */
	void (*on_state)(void *userdata, bool up, const char *reason);
};

struct can_port;

/* Callbacks run on the event loop, none from inside this call, and none after can_port_free(). */
int can_port_new(struct can_port **ret, sd_event *event, const struct can_port_options *options,
	const struct can_port_callbacks *callbacks, void *userdata);
/* Not from a callback. Takes NULL, returns NULL. */
struct can_port *can_port_free(struct can_port *port);

/* Exactly these are received from now on; copied. -E2BIG for more than CAN_PORT_FILTERS_MAX. */
int can_port_filter(struct can_port *port, const struct can_filter *filters, size_t count);

/* 0, -ENETDOWN when the port is not open, or another negative errno. */
int can_port_send(struct can_port *port, const struct bms_can_frame *frame);

void can_port_stats(const struct can_port *port, struct can_port_stats *ret);

#endif
