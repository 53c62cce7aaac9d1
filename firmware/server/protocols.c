/* SPDX-License-Identifier: MIT */
#include "server/protocols.h"

#include <stddef.h>

/* The captured relay board also offers 2 (NIU) and 10 (LCD V2.0), whose bytes are not public. */
static const struct uart1_protocol uart1_protocols[] = {
	{ 0, UART1_NW, 115200 },
	{ 1, UART1_MODBUS, 115200 },
	{ 13, UART1_MODBUS, 9600 },
};

static const struct can_protocol can_protocols[] = {
	{ 0, 250000 },
	{ 6, 500000 },
};

const struct uart1_protocol *uart1_protocol_by_number(int64_t number)
{
	for (size_t i = 0; i < sizeof(uart1_protocols) / sizeof(*uart1_protocols); i++)
		if (uart1_protocols[i].number == number)
			return &uart1_protocols[i];
	return NULL;
}

const struct can_protocol *can_protocol_by_number(int64_t number)
{
	for (size_t i = 0; i < sizeof(can_protocols) / sizeof(*can_protocols); i++)
		if (can_protocols[i].number == number)
			return &can_protocols[i];
	return NULL;
}
