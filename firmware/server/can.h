/* SPDX-License-Identifier: MIT */
/*
 * The CAN port: broadcasts what the board measures, each frame at its period, and works the
 * switches for whoever may ask. It shares its connector with RS485; the setting port_rs485 says
 * which of the two is alive.
 */
#ifndef CAN_H
#define CAN_H

#include "bms/jk_can.h"
#include "server/change.h"

enum {
	/* The board address whose frames have the ids of the documents; the next one adds 1. */
	CAN_FIRST_ADDRESS = 1,
};

struct can {
	struct change change;
	struct bms_jk_can_options options; /* the address in it is ours */
	bool obeys;                        /* CTRL_INFO works the switches */
	bool live;                         /* the port was ours at the last poll */
	const struct can_protocol *protocol;
	uint64_t due_us[BMS_JK_CAN_FRAMES];
};

/* Options and obeys may be changed afterwards. */
void can_init(struct can *can, struct board *board, struct port *port);

/* Takes what has come and sends what is due; at least every 20 ms. */
void can_poll(struct can *can, uint64_t now_us);

#endif
