/* SPDX-License-Identifier: MIT */
#include "link/ble/board.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "link/ble/board_internal.h"
#include "link/ble/passkey.h"

enum {
	/* Longer than any deadline of the machine: it decides. */
	CALL_TIMEOUT_US = 60000000,
};

void board_blame(struct ble_board *board, const char *what, const sd_bus_error *error)
{
	snprintf(board->reason, sizeof(board->reason), "%s%s%s", what, error ? ": " : "",
		error ? (error->message && *error->message ? error->message : error->name) : "");
}

void board_fail(struct ble_board *board, const sd_bus_error *error)
{
	bool refused = error && bluez_wants_pairing(error);

	/* The words are those of the state already. */
	if (refused)
		board_blame(board, "the board wants to be paired", error);
	else if (error)
		board_blame(board, ble_state_text(board->central.state), error);
	board_step(board, refused ? BLE_ON_REFUSED : BLE_ON_FAILED);
}

bool board_has_path(const struct ble_board *board, const char *path)
{
	size_t size = strlen(board->device);

	return size > 0 && strncmp(path, board->device, size) == 0 &&
	       (path[size] == '\0' || path[size] == '/');
}

static void tell_state(struct ble_board *board, bool up, const char *reason)
{
	if (up == board->is_up && (up || strcmp(reason, board->told) == 0))
		return;
	board->is_up = up;
	snprintf(board->told, sizeof(board->told), "%s", reason);
	board->callbacks.on_state(board->userdata, up, reason);
}

static void end_pairing(struct ble_board *board, const char *failure)
{
	if (!board->is_pairing)
		return;
	board->is_pairing = false;
	board->callbacks.on_paired(board->userdata, failure);
}

static void drop_commands(struct ble_board *board)
{
	uint8_t number;

	while (ble_commands_drop(&board->commands, &number))
		board->callbacks.on_answer(board->userdata, number, false);
}

static void send_commands(struct ble_board *board)
{
	const uint8_t *bytes = ble_commands_send(&board->commands, clock_monotonic_us());
	uint8_t number;

	/* One that cannot be sent is one that is not answered. */
	while (bytes && wire_write(board, bytes, BMS_JK_COMMAND_SIZE) < 0) {
		(void)ble_commands_end(&board->commands, &number);
		board->callbacks.on_answer(board->userdata, number, false);
		bytes = ble_commands_send(&board->commands, clock_monotonic_us());
	}
}

static void end_command(struct ble_board *board, bool acknowledged)
{
	uint8_t number;

	if (!ble_commands_end(&board->commands, &number))
		return;
	board->callbacks.on_answer(board->userdata, number, acknowledged);
	send_commands(board);
}

void board_on_ack(struct ble_board *board)
{
	end_command(board, true);
}

static void set_timer(struct ble_board *board)
{
	uint64_t next_us = ble_central_next_us(&board->central);

	if (board->commands.deadline_us < next_us)
		next_us = board->commands.deadline_us;
	if (next_us == UINT64_MAX) {
		(void)sd_event_source_set_enabled(board->timer, SD_EVENT_OFF);
		return;
	}
	(void)sd_event_source_set_time(board->timer, next_us);
	(void)sd_event_source_set_enabled(board->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct ble_board *board = userdata;

	(void)source;
	(void)usec;
	if (clock_monotonic_us() >= board->commands.deadline_us)
		end_command(board, false);
	board_step(board, BLE_ON_TIME);
	return 0;
}

/* Any method without arguments whose success alone matters. */
static int on_called(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct ble_board *board = userdata;
	const sd_bus_error *failure = sd_bus_message_get_error(message);

	(void)error;
	board->call = sd_bus_slot_unref(board->call);
	if (!failure || sd_bus_error_has_name(failure, BLUEZ_ERROR "AlreadyExists") ||
		sd_bus_error_has_name(failure, BLUEZ_ERROR "AlreadyConnected")) {
		board_step(board, BLE_ON_DONE);
		return 0;
	}
	board_fail(board, failure);
	return 0;
}

/* The event that follows at once, for what cannot even be asked. */
static enum ble_event begin_call(
	struct ble_board *board, const char *path, const char *interface, const char *method)
{
	sd_bus_message *message = NULL;
	int r = board->host->bus ? sd_bus_message_new_method_call(board->host->bus, &message,
					   BLUEZ_SERVICE, path, interface, method)
				 : -ENOTCONN;

	if (r >= 0 && strcmp(method, "RemoveDevice") == 0)
		r = sd_bus_message_append(message, "o", board->device);
	board->call = sd_bus_slot_unref(board->call);
	if (r >= 0)
		r = sd_bus_call_async(
			board->host->bus, &board->call, message, on_called, board, CALL_TIMEOUT_US);
	sd_bus_message_unref(message);
	return r < 0 ? BLE_ON_FAILED : BLE_ON_NOTHING;
}

/* What nobody waits for. */
static void tell_adapter(struct ble_board *board, const char *method)
{
	if (board->host->bus && *board->adapter)
		(void)sd_bus_call_method_async(board->host->bus, NULL, BLUEZ_SERVICE,
			board->adapter, BLUEZ_ADAPTER, method, NULL, NULL, "");
}

static void stop_discovery(struct ble_board *board)
{
	if (board->is_discovering)
		tell_adapter(board, "StopDiscovery");
	board->is_discovering = false;
}

static int on_discovery(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct ble_board *board = userdata;
	const sd_bus_error *failure = sd_bus_message_get_error(message);

	(void)error;
	board->call = sd_bus_slot_unref(board->call);
	if (failure) {
		board_blame(board, "the adapter cannot scan", failure);
		board_step(board, BLE_ON_FAILED);
		return 0;
	}
	board->is_discovering = true;
	return 0;
}

static enum ble_event begin_find(struct ble_board *board)
{
	sd_bus *bus = board->host->bus;
	int r;

	if (board->exists)
		return BLE_ON_DONE;
	board_blame(board, "the board is not in range, or another device has its connection", NULL);
	r = sd_bus_call_method_async(bus, NULL, BLUEZ_SERVICE, board->adapter, BLUEZ_ADAPTER,
		"SetDiscoveryFilter", NULL, NULL, "a{sv}", 1, "Transport", "s", "le");
	board->call = sd_bus_slot_unref(board->call);
	if (r >= 0)
		r = sd_bus_call_method_async(bus, &board->call, BLUEZ_SERVICE, board->adapter,
			BLUEZ_ADAPTER, "StartDiscovery", on_discovery, board, "");
	return r < 0 ? BLE_ON_FAILED : BLE_ON_NOTHING;
}

static enum ble_event begin_connect(struct ble_board *board)
{
	stop_discovery(board);
	if (board->is_connected) /* by a process before us */
		return BLE_ON_DONE;
	board_blame(board, "the board does not answer the connection", NULL);
	return begin_call(board, board->device, BLUEZ_DEVICE, "Connect");
}

static enum ble_event begin_pair(struct ble_board *board)
{
	stop_discovery(board);
	if (board->is_paired)
		return BLE_ON_DONE;
	board_blame(board, "the board does not answer the pairing", NULL);
	return begin_call(board, board->device, BLUEZ_DEVICE, "Pair");
}

/* What is known of its services; asked for when they are there. */
static enum ble_event look_for_services(struct ble_board *board)
{
	board_blame(board, "the board's services do not come", NULL);
	if (!board->is_resolved)
		return BLE_ON_NOTHING;
	if (!*board->wire.notify_path || !*board->wire.write_path) {
		board_blame(board, "the board has no characteristic FFE1", NULL);
		return BLE_ON_FAILED;
	}
	return BLE_ON_DONE;
}

static enum ble_event begin_resolve(struct ble_board *board)
{
	board->stats.connections++;
	host_refresh(board->host);
	return BLE_ON_NOTHING;
}

static enum ble_event begin_subscribe(struct ble_board *board)
{
	board_blame(board, "the board does not answer the subscription", NULL);
	return wire_subscribe(board) < 0 ? BLE_ON_FAILED : BLE_ON_NOTHING;
}

static enum ble_event greet(struct ble_board *board)
{
	board->ticket = 0;
	board->has_turn = false;
	host_turns_changed(board->host);
	if (!board->is_up)
		end_pairing(board, board->is_paired ? "" : "the board did not want to be paired");
	board_blame(board, "the board is silent", NULL);
	(void)ble_board_ask(board);
	tell_state(board, true, "");
	return BLE_ON_NOTHING;
}

static enum ble_event begin_close(struct ble_board *board)
{
	board->call = sd_bus_slot_unref(board->call);
	stop_discovery(board);
	wire_close(board);
	if (board->central.released_until_us)
		board_blame(board, "released", NULL);
	if (!board->exists)
		return BLE_ON_DONE;
	return begin_call(board, board->device, BLUEZ_DEVICE, "Disconnect");
}

static enum ble_event let_go(struct ble_board *board)
{
	board->ticket = 0;
	board->has_turn = false;
	host_turns_changed(board->host);
	board->call = sd_bus_slot_unref(board->call);
	return BLE_ON_NOTHING;
}

static void blame_adapter(struct ble_board *board)
{
	const char *what =
		*board->adapter ? "the adapter is switched off" : "there is no such adapter";

	board_blame(board, board->host->is_there ? what : "bluetoothd is not there", NULL);
}

static enum ble_event drop(struct ble_board *board)
{
	wire_close(board);
	board->is_discovering = false;
	blame_adapter(board);
	return let_go(board);
}

static enum ble_event queue(struct ble_board *board)
{
	if (!board->ticket)
		board->ticket = ++board->host->last_ticket;
	host_turns_changed(board->host);
	return BLE_ON_NOTHING;
}

static enum ble_event forget(struct ble_board *board)
{
	if (!board->exists)
		return BLE_ON_DONE;
	return begin_call(board, board->adapter, BLUEZ_ADAPTER, "RemoveDevice");
}

static enum ble_event power_cycle(struct ble_board *board)
{
	return host_power_cycle(board->host, board->adapter) < 0 ? BLE_ON_FAILED : BLE_ON_NOTHING;
}

static enum ble_event (*const performers[])(struct ble_board *board) = {
	[BLE_DO_DROP] = drop,
	[BLE_DO_QUEUE] = queue,
	[BLE_DO_FIND] = begin_find,
	[BLE_DO_PAIR] = begin_pair,
	[BLE_DO_CONNECT] = begin_connect,
	[BLE_DO_RESOLVE] = begin_resolve,
	[BLE_DO_SUBSCRIBE] = begin_subscribe,
	[BLE_DO_GREET] = greet,
	[BLE_DO_CLOSE] = begin_close,
	[BLE_DO_FORGET] = forget,
	[BLE_DO_POWER] = power_cycle,
	[BLE_DO_REST] = let_go,
};

static void count_failure(struct ble_board *board, unsigned before)
{
	if (board->central.failures <= before)
		return;
	board->stats.failures++;
	log_debug("%s: %s (%u in a row)", board->address, board->reason, board->central.failures);
}

/* Not what is only on its way. */
static void tell(struct ble_board *board)
{
	enum ble_state state = board->central.state;
	bool rests = state == BLE_BACKOFF || state == BLE_IDLE || state == BLE_RELEASED;

	if (rests || (board->is_up && state != BLE_STREAM))
		tell_state(board, false, board->reason);
	if (rests)
		end_pairing(board, board->reason);
}

static void perform(struct ble_board *board, enum ble_action action)
{
	while (action != BLE_DO_NOTHING) {
		enum ble_event event;
		unsigned failures = board->central.failures;

		if (board->central.state != BLE_STREAM)
			drop_commands(board);
		event = performers[action](board);
		if (event == BLE_ON_NOTHING)
			break;
		action = ble_central_step(&board->central, event, clock_monotonic_us());
		count_failure(board, failures);
	}
	tell(board);
	set_timer(board);
}

void board_step(struct ble_board *board, enum ble_event event)
{
	unsigned failures = board->central.failures;
	enum ble_action action = ble_central_step(&board->central, event, clock_monotonic_us());

	count_failure(board, failures);
	perform(board, action);
}

void board_on_turn(struct ble_board *board)
{
	board->ticket = 0;
	board->has_turn = true;
	board_step(board, BLE_ON_TURN);
}

void board_begin_objects(struct ble_board *board)
{
	const struct host_adapter *adapter = host_adapter(board->host, board->wanted_adapter);

	board->exists = false;
	board->is_connected = false;
	board->is_resolved = false;
	board->is_paired = false;
	board->is_ready = adapter && adapter->is_powered;
	*board->device = '\0';
	*board->adapter = '\0';
	if (board->wire.notify_fd < 0 && board->central.state < BLE_SUBSCRIBE) {
		*board->wire.notify_path = '\0';
		*board->wire.write_path = '\0';
	}
	if (!adapter)
		return;
	snprintf(board->adapter, sizeof(board->adapter), "%s", adapter->path);
	bluez_device_path(adapter->path, board->address, board->device);
}

static int read_device(struct ble_board *board, sd_bus_message *properties)
{
	const struct bluez_property wanted[] = {
		{ "Connected", "b", &board->is_connected, 0, NULL },
		{ "ServicesResolved", "b", &board->is_resolved, 0, NULL },
		{ "Paired", "b", &board->is_paired, 0, NULL },
	};

	board->exists = true;
	return bluez_read_properties(properties, wanted, sizeof(wanted) / sizeof(*wanted));
}

int board_on_interface(struct ble_board *board, const char *path, const char *interface,
	sd_bus_message *properties)
{
	if (strcmp(interface, BLUEZ_DEVICE) == 0)
		return read_device(board, properties);
	if (strcmp(interface, BLUEZ_CHARACTERISTIC) == 0)
		return wire_on_characteristic(board, path, properties);
	return sd_bus_message_skip(properties, "a{sv}");
}

/* What the machine makes of what is known now. */
void board_on_objects(struct ble_board *board)
{
	enum ble_state state = board->central.state;
	enum ble_event event;

	board->central.is_bonded = board->is_paired;
	if (!board->is_ready) {
		blame_adapter(board); /* also of one that was never there */
		board_step(board, BLE_ON_GONE);
		return;
	}
	if (state == BLE_IDLE)
		board_step(board, BLE_ON_READY);
	else if (state >= BLE_RESOLVE && state <= BLE_STREAM && !board->is_connected) {
		board_blame(board, "the connection was lost", NULL);
		board_step(board, BLE_ON_LOST);
	} else if (state == BLE_FIND && board->exists)
		board_step(board, BLE_ON_DONE);
	else if (state == BLE_RESOLVE) {
		event = look_for_services(board);
		if (event != BLE_ON_NOTHING)
			board_step(board, event);
	}
}

void board_on_changed(struct ble_board *board, const char *path, const char *interface,
	sd_bus_message *properties)
{
	bool was_resolved = board->is_resolved;

	if (strcmp(interface, BLUEZ_CHARACTERISTIC) == 0) {
		wire_on_value(board, path, properties);
		return;
	}
	if (strcmp(interface, BLUEZ_DEVICE) != 0 || read_device(board, properties) < 0)
		return;
	if (board->is_resolved && !was_resolved)
		host_refresh(board->host); /* for its characteristics */
	if (!board->is_connected)
		board_on_objects(board);
}

void board_on_removed(struct ble_board *board, const char *path)
{
	if (strcmp(path, board->device) != 0)
		return;
	board->exists = false;
	board->is_connected = false;
	board_on_objects(board);
}

static int init_timer(struct ble_board *board)
{
	int r = sd_event_add_time(
		board->host->event, &board->timer, CLOCK_MONOTONIC, UINT64_MAX, 1, on_timer, board);

	return r < 0 ? r : sd_event_source_set_enabled(board->timer, SD_EVENT_OFF);
}

static void init_central(struct ble_board *board, const struct ble_board_options *options)
{
	struct ble_central_options central = {
		.backoff_least_ms = options->backoff_least_ms,
		.backoff_most_ms = options->backoff_most_ms,
		.may_power = options->power_cycle,
		.may_pair = *options->passkey_file != '\0',
		.seed = clock_monotonic_us() ^ (uint64_t)(uintptr_t)board,
	};

	ble_central_init(&board->central, &central);
}

int ble_board_new(struct ble_board **ret, struct ble_host *host,
	const struct ble_board_options *options, const struct ble_board_callbacks *callbacks,
	void *userdata)
{
	struct ble_board *board = calloc(1, sizeof(*board));
	int r;

	if (!board)
		return -ENOMEM;
	board->host = host;
	board->callbacks = *callbacks;
	board->userdata = userdata;
	board->by_signals = options->by_signals;
	snprintf(board->passkey_file, sizeof(board->passkey_file), "%s", options->passkey_file);
	wire_init(&board->wire);
	ble_commands_init(&board->commands);
	init_central(board, options);
	r = bluez_address(options->address, board->address) &&
			    (!*options->adapter ||
				    bluez_address(options->adapter, board->wanted_adapter))
		    ? init_timer(board)
		    : -EINVAL;
	if (r < 0) {
		free(board);
		return r;
	}
	host_add_board(host, board);
	*ret = board;
	return 0;
}

struct ble_board *ble_board_free(struct ble_board *board)
{
	if (!board)
		return NULL;
	stop_discovery(board);
	/* Else nobody else can have the board while bluetoothd runs. */
	if (board->is_connected && board->host->bus)
		(void)sd_bus_call_method_async(board->host->bus, NULL, BLUEZ_SERVICE, board->device,
			BLUEZ_DEVICE, "Disconnect", NULL, NULL, "");
	host_remove_board(board->host, board);
	sd_bus_slot_unref(board->call);
	wire_close(board);
	sd_event_source_disable_unref(board->timer);
	free(board);
	return NULL;
}

int ble_board_send(struct ble_board *board, const uint8_t command[BMS_JK_COMMAND_SIZE])
{
	if (board->central.state != BLE_STREAM)
		return -ENOTCONN;
	if (!ble_commands_add(&board->commands, command))
		return -ENOBUFS;
	send_commands(board);
	set_timer(board);
	return 0;
}

int ble_board_ask(struct ble_board *board)
{
	static const uint8_t questions[] = { BMS_JK_COMMAND_DEVICE, BMS_JK_COMMAND_SETTINGS };
	uint8_t bytes[BMS_JK_COMMAND_SIZE];
	int r = 0;

	if (ble_commands_has(&board->commands, questions[0]) &&
		ble_commands_has(&board->commands, questions[1]))
		return 0;
	for (size_t i = 0; i < sizeof(questions) && r >= 0; i++) {
		bms_jk_command_build(bytes, questions[i], NULL, 0);
		r = ble_board_send(board, bytes);
	}
	return r;
}

void ble_board_release(struct ble_board *board, unsigned seconds)
{
	uint64_t now_us = clock_monotonic_us();

	if (seconds)
		board_blame(board, "released", NULL);
	perform(board,
		ble_central_release(&board->central, now_us + (uint64_t)seconds * 1000000, now_us));
}

int ble_board_pair(struct ble_board *board)
{
	if (board->is_pairing)
		return -EBUSY;
	if (board->central.state == BLE_IDLE)
		return -ENODEV;
	board->is_pairing = true;
	perform(board, ble_central_pair(&board->central, clock_monotonic_us()));
	return 0;
}

void ble_board_stats(const struct ble_board *board, struct ble_board_stats *ret)
{
	*ret = board->stats;
	ret->frames = board->stream.frames;
	ret->cut = board->stream.cut;
	ret->damaged = board->stream.damaged;
	ret->skipped = board->stream.skipped;
	ret->mtu = board->wire.mtu;
	ret->by_signals = board->wire.notify_fd < 0;
}
