/* SPDX-License-Identifier: MIT */
/* Performs what a station's switching decides: intent and outcome to the store, bytes to the board. */
#ifndef GATEWAY_STATION_SWITCH_H
#define GATEWAY_STATION_SWITCH_H

#include "gateway/station.h"

/* Begins; shared->on_switched tells the end. 0, or a negative errno with a sentence. */
int station_switch(struct station *station, const struct switch_row *row, bool on,
	const char *source, char *error, size_t error_size);

void station_switch_perform(struct station *station, enum switching_action action);

void station_switch_on_intent(struct station *station, int error);

/* The station is about to go, or the store: the record of an open change is closed. */
void station_switch_abandon(struct station *station, const char *why);

#endif
