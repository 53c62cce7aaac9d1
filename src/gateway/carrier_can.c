/* SPDX-License-Identifier: MIT */
/*
 * jk-can: a board that broadcasts. It is not asked; a question means "what did you say since?" and
 * is answered at once, or by the next frame with the pack's voltage, or never.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "gateway/can_boards.h"
#include "gateway/gateway.h"
#include "gateway/station.h"

enum {
	ANSWER_US = 2000000 /* a board says its voltage ten times a second */
};

struct can_board {
	struct carrier carrier;
	uint8_t address;
	struct bms_jk_can_merge merge;
	bool has_news;
	bool is_asked; /* for live data, and it has not been answered */
	uint64_t asked_us;
};

static struct can_board *of(struct carrier *carrier)
{
	return (struct can_board *)carrier;
}

/* Its links begin with the boards of their bus. */
static struct can_boards *boards_of(const struct carrier *carrier)
{
	return carrier->link->wire;
}

static void tell_switches(
	struct can_board *board, const struct bms_can_frame *frame, uint64_t time_us)
{
	struct bms_telemetry state = { 0 };

	(void)bms_jk_can_decode(frame, &board->merge.options, &state);
	station_on_switches(board->carrier.station, &state, time_us);
}

/* False while the board has not said enough. */
static bool tell_live(struct can_board *board)
{
	struct bms_telemetry report;

	if (!bms_jk_can_merge_report(&board->merge, clock_monotonic_us(), &report))
		return false;
	board->has_news = false;
	station_on_live(board->carrier.station, &report, board->merge.last_us);
	return true;
}

static void end_question(struct can_board *board, bool answered)
{
	board->is_asked = false;
	station_on_asked(board->carrier.station, POLL_LIVE, answered, answered);
}

static void tell_short(struct can_board *board, const struct bms_can_frame *frame)
{
	char reason[64];

	snprintf(reason, sizeof(reason), "id %03x, %u bytes", (unsigned)frame->id, frame->size);
	station_on_bad_answer(board->carrier.station, BMS_SHORT, reason);
}

void can_boards_take(struct can_boards *boards, const struct bms_can_frame *frame, uint64_t time_us)
{
	struct can_board *board;
	enum bms_jk_can kind;
	unsigned address;
	enum bms_jk_can_news news;

	if (!bms_jk_can_identify(frame, &kind, &address))
		return;
	board = boards->boards[address];
	if (!board)
		return;
	news = bms_jk_can_merge_take(&board->merge, kind, frame, time_us);
	if (news == BMS_JK_CAN_BAD) {
		tell_short(board, frame);
		return;
	}
	board->has_news |= kind == BMS_JK_CAN_PACK || news == BMS_JK_CAN_EVENT;
	if (kind == BMS_JK_CAN_SWITCHES)
		tell_switches(board, frame, time_us);
	/* Relays and alarms do not wait for the next reading. */
	if (news == BMS_JK_CAN_EVENT)
		(void)tell_live(board);
}

void can_boards_answer(struct can_boards *boards)
{
	for (size_t i = 0; i <= BMS_JK_CAN_ADDRESS_MAX; i++) {
		struct can_board *board = boards->boards[i];

		if (!board || !board->has_news)
			continue;
		if (board->is_asked && tell_live(board))
			end_question(board, true);
		else if (!board->is_asked)
			station_on_heard(board->carrier.station);
	}
}

void can_boards_tick(struct can_boards *boards, uint64_t now_us)
{
	for (size_t i = 0; i <= BMS_JK_CAN_ADDRESS_MAX; i++) {
		struct can_board *board = boards->boards[i];

		if (board && board->is_asked && now_us > board->asked_us + ANSWER_US)
			end_question(board, false);
	}
}

static int can_make(struct carrier **ret, const struct config_pack *config)
{
	struct can_board *board = calloc(1, sizeof(*board));
	struct bms_jk_can_options options = {
		.address = (uint8_t)config->address,
		.discharge_positive = config->can_current == CONFIG_CAN_DISCHARGE_POSITIVE,
		.errors_shifted = config->can_alarm_bits == CONFIG_CAN_ALARMS_SHIFTED,
	};

	if (!board)
		return -ENOMEM;
	board->address = options.address;
	bms_jk_can_merge_init(&board->merge, &options);
	*ret = &board->carrier;
	return 0;
}

static void note_change(const struct carrier *carrier)
{
	struct can_boards *boards = boards_of(carrier);

	if (boards->on_change)
		boards->on_change(carrier->link);
}

static void can_start(struct carrier *carrier)
{
	boards_of(carrier)->boards[of(carrier)->address] = of(carrier);
	note_change(carrier);
}

static void can_free(struct carrier *carrier)
{
	struct can_boards *boards = boards_of(carrier);

	if (boards->boards[of(carrier)->address] == of(carrier))
		boards->boards[of(carrier)->address] = NULL;
	note_change(carrier);
	free(of(carrier));
}

static bool can_fits(const struct carrier *carrier, const struct config_pack *config)
{
	const struct can_board *board = (const struct can_board *)carrier;

	return board->address == config->address &&
	       board->merge.options.discharge_positive ==
		       (config->can_current == CONFIG_CAN_DISCHARGE_POSITIVE) &&
	       board->merge.options.errors_shifted ==
		       (config->can_alarm_bits == CONFIG_CAN_ALARMS_SHIFTED);
}

/* CAN carries no settings: there is nothing to wait for. */
static void answer_settings(struct can_board *board)
{
	struct station *station = board->carrier.station;
	struct bms_settings none = { 0 };
	uint64_t now_us = clock_monotonic_us();
	bool heard = bms_jk_can_merge_is_fresh(&board->merge, BMS_JK_CAN_PACK, now_us);

	station_on_asked(station, POLL_SETTINGS, heard, heard);
	if (heard)
		station_on_settings(station, &none, now_us, now_us);
}

static int can_ask(struct carrier *carrier, enum poll_kind kind)
{
	struct can_board *board = of(carrier);

	if (kind == POLL_SETTINGS) {
		answer_settings(board);
		return 0;
	}
	board->is_asked = true;
	board->asked_us = clock_monotonic_us();
	if (board->has_news && tell_live(board))
		end_question(board, true);
	return 0;
}

static int can_write(
	struct carrier *carrier, const struct bms_settings *board, size_t slot, int64_t value)
{
	(void)carrier, (void)board, (void)slot, (void)value;
	return -EINVAL; /* the plan has none */
}

static int can_switch(struct carrier *carrier, size_t slot, bool on)
{
	struct can_boards *boards = boards_of(carrier);
	struct bms_can_frame frame;

	if (!bms_jk_can_ask_switch(&of(carrier)->merge.options, slot, on, &frame))
		return -EOPNOTSUPP;
	return boards->send(carrier->link, &frame);
}

const struct carrier_kind carrier_jk_can = {
	.name = "jk-can",
	.writes = &plan_carrier_none,
	.make = can_make,
	.start = can_start,
	.free = can_free,
	.fits = can_fits,
	.ask = can_ask,
	.write = can_write,
	.switch_to = can_switch,
	.broadcasts = true,
};

const struct carrier_kind carrier_replay = {
	.name = "replay",
	.writes = &plan_carrier_none,
	.make = can_make,
	.start = can_start,
	.free = can_free,
	.fits = can_fits,
	.ask = can_ask,
	.write = can_write,
};
