/* SPDX-License-Identifier: MIT */
/*
 * Mirrors on the air: GATT applications and advertisements at BlueZ (bluetoothd), over the system
 * bus. Adapters and bluetoothd may come and go; a mirror follows.
 *
 * An adapter has one address, one list of services, and no word on which advertisement a client
 * came by. So of the mirrors on one adapter the first is the board that apps see: it alone is
 * advertised, and its service comes first. The others are services behind it, told apart by a
 * description with their name. An adapter each shows each as a board of its own.
 */
#ifndef MIRROR_RADIO_H
#define MIRROR_RADIO_H

#include <systemd/sd-event.h>

#include "mirror/mirror.h"

struct mirror_radio;
struct mirror_site; /* a mirror and its place on the air */

enum {
	MIRROR_STATE_SIZE = 256
};

/* A site's userdata comes first. */
struct mirror_radio_callbacks {
	/* Wants a setting written; mirror_site_written() tells the end. */
	void (*write)(void *userdata, size_t slot, int64_t value, const char *who);
	void (*refused)(void *userdata, const struct mirror_refusal *refusal);
};

struct mirror_site_options {
	char adapter[MIRROR_ADDRESS_SIZE]; /* address; empty: the first one there is */
	struct mirror_options mirror;
};

/* Callbacks are borrowed. Connects by itself, also later. */
int mirror_radio_new(
	struct mirror_radio **ret, sd_event *event, const struct mirror_radio_callbacks *callbacks);
/* Sites first. Takes NULL, returns NULL. */
struct mirror_radio *mirror_radio_free(struct mirror_radio *radio);

/* Once a second: sees what went stale and tries again what failed. */
void mirror_radio_tick(struct mirror_radio *radio);

/* The pack is borrowed. Sites of one adapter are served in the order they were made. */
int mirror_site_new(struct mirror_site **ret, struct mirror_radio *radio, const struct pack *pack,
	const struct mirror_site_options *options, void *userdata);
/* Takes NULL, returns NULL. */
struct mirror_site *mirror_site_free(struct mirror_site *site);

/* The pack took a reading, or its settings. */
void mirror_site_on_pack(struct mirror_site *site);

void mirror_site_written(struct mirror_site *site);

/* "on the air as \"shed\"", or why not: a sentence for people. */
const char *mirror_site_state(const struct mirror_site *site, char out[MIRROR_STATE_SIZE]);

#endif
