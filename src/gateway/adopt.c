/* SPDX-License-Identifier: MIT */
/*
 * Makes what runs follow a configuration: what did not change goes on untouched, so that a reload
 * drops no link and misses no reading.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "gateway/gateway.h"

static void on_intent(void *userdata, uint64_t change_id, int error)
{
	struct gateway *gateway = userdata;

	for (size_t i = 0; i < gateway->station_count; i++)
		if (gateway->stations[i]->change_id == change_id)
			station_on_intent(gateway->stations[i], error);
	gateway_schedule(gateway);
}

static void on_store_state(void *userdata, int error, const char *reason)
{
	struct gateway *gateway = userdata;

	if (error) {
		log_error("history: %s; what is not stored is lost, live data go on", reason);
		return;
	}
	log_notice("history: writing works again");
	for (size_t i = 0; i < gateway->station_count; i++)
		station_on_store_back(gateway->stations[i]);
	gateway_schedule(gateway);
}

static int open_store(struct gateway *gateway)
{
	static const struct store_callbacks callbacks = {
		.on_intent = on_intent,
		.on_state = on_store_state,
	};
	const struct config_daemon *daemon = &gateway->config->daemon;
	struct store_options options = {
		.path = daemon->history,
		.commit_interval_ms = (unsigned)daemon->commit_interval_s * 1000,
		.raw_all = daemon->raw == CONFIG_RAW_ALL,
	};

	if (!*daemon->history)
		return 0;
	return store_new(&gateway->shared.store, gateway->event, &options, &callbacks, gateway);
}

/* 1 when the store was opened anew. */
static int adopt_store(struct gateway *gateway, const struct config *before)
{
	const struct config_daemon *now = &gateway->config->daemon;
	int r;

	if (before && strcmp(before->daemon.history, now->history) == 0 &&
		before->daemon.commit_interval_s == now->commit_interval_s &&
		before->daemon.raw == now->raw)
		return 0;
	for (size_t i = 0; i < gateway->station_count; i++)
		station_leave_store(gateway->stations[i]);
	gateway->shared.store = store_free(gateway->shared.store);
	r = open_store(gateway);
	return r < 0 ? r : 1;
}

static int adopt_bus(struct gateway *gateway, const struct config *before)
{
	int mode = gateway->config->daemon.dbus;

	if (before && before->daemon.dbus == mode) {
		bus_service_packs_changed(gateway->bus);
		return 0;
	}
	gateway->bus = bus_service_free(gateway->bus);
	return bus_service_new(&gateway->bus, gateway->event, (enum bus_mode)mode,
		&gateway_bus_operations, gateway);
}

/* Takes a link that can go on out of the old ones. */
static struct link *take_link(struct gateway *gateway, const struct config_line *options)
{
	for (size_t i = 0; i < gateway->link_count; i++) {
		struct link *link = gateway->links[i];

		if (link && link_fits(link, options)) {
			gateway->links[i] = NULL;
			return link;
		}
	}
	return NULL;
}

static struct station *take_station(
	struct gateway *gateway, const struct config_pack *config, const struct link *link)
{
	for (size_t i = 0; i < gateway->station_count; i++) {
		struct station *station = gateway->stations[i];

		if (station && strcmp(station->pack.name, config->name) == 0 &&
			carrier_fits(station->carrier, link, config)) {
			gateway->stations[i] = NULL;
			return station;
		}
	}
	return NULL;
}

/* Old links that are not kept are closed before new ones open: it may be the same device. */
static int adopt_links(struct gateway *gateway)
{
	const struct config *config = gateway->config;
	struct link **links = calloc(config->line_count, sizeof(*links));
	int r = 0;

	if (!links)
		return -ENOMEM;
	for (size_t i = 0; i < config->line_count; i++)
		links[i] = take_link(gateway, &config->lines[i]);
	for (size_t i = 0; i < gateway->link_count; i++)
		link_free(gateway->links[i]);
	free(gateway->links);
	gateway->links = links;
	gateway->link_count = config->line_count;
	for (size_t i = 0; i < config->line_count && r >= 0; i++)
		if (!links[i])
			r = link_new(&links[i], gateway, &config->lines[i]);
	return r;
}

static struct station *new_station(struct gateway *gateway, size_t index)
{
	const struct config_pack *config = &gateway->config->packs[index];
	struct station *station = calloc(1, sizeof(*station));

	if (!station)
		return NULL;
	if (station_init(station, ++gateway->last_station_id, &gateway->shared,
		    gateway->links[config->line_index], config, index,
		    gateway->config->pack_count) < 0) {
		free(station);
		return NULL;
	}
	station_reconfigure(station, config);
	return station;
}

/* Called before the links change: stations of links that go must not be asked any more. */
static struct station **keep_stations(struct gateway *gateway)
{
	const struct config *config = gateway->config;
	struct station **stations = calloc(config->pack_count, sizeof(*stations));

	for (size_t i = 0; stations && i < config->pack_count; i++)
		for (size_t k = 0; k < gateway->link_count; k++)
			if (link_fits(
				    gateway->links[k], &config->lines[config->packs[i].line_index]))
				stations[i] =
					take_station(gateway, &config->packs[i], gateway->links[k]);
	return stations;
}

/* Those that are not kept; their links may go next. */
static void drop_stations(struct gateway *gateway)
{
	for (size_t i = 0; i < gateway->station_count; i++) {
		if (!gateway->stations[i])
			continue;
		station_deinit(gateway->stations[i]);
		free(gateway->stations[i]);
	}
	free(gateway->stations);
	gateway->stations = NULL;
	gateway->station_count = 0;
}

static int adopt_stations(struct gateway *gateway, struct station **stations, bool new_store)
{
	const struct config *config = gateway->config;

	gateway->stations = stations;
	for (size_t i = 0; i < config->pack_count; i++) {
		if (!stations[i]) {
			stations[i] = new_station(gateway, i);
			if (!stations[i])
				return -ENOMEM;
		} else {
			if (new_store)
				station_join_store(stations[i]);
			station_reconfigure(stations[i], &config->packs[i]);
		}
		gateway->station_count++;
	}
	return 0;
}

static int adopt_boards(struct gateway *gateway, bool new_store)
{
	struct station **stations = keep_stations(gateway);
	int r;

	if (!stations)
		return -ENOMEM;
	drop_stations(gateway);
	r = adopt_links(gateway);
	if (r >= 0)
		return adopt_stations(gateway, stations, new_store);
	for (size_t i = 0; i < gateway->config->pack_count; i++)
		free(stations[i]);
	free(stations);
	return r;
}

int gateway_adopt(struct gateway *gateway, const struct config *before)
{
	const struct config_daemon *daemon = &gateway->config->daemon;
	int r;

	log_open((enum log_target)daemon->log, LOG_ERR + daemon->log_level);
	r = adopt_store(gateway, before);
	if (r >= 0)
		r = adopt_boards(gateway, r > 0);
	if (r >= 0)
		r = adopt_bus(gateway, before);
	if (r >= 0)
		gateway_schedule(gateway);
	return r;
}
