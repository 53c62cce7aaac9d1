/* SPDX-License-Identifier: MIT */
/* The one owner: links, stations, store and bus, from a configuration and through its reloads. */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "bus/service.h"
#include "config/config.h"
#include "gateway/link.h"
#include "gateway/station.h"

struct gateway {
	const char *config_path; /* borrowed from main */
	sd_event *event;
	sd_event_source *poll_timer;
	sd_event_source *tick_timer;
	struct config *config;
	struct station_shared shared;
	struct bus_service *bus;
	struct link **links;
	size_t link_count;
	struct station **stations;
	size_t station_count;
	uint64_t last_station_id;
	size_t told_fresh; /* in the last STATUS= */
	size_t told_count;
};

/* Takes the configuration over, also when it fails. */
int gateway_new(struct gateway **ret, const char *config_path, struct config *config);
/* Commits the history. Takes NULL, returns NULL. */
struct gateway *gateway_free(struct gateway *gateway);

/* Runs until SIGTERM or SIGINT. */
int gateway_run(struct gateway *gateway);

/* Reads the file again; all or nothing. error holds every FILE:LINE message. */
int gateway_reload(struct gateway *gateway, char error[BUS_ERROR_SIZE]);

/* Makes links, stations, store and bus follow gateway->config. Of adopt.c. */
int gateway_adopt(struct gateway *gateway, const struct config *before);

struct station *gateway_station(struct gateway *gateway, uint64_t id);

/* Asks what is due and sets the timer for what comes next. */
void gateway_schedule(struct gateway *gateway);

/* What the bus asks for; of gateway_bus.c. */
extern const struct bus_operations gateway_bus_operations;

#endif
