/* SPDX-License-Identifier: MIT */
/* A log of candump -L in place of a CAN bus: its frames, at their times or faster. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "gateway/can_boards.h"
#include "gateway/gateway.h"
#include "link/can_log.h"

enum {
	FRAMES_AT_ONCE = 256, /* then others have their turn */
	TICK_US = 500000,     /* at the latest: questions end */
};

struct replay_wire {
	struct can_boards boards; /* first: carrier_can.c knows no more */
	FILE *file;               /* NULL: at its end, or never opened */
	int error;
	char *line;
	size_t line_space;
	unsigned line_number;
	unsigned bad_lines;
	bool has_entry; /* the next frame */
	struct can_log_entry entry;
	bool has_begun;
	int64_t first_us;    /* the log's time of its first frame */
	uint64_t started_us; /* ours */
	sd_event_source *timer;
};

static void note_bad_line(const struct link *link, struct replay_wire *wire)
{
	if (wire->bad_lines++ == 0)
		log_warning("%s:%u: not a frame as candump -L writes it; such lines are left out",
			link->options.device, wire->line_number);
}

/* The next frame of the log into wire->entry, if there is one. */
static void read_entry(const struct link *link, struct replay_wire *wire)
{
	while (wire->file && !wire->has_entry) {
		enum can_log_line kind;

		if (getline(&wire->line, &wire->line_space, wire->file) < 0) {
			fclose(wire->file);
			wire->file = NULL;
			return;
		}
		wire->line_number++;
		kind = can_log_parse(wire->line, &wire->entry);
		wire->has_entry = kind == CAN_LOG_FRAME;
		if (kind == CAN_LOG_BAD)
			note_bad_line(link, wire);
	}
}

/* When the next frame is due; a log whose time goes back goes on at once. */
static uint64_t due_us(const struct link *link, const struct replay_wire *wire)
{
	int64_t since_us = wire->entry.time_us - wire->first_us;

	return since_us < 0 ? wire->started_us
			    : wire->started_us + (uint64_t)(since_us / link->options.speed);
}

static void play(const struct link *link, struct replay_wire *wire, uint64_t now_us)
{
	for (size_t i = 0; i < FRAMES_AT_ONCE; i++) {
		read_entry(link, wire);
		if (!wire->has_entry)
			return;
		if (!wire->has_begun) {
			wire->has_begun = true;
			wire->first_us = wire->entry.time_us;
			wire->started_us = now_us;
		}
		if (due_us(link, wire) > now_us)
			return;
		wire->has_entry = false;
		can_boards_take(&wire->boards, &wire->entry.frame, due_us(link, wire));
	}
}

static void tell_state(struct link *link, const struct replay_wire *wire)
{
	bool up = wire->file || wire->has_entry;

	if (up && !link->up)
		link_on_state(link, true, "");
	else if (!up && (link->up || !*link->reason))
		link_on_state(link, false,
			wire->error ? strerror(wire->error) : "the log has been replayed");
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct link *link = userdata;
	struct replay_wire *wire = link->wire;
	uint64_t now_us = clock_monotonic_us();
	uint64_t next_us = now_us + TICK_US;

	(void)usec;
	tell_state(link, wire);
	play(link, wire, now_us);
	can_boards_answer(&wire->boards);
	can_boards_tick(&wire->boards, now_us);
	tell_state(link, wire);
	gateway_schedule(link->gateway);
	if (wire->has_entry && due_us(link, wire) < next_us)
		next_us = due_us(link, wire);
	(void)sd_event_source_set_time(source, next_us);
	return sd_event_source_set_enabled(
		source, wire->file || wire->has_entry ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int cannot_send(struct link *link, const struct bms_can_frame *frame)
{
	(void)link, (void)frame;
	return -EOPNOTSUPP;
}

static void replay_close(struct link *link)
{
	struct replay_wire *wire = link->wire;

	sd_event_source_disable_unref(wire->timer);
	if (wire->file)
		fclose(wire->file);
	free(wire->line);
	free(wire);
}

static int replay_open(struct link *link)
{
	struct replay_wire *wire = calloc(1, sizeof(*wire));
	int r;

	if (!wire)
		return -ENOMEM;
	link->wire = wire;
	wire->boards.send = cannot_send;
	wire->file = fopen(link->options.device, "re");
	wire->error = wire->file ? 0 : errno;
	r = sd_event_add_time(link->gateway->event, &wire->timer, CLOCK_MONOTONIC,
		clock_monotonic_us(), 1000, on_timer, link);
	if (r < 0)
		replay_close(link);
	return r;
}

const struct link_kind link_replay = {
	.open = replay_open,
	.close = replay_close,
};
