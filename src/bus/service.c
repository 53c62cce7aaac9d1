/* SPDX-License-Identifier: MIT */
#include "bus/service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "bus/service_internal.h"

enum {
	RETRY_US = 5000000,
	/* A bus that does not answer must not hold the loop for sd-bus' 25 s. */
	CALL_TIMEOUT_US = 2000000,
};

static void service_connect(struct bus_service *service, bool is_start);

const struct pack *service_find_pack(
	const struct bus_service *service, const char *name, size_t *ret_index)
{
	size_t count = service->operations.pack_count(service->userdata);

	for (size_t i = 0; i < count; i++) {
		const struct pack *pack = service->operations.pack_at(service->userdata, i);

		if (strcmp(pack->name, name) != 0)
			continue;
		*ret_index = i;
		return pack;
	}
	return NULL;
}

void service_fill_snapshot(const struct bus_service *service, const struct pack *pack, size_t index,
	struct codec_snapshot *ret)
{
	uint64_t now_us = service->operations.now_us(service->userdata);

	memset(ret, 0, sizeof(*ret));
	snprintf(ret->name, sizeof(ret->name), "%s", pack->name);
	snprintf(ret->health, sizeof(ret->health), "%s",
		pack_health_text(pack_health(pack, now_us)));
	snprintf(ret->link, sizeof(ret->link), "%s",
		service->operations.pack_link(service->userdata, index));
	ret->has_reading = pack->snapshot_us != 0;
	if (!ret->has_reading)
		return;
	ret->time_ms = pack->snapshot_wall_ms;
	if (now_us > pack->snapshot_us)
		ret->age_ms = (int64_t)((now_us - pack->snapshot_us) / 1000);
	ret->telemetry = pack->snapshot;
}

/* Takes the packs as they are now, keeping what was already told of those that stay. */
static int service_take_packs(struct bus_service *service)
{
	size_t count = service->operations.pack_count(service->userdata);
	struct bus_pack *packs = calloc(count ? count : 1, sizeof(*packs));

	if (!packs)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct pack *pack = service->operations.pack_at(service->userdata, i);

		packs[i].service = service;
		memcpy(packs[i].name, pack->name, sizeof(packs[i].name));
		for (size_t old = 0; old < service->pack_count; old++)
			if (strcmp(service->packs[old].name, pack->name) == 0)
				packs[i] = service->packs[old];
	}
	free(service->packs);
	service->packs = packs;
	service->pack_count = count;
	return 0;
}

static void service_disconnect(struct bus_service *service)
{
	applied_forget(service);
	service->subscribers = sd_bus_track_unref(service->subscribers);
	service->bus = sd_bus_close_unref(service->bus);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct bus_service *service = userdata;

	(void)source;
	(void)usec;
	service->retry = sd_event_source_disable_unref(service->retry);
	service_connect(service, false);
	return 0;
}

static void service_retry_later(struct bus_service *service)
{
	int r;

	if (service->retry)
		return;
	r = sd_event_add_time_relative(
		service->event, &service->retry, CLOCK_MONOTONIC, RETRY_US, 0, on_retry, service);
	if (r < 0)
		log_error("bus: cannot schedule the next connection: %s", strerror(-r));
}

/* The bus cannot be freed while it calls this, so that waits for the timer. */
static int on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct bus_service *service = userdata;

	(void)message;
	(void)error;
	log_warning("bus: connection lost, going on without and trying again every 5 s");
	service->is_reported = true;
	service_retry_later(service);
	return 0;
}

static int on_name(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const sd_bus_error *refusal = sd_bus_message_get_error(message);

	(void)userdata;
	(void)error;
	if (refusal)
		log_error("bus: may not own %s: %s", CODEC_SERVICE, refusal->message);
	return 0;
}

/*
 * At the start the name is ours before the daemon says that it is ready; later the loop must not
 * wait. A second daemon queues and takes over when the first ends.
 */
static int service_request_name(struct bus_service *service, bool is_start)
{
	int r;

	if (!is_start)
		return sd_bus_request_name_async(
			service->bus, NULL, CODEC_SERVICE, SD_BUS_NAME_QUEUE, on_name, service);
	r = sd_bus_request_name(service->bus, CODEC_SERVICE, SD_BUS_NAME_QUEUE);
	if (r == 0)
		log_warning("bus: %s is owned by another process, waiting for it", CODEC_SERVICE);
	return r;
}

static int service_offer(struct bus_service *service)
{
	int r = sd_bus_match_signal(service->bus, NULL, "org.freedesktop.DBus.Local",
		"/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local", "Disconnected",
		on_disconnected, service);

	if (r >= 0)
		r = sd_bus_add_object_manager(service->bus, NULL, CODEC_MANAGER_PATH);
	if (r >= 0)
		r = manager_add(service);
	if (r >= 0)
		r = pack_object_add(service);
	if (r >= 0)
		r = sd_bus_track_new(service->bus, &service->subscribers, NULL, NULL);
	return r;
}

static int service_open(struct bus_service *service, bool is_start)
{
	int r = service->mode == BUS_SESSION
			? sd_bus_open_user_with_description(&service->bus, "bmsd")
			: sd_bus_open_system_with_description(&service->bus, "bmsd");

	if (r >= 0)
		r = sd_bus_set_method_call_timeout(service->bus, CALL_TIMEOUT_US);
	if (r >= 0)
		r = service_offer(service);
	if (r >= 0)
		r = service_request_name(service, is_start);
	if (r >= 0)
		r = sd_bus_attach_event(service->bus, service->event, SD_EVENT_PRIORITY_NORMAL);
	return r;
}

static void service_connect(struct bus_service *service, bool is_start)
{
	int r;

	service_disconnect(service);
	r = service_open(service, is_start);
	if (r < 0) {
		if (!service->is_reported)
			log_warning("bus: no connection (%s), going on without and trying again "
				    "every 5 s",
				strerror(-r));
		service->is_reported = true;
		service_disconnect(service);
		service_retry_later(service);
		return;
	}
	if (service->is_reported)
		log_notice("bus: connected again");
	service->is_reported = false;
}

int bus_service_new(struct bus_service **ret, sd_event *event, enum bus_mode mode,
	const struct bus_operations *operations, void *userdata)
{
	struct bus_service *service = calloc(1, sizeof(*service));
	int r;

	if (!service)
		return -ENOMEM;
	service->event = sd_event_ref(event);
	service->mode = mode;
	service->operations = *operations;
	service->userdata = userdata;
	r = service_take_packs(service);
	if (r < 0) {
		bus_service_free(service);
		return r;
	}
	if (mode != BUS_NONE)
		service_connect(service, true);
	*ret = service;
	return 0;
}

struct bus_service *bus_service_free(struct bus_service *service)
{
	if (!service)
		return NULL;
	service->retry = sd_event_source_disable_unref(service->retry);
	applied_forget(service);
	service->subscribers = sd_bus_track_unref(service->subscribers);
	/* Answers and signals already queued still go out. */
	service->bus = sd_bus_flush_close_unref(service->bus);
	sd_event_unref(service->event);
	free(service->packs);
	free(service);
	return NULL;
}

static int samples_append(sd_bus_message *signal, const struct pack *pack)
{
	int r = sd_bus_message_open_container(signal, 'r', CODEC_SAMPLE);

	if (r >= 0)
		r = sd_bus_message_append(signal, "sx", pack->name, pack->snapshot_wall_ms);
	if (r >= 0)
		r = codec_append_telemetry(signal, &pack->snapshot);
	return r < 0 ? r : sd_bus_message_close_container(signal);
}

static int samples_begin(struct bus_service *service, sd_bus_message **ret)
{
	int r = sd_bus_message_new_signal(
		service->bus, ret, CODEC_MANAGER_PATH, CODEC_MANAGER_INTERFACE, "Samples");

	return r < 0 ? r : sd_bus_message_open_container(*ret, 'a', "(" CODEC_SAMPLE ")");
}

/* Tells every pack's news; the signal is begun with the first reading and sent by the caller. */
static int service_tell(struct bus_service *service, sd_bus_message **signal)
{
	bool is_heard = sd_bus_track_count(service->subscribers) > 0;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < service->pack_count; i++) {
		struct bus_pack *published = &service->packs[i];
		size_t index;
		const struct pack *pack = service_find_pack(service, published->name, &index);

		if (!pack || !pack_object_refresh(published, pack, index) || !is_heard)
			continue;
		if (!*signal)
			r = samples_begin(service, signal);
		if (r >= 0)
			r = samples_append(*signal, pack);
	}
	return r;
}

void bus_service_tick(struct bus_service *service)
{
	sd_bus_message *signal = NULL;
	int r;

	if (!service->bus || sd_bus_is_open(service->bus) <= 0)
		return;
	r = service_tell(service, &signal);
	if (r >= 0 && signal)
		r = sd_bus_message_close_container(signal);
	if (r >= 0 && signal)
		r = sd_bus_send(NULL, signal, NULL);
	if (r < 0)
		log_debug("bus: no Samples signal: %s", strerror(-r));
	sd_bus_message_unref(signal);
}

static bool has_pack(const struct bus_pack *packs, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(packs[i].name, name) == 0)
			return true;
	return false;
}

/* Says of every pack of one list that the other list lacks that it came or went. */
static void tell_difference(struct bus_service *service, const struct bus_pack *packs, size_t count,
	const struct bus_pack *others, size_t other_count, bool came)
{
	for (size_t i = 0; i < count; i++) {
		char *path;

		if (has_pack(others, other_count, packs[i].name))
			continue;
		path = pack_object_path(packs[i].name);
		if (!path)
			continue;
		if (came)
			sd_bus_emit_interfaces_added(
				service->bus, path, CODEC_PACK_INTERFACE, NULL);
		else
			sd_bus_emit_interfaces_removed(
				service->bus, path, CODEC_PACK_INTERFACE, NULL);
		free(path);
	}
}

void bus_service_packs_changed(struct bus_service *service)
{
	size_t old_count = service->pack_count;
	struct bus_pack *old = calloc(old_count ? old_count : 1, sizeof(*old));

	if (!old) {
		log_error("bus: out of memory, the list of packs is not up to date");
		return;
	}
	memcpy(old, service->packs, old_count * sizeof(*old));
	if (service_take_packs(service) < 0)
		log_error("bus: out of memory, the list of packs is not up to date");
	else if (service->bus && sd_bus_is_open(service->bus) > 0) {
		tell_difference(
			service, old, old_count, service->packs, service->pack_count, false);
		tell_difference(service, service->packs, service->pack_count, old, old_count, true);
	}
	free(old);
	applied_drop_missing(service);
}
