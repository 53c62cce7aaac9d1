/* SPDX-License-Identifier: MIT */
#include "gateway/gateway.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/log.h"

static const uint64_t tick_us = 1000000;

struct station *gateway_station(struct gateway *gateway, uint64_t id)
{
	for (size_t i = 0; i < gateway->station_count; i++)
		if (gateway->stations[i]->id == id)
			return gateway->stations[i];
	return NULL;
}

void gateway_schedule(struct gateway *gateway)
{
	uint64_t now_us = clock_monotonic_us();
	uint64_t next_us = UINT64_MAX;

	for (size_t i = 0; i < gateway->station_count; i++) {
		struct station *station = gateway->stations[i];
		uint64_t station_us;

		station_poll(station, now_us);
		station_us = station_next_us(station);
		if (station_us < next_us)
			next_us = station_us;
	}
	if (next_us == UINT64_MAX) {
		(void)sd_event_source_set_enabled(gateway->poll_timer, SD_EVENT_OFF);
		return;
	}
	(void)sd_event_source_set_time(gateway->poll_timer, next_us);
	(void)sd_event_source_set_enabled(gateway->poll_timer, SD_EVENT_ONESHOT);
}

static int on_poll_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	gateway_schedule(userdata);
	return 0;
}

static void tell_status(struct gateway *gateway, uint64_t now_us)
{
	size_t fresh = 0;

	for (size_t i = 0; i < gateway->station_count; i++)
		fresh += pack_health(&gateway->stations[i]->pack, now_us) == PACK_FRESH;
	if (fresh == gateway->told_fresh && gateway->station_count == gateway->told_count)
		return;
	gateway->told_fresh = fresh;
	gateway->told_count = gateway->station_count;
	(void)sd_notifyf(0, "STATUS=%zu of %zu packs are read", fresh, gateway->station_count);
}

static int on_tick_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct gateway *gateway = userdata;
	uint64_t now_us = clock_monotonic_us();

	(void)usec;
	for (size_t i = 0; i < gateway->station_count; i++)
		station_on_tick(gateway->stations[i], now_us);
	bus_service_tick(gateway->bus);
	tell_status(gateway, now_us);
	(void)sd_event_source_set_time(source, now_us + tick_us);
	(void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

static int on_stop_signal(
	sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	(void)userdata;
	log_info("stopping on signal %" PRIu32, info->ssi_signo);
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int on_reload_signal(
	sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	char error[BUS_ERROR_SIZE];

	(void)source;
	(void)info;
	(void)gateway_reload(userdata, error); /* has said what is wrong */
	return 0;
}

static void say_errors(const struct config_errors *errors)
{
	for (const char *line = errors->text; line && *line;) {
		size_t length = strcspn(line, "\n");

		log_error("%.*s", (int)length, line);
		line += length + (line[length] == '\n');
	}
}

int gateway_reload(struct gateway *gateway, char error[BUS_ERROR_SIZE])
{
	struct config_errors errors = { 0 };
	struct config *before = gateway->config;
	struct config *after = NULL;
	int r;

	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_monotonic_us());
	r = config_load(&after, gateway->config_path, &errors);
	if (r < 0) {
		say_errors(&errors);
		log_error("reload refused, everything stays as it was");
		snprintf(error, BUS_ERROR_SIZE, "%s", errors.text ? errors.text : strerror(-r));
	} else {
		gateway->config = after;
		r = gateway_adopt(gateway, before);
		config_free(before);
		if (r < 0) { /* no memory or threads: start afresh rather than go on by half */
			log_error("cannot take the configuration over: %s", strerror(-r));
			(void)sd_event_exit(gateway->event, r);
		} else {
			log_notice("configuration reloaded");
		}
	}
	config_errors_deinit(&errors);
	(void)sd_notify(0, "READY=1");
	return r;
}

static int add_timers(struct gateway *gateway)
{
	uint64_t now_us = clock_monotonic_us();
	int r;

	/* Accuracy 1 us: the default would let polls drift by a quarter of a second. */
	r = sd_event_add_time(gateway->event, &gateway->poll_timer, CLOCK_MONOTONIC, now_us, 1,
		on_poll_timer, gateway);
	if (r < 0)
		return r;
	return sd_event_add_time(gateway->event, &gateway->tick_timer, CLOCK_MONOTONIC,
		now_us + tick_us, tick_us / 10, on_tick_timer, gateway);
}

static int add_signals(struct gateway *gateway)
{
	int r = sd_event_add_signal(gateway->event, NULL, SIGTERM, on_stop_signal, gateway);

	if (r >= 0)
		r = sd_event_add_signal(gateway->event, NULL, SIGINT, on_stop_signal, gateway);
	if (r >= 0)
		r = sd_event_add_signal(gateway->event, NULL, SIGHUP, on_reload_signal, gateway);
	return r;
}

static int gateway_start(struct gateway *gateway)
{
	int r = sd_event_default(&gateway->event);

	if (r >= 0)
		r = sd_event_set_watchdog(gateway->event, true);
	if (r >= 0)
		r = add_signals(gateway);
	if (r >= 0)
		r = add_timers(gateway);
	if (r >= 0)
		r = gateway_adopt(gateway, NULL);
	return r < 0 ? r : 0;
}

static void on_applied(void *userdata, const struct station *station)
{
	struct gateway *gateway = userdata;

	if (gateway->bus) /* not yet while the first configuration is taken over */
		bus_service_applied(gateway->bus, station->pack.name, station->writes,
			station->write_count, &station->apply.plan);
}

int gateway_new(struct gateway **ret, const char *config_path, struct config *config)
{
	struct gateway *gateway = calloc(1, sizeof(*gateway));
	int r;

	if (!gateway) {
		config_free(config);
		return -ENOMEM;
	}
	gateway->config_path = config_path;
	gateway->config = config;
	gateway->shared.on_applied = on_applied;
	gateway->shared.userdata = gateway;
	r = gateway_start(gateway);
	if (r < 0) {
		gateway_free(gateway);
		return r;
	}
	*ret = gateway;
	return 0;
}

struct gateway *gateway_free(struct gateway *gateway)
{
	if (!gateway)
		return NULL;
	bus_service_free(gateway->bus);
	for (size_t i = 0; i < gateway->station_count; i++) {
		station_deinit(gateway->stations[i]);
		free(gateway->stations[i]);
	}
	free(gateway->stations);
	gateway->station_count = 0;
	for (size_t i = 0; i < gateway->link_count; i++)
		link_free(gateway->links[i]);
	free(gateway->links);
	store_free(gateway->shared.store);
	sd_event_source_disable_unref(gateway->poll_timer);
	sd_event_source_disable_unref(gateway->tick_timer);
	sd_event_unref(gateway->event);
	config_free(gateway->config);
	free(gateway);
	return NULL;
}

int gateway_run(struct gateway *gateway)
{
	int r;

	gateway_schedule(gateway);
	(void)sd_notify(0, "READY=1");
	r = sd_event_loop(gateway->event);
	(void)sd_notify(0, "STOPPING=1");
	return r;
}
