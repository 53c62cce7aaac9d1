/* SPDX-License-Identifier: MIT */
#include "fake_port.h"

#include <string.h>

void fake_port_init(struct port *port)
{
	memset(port, 0, sizeof(*port));
	memset(port->nvm, 0xff, sizeof(port->nvm));
	port->power = FAKE_POWERED;
	port->can_room = FAKE_CAN_MAX;
}

static bool spend(struct port *port)
{
	if (port->power == FAKE_POWERED)
		return true;
	if (port->power == 0)
		return false;
	port->power--;
	return true;
}

bool port_nvm_read(struct port *port, unsigned page, size_t offset, uint8_t *data, size_t size)
{
	memcpy(data, port->nvm[page] + offset, size);
	return true;
}

bool port_nvm_erase(struct port *port, unsigned page)
{
	port->saves++;
	for (size_t i = 0; i < PORT_NVM_PAGE_SIZE; i++) {
		if (!spend(port))
			return false;
		port->nvm[page][i] = 0xff;
	}
	return true;
}

bool port_nvm_write(
	struct port *port, unsigned page, size_t offset, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (!spend(port))
			return false;
		port->nvm[page][offset + i] &= data[i];
	}
	return true;
}

enum port_reset port_reset_cause(struct port *port)
{
	return port->reset;
}

void port_rtc_set(struct port *port, uint32_t rtc_s)
{
	port->rtc_s = rtc_s;
}

void port_restart(struct port *port)
{
	port->restarts++;
}

size_t port_uart_read(struct port *port, enum port_uart uart, uint8_t *data, size_t size)
{
	size_t part = size < port->in_size ? size : port->in_size;

	(void)uart; /* a test has one line */
	memcpy(data, port->in, part);
	port->in_size -= part;
	memmove(port->in, port->in + part, port->in_size);
	return part;
}

void port_uart_write(struct port *port, enum port_uart uart, const uint8_t *data, size_t size)
{
	(void)uart;
	memcpy(port->out + port->out_size, data, size);
	port->out_size += size;
}

void port_uart_baud(struct port *port, enum port_uart uart, uint32_t baud)
{
	port->baud[uart] = baud;
}

void port_can_bitrate(struct port *port, uint32_t bit_s)
{
	port->can_bit_s = bit_s;
}

bool port_can_read(struct port *port, struct port_can_frame *ret)
{
	if (port->can_in_size == 0)
		return false;
	*ret = port->can_in[0];
	memmove(port->can_in, port->can_in + 1, --port->can_in_size * sizeof(*port->can_in));
	return true;
}

bool port_can_write(struct port *port, const struct port_can_frame *frame)
{
	if (port->can_room == 0 || port->can_out_size == FAKE_CAN_MAX)
		return false;
	port->can_room--;
	port->can_out[port->can_out_size++] = *frame;
	return true;
}
