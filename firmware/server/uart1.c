/* SPDX-License-Identifier: MIT */
#include "server/uart1.h"

#include "server/protocols.h"

void uart1_init(struct uart1 *uart1, struct board *board, struct port *port)
{
	*uart1 = (struct uart1){ 0 };
	gps_init(&uart1->gps, board, port);
	rs485_init(&uart1->modbus, PORT_UART_GPS, board, port);
}

static void select_protocol(struct uart1 *uart1)
{
	const struct change *change = &uart1->gps.server.change;
	const struct uart1_protocol *protocol = uart1_protocol_by_number(
		params_setting(&change->board->params, BMS_SETTING_SLOT_UART1_PROTOCOL));

	if (protocol == uart1->protocol)
		return;
	if (protocol)
		port_uart_baud(change->port, PORT_UART_GPS, protocol->baud);
	uart1->gps.size = uart1->modbus.size = 0;
	uart1->protocol = protocol;
}

/* Of a number that another firmware left in the flash nothing is known to say. */
static void discard(const struct change *change)
{
	uint8_t bytes[64];

	while (port_uart_read(change->port, PORT_UART_GPS, bytes, sizeof(bytes)) > 0)
		;
}

void uart1_poll(struct uart1 *uart1, uint64_t now_us)
{
	select_protocol(uart1);
	if (!uart1->protocol)
		discard(&uart1->gps.server.change);
	else if (uart1->protocol->language == UART1_NW)
		gps_poll(&uart1->gps, now_us);
	else
		rs485_poll(&uart1->modbus, now_us);
}
