/* SPDX-License-Identifier: MIT */
#include "server/rs485.h"

#include <string.h>

void rs485_init(struct rs485 *rs485, enum port_uart uart, struct board *board, struct port *port)
{
	*rs485 = (struct rs485){ .uart = uart, .silence_us = RS485_SILENCE_US };
	jk_modbus_server_init(&rs485->server, board, port);
}

/* A damaged request is not searched for another one inside: only silence tells where the next
 * frame begins. */
static void answer_requests(struct rs485 *rs485)
{
	uint8_t answer[JK_MODBUS_ANSWER_MAX];
	size_t whole, size;

	while ((whole = bms_modbus_request_size(rs485->request, rs485->size)) > 0 &&
		whole <= rs485->size) {
		size = jk_modbus_server_answer(&rs485->server, rs485->request, whole, answer);
		if (size > 0)
			port_uart_write(rs485->server.change.port, rs485->uart, answer, size);
		rs485->size -= whole;
		memmove(rs485->request, rs485->request + whole, rs485->size);
	}
}

/* The write that gives the port to CAN is still acknowledged: it is part of what was being answered. */
static bool is_live(const struct rs485 *rs485)
{
	return rs485->uart != PORT_UART_RS485 || params_setting(&rs485->server.change.board->params,
							 BMS_SETTING_SLOT_PORT_RS485) != 0;
}

void rs485_poll(struct rs485 *rs485, uint64_t now_us)
{
	struct port *port = rs485->server.change.port;
	bool live = is_live(rs485);
	size_t size;

	if (!live || (rs485->size > 0 && now_us - rs485->heard_us > rs485->silence_us))
		rs485->size = 0;
	while ((size = port_uart_read(port, rs485->uart, rs485->request + rs485->size,
			sizeof(rs485->request) - rs485->size)) > 0) {
		if (!live)
			continue;
		rs485->size += size;
		rs485->heard_us = now_us;
		answer_requests(rs485);
	}
}
