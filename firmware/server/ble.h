/* SPDX-License-Identifier: MIT */
/*
 * The Bluetooth module's UART: commands of JK02 in, frames out. The module makes a notification of
 * what it gets until the line is silent, and clients clear their buffer only when a notification
 * begins with a frame's header; so every frame is followed by silence, and nothing else is sent.
 */
#ifndef BLE_H
#define BLE_H

#include "bms/jk_frame.h"
#include "server/change.h"

enum {
	BLE_LIVE_PERIOD_US = 500000,
	BLE_GAP_US = 60000, /* a frame takes 26 ms at 115200; then silence */
	BLE_QUEUE = 16,
	BLE_IN_MAX = 4 * BMS_JK_COMMAND_SIZE,
};

struct ble {
	struct change change;
	uint64_t next_us; /* the line has been silent long enough */
	uint64_t live_us; /* the next live frame is due */
	bool streams;     /* somebody asked for the settings: live frames from now on */
	uint8_t counter;  /* of live frames */
	size_t details;   /* of the log, already sent in this burst */
	uint8_t queued;
	uint8_t queue[BLE_QUEUE]; /* frame types, BMS_JK_COMMAND_ACK for an acknowledgement */
	size_t size;
	uint8_t in[BLE_IN_MAX];
};

void ble_init(struct ble *ble, struct board *board, struct port *port);

/* Takes what has come, does it, and sends what is due; at least every 20 ms. */
void ble_poll(struct ble *ble, uint64_t now_us);

#endif
