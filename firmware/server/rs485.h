/* SPDX-License-Identifier: MIT */
/* The RS485 port: finds requests in what comes in and sends the answers. */
#ifndef RS485_H
#define RS485_H

#include "server/jk_modbus_server.h"

enum {
	RS485_REQUEST_MAX = 7 + 255 + 2, /* what the length byte can say */
	RS485_SILENCE_US = 1750,         /* 3.5 characters, fixed above 19200 baud */
};

struct rs485 {
	struct jk_modbus_server server;
	uint64_t heard_us;
	uint32_t silence_us; /* ends a frame; what came before is thrown away */
	size_t size;
	uint8_t request[RS485_REQUEST_MAX];
};

void rs485_init(struct rs485 *rs485, struct board *board, struct port *port);

/* Takes what has come at this time of the line's clock and answers whole requests. */
void rs485_poll(struct rs485 *rs485, uint64_t now_us);

#endif
