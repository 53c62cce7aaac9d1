/* SPDX-License-Identifier: MIT */
/* What the board counts over its life, kept in flash: losing the last minutes of it is no harm. */
#ifndef COUNTERS_H
#define COUNTERS_H

#include "core/slots.h"
#include "core/soc.h"

enum {
	COUNTERS_PERIOD_S = 300,
	COUNTERS_FIRST_PAGE = 2
};

struct counters {
	struct soc_count charge;
	uint32_t runtime_s; /* of earlier runs */
	uint32_t power_on_count;
	uint32_t watchdog_resets; /* without ten healthy minutes in between */
};

/* False: there are none, or none that are whole; the counters start at zero. */
bool counters_load(struct counters *counters, struct slots *slots, struct port *port,
	uint8_t record[SLOTS_RECORD_MAX]);
bool counters_save(const struct counters *counters, struct slots *slots, struct port *port,
	uint8_t record[SLOTS_RECORD_MAX]);

#endif
