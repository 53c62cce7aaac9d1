/* SPDX-License-Identifier: MIT */
/*
 * A wire that several boards share, as the gateway keeps it: its options, its state and what to
 * say of it. What it is made of (a serial line, a CAN interface, an adapter) belongs to its kind.
 */
#ifndef GATEWAY_LINK_H
#define GATEWAY_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

struct gateway;
struct link;

enum {
	LINK_REASON_SIZE = 128
};

/* One for each enum config_wire. */
struct link_kind {
	/* Sets link->wire; 0 or a negative errno. A wire that is not there is no error: say so with
	 * link_on_state(), not from inside open(). */
	int (*open)(struct link *link);
	void (*close)(struct link *link);
};

struct link {
	struct gateway *gateway; /* owner */
	const struct link_kind *kind;
	struct config_line options;
	void *wire; /* the kind's own */
	/* Id of the station that reads settings, 0 none. One at a time, so that sixteen boards do
	 * not hold up each other's live data. */
	uint64_t settings_reader;
	bool up;
};

int link_new(struct link **ret, struct gateway *gateway, const struct config_line *options);
/* Takes NULL, returns NULL. */
struct link *link_free(struct link *link);

/* Can the open link go on under these options? */
bool link_fits(const struct link *link, const struct config_line *options);

/* Up or down, and why, in words; once per change of either. Tells the stations. */
void link_on_state(struct link *link, bool up, const char *reason);

extern const struct link_kind link_serial;

#endif
