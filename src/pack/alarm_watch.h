/* SPDX-License-Identifier: MIT */
/* Edges of alarms and relays between two accepted readings. Pure. */
#ifndef PACK_ALARM_WATCH_H
#define PACK_ALARM_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bms/telemetry.h"

struct edge {
	bool is_alarm;   /* else a relay (or heater, balancer) */
	uint8_t subject; /* enum bms_alarm, or enum bms_field */
	bool on;
	/* Alarm onset: the reading that explains it best, where one does. */
	uint8_t slot; /* of the value, BMS_SLOTS if none; a cell alarm names the cell */
	int64_t value;
};

enum {
	ALARM_WATCH_EDGES_MAX = 40
};

/* Edges from before (NULL: everything that is on is an onset) to now; returns their number. */
size_t alarm_watch_edges(const struct bms_telemetry *before, const struct bms_telemetry *now,
	struct edge edges[ALARM_WATCH_EDGES_MAX]);

/* "cell_ovp", "charge" */
const char *edge_name(const struct edge *edge);

#endif
