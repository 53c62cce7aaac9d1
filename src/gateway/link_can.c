/* SPDX-License-Identifier: MIT */
/* A CAN interface with the JK boards that broadcast on it. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "gateway/can_boards.h"
#include "gateway/gateway.h"
#include "link/can_port.h"

struct can_wire {
	struct can_boards boards; /* first: carrier_can.c knows no more */
	struct can_port *port;
	sd_event_source *tick;
};

static const uint64_t tick_us = 1000000;

static void on_frame(void *userdata, const struct bms_can_frame *frame, uint64_t time_us)
{
	struct link *link = userdata;

	can_boards_take(link->wire, frame, time_us);
}

static void on_batch(void *userdata)
{
	struct link *link = userdata;

	can_boards_answer(link->wire);
	gateway_schedule(link->gateway);
}

static void on_state(void *userdata, bool up, const char *reason)
{
	link_on_state(userdata, up, reason);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct link *link = userdata;
	uint64_t now_us = clock_monotonic_us();

	(void)usec;
	can_boards_tick(link->wire, now_us);
	gateway_schedule(link->gateway);
	(void)sd_event_source_set_time(source, now_us + tick_us);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* The frames of the boards that are configured, and of no others. */
static void on_change(struct link *link)
{
	struct can_wire *wire = link->wire;
	struct can_filter filters[(BMS_JK_CAN_ADDRESS_MAX + 1) * BMS_JK_CAN_FRAMES];
	size_t count = 0;

	for (unsigned address = 0; address <= BMS_JK_CAN_ADDRESS_MAX; address++) {
		if (!wire->boards.boards[address])
			continue;
		for (size_t i = 0; i < BMS_JK_CAN_FRAMES; i++) {
			const struct bms_jk_can_row *row = &bms_jk_can_rows[i];
			canid_t mask = row->extended ? CAN_EFF_MASK : CAN_SFF_MASK;

			filters[count++] = (struct can_filter){
				.can_id = (row->id + address) | (row->extended ? CAN_EFF_FLAG : 0),
				.can_mask = mask | CAN_EFF_FLAG | CAN_RTR_FLAG,
			};
		}
	}
	(void)can_port_filter(wire->port, filters, count);
}

static int send_frame(struct link *link, const struct bms_can_frame *frame)
{
	struct can_wire *wire = link->wire;

	return can_port_send(wire->port, frame);
}

static void can_close(struct link *link)
{
	struct can_wire *wire = link->wire;

	sd_event_source_disable_unref(wire->tick);
	can_port_free(wire->port);
	free(wire);
}

static int can_open(struct link *link)
{
	static const struct can_port_callbacks callbacks = {
		.on_frame = on_frame,
		.on_batch = on_batch,
		.on_state = on_state,
	};
	struct can_port_options options = {
		.interface = link->options.device,
		.manage = link->options.manage,
		.bit_s = (unsigned)link->options.bitrate,
		.restart_ms = (unsigned)link->options.restart_ms,
	};
	struct can_wire *wire = calloc(1, sizeof(*wire));
	sd_event *event = link->gateway->event;
	int r;

	if (!wire)
		return -ENOMEM;
	wire->boards.on_change = on_change;
	wire->boards.send = send_frame;
	link->wire = wire;
	r = can_port_new(&wire->port, event, &options, &callbacks, link);
	if (r >= 0)
		r = sd_event_add_time(event, &wire->tick, CLOCK_MONOTONIC,
			clock_monotonic_us() + tick_us, tick_us / 10, on_tick, link);
	if (r < 0)
		can_close(link);
	return r;
}

const struct link_kind link_can = {
	.open = can_open,
	.close = can_close,
};
