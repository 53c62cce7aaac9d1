/* SPDX-License-Identifier: MIT */
/* The connection to the bus, bluetoothd and its adapters. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "mirror/radio_internal.h"

static void list_adapters(struct mirror_radio *radio);

const struct radio_adapter *radio_adapter_of(
	const struct mirror_radio *radio, const struct mirror_site *site)
{
	for (size_t i = 0; i < radio->adapter_count; i++) {
		const struct radio_adapter *adapter = &radio->adapters[i];

		if (*site->options.adapter == '\0' ||
			strcasecmp(site->options.adapter, adapter->address) == 0)
			return adapter;
	}
	return NULL;
}

void radio_step(struct mirror_radio *radio)
{
	for (size_t i = 0; i < radio->site_count; i++)
		site_step(radio->sites[i]);
	radio_schedule(radio);
}

static void forget_bluez(struct mirror_radio *radio)
{
	radio->listing = sd_bus_slot_unref(radio->listing);
	radio->has_bluez = false;
	radio->bluez[0] = '\0';
	radio->adapter_count = 0;
	for (size_t i = 0; i < radio->site_count; i++)
		site_forget(radio->sites[i]);
}

/* {sv} of an interface into the adapter. */
static int read_adapter(sd_bus_message *message, struct radio_adapter *adapter)
{
	int r;

	while ((r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		const char *name, *text;
		int flag;

		r = sd_bus_message_read(message, "s", &name);
		if (r >= 0 && strcmp(name, "Address") == 0) {
			r = sd_bus_message_read(message, "v", "s", &text);
			if (r >= 0)
				snprintf(adapter->address, sizeof(adapter->address), "%s", text);
		} else if (r >= 0 &&
			   (strcmp(name, "Powered") == 0 || strcmp(name, "Discoverable") == 0)) {
			r = sd_bus_message_read(message, "v", "b", &flag);
			if (*name == 'P')
				adapter->is_powered = r >= 0 && flag;
			else
				adapter->is_discoverable = r >= 0 && flag;
		} else if (r >= 0) {
			r = sd_bus_message_skip(message, "v");
		}
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
		if (r < 0)
			return r;
	}
	return r;
}

/* a{sa{sv}} of an object; true: it is an adapter. */
static int read_interfaces(
	sd_bus_message *message, struct radio_adapter *adapter, bool *ret_is_adapter)
{
	int r = sd_bus_message_enter_container(message, 'a', "{sa{sv}}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sa{sv}")) > 0) {
		const char *interface;

		r = sd_bus_message_read(message, "s", &interface);
		if (r < 0)
			return r;
		adapter->has_gatt |= strcmp(interface, BLUEZ_GATT_MANAGER) == 0;
		adapter->has_advertising |= strcmp(interface, BLUEZ_ADVERTISING) == 0;
		if (strcmp(interface, BLUEZ_ADAPTER) == 0) {
			*ret_is_adapter = true;
			r = sd_bus_message_enter_container(message, 'a', "{sv}");
			if (r >= 0)
				r = read_adapter(message, adapter);
			if (r >= 0)
				r = sd_bus_message_exit_container(message);
		} else {
			r = sd_bus_message_skip(message, "a{sv}");
		}
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int compare_adapters(const void *a, const void *b)
{
	const struct radio_adapter *one = a, *other = b;

	return strcmp(one->path, other->path);
}

static int read_adapters(sd_bus_message *message, struct mirror_radio *radio)
{
	int r = sd_bus_message_enter_container(message, 'a', "{oa{sa{sv}}}");

	radio->adapter_count = 0;
	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "oa{sa{sv}}")) > 0) {
		struct radio_adapter adapter = { 0 };
		bool is_adapter = false;
		const char *path;

		r = sd_bus_message_read(message, "o", &path);
		if (r >= 0)
			r = read_interfaces(message, &adapter, &is_adapter);
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
		if (r < 0 || !is_adapter || radio->adapter_count == RADIO_ADAPTERS_MAX)
			continue;
		snprintf(adapter.path, sizeof(adapter.path), "%s", path);
		radio->adapters[radio->adapter_count++] = adapter;
	}
	qsort(radio->adapters, radio->adapter_count, sizeof(*radio->adapters), compare_adapters);
	return r;
}

static int on_adapters(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct mirror_radio *radio = userdata;
	int r;

	(void)error;
	radio->listing = sd_bus_slot_unref(radio->listing);
	if (sd_bus_message_is_method_error(message, NULL))
		return 0; /* bluetoothd is not there; its coming will be told */
	r = read_adapters(message, radio);
	if (r < 0)
		log_warning("bluetooth: cannot read the list of adapters: %s", strerror(-r));
	radio->has_bluez = true;
	snprintf(radio->bluez, sizeof(radio->bluez), "%s", sd_bus_message_get_sender(message));
	radio_step(radio);
	return 0;
}

/* Asked anew while it is asked: the later answer is the one that counts. */
static void list_adapters(struct mirror_radio *radio)
{
	int r;

	radio->listing = sd_bus_slot_unref(radio->listing);
	r = sd_bus_call_method_async(radio->bus, &radio->listing, BLUEZ_SERVICE, "/", DBUS_OBJECTS,
		"GetManagedObjects", on_adapters, radio, NULL);
	if (r < 0)
		log_warning("bluetooth: cannot ask for the adapters: %s", strerror(-r));
}

static int on_owner(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct mirror_radio *radio = userdata;
	const char *name, *before, *after;

	(void)error;
	if (sd_bus_message_read(message, "sss", &name, &before, &after) < 0)
		return 0;
	forget_bluez(radio);
	if (*after)
		list_adapters(radio);
	radio_schedule(radio);
	return 0;
}

/* "/org/bluez/hci0" and nothing below. */
static bool is_adapter_path(const char *path)
{
	static const char prefix[] = "/org/bluez/";

	return strncmp(path, prefix, strlen(prefix)) == 0 && !strchr(path + strlen(prefix), '/');
}

/* Devices come and go all the time: they are none of ours. */
static int on_objects(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *path;

	(void)error;
	if (sd_bus_message_read(message, "o", &path) >= 0 && is_adapter_path(path))
		list_adapters(userdata);
	return 0;
}

static int on_adapter_changed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	(void)message;
	(void)error;
	list_adapters(userdata);
	return 0;
}

/* The bus cannot be freed while it calls this, so that waits for the tick. */
static int on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct mirror_radio *radio = userdata;

	(void)message;
	(void)error;
	forget_bluez(radio);
	radio->retry_us = clock_monotonic_us();
	return 0;
}

static int add_matches(struct mirror_radio *radio)
{
	static const struct {
		const char *rule;
		sd_bus_message_handler_t handler;
	} matches[] = {
		{ "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',"
		  "arg0='" BLUEZ_SERVICE "'",
			on_owner },
		{ "type='signal',sender='" BLUEZ_SERVICE "',interface='" DBUS_OBJECTS "'",
			on_objects },
		{ "type='signal',sender='" BLUEZ_SERVICE "',interface='" DBUS_PROPERTIES
		  "',arg0='" BLUEZ_ADAPTER "'",
			on_adapter_changed },
	};
	int r = sd_bus_match_signal(radio->bus, NULL, "org.freedesktop.DBus.Local",
		"/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local", "Disconnected",
		on_disconnected, radio);

	for (size_t i = 0; r >= 0 && i < sizeof(matches) / sizeof(*matches); i++)
		r = sd_bus_add_match_async(
			radio->bus, NULL, matches[i].rule, matches[i].handler, NULL, radio);
	return r;
}

static void disconnect(struct mirror_radio *radio)
{
	forget_bluez(radio);
	radio->bus = sd_bus_close_unref(radio->bus);
}

static int open_bus(struct mirror_radio *radio)
{
	int r = sd_bus_open_system_with_description(&radio->bus, "bmsd-mirror");

	if (r >= 0)
		r = sd_bus_set_method_call_timeout(radio->bus, RADIO_CALL_TIMEOUT_US);
	if (r >= 0)
		r = add_matches(radio);
	if (r >= 0)
		r = sd_bus_attach_event(radio->bus, radio->event, SD_EVENT_PRIORITY_NORMAL);
	return r;
}

static void connect_bus(struct mirror_radio *radio)
{
	int r;

	disconnect(radio);
	r = open_bus(radio);
	if (r < 0) {
		if (!radio->is_reported)
			log_warning("bluetooth: no system bus (%s), trying again every 5 s",
				strerror(-r));
		radio->is_reported = true;
		disconnect(radio);
		radio->retry_us = clock_monotonic_us() + RADIO_RETRY_US;
		return;
	}
	radio->is_reported = false;
	radio->retry_us = 0;
	list_adapters(radio);
}

void mirror_radio_tick(struct mirror_radio *radio)
{
	if (radio->retry_us && clock_monotonic_us() >= radio->retry_us)
		connect_bus(radio);
	radio_step(radio);
}

static int on_poll(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct mirror_radio *radio = userdata;
	uint64_t now_us = clock_monotonic_us();

	(void)source;
	(void)usec;
	for (size_t i = 0; i < radio->site_count; i++)
		site_poll(radio->sites[i], now_us);
	radio_schedule(radio);
	return 0;
}

void radio_schedule(struct mirror_radio *radio)
{
	uint64_t now_us = clock_monotonic_us();
	uint64_t next_us = UINT64_MAX;

	for (size_t i = 0; i < radio->site_count; i++) {
		uint64_t site_us = site_next_us(radio->sites[i], now_us);

		if (site_us < next_us)
			next_us = site_us;
	}
	if (next_us != UINT64_MAX)
		(void)sd_event_source_set_time(radio->poll, next_us);
	(void)sd_event_source_set_enabled(
		radio->poll, next_us == UINT64_MAX ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

int mirror_radio_new(
	struct mirror_radio **ret, sd_event *event, const struct mirror_radio_callbacks *callbacks)
{
	struct mirror_radio *radio = calloc(1, sizeof(*radio));
	int r;

	if (!radio)
		return -ENOMEM;
	radio->event = sd_event_ref(event);
	radio->callbacks = callbacks;
	r = sd_event_add_time(event, &radio->poll, CLOCK_MONOTONIC, UINT64_MAX, 1, on_poll, radio);
	if (r < 0) {
		mirror_radio_free(radio);
		return r;
	}
	connect_bus(radio);
	*ret = radio;
	return 0;
}

struct mirror_radio *mirror_radio_free(struct mirror_radio *radio)
{
	if (!radio)
		return NULL;
	disconnect(radio);
	sd_event_source_disable_unref(radio->poll);
	sd_event_unref(radio->event);
	free(radio);
	return NULL;
}
