/* SPDX-License-Identifier: MIT */
/* What stands behind the protocol numbers of the settings: the ones this firmware speaks. */
#ifndef PROTOCOLS_H
#define PROTOCOLS_H

#include <stdbool.h>
#include <stdint.h>

enum uart1_language {
	UART1_NW,     /* 4E 57 */
	UART1_MODBUS, /* as on RS485 */
};

struct uart1_protocol {
	uint8_t number; /* value of the setting uart1_protocol */
	uint8_t language;
	uint32_t baud;
};

struct can_protocol {
	uint8_t number; /* value of the setting can_protocol */
	uint32_t bit_s;
};

/* NULL: nobody has published what it says, or it is not for this board. */
const struct uart1_protocol *uart1_protocol_by_number(int64_t number);
const struct can_protocol *can_protocol_by_number(int64_t number);

#endif
