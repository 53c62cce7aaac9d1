/* SPDX-License-Identifier: MIT */
/*
 * The Bluetooth module's UART. The module makes a notification of what it gets until the line is
 * silent; so every frame is followed by silence, and nothing else is sent.
 */
#ifndef BLE_H
#define BLE_H

#include "bms/jk_server.h"
#include "server/change.h"

struct ble {
	struct change change;
	struct bms_jk_server server;
};

void ble_init(struct ble *ble, struct board *board, struct port *port);

/* Takes what has come, does it, and sends what is due; at least every 20 ms. */
void ble_poll(struct ble *ble, uint64_t now_us);

#endif
