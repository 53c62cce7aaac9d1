/* SPDX-License-Identifier: MIT */
#include "link/ble/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "link/ble/board_internal.h"
#include "link/ble/host_internal.h"

enum {
	RETRY_US = 5000000,
};

static void host_connect(struct ble_host *host);

const struct host_adapter *host_adapter(const struct ble_host *host, const char *address)
{
	for (size_t i = 0; i < host->adapter_count; i++) {
		const struct host_adapter *adapter = &host->adapters[i];

		if (*address ? strcmp(adapter->address, address) == 0 : adapter->is_powered)
			return adapter;
	}
	return NULL;
}

struct ble_board *host_board_of(struct ble_host *host, const char *path)
{
	for (struct ble_board *board = host->boards; board; board = board->next)
		if (board_has_path(board, path))
			return board;
	return NULL;
}

void host_add_board(struct ble_host *host, struct ble_board *board)
{
	board->next = host->boards;
	host->boards = board;
	host_refresh(host);
}

void host_remove_board(struct ble_host *host, struct ble_board *board)
{
	struct ble_board **at = &host->boards;

	while (*at && *at != board)
		at = &(*at)->next;
	if (*at)
		*at = board->next;
	host_turns_changed(host);
}

/* The board that has waited longest among those of an adapter that no board holds. */
static struct ble_board *next_turn(const struct ble_host *host)
{
	struct ble_board *chosen = NULL;

	for (struct ble_board *board = host->boards; board; board = board->next) {
		bool is_free = true;

		for (struct ble_board *other = host->boards; other; other = other->next)
			is_free = is_free &&
				  !(other->has_turn && strcmp(other->adapter, board->adapter) == 0);
		if (board->ticket && is_free && (!chosen || board->ticket < chosen->ticket))
			chosen = board;
	}
	return chosen;
}

static int on_turns(sd_event_source *source, void *userdata)
{
	struct ble_host *host = userdata;
	struct ble_board *board;

	(void)source;
	while ((board = next_turn(host)))
		board_on_turn(board);
	return 0;
}

void host_turns_changed(struct ble_host *host)
{
	(void)sd_event_source_set_enabled(host->turns, SD_EVENT_ONESHOT);
}

static int read_adapter(struct ble_host *host, const char *path, sd_bus_message *properties)
{
	struct host_adapter adapter = { .path = "" };
	const struct bluez_property wanted[] = {
		{ "Address", "s", adapter.address, sizeof(adapter.address), NULL },
		{ "Powered", "b", &adapter.is_powered, 0, NULL },
	};
	int r = bluez_read_properties(properties, wanted, sizeof(wanted) / sizeof(*wanted));

	if (r < 0 || host->adapter_count == HOST_ADAPTERS_MAX)
		return r;
	snprintf(adapter.path, sizeof(adapter.path), "%s", path);
	host->adapters[host->adapter_count++] = adapter;
	return 0;
}

static int on_adapter(
	void *userdata, const char *path, const char *interface, sd_bus_message *properties)
{
	if (strcmp(interface, BLUEZ_ADAPTER) == 0)
		return read_adapter(userdata, path, properties);
	return sd_bus_message_skip(properties, "a{sv}");
}

static int on_device(
	void *userdata, const char *path, const char *interface, sd_bus_message *properties)
{
	struct ble_board *board = host_board_of(userdata, path);

	if (board)
		return board_on_interface(board, path, interface, properties);
	return sd_bus_message_skip(properties, "a{sv}");
}

/* Adapters first: they say where a board's device is. */
static int read_all(struct ble_host *host, sd_bus_message *message)
{
	int r;

	host->adapter_count = 0;
	r = bluez_read_objects(message, on_adapter, host);
	for (struct ble_board *board = host->boards; board; board = board->next)
		board_begin_objects(board);
	if (r >= 0)
		r = sd_bus_message_rewind(message, true);
	return r < 0 ? r : bluez_read_objects(message, on_device, host);
}

static void tell_boards(struct ble_host *host)
{
	for (struct ble_board *board = host->boards; board; board = board->next)
		board_on_objects(board);
}

static void host_gone(struct ble_host *host)
{
	host->refresh = sd_bus_slot_unref(host->refresh);
	host->adapter_count = 0;
	host->is_there = false;
	for (struct ble_board *board = host->boards; board; board = board->next)
		board_begin_objects(board);
	tell_boards(host);
}

static int on_objects(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct ble_host *host = userdata;
	bool was_there = host->is_there;
	bool again = host->again;
	int r;

	(void)error;
	host->refresh = sd_bus_slot_unref(host->refresh);
	if (sd_bus_message_is_method_error(message, NULL)) {
		log_debug("bluetooth: %s", sd_bus_message_get_error(message)->message);
		host_gone(host); /* it will say when it is there */
		return 0;
	}
	r = read_all(host, message);
	if (r < 0)
		log_warning("bluetooth: BlueZ says what is not understood: %s", strerror(-r));
	host->is_there = true;
	if (!was_there)
		agent_register(host);
	tell_boards(host);
	if (again)
		host_refresh(host);
	return 0;
}

void host_refresh(struct ble_host *host)
{
	int r;

	host->again = host->refresh != NULL;
	if (!host->bus || host->refresh)
		return;
	r = sd_bus_call_method_async(host->bus, &host->refresh, BLUEZ_SERVICE, "/",
		"org.freedesktop.DBus.ObjectManager", "GetManagedObjects", on_objects, host, "");
	if (r < 0)
		log_warning("bluetooth: cannot ask BlueZ: %s", strerror(-r));
}

static int on_owner(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct ble_host *host = userdata;
	const char *name, *before, *after;

	(void)error;
	if (sd_bus_message_read(message, "sss", &name, &before, &after) < 0)
		return 0;
	if (*before) {
		log_notice("bluetooth: bluetoothd has ended");
		host_gone(host);
	}
	if (*after)
		host_refresh(host);
	return 0;
}

static int on_added(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct ble_host *host = userdata;
	struct ble_board *board;
	const char *path;

	(void)error;
	if (sd_bus_message_read(message, "o", &path) < 0)
		return 0;
	board = host_board_of(host, path);
	if (!board) {
		if (!strstr(path, "/dev_")) /* an adapter */
			host_refresh(host);
		return 0;
	}
	if (bluez_read_interfaces(message, path, on_device, host) >= 0)
		board_on_objects(board);
	return 0;
}

static int on_removed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct ble_host *host = userdata;
	struct ble_board *board;
	const char *path;

	(void)error;
	if (sd_bus_message_read(message, "o", &path) < 0)
		return 0;
	board = host_board_of(host, path);
	if (board)
		board_on_removed(board, path);
	else if (!strstr(path, "/dev_"))
		host_refresh(host);
	return 0;
}

static int on_changed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct ble_host *host = userdata;
	const char *path = sd_bus_message_get_path(message);
	struct ble_board *board = host_board_of(host, path);
	const char *interface;

	(void)error;
	if (sd_bus_message_read(message, "s", &interface) < 0)
		return 0;
	if (board)
		board_on_changed(board, path, interface, message);
	else if (strcmp(interface, BLUEZ_ADAPTER) == 0)
		host_refresh(host);
	return 0;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct ble_host *host = userdata;

	(void)source;
	(void)usec;
	host->retry = sd_event_source_disable_unref(host->retry);
	host_connect(host);
	return 0;
}

static void retry_later(struct ble_host *host)
{
	int r;

	if (host->retry)
		return;
	r = sd_event_add_time_relative(
		host->event, &host->retry, CLOCK_MONOTONIC, RETRY_US, 0, on_retry, host);
	if (r < 0)
		log_error("bluetooth: cannot schedule the next connection: %s", strerror(-r));
}

/* The bus cannot be freed while it calls this, so that waits for the timer. */
static int on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct ble_host *host = userdata;

	(void)message;
	(void)error;
	host_gone(host);
	retry_later(host);
	return 0;
}

static int add_matches(struct ble_host *host)
{
	static const struct {
		const char *rule;
		sd_bus_message_handler_t handler;
	} matches[] = {
		{ "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',"
		  "arg0='" BLUEZ_SERVICE "'",
			on_owner },
		{ "type='signal',sender='" BLUEZ_SERVICE "',member='InterfacesAdded',"
		  "interface='org.freedesktop.DBus.ObjectManager'",
			on_added },
		{ "type='signal',sender='" BLUEZ_SERVICE "',member='InterfacesRemoved',"
		  "interface='org.freedesktop.DBus.ObjectManager'",
			on_removed },
		{ "type='signal',sender='" BLUEZ_SERVICE "',member='PropertiesChanged',"
		  "interface='org.freedesktop.DBus.Properties',path_namespace='/org/bluez'",
			on_changed },
	};
	int r = sd_bus_match_signal(host->bus, NULL, "org.freedesktop.DBus.Local",
		"/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local", "Disconnected",
		on_disconnected, host);

	for (size_t i = 0; i < sizeof(matches) / sizeof(*matches) && r >= 0; i++)
		r = sd_bus_add_match_async(
			host->bus, NULL, matches[i].rule, matches[i].handler, NULL, host);
	return r;
}

static int host_open(struct ble_host *host)
{
	int r = sd_bus_open_system_with_description(&host->bus, "bmsd-bluez");

	if (r >= 0)
		r = add_matches(host);
	if (r >= 0)
		r = agent_offer(host);
	if (r >= 0)
		r = sd_bus_attach_event(host->bus, host->event, SD_EVENT_PRIORITY_NORMAL);
	return r;
}

static void host_connect(struct ble_host *host)
{
	int r;

	host->refresh = sd_bus_slot_unref(host->refresh);
	host->bus = sd_bus_close_unref(host->bus);
	r = host_open(host);
	if (r < 0) {
		if (!host->is_reported)
			log_warning("bluetooth: no connection to the system bus (%s), trying again "
				    "every 5 s",
				strerror(-r));
		host->is_reported = true;
		host->bus = sd_bus_close_unref(host->bus);
		retry_later(host);
		return;
	}
	host->is_reported = false;
	host_refresh(host);
}

static int on_powered(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	(void)userdata;
	(void)error;
	if (sd_bus_message_is_method_error(message, NULL))
		log_warning("bluetooth: the adapter cannot be switched on: %s",
			sd_bus_message_get_error(message)->message);
	return 0;
}

static int set_power(
	struct ble_host *host, const char *path, bool on, sd_bus_message_handler_t handler)
{
	return sd_bus_call_method_async(host->bus, NULL, BLUEZ_SERVICE, path,
		"org.freedesktop.DBus.Properties", "Set", handler, host, "ssv", BLUEZ_ADAPTER,
		"Powered", "b", (int)on);
}

static int on_unpowered(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct ble_host *host = userdata;

	(void)error;
	if (sd_bus_message_is_method_error(message, NULL)) {
		log_warning("bluetooth: the adapter cannot be switched off: %s",
			sd_bus_message_get_error(message)->message);
		return 0;
	}
	(void)set_power(host, host->cycled, true, on_powered);
	return 0;
}

int host_power_cycle(struct ble_host *host, const char *path)
{
	snprintf(host->cycled, sizeof(host->cycled), "%s", path);
	log_warning("bluetooth: switching %s off and on", path);
	return set_power(host, path, false, on_unpowered);
}

int ble_host_new(struct ble_host **ret, sd_event *event)
{
	struct ble_host *host = calloc(1, sizeof(*host));
	int r;

	if (!host)
		return -ENOMEM;
	host->event = sd_event_ref(event);
	r = sd_event_add_defer(event, &host->turns, on_turns, host);
	if (r < 0) {
		ble_host_free(host);
		return r;
	}
	(void)sd_event_source_set_enabled(host->turns, SD_EVENT_OFF);
	host_connect(host);
	*ret = host;
	return 0;
}

struct ble_host *ble_host_free(struct ble_host *host)
{
	if (!host)
		return NULL;
	sd_event_source_disable_unref(host->retry);
	sd_event_source_disable_unref(host->turns);
	sd_bus_slot_unref(host->refresh);
	/* Boards have said that their connections are to end. */
	sd_bus_flush_close_unref(host->bus);
	sd_event_unref(host->event);
	free(host);
	return NULL;
}
