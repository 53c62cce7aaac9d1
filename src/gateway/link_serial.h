/* SPDX-License-Identifier: MIT */
/* A serial line with Modbus stations: carries the jobs of its carriers, and answers back to them. */
#ifndef GATEWAY_LINK_SERIAL_H
#define GATEWAY_LINK_SERIAL_H

#include "gateway/carrier.h"
#include "link/modbus_line.h"

/* What a carrier on such a line begins with. */
struct serial_carrier {
	struct carrier carrier;
	uint8_t unit;
	void (*on_result)(struct serial_carrier *carrier, const struct modbus_result *result);
};

enum {
	SERIAL_JOB_KIND_MAX = 0xFF
};

/* Hands a job to the line; kind comes back by link_serial_job_kind(). 0 or a negative errno. */
int link_serial_submit(struct serial_carrier *carrier, unsigned kind, bool insists,
	const struct modbus_step *steps, size_t step_count);
unsigned link_serial_job_kind(const struct modbus_result *result);

#endif
