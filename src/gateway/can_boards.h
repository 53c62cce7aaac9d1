/* SPDX-License-Identifier: MIT */
/*
 * The JK boards of one CAN bus: frames in, readings out to the stations. What carries the frames,
 * an interface or a log, is the link's.
 */
#ifndef GATEWAY_CAN_BOARDS_H
#define GATEWAY_CAN_BOARDS_H

#include "bms/jk_can_merge.h"
#include "gateway/carrier.h"

struct can_board;

struct can_boards {
	struct can_board *boards[BMS_JK_CAN_ADDRESS_MAX + 1]; /* by address, borrowed */
	/* The boards changed; NULL: nobody wants to know. */
	void (*on_change)(struct link *link);
	/* 0 or a negative errno. */
	int (*send)(struct link *link, const struct bms_can_frame *frame);
};

/* A frame of the bus, whoever sent it. */
void can_boards_take(
	struct can_boards *boards, const struct bms_can_frame *frame, uint64_t time_us);
/* After the frames that came together: questions that wait are answered. */
void can_boards_answer(struct can_boards *boards);
/* About once a second: questions nobody answered end. */
void can_boards_tick(struct can_boards *boards, uint64_t now_us);

#endif
