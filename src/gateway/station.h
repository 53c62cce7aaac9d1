/* SPDX-License-Identifier: MIT */
/*
 * One board on a line: asks it, hands what it says to its pack and to the store, and brings it to
 * its desired settings. The pure parts (poller, apply, pack) decide; this file performs.
 */
#ifndef GATEWAY_STATION_H
#define GATEWAY_STATION_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "gateway/fault_log.h"
#include "link/modbus_line.h"
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
	uint64_t id; /* in job tags; never reused */
	struct station_shared *shared;
	struct modbus_line *line; /* borrowed */
	/* Id of the station that reads settings on this line, 0 none; owned by the line. One at a
	 * time, so that sixteen boards do not hold up each other's live data. */
	uint64_t *settings_reader;
	bool line_up;
	uint8_t unit;
	unsigned store_pack;
	char link_text[CONFIG_TEXT_SIZE + 64];

	struct pack pack;
	struct poller poller;
	struct apply apply;

	uint64_t poll_sent_us;                        /* of the poll in flight */
	uint64_t read_wanted_us;                      /* apply wants settings read after this */
	uint64_t change_id;                           /* of the write apply is at, 0 none */
	uint64_t change_start_us;                     /* when it was decided */
	struct apply_write writes[BMS_SETTING_SLOTS]; /* last of each slot in this run */
	size_t write_count;
	uint8_t settings_steps; /* the most of a settings read that this board ever answered */
	bool answering;         /* the last poll was answered */
	bool was_stale;
	uint64_t stale_us; /* when it was stale last */
	struct fault_log faults;
};

void station_init(struct station *station, uint64_t id, struct station_shared *shared,
	const struct config_pack *config, size_t place, size_t places);

/* Where its board is. After station_init(), before anything else. */
void station_join_line(
	struct station *station, struct modbus_line *line, uint64_t *settings_reader, bool up);

/* Leaves its line to the others and closes the record of an open change. */
void station_deinit(struct station *station);

/* A reload kept this station: new period and desired settings. */
void station_reconfigure(struct station *station, const struct config_pack *config);

/* The store is closed, and then there is another. */
void station_leave_store(struct station *station);
void station_join_store(struct station *station);

/* The store, which had failed, writes again. */
void station_on_store_back(struct station *station);

/* Brings the board to its desired settings (again). */
void station_apply(struct station *station);

/* Submits what is due. */
void station_poll(struct station *station, uint64_t now_us);

/* When to call station_poll() next; UINT64_MAX when an event will tell. */
uint64_t station_next_us(const struct station *station);

void station_on_result(struct station *station, const struct modbus_result *result);
void station_on_line(struct station *station, bool up);
void station_on_intent(struct station *station, int error);

/* Once a second: says when a pack went stale. */
void station_on_tick(struct station *station, uint64_t now_us);

/* The station a job's tag belongs to. */
uint64_t station_id_of_tag(uint64_t tag);

#endif
