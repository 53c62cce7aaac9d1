/* SPDX-License-Identifier: MIT */
/* Performs what a station's apply decides: intents and outcomes to the store, writes to the board. */
#ifndef GATEWAY_STATION_WRITE_H
#define GATEWAY_STATION_WRITE_H

#include "gateway/station.h"

void station_perform(struct station *station, enum apply_action action);

#endif
