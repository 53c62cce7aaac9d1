/* SPDX-License-Identifier: MIT */
/*
 * One Modbus RTU transaction at a time on an open port. Belongs to one thread. Nothing here waits
 * longer than the answer timeout, three times at worst: for the late answer to an earlier request,
 * for the line to fall silent, for the answer; and a readable stop_fd ends every wait.
 */
#ifndef LINK_MODBUS_MASTER_H
#define LINK_MODBUS_MASTER_H

#include "link/modbus_line.h"
#include "link/serial_port.h"
#include "link/turnaround.h"

enum {
	MODBUS_UNIT_MAX = 247
};

struct modbus_station {
	struct turnaround turnaround;
	/* A read reply does not say which registers it holds. Until then what this station sends
	 * may be the late answer to a request that was given up. */
	uint64_t owes_until_us;
};

struct modbus_master {
	struct serial_port port;
	int stop_fd; /* borrowed */
	unsigned baud;
	uint32_t gap_us;
	uint32_t answer_timeout_us;
	uint64_t quiet_until_us;
	struct modbus_line_stats stats;
	struct modbus_station stations[MODBUS_UNIT_MAX + 1];
};

struct modbus_answer {
	uint8_t exception; /* code when the status is BMS_EXCEPTION */
	uint64_t done_us;
	const uint8_t *data; /* of a read reply: view into bytes */
	uint8_t data_size;
	uint16_t size; /* bytes received, good or bad */
	uint8_t bytes[BMS_MODBUS_FRAME_MAX];
};

void modbus_master_init(
	struct modbus_master *master, int stop_fd, unsigned baud, uint32_t answer_timeout_us);

/* Learned times are the stations', not the port's: opening keeps them. */
int modbus_master_open(struct modbus_master *master, const char *device, bool rs485);
void modbus_master_close(struct modbus_master *master);

/* BMS_LINK_DOWN when the port has gone or stop_fd is readable. */
enum bms_status modbus_master_ask(struct modbus_master *master, uint8_t unit,
	const struct modbus_step *step, struct modbus_answer *ret);

#endif
