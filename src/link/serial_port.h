/* SPDX-License-Identifier: MIT */
/*
 * A serial device opened through libmodbus, for us alone. Whatever fails, fails with a negative
 * errno and leaves the port closed. One thread only: a libmodbus context is not thread-safe.
 */
#ifndef LINK_SERIAL_PORT_H
#define LINK_SERIAL_PORT_H

#include <modbus/modbus.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct serial_port {
	modbus_t *modbus; /* NULL while closed */
	int fd;           /* libmodbus' */
};

/* libmodbus turns a rate that it does not know into 9600 without a word. */
bool serial_port_has_baud(unsigned baud);

/* -ENOTTY or -EOPNOTSUPP when rs485 is asked for and the driver cannot. */
int serial_port_open(struct serial_port *port, const char *device, unsigned baud, bool rs485);
void serial_port_close(struct serial_port *port);

static inline bool serial_port_is_open(const struct serial_port *port)
{
	return port->modbus != NULL;
}

/* Does the path lead to another device by now, or to none? */
bool serial_port_is_replaced(const struct serial_port *port, const char *device);

/* Bytes received and not yet read. */
int serial_port_pending(const struct serial_port *port);

/* Reads what is there, at most size bytes; 0 when there is nothing. */
int serial_port_read(const struct serial_port *port, uint8_t *out, size_t size);

#endif
