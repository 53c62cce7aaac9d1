/* SPDX-License-Identifier: MIT */
/*
 * How a board is reached: what belongs to a wire and its dialect, seen from the station, which
 * knows neither. A station asks its carrier; the carrier tells the station (station.h) what the
 * board says, asked for or not:
 *
 *   ask live        -> station_on_live(), any number of times, and one station_on_asked()
 *   ask settings    -> station_on_settings(), station_on_identity(), and one station_on_asked()
 *   write           -> station_on_written()
 *   nobody asked    -> station_on_live(): a board that broadcasts or streams
 *   not understood  -> station_on_bad_answer()
 *
 * The rhythm stays the poller's for every wire: asking a carrier of a board that talks by itself
 * means "did it say anything since", and its end may be told before ask() returns.
 */
#ifndef GATEWAY_CARRIER_H
#define GATEWAY_CARRIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "gateway/link.h"
#include "pack/plan.h"
#include "pack/poller.h"

struct station;
struct carrier;

enum {
	CARRIER_TEXT_SIZE = CONFIG_TEXT_SIZE + 64,
};

/* One for each word of the option link. */
struct carrier_kind {
	const char *name;                  /* that word */
	const struct plan_carrier *writes; /* which settings it can write */
	/* 0 and *ret with the kind's own part, the rest is filled in by carrier_new(). */
	int (*make)(struct carrier **ret, const struct config_pack *config);
	void (*free)(struct carrier *carrier);
	/* The same board, reached in the same way, under these options? */
	bool (*fits)(const struct carrier *carrier, const struct config_pack *config);
	/* Begins; 0 or a negative errno, and after that no end is told. */
	int (*ask)(struct carrier *carrier, enum poll_kind kind);
	/* Begins; 0, or a negative errno and nothing was sent. board is what was read back last. */
	int (*write)(struct carrier *carrier, const struct bms_settings *board, size_t slot,
		int64_t value);
};

/* Embedded first in each kind's own. */
struct carrier {
	const struct carrier_kind *kind;
	struct link *link;            /* borrowed */
	struct station *station;      /* borrowed: whose board it is */
	char text[CARRIER_TEXT_SIZE]; /* for people: "/dev/ttyUSB0 address 1 (jk-modbus)" */
};

int carrier_new(struct carrier **ret, struct link *link, struct station *station,
	const struct config_pack *config);
/* Takes NULL, returns NULL. */
struct carrier *carrier_free(struct carrier *carrier);

bool carrier_fits(
	const struct carrier *carrier, const struct link *link, const struct config_pack *config);

extern const struct carrier_kind carrier_jk_modbus;

#endif
