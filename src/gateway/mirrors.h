/* SPDX-License-Identifier: MIT */
/* The mirrors of the packs that have one: from the configuration, to the board and the history. */
#ifndef GATEWAY_MIRRORS_H
#define GATEWAY_MIRRORS_H

#include "config/config.h"
#include "gateway/station_guest.h"
#include "mirror/radio.h"

struct gateway;
struct station;

/* A station's mirror. */
struct station_mirror {
	struct mirror_site *site; /* NULL: it has none */
	struct mirror_site_options options;
	char trouble[MIRROR_STATE_SIZE]; /* why it has none though it should, or empty */
};

/* Makes the mirrors follow gateway->config; those that did not change stay on the air. */
int mirrors_adopt(struct gateway *gateway);

/* Once a second. */
void mirrors_tick(struct gateway *gateway);

/* Before the station goes. */
void mirrors_drop(struct station *station);

/* station_shared.on_pack and on_guest */
void mirrors_on_pack(struct station *station);
void mirrors_on_guest(struct station *station, const struct guest *guest, const char *reason);

/* For people; "" when the pack has none. */
const char *mirrors_state(const struct station *station, char out[MIRROR_STATE_SIZE]);

#endif
