/* SPDX-License-Identifier: MIT */
/* Our D-Bus service org.bmsd1. It owns no pack: everything it shows it asks for. */
#ifndef BUS_SERVICE_H
#define BUS_SERVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "pack/apply.h"
#include "pack/pack.h"
#include "pack/plan.h"
#include "pack/switching.h"

enum bus_mode {
	BUS_SYSTEM,
	BUS_SESSION,
	BUS_NONE,
};

enum {
	BUS_ERROR_SIZE = 4096,
	BUS_MIRROR_SIZE = 256,
};

/* The gateway's side. Pointers returned are borrowed until the call returns. */
struct bus_operations {
	size_t (*pack_count)(void *userdata);
	const struct pack *(*pack_at)(void *userdata, size_t index);
	/* "/dev/ttyUSB0 address 1 (jk-modbus)" */
	const char *(*pack_link)(void *userdata, size_t index);
	/* State of the pack's mirror, for people; "" when it has none. */
	const char *(*pack_mirror)(void *userdata, size_t index, char out[BUS_MIRROR_SIZE]);
	uint64_t (*now_us)(void *userdata);
	/* Path of the history file, or "". */
	const char *(*history_path)(void *userdata);
	/* 0, or a negative errno with a sentence in error. */
	int (*plan)(void *userdata, size_t index, struct plan *ret, char error[BUS_ERROR_SIZE]);
	/* Begins; bus_service_applied() or bus_service_apply_failed() tells the end. */
	int (*apply)(void *userdata, size_t index, char error[BUS_ERROR_SIZE]);
	/* Begins; bus_service_switched() tells the end. uid: who asks. */
	int (*switch_to)(void *userdata, size_t index, const struct switch_row *row, bool on,
		unsigned uid, char error[BUS_ERROR_SIZE]);
	int (*reload)(void *userdata, char error[BUS_ERROR_SIZE]);
};

struct bus_service;

int bus_service_new(struct bus_service **ret, sd_event *event, enum bus_mode mode,
	const struct bus_operations *operations, void *userdata);
struct bus_service *bus_service_free(struct bus_service *service);

/* New readings were taken since the last call: one Samples signal for all of them, if anybody
 * subscribed. */
void bus_service_tick(struct bus_service *service);

/* A pack's settings were applied: answers those who wait for it. Writes in their order, and the last
 * plan with what it refused. */
void bus_service_applied(struct bus_service *service, const char *pack,
	const struct apply_write *writes, size_t write_count, const struct plan *plan);

/* A switch that was asked for ended: as the board shows it, or not, and what is known of it. */
void bus_service_switched(struct bus_service *service, const char *pack, bool ok, const char *text);

/* It will take longer than anybody waits: the link went down, or the pack is gone. */
void bus_service_apply_failed(struct bus_service *service, const char *pack, const char *reason);

/* Packs were added, removed or renamed by a reload. */
void bus_service_packs_changed(struct bus_service *service);

#endif
