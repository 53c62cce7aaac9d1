/* SPDX-License-Identifier: MIT */
/* Performs what a station's apply decides: intents and outcomes to the store, bytes to the line. */
#ifndef GATEWAY_STATION_WRITE_H
#define GATEWAY_STATION_WRITE_H

#include "bms/jk_layout.h"
#include "gateway/station.h"

void station_perform(struct station *station, enum apply_action action);

/* Of station.c: 0 or a negative errno. */
int station_submit_write(struct station *station, const struct bms_jk_write *write);

#endif
