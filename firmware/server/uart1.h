/* SPDX-License-Identifier: MIT */
/* The first UART, at the GPS port: speaks what the setting uart1_protocol says. */
#ifndef UART1_H
#define UART1_H

#include "server/gps.h"
#include "server/rs485.h"

struct uart1 {
	struct gps gps;
	struct rs485 modbus;
	const struct uart1_protocol *protocol; /* as of the last poll */
};

void uart1_init(struct uart1 *uart1, struct board *board, struct port *port);

/* Takes what has come at this time of the line's clock and answers whole requests. A protocol that
 * a request has changed is spoken from the next one on. */
void uart1_poll(struct uart1 *uart1, uint64_t now_us);

#endif
