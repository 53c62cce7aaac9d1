/* SPDX-License-Identifier: MIT */
/* Performs what a station's apply decides: intents and outcomes to the store, writes to the board. */
#ifndef GATEWAY_STATION_WRITE_H
#define GATEWAY_STATION_WRITE_H

#include "gateway/station.h"

/* "cell_ovp", or "wire_resistance[3]" counted from 1 */
void station_name_slot(size_t slot, char *out, size_t size);

void station_perform(struct station *station, enum apply_action action);

#endif
