/* SPDX-License-Identifier: MIT */
/*
 * One board: asks it, hands what it says to its pack and to the store, and brings it to its desired
 * settings. The pure parts (poller, apply, pack) decide, this file performs, and what differs from
 * wire to wire is its carrier's.
 */
#ifndef GATEWAY_STATION_H
#define GATEWAY_STATION_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "gateway/carrier.h"
#include "gateway/fault_log.h"
#include "pack/apply.h"
#include "pack/pack.h"
#include "pack/poller.h"
#include "store/store.h"

struct station;

/* What all stations share; owned by the gateway. */
struct station_shared {
	/* A run of apply ended; its writes are in station->writes. */
	void (*on_applied)(void *userdata, const struct station *station);
	void *userdata;
	struct store *store; /* NULL when no history is kept */
	uint64_t last_change_id;
};

struct station {
	uint64_t id; /* never reused */
	struct station_shared *shared;
	struct carrier *carrier;
	unsigned store_pack;

	struct pack pack;
	struct poller poller;
	struct apply apply;

	uint64_t read_wanted_us;                      /* apply wants settings read after this */
	uint64_t change_id;                           /* of the write apply is at, 0 none */
	uint64_t change_start_us;                     /* when it was decided */
	struct apply_write writes[BMS_SETTING_SLOTS]; /* last of each slot in this run */
	size_t write_count;
	bool answering; /* the last poll was answered */
	bool was_stale;
	uint64_t stale_us; /* when it was stale last */
	struct fault_log faults;
};

/* Its board is the one of config on link. 0 or a negative errno, and then there is nothing to undo. */
int station_init(struct station *station, uint64_t id, struct station_shared *shared,
	struct link *link, const struct config_pack *config, size_t place, size_t places);

/* Leaves its link to the others and closes the record of an open change. */
void station_deinit(struct station *station);

/* A reload kept this station, or made it: its period and desired settings. */
void station_reconfigure(struct station *station, const struct config_pack *config);

/* The store is closed, and then there is another. */
void station_leave_store(struct station *station);
void station_join_store(struct station *station);

/* The store, which had failed, writes again. */
void station_on_store_back(struct station *station);

/* Brings the board to its desired settings (again). */
void station_apply(struct station *station);

/* Asks what is due. */
void station_poll(struct station *station, uint64_t now_us);

/* When to call station_poll() next; UINT64_MAX when an event will tell. */
uint64_t station_next_us(const struct station *station);

/* What its carrier tells; carrier.h says when. Times are monotonic. */

/* A whole reading, read at done_us: what it lacks is absent. */
void station_on_live(struct station *station, const struct bms_telemetry *report, uint64_t done_us);
/* All settings the link can read, asked for at asked_us and read at done_us. */
void station_on_settings(struct station *station, const struct bms_settings *settings,
	uint64_t asked_us, uint64_t done_us);
void station_on_identity(
	struct station *station, const struct bms_identity *identity, uint64_t done_us);
/* A question ended: with its answer, or without. heard: the board said something. */
void station_on_asked(struct station *station, enum poll_kind kind, bool answered, bool heard);
/* BMS_OK: acknowledged; BMS_EXCEPTION: refused; others: nobody knows. */
void station_on_written(struct station *station, enum bms_status status);
/* Something came that is not believed; the reason is for people. */
void station_on_bad_answer(struct station *station, enum bms_status status, const char *reason);

void station_on_link(struct station *station, bool up);
void station_on_intent(struct station *station, int error);

/* Once a second: says when a pack went stale. */
void station_on_tick(struct station *station, uint64_t now_us);

#endif
