/* SPDX-License-Identifier: MIT */
/* What the files of the service share; nobody else includes this. */
#ifndef BUS_SERVICE_INTERNAL_H
#define BUS_SERVICE_INTERNAL_H

#include "bus/codec.h"
#include "bus/service.h"

/* A pack as the bus last saw it, so that only what is new is sent. */
struct bus_pack {
	struct bus_service *service;
	char name[PACK_NAME_MAX];
	uint64_t snapshot_us;
	uint64_t settings_us;
	uint64_t identity_us;
	enum pack_health health;
	char mirror[BUS_MIRROR_SIZE];
};

enum {
	BUS_WAITERS_MAX = 32
};

/* A caller of Apply or Switch that waits for the end. */
struct bus_waiter {
	bool is_switch;
	sd_bus_message *message; /* reference */
	char pack[PACK_NAME_MAX];
};

struct bus_service {
	sd_event *event;
	enum bus_mode mode;
	struct bus_operations operations;
	void *userdata;

	sd_bus *bus; /* NULL while not connected */
	sd_bus_track *subscribers;
	sd_event_source *retry; /* connects again */
	bool is_reported;       /* the lost connection was logged */

	struct bus_pack *packs;
	size_t pack_count;

	struct bus_waiter waiters[BUS_WAITERS_MAX];
	size_t waiter_count;
};

/* The gateway's pack of this name, or NULL. */
const struct pack *service_find_pack(
	const struct bus_service *service, const char *name, size_t *ret_index);

/* What readers get; the pack is the gateway's at that index. */
void service_fill_snapshot(const struct bus_service *service, const struct pack *pack, size_t index,
	struct codec_snapshot *ret);

/* Method Apply. */
int applied_call(sd_bus_message *message, struct bus_service *service, const struct pack *pack,
	size_t index, sd_bus_error *error);

/* Method Switch. */
int switched_call(sd_bus_message *message, struct bus_service *service, const struct pack *pack,
	size_t index, sd_bus_error *error);

/* Forgets who waits: the connection is gone. */
void applied_forget(struct bus_service *service);

/* Answers those who wait for a pack that is no longer there. */
void applied_drop_missing(struct bus_service *service);

/* One item of a plan's or an apply's reply, at the open container. */
int plan_item_append(sd_bus_message *reply, const struct plan_item *item, bool has_old,
	const char *word, const char *reason);

enum {
	PLAN_REASON_SIZE = 256
};

/* What a plan decided of an item: a word and why, empty where there is nothing to explain. */
const char *plan_item_word(const struct plan_item *item);
const char *plan_item_reason(const struct plan_item *item, char out[PLAN_REASON_SIZE]);

/* The interface of /org/bmsd1. */
int manager_add(struct bus_service *service);

/* The object of every pack. */
int pack_object_add(struct bus_service *service);

/* Object path of a pack: sd_bus_path_encode() of its name; the caller frees it. NULL for want of
 * memory. */
char *pack_object_path(const char *name);

/* Says what changed since the last call; true when there is a new reading. The pack is the
 * gateway's at that index. */
bool pack_object_refresh(struct bus_pack *published, const struct pack *pack, size_t index);

#endif
