/* SPDX-License-Identifier: MIT */
/* A line with JK Modbus: finds requests in what comes in and sends the answers. The RS485 port shares
 * its connector with CAN and is alive while the setting port_rs485 says so. */
#ifndef RS485_H
#define RS485_H

#include "server/jk_modbus_server.h"

enum {
	RS485_REQUEST_MAX = 7 + 255 + 2, /* what the length byte can say */
	RS485_SILENCE_US = 1750,         /* 3.5 characters, fixed above 19200 baud */
};

struct rs485 {
	struct jk_modbus_server server;
	enum port_uart uart;
	uint64_t heard_us;
	uint32_t silence_us; /* ends a frame; what came before is thrown away */
	size_t size;
	uint8_t request[RS485_REQUEST_MAX];
};

void rs485_init(struct rs485 *rs485, enum port_uart uart, struct board *board, struct port *port);

/* Takes what has come at this time of the line's clock and answers whole requests. */
void rs485_poll(struct rs485 *rs485, uint64_t now_us);

#endif
