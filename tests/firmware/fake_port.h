/* SPDX-License-Identifier: MIT */
/* A port in memory: flash that can lose power at any byte, a UART that keeps what was sent. */
#ifndef TESTS_FAKE_PORT_H
#define TESTS_FAKE_PORT_H

#include "port/port.h"

enum {
	FAKE_UART_MAX = 4096,
	FAKE_CAN_MAX = 512,
	FAKE_POWERED = -1
};

struct port {
	uint8_t nvm[PORT_NVM_PAGES][PORT_NVM_PAGE_SIZE];
	/* Bytes that can still be erased or written before the power goes; FAKE_POWERED: all. */
	long power;
	unsigned saves; /* erased pages */
	uint32_t rtc_s;
	unsigned restarts;
	enum port_reset reset;
	size_t in_size, out_size;
	uint8_t in[FAKE_UART_MAX];
	uint8_t out[FAKE_UART_MAX];
	uint32_t baud[PORT_UARTS]; /* as asked for last */
	uint32_t can_bit_s;
	unsigned can_room; /* frames the controller still takes */
	size_t can_in_size, can_out_size;
	struct port_can_frame can_in[FAKE_CAN_MAX];
	struct port_can_frame can_out[FAKE_CAN_MAX];
};

/* Erased flash. */
void fake_port_init(struct port *port);

#endif
