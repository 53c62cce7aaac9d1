/* SPDX-License-Identifier: MIT */
#include "link/serial_port.h"

#include <errno.h>
#include <linux/serial.h>
#include <modbus/modbus-rtu.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

bool serial_port_has_baud(unsigned baud)
{
	static const unsigned known[] = { 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200,
		230400, 460800, 500000, 576000, 921600 };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i] == baud)
			return true;
	return false;
}

/* Two programs that ask on one line spoil each other's answers. TIOCEXCL stops later openers
 * unless they are root, the lock stops those that take it too, whoever they are. */
static int port_claim(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (ioctl(fd, TIOCEXCL) < 0)
		return -errno;
	return 0;
}

static int port_set_rs485(int fd)
{
	struct serial_rs485 rs485 = { 0 };

	if (ioctl(fd, TIOCGRS485, &rs485) < 0)
		return -errno;
	rs485.flags |= SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND;
	rs485.flags &= ~(uint32_t)(SER_RS485_RTS_AFTER_SEND | SER_RS485_RX_DURING_TX);
	if (ioctl(fd, TIOCSRS485, &rs485) < 0)
		return -errno;
	/* Drivers correct what they cannot do instead of refusing it. */
	if (ioctl(fd, TIOCGRS485, &rs485) < 0)
		return -errno;
	return rs485.flags & SER_RS485_ENABLED ? 0 : -EOPNOTSUPP;
}

/* Makes FTDI adapters deliver after 1 ms instead of 16. A wish: not every driver knows it. */
static void port_ask_low_latency(int fd)
{
	struct serial_struct serial;

	if (ioctl(fd, TIOCGSERIAL, &serial) < 0)
		return;
	serial.flags |= (int)ASYNC_LOW_LATENCY;
	(void)ioctl(fd, TIOCSSERIAL, &serial);
}

static int port_set_up(int fd, bool rs485)
{
	int r = port_claim(fd);

	if (r < 0)
		return r;
	if (rs485) {
		r = port_set_rs485(fd);
		if (r < 0)
			return r;
	}
	port_ask_low_latency(fd);
	tcflush(fd, TCIOFLUSH);
	return 0;
}

int serial_port_open(struct serial_port *port, const char *device, unsigned baud, bool rs485)
{
	struct serial_port opened = { .modbus = modbus_new_rtu(device, (int)baud, 'N', 8, 1) };

	if (!opened.modbus)
		return -errno;
	if (modbus_connect(opened.modbus) < 0) {
		int r = -errno;
		modbus_free(opened.modbus);
		return r;
	}
	opened.fd = modbus_get_socket(opened.modbus);

	/* libmodbus waits with select(). */
	int r = opened.fd < FD_SETSIZE ? port_set_up(opened.fd, rs485) : -EMFILE;
	if (r < 0) {
		serial_port_close(&opened);
		return r;
	}
	*port = opened;
	return 0;
}

void serial_port_close(struct serial_port *port)
{
	if (!port->modbus)
		return;
	/* Closing waits for bytes that a dead line never takes. */
	tcflush(port->fd, TCIOFLUSH);
	/* TIOCEXCL outlives us where somebody else holds the line open, as a simulator does. Only
	 * who has the lock may undo it. */
	if (flock(port->fd, LOCK_EX | LOCK_NB) == 0)
		(void)ioctl(port->fd, TIOCNXCL);
	modbus_close(port->modbus);
	modbus_free(port->modbus);
	port->modbus = NULL;
	port->fd = -1;
}

bool serial_port_is_replaced(const struct serial_port *port, const char *device)
{
	struct stat ours, theirs;

	if (fstat(port->fd, &ours) < 0 || stat(device, &theirs) < 0)
		return true;
	return ours.st_rdev != theirs.st_rdev || ours.st_dev != theirs.st_dev ||
	       ours.st_ino != theirs.st_ino;
}

int serial_port_pending(const struct serial_port *port)
{
	int pending;

	if (ioctl(port->fd, FIONREAD, &pending) < 0)
		return -errno;
	return pending;
}

int serial_port_read(const struct serial_port *port, uint8_t *out, size_t size)
{
	ssize_t n = read(port->fd, out, size);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return (int)n;
}
