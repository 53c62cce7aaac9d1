/* SPDX-License-Identifier: MIT */
#include "link/can_port.h"

#include <assert.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "link/can_controller.h"
#include "link/can_errors.h"
#include "link/can_socket.h"

enum {
	/* Frames wait this long for company, so that they cost few wake-ups; their times stay. */
	GATHER_US = 20000,
	TICK_US = 1000000,
	RESTART_MOST_US = 60000000,
};

struct can_port {
	sd_event *event;
	struct can_port_callbacks callbacks;
	void *userdata;
	char interface[IFNAMSIZ];
	bool manage;
	unsigned bit_s;
	uint64_t restart_us;

	int fd; /* -1 while closed */
	int index;
	sd_event_source *source;
	sd_event_source *gather; /* looks again after a batch */
	int watch_fd;            /* rtnetlink: interfaces come, go and change */
	sd_event_source *watch;
	sd_event_source *tick;

	struct can_filter filters[CAN_PORT_FILTERS_MAX];
	size_t filter_count;

	struct can_errors errors;
	uint64_t restart_at_us; /* 0 none is due */
	uint64_t restart_pause_us;

	bool told; /* once at least */
	bool told_up;
	char told_reason[CAN_PORT_REASON_SIZE];
	char open_reason[CAN_PORT_REASON_SIZE]; /* why it is not open */
	uint32_t dropped_before;                /* by this socket */
	struct can_port_stats stats;
};

static void port_close(struct can_port *port)
{
	port->source = sd_event_source_disable_unref(port->source);
	(void)sd_event_source_set_enabled(port->gather, SD_EVENT_OFF);
	if (port->fd >= 0)
		close(port->fd);
	port->fd = -1;
	port->errors.state = CAN_BUS_ACTIVE;
	port->errors.bad_in_a_row = 0;
	port->restart_at_us = 0;
}

static void write_reason(const struct can_port *port, uint64_t now_us, char *out)
{
	const char *hint = "";

	if (port->fd < 0) {
		snprintf(out, CAN_PORT_REASON_SIZE, "%s", port->open_reason);
		return;
	}
	if (port->errors.state == CAN_BUS_OFF && !port->manage)
		hint = "; it needs a restart (RestartSec= of its .network file)";
	snprintf(out, CAN_PORT_REASON_SIZE, "%s%s", can_errors_text(&port->errors, now_us), hint);
}

static void tell_state(struct can_port *port)
{
	char reason[CAN_PORT_REASON_SIZE];
	bool up = port->fd >= 0 && port->errors.state != CAN_BUS_OFF;

	write_reason(port, clock_monotonic_us(), reason);
	if (port->told && port->told_up == up && strcmp(port->told_reason, reason) == 0)
		return;
	port->told = true;
	port->told_up = up;
	memcpy(port->told_reason, reason, sizeof(reason));
	port->callbacks.on_state(port->userdata, up, reason);
}

/* The first time after the configured pause, then twice as long each time, up to a minute. */
static void plan_restart(struct can_port *port)
{
	if (!port->manage || port->errors.state != CAN_BUS_OFF || port->restart_at_us)
		return;
	port->restart_at_us = clock_monotonic_us() + port->restart_pause_us;
	port->restart_pause_us *= 2;
	if (port->restart_pause_us > RESTART_MOST_US)
		port->restart_pause_us = RESTART_MOST_US;
}

static void restart_if_due(struct can_port *port)
{
	int r;

	if (!port->restart_at_us || clock_monotonic_us() < port->restart_at_us)
		return;
	port->restart_at_us = 0;
	port->stats.restarts++;
	r = can_controller_restart(port->interface);
	if (r >= 0 && !can_controller_is_off(port->interface))
		port->errors.state = CAN_BUS_ACTIVE;
	else
		plan_restart(port);
}

static void take_good(struct can_port *port, const struct can_received *received)
{
	struct bms_can_frame frame = {
		.extended = received->frame.can_id & CAN_EFF_FLAG,
		.size = received->frame.can_dlc,
	};

	frame.id = received->frame.can_id & (frame.extended ? CAN_EFF_MASK : CAN_SFF_MASK);
	memcpy(frame.data, received->frame.data, sizeof(frame.data));
	port->stats.frames++;
	port->restart_pause_us = port->restart_us;
	(void)can_errors_take_good(&port->errors);
	port->callbacks.on_frame(port->userdata, &frame, received->time_us);
}

static void take(struct can_port *port, const struct can_received *received)
{
	if (received->frame.can_id & CAN_RTR_FLAG)
		return;
	if (!(received->frame.can_id & CAN_ERR_FLAG)) {
		take_good(port, received);
		return;
	}
	port->stats.error_frames++;
	(void)can_errors_take(&port->errors, &received->frame, received->time_us);
	plan_restart(port);
}

static void port_look(struct can_port *port);

static void receive(struct can_port *port)
{
	struct can_received batch[CAN_SOCKET_BATCH];
	uint32_t dropped = port->dropped_before;
	int count = can_socket_receive(port->fd, batch, &dropped);

	if (count == -EAGAIN || count == -EINTR)
		return;
	if (count < 0) { /* down, or gone */
		port_look(port);
		return;
	}
	port->stats.batches++;
	port->stats.dropped += dropped - port->dropped_before;
	port->dropped_before = dropped;
	for (int i = 0; i < count; i++)
		take(port, &batch[i]);
	port->callbacks.on_batch(port->userdata);
	tell_state(port);
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct can_port *port = userdata;

	(void)fd, (void)revents;
	(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	(void)sd_event_source_set_time(port->gather, clock_monotonic_us() + GATHER_US);
	(void)sd_event_source_set_enabled(port->gather, SD_EVENT_ONESHOT);
	receive(port);
	return 0;
}

static int on_gathered(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct can_port *port = userdata;

	(void)source, (void)usec;
	if (port->source)
		(void)sd_event_source_set_enabled(port->source, SD_EVENT_ON);
	return 0;
}

static int port_open(struct can_port *port, int index)
{
	int fd = can_socket_open(index);
	int r;

	if (fd < 0)
		return fd;
	r = can_socket_filter(fd, port->filters, port->filter_count);
	if (r >= 0)
		r = sd_event_add_io(port->event, &port->source, fd, EPOLLIN, on_readable, port);
	if (r < 0) {
		close(fd);
		return r;
	}
	port->fd = fd;
	port->index = index;
	port->dropped_before = 0;
	port->stats.reopened++;
	if (can_controller_is_off(port->interface))
		port->errors.state = CAN_BUS_OFF;
	return 0;
}

static enum can_presence bring_up(struct can_port *port, int *ret_index)
{
	if (can_controller_start(port->interface, port->bit_s) < 0)
		snprintf(port->open_reason, sizeof(port->open_reason),
			"the interface is down and cannot be brought up: that needs CAP_NET_ADMIN "
			"and a bit rate its controller can do");
	return can_controller_presence(port->interface, ret_index);
}

/* Makes the port follow the interface. */
static void port_look(struct can_port *port)
{
	int index;
	enum can_presence presence = can_controller_presence(port->interface, &index);
	int r;

	snprintf(port->open_reason, sizeof(port->open_reason), "%s", can_presence_text(presence));
	if (port->fd >= 0 && (presence != CAN_PRESENCE_UP || index != port->index))
		port_close(port);
	if (port->fd < 0 && presence == CAN_PRESENCE_DOWN && port->manage)
		presence = bring_up(port, &index);
	if (port->fd < 0 && presence == CAN_PRESENCE_UP) {
		r = port_open(port, index);
		if (r < 0)
			snprintf(port->open_reason, sizeof(port->open_reason), "%s", strerror(-r));
	}
	plan_restart(port);
	tell_state(port);
}

/* What was told is only a reason to look: nothing of it is missed when the kernel had no room. */
static int on_watch(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	char news[8192];

	(void)source, (void)revents;
	while (recv(fd, news, sizeof(news), MSG_DONTWAIT) > 0)
		;
	port_look(userdata);
	return 0;
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct can_port *port = userdata;

	(void)usec;
	restart_if_due(port);
	if (port->fd < 0)
		port_look(port);
	tell_state(port);
	(void)sd_event_source_set_time(source, clock_monotonic_us() + TICK_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int open_watch(struct can_port *port)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };

	port->watch_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (port->watch_fd < 0)
		return -errno;
	if (bind(port->watch_fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return sd_event_add_io(port->event, &port->watch, port->watch_fd, EPOLLIN, on_watch, port);
}

static int add_timers(struct can_port *port)
{
	uint64_t now_us = clock_monotonic_us();
	int r = sd_event_add_time(
		port->event, &port->gather, CLOCK_MONOTONIC, now_us, 1, on_gathered, port);

	if (r < 0)
		return r;
	/* At once: what open() finds is told from the event loop. */
	return sd_event_add_time(
		port->event, &port->tick, CLOCK_MONOTONIC, now_us, TICK_US / 10, on_tick, port);
}

int can_port_new(struct can_port **ret, sd_event *event, const struct can_port_options *options,
	const struct can_port_callbacks *callbacks, void *userdata)
{
	struct can_port *port = calloc(1, sizeof(*port));
	int r;

	assert(callbacks->on_frame && callbacks->on_batch && callbacks->on_state);
	if (!port)
		return -ENOMEM;
	*port = (struct can_port){
		.event = sd_event_ref(event),
		.callbacks = *callbacks,
		.userdata = userdata,
		.manage = options->manage,
		.bit_s = options->bit_s,
		.restart_us = (uint64_t)options->restart_ms * 1000,
		.restart_pause_us = (uint64_t)options->restart_ms * 1000,
		.fd = -1,
		.watch_fd = -1,
	};
	snprintf(port->interface, sizeof(port->interface), "%s", options->interface);
	r = open_watch(port);
	if (r >= 0)
		r = add_timers(port);
	if (r < 0) {
		can_port_free(port);
		return r;
	}
	*ret = port;
	return 0;
}

struct can_port *can_port_free(struct can_port *port)
{
	if (!port)
		return NULL;
	port_close(port);
	sd_event_source_disable_unref(port->gather);
	sd_event_source_disable_unref(port->tick);
	sd_event_source_disable_unref(port->watch);
	if (port->watch_fd >= 0)
		close(port->watch_fd);
	sd_event_unref(port->event);
	free(port);
	return NULL;
}

int can_port_filter(struct can_port *port, const struct can_filter *filters, size_t count)
{
	if (count > CAN_PORT_FILTERS_MAX)
		return -E2BIG;
	memcpy(port->filters, filters, count * sizeof(*filters));
	port->filter_count = count;
	return port->fd < 0 ? 0 : can_socket_filter(port->fd, filters, count);
}

int can_port_send(struct can_port *port, const struct bms_can_frame *frame)
{
	struct can_frame out = { .can_id = frame->id | (frame->extended ? CAN_EFF_FLAG : 0),
		.can_dlc = frame->size };

	if (port->fd < 0)
		return -ENETDOWN;
	memcpy(out.data, frame->data, sizeof(out.data));
	return write(port->fd, &out, sizeof(out)) < 0 ? -errno : 0;
}

void can_port_stats(const struct can_port *port, struct can_port_stats *ret)
{
	*ret = port->stats;
	ret->overruns = port->errors.overruns;
}
