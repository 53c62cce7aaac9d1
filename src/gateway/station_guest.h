/* SPDX-License-Identifier: MIT */
/*
 * Settings that somebody else than the configuration wants on a board, once: an app on the pack's
 * mirror. They take the same way as the configured ones: plan, intent, write, read-back, record.
 * What the configuration sets stays the configuration's.
 */
#ifndef GATEWAY_STATION_GUEST_H
#define GATEWAY_STATION_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

struct station;

enum {
	GUESTS_MAX = 8,
	GUEST_REASON_SIZE = STORE_TEXT_MAX,
};

struct guest {
	uint8_t slot;
	int64_t value;
	char who[STORE_NAME_MAX]; /* as setting_change.source has it */
};

struct guests {
	struct guest waiting[GUESTS_MAX]; /* the first is being written while is_active */
	size_t count;
	bool is_active;
	bool config_waits; /* the configuration wants its turn after this one */
};

/*
 * Begins, at once or behind others; the end is told by station_shared.on_guest(). Negative, with
 * the reason, when it cannot even begin.
 */
int station_guest_want(
	struct station *station, const struct guest *guest, char reason[GUEST_REASON_SIZE]);

/* A run of apply has ended. True: it was a guest's. */
bool station_guest_ended(struct station *station);

/* Whoever waited for that has his turn. */
void station_guest_next(struct station *station);

/* The link went down: what an app wanted is not written when it is back, maybe hours later. */
void station_guest_drop(struct station *station);

#endif
