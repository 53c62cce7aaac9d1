/* SPDX-License-Identifier: MIT */
#include "fake_bluez.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

#include "bms/jk_command.h"
#include "captures_relay.h"

#define SERVICE        "org.bluez"
#define ADAPTER_PATH   "/org/bluez/hci0"
#define DEVICE         "org.bluez.Device1"
#define CHARACTERISTIC "org.bluez.GattCharacteristic1"

enum {
	TICK_US = 20000, /* of scans and live frames: a board's second in less */
};

static void changed(
	const struct fake_bluez *bluez, const char *path, const char *interface, const char *name)
{
	(void)sd_bus_emit_properties_changed(bluez->bus, path, interface, name, NULL);
	(void)sd_bus_flush(bluez->bus);
}

void fake_notify(struct fake_board *board, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;
	sd_bus_message *signal = NULL;

	for (size_t sent = 0; board->notifies && sent < size; sent += board->piece) {
		size_t piece = size - sent < board->piece ? size - sent : board->piece;

		if (board->fds[0] >= 0) {
			(void)!send(board->fds[0], at + sent, piece, MSG_NOSIGNAL);
			continue;
		}
		assert_true(
			sd_bus_message_new_signal(board->bluez->bus, &signal, board->characteristic,
				"org.freedesktop.DBus.Properties", "PropertiesChanged") >= 0);
		assert_true(sd_bus_message_append(signal, "s", CHARACTERISTIC) >= 0);
		assert_true(sd_bus_message_open_container(signal, 'a', "{sv}") >= 0);
		assert_true(sd_bus_message_open_container(signal, 'e', "sv") >= 0);
		assert_true(sd_bus_message_append(signal, "s", "Value") >= 0);
		assert_true(sd_bus_message_open_container(signal, 'v', "ay") >= 0);
		assert_true(sd_bus_message_append_array(signal, 'y', at + sent, piece) >= 0);
		assert_true(sd_bus_message_close_container(signal) >= 0);
		assert_true(sd_bus_message_close_container(signal) >= 0);
		assert_true(sd_bus_message_close_container(signal) >= 0);
		assert_true(sd_bus_message_append(signal, "as", 0) >= 0);
		assert_true(sd_bus_send(board->bluez->bus, signal, NULL) >= 0);
		signal = sd_bus_message_unref(signal);
	}
}

static void say(struct fake_board *board, const char *hex)
{
	uint8_t bytes[BMS_JK_FRAME_SIZE];

	fake_notify(board, bytes, capture_bytes(hex, bytes, sizeof(bytes)));
}

static void on_command(struct fake_board *board, const uint8_t *bytes, size_t size)
{
	uint8_t ack[BMS_JK_COMMAND_SIZE];
	struct bms_jk_command command;

	if (bms_jk_command_parse(bytes, size, &command) != BMS_OK)
		return;
	board->commands[command.command]++;
	if (board->is_mute)
		return;
	if (command.command == BMS_JK_COMMAND_DEVICE)
		say(board, relay_device_frame);
	if (command.command == BMS_JK_COMMAND_SETTINGS) {
		say(board, relay_settings_frame);
		board->streams = true;
	}
	bms_jk_acknowledge(ack);
	fake_notify(board, ack, sizeof(ack));
}

static int on_writes(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct fake_board *board = userdata;
	uint8_t bytes[512];
	ssize_t size = read(fd, bytes, sizeof(bytes));

	(void)events;
	if (size > 0)
		on_command(board, bytes, (size_t)size);
	else if (size == 0 || errno != EAGAIN)
		(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return 0;
}

static void close_fds(struct fake_board *board)
{
	board->source = sd_event_source_disable_unref(board->source);
	for (size_t i = 0; i < 2; i++) {
		if (board->fds[i] >= 0)
			close(board->fds[i]);
		board->fds[i] = -1;
	}
	board->notifies = false;
	board->streams = false;
}

static void disconnect(struct fake_board *board)
{
	close_fds(board);
	if (!board->is_connected)
		return;
	board->is_connected = false;
	board->disconnects++;
	changed(board->bluez, board->path, DEVICE, "Connected");
	changed(board->bluez, board->path, DEVICE, "ServicesResolved");
}

void fake_drop(struct fake_board *board)
{
	disconnect(board);
}

static int get_bool(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct fake_board *board = userdata;
	bool value = strcmp(property, "Paired") == 0 ? board->is_paired : board->is_connected;

	(void)bus, (void)path, (void)interface, (void)error;
	return sd_bus_message_append(reply, "b", (int)value);
}

static int get_address(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct fake_board *board = userdata;

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(reply, "s", board->address);
}

static int on_connect(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct fake_board *board = userdata;

	board->connects++;
	if (board->hangs)
		return 1;
	if (board->fail_connects) {
		board->fail_connects--;
		return sd_bus_error_set(
			error, "org.bluez.Error.Failed", "le-connection-abort-by-local");
	}
	board->is_connected = true;
	changed(board->bluez, board->path, DEVICE, "Connected");
	changed(board->bluez, board->path, DEVICE, "ServicesResolved");
	return sd_bus_reply_method_return(message, "");
}

static int on_disconnect(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	(void)error;
	disconnect(userdata);
	return sd_bus_reply_method_return(message, "");
}

static int on_passkey(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct fake_board *board = userdata;
	const sd_bus_error *refusal = sd_bus_message_get_error(reply);

	(void)error;
	if (refusal) {
		snprintf(board->agent_error, sizeof(board->agent_error), "%s", refusal->name);
		(void)sd_bus_reply_method_errorf(board->pairing,
			"org.bluez.Error.AuthenticationFailed", "Authentication Failed");
	} else {
		assert_true(sd_bus_message_read(reply, "u", &board->passkey) >= 0);
		board->is_paired = true;
		changed(board->bluez, board->path, DEVICE, "Paired");
		(void)sd_bus_reply_method_return(board->pairing, "");
	}
	board->pairing = sd_bus_message_unref(board->pairing);
	return 0;
}

static int on_pair(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct fake_board *board = userdata;
	const struct fake_bluez *bluez = board->bluez;

	if (!*bluez->agent)
		return sd_bus_error_set(
			error, "org.bluez.Error.AuthenticationFailed", "no agent available");
	board->pairing = sd_bus_message_ref(message);
	return sd_bus_call_method_async(bluez->bus, NULL, bluez->client, bluez->agent,
		"org.bluez.Agent1", "RequestPasskey", on_passkey, board, "o", board->path);
}

static int open_sockets(int *ret_client)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		return -errno;
	*ret_client = ends[1];
	return ends[0];
}

static int reply_socket(sd_bus_message *message, const struct fake_board *board, int client)
{
	int r = sd_bus_reply_method_return(
		message, "hq", client, (uint16_t)(board->piece + 3)); /* 3: the ATT header */

	close(client);
	return r;
}

static int check_access(
	const struct fake_board *board, sd_bus_message *message, sd_bus_error *error)
{
	if (board->wants_pairing && !board->is_paired)
		return sd_bus_error_set(
			error, "org.bluez.Error.Failed", "Operation failed with ATT error: 0x05");
	if (board->refuses_acquire &&
		strncmp(sd_bus_message_get_member(message), "Acquire", 7) == 0)
		return sd_bus_error_set(error, "org.bluez.Error.NotSupported", "Not supported");
	return 0;
}

static int on_acquire_notify(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct fake_board *board = userdata;
	int r = check_access(board, message, error);
	int client = -1;

	if (r < 0)
		return r;
	board->fds[0] = open_sockets(&client);
	board->notifies = true;
	return reply_socket(message, board, client);
}

static int on_acquire_write(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct fake_board *board = userdata;
	int r = check_access(board, message, error);
	int client = -1;

	if (r < 0)
		return r;
	board->fds[1] = open_sockets(&client);
	assert_true(sd_event_add_io(board->bluez->event, &board->source, board->fds[1], EPOLLIN,
			    on_writes, board) >= 0);
	return reply_socket(message, board, client);
}

static int on_start_notify(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct fake_board *board = userdata;
	int r = check_access(board, message, error);

	if (r < 0)
		return r;
	board->notifies = true;
	return sd_bus_reply_method_return(message, "");
}

static int on_write_value(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const void *bytes;
	size_t size;
	int r = sd_bus_message_read_array(message, 'y', &bytes, &size);

	(void)error;
	if (r < 0)
		return r;
	on_command(userdata, bytes, size);
	return sd_bus_reply_method_return(message, "");
}

static int get_uuid(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	(void)bus, (void)path, (void)interface, (void)property, (void)userdata, (void)error;
	return sd_bus_message_append(reply, "s", "0000ffe1-0000-1000-8000-00805f9b34fb");
}

static int get_flags(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	(void)bus, (void)path, (void)interface, (void)property, (void)userdata, (void)error;
	return sd_bus_message_append(reply, "as", 3, "write-without-response", "write", "notify");
}

static const sd_bus_vtable device_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Address", "s", get_address, 0, 0),
	SD_BUS_PROPERTY("Connected", "b", get_bool, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("ServicesResolved", "b", get_bool, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Paired", "b", get_bool, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_METHOD("Connect", "", "", on_connect, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Disconnect", "", "", on_disconnect, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Pair", "", "", on_pair, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable characteristic_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("UUID", "s", get_uuid, 0, 0),
	SD_BUS_PROPERTY("Flags", "as", get_flags, 0, 0),
	SD_BUS_METHOD(
		"AcquireNotify", "a{sv}", "hq", on_acquire_notify, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("AcquireWrite", "a{sv}", "hq", on_acquire_write, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("StartNotify", "", "", on_start_notify, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("WriteValue", "aya{sv}", "", on_write_value, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static void show(struct fake_board *board)
{
	struct fake_bluez *bluez = board->bluez;

	board->is_known = true;
	assert_true(sd_bus_add_object_vtable(bluez->bus, &board->device_slot, board->path, DEVICE,
			    device_vtable, board) >= 0);
	assert_true(
		sd_bus_add_object_vtable(bluez->bus, &board->characteristic_slot,
			board->characteristic, CHARACTERISTIC, characteristic_vtable, board) >= 0);
	(void)sd_bus_emit_object_added(bluez->bus, board->path);
	(void)sd_bus_emit_object_added(bluez->bus, board->characteristic);
}

static void hide(struct fake_board *board)
{
	disconnect(board);
	board->is_known = false;
	board->is_paired = false;
	(void)sd_bus_emit_object_removed(board->bluez->bus, board->characteristic);
	(void)sd_bus_emit_object_removed(board->bluez->bus, board->path);
	board->characteristic_slot = sd_bus_slot_unref(board->characteristic_slot);
	board->device_slot = sd_bus_slot_unref(board->device_slot);
}

static int get_adapter_address(sd_bus *bus, const char *path, const char *interface,
	const char *property, sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	(void)bus, (void)path, (void)interface, (void)property, (void)userdata, (void)error;
	return sd_bus_message_append(reply, "s", FAKE_ADAPTER);
}

static int get_powered(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct fake_bluez *bluez = userdata;

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(reply, "b", (int)bluez->is_powered);
}

void fake_set_power(struct fake_bluez *bluez, bool on)
{
	for (size_t i = 0; !on && i < bluez->board_count; i++)
		disconnect(&bluez->boards[i]);
	bluez->powered_off += !on;
	bluez->is_powered = on;
	bluez->is_discovering = false;
	changed(bluez, ADAPTER_PATH, "org.bluez.Adapter1", "Powered");
}

static int set_powered(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *value, void *userdata, sd_bus_error *error)
{
	int on;
	int r = sd_bus_message_read(value, "b", &on);

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	if (r < 0)
		return r;
	fake_set_power(userdata, on != 0);
	return 0;
}

static int on_filter(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	(void)userdata, (void)error;
	return sd_bus_reply_method_return(message, "");
}

static int on_discovery(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct fake_bluez *bluez = userdata;
	bool on = strcmp(sd_bus_message_get_member(message), "StartDiscovery") == 0;

	(void)error;
	bluez->discoveries += on;
	bluez->is_discovering = on;
	return sd_bus_reply_method_return(message, "");
}

static int on_remove(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct fake_bluez *bluez = userdata;
	const char *path;
	int r = sd_bus_message_read(message, "o", &path);

	for (size_t i = 0; r >= 0 && i < bluez->board_count; i++) {
		if (strcmp(bluez->boards[i].path, path) != 0 || !bluez->boards[i].is_known)
			continue;
		bluez->boards[i].removals++;
		hide(&bluez->boards[i]);
		return sd_bus_reply_method_return(message, "");
	}
	return sd_bus_error_set(error, "org.bluez.Error.DoesNotExist", "Does Not Exist");
}

static const sd_bus_vtable adapter_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Address", "s", get_adapter_address, 0, 0),
	SD_BUS_WRITABLE_PROPERTY("Powered", "b", get_powered, set_powered, 0,
		SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE | SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("SetDiscoveryFilter", "a{sv}", "", on_filter, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("StartDiscovery", "", "", on_discovery, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("StopDiscovery", "", "", on_discovery, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RemoveDevice", "o", "", on_remove, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static int on_register(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct fake_bluez *bluez = userdata;
	const char *path, *capability;
	int r = sd_bus_message_read(message, "os", &path, &capability);

	(void)error;
	if (r < 0)
		return r;
	snprintf(bluez->agent, sizeof(bluez->agent), "%s", path);
	snprintf(bluez->client, sizeof(bluez->client), "%s", sd_bus_message_get_sender(message));
	return sd_bus_reply_method_return(message, "");
}

static const sd_bus_vtable manager_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("RegisterAgent", "os", "", on_register, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static void tick_board(struct fake_board *board)
{
	if (board->bluez->is_discovering && board->advertises && !board->is_known)
		show(board);
	if (board->streams)
		say(board, relay_live_frames[board->live++ % LENGTH(relay_live_frames)]);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct fake_bluez *bluez = userdata;

	(void)usec;
	for (size_t i = 0; i < bluez->board_count; i++)
		tick_board(&bluez->boards[i]);
	(void)sd_event_source_set_time_relative(source, TICK_US);
	(void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

void fake_init(struct fake_bluez *bluez, sd_event *event)
{
	*bluez = (struct fake_bluez){ .event = event, .is_powered = true };
}

static void replace_colons(char *path)
{
	for (char *at = strchr(path, ':'); at; at = strchr(at, ':'))
		*at = '_';
}

struct fake_board *fake_add_board(struct fake_bluez *bluez, const char *address)
{
	struct fake_board *board = &bluez->boards[bluez->board_count++];

	board->bluez = bluez;
	board->advertises = true;
	board->piece = 128;
	board->fds[0] = board->fds[1] = -1;
	snprintf(board->address, sizeof(board->address), "%s", address);
	snprintf(board->path, sizeof(board->path), ADAPTER_PATH "/dev_%s", address);
	snprintf(board->characteristic, sizeof(board->characteristic),
		ADAPTER_PATH "/dev_%s/service000e/char0011", address);
	replace_colons(board->path);
	replace_colons(board->characteristic);
	return board;
}

void fake_start(struct fake_bluez *bluez)
{
	sd_bus *bus;

	assert_true(sd_bus_open_system_with_description(&bus, "fake-bluez") >= 0);
	bluez->bus = bus;
	assert_true(sd_bus_add_object_manager(bus, NULL, "/") >= 0);
	assert_true(sd_bus_add_object_vtable(bus, NULL, "/org/bluez", "org.bluez.AgentManager1",
			    manager_vtable, bluez) >= 0);
	assert_true(sd_bus_add_object_vtable(bus, NULL, ADAPTER_PATH, "org.bluez.Adapter1",
			    adapter_vtable, bluez) >= 0);
	for (size_t i = 0; i < bluez->board_count; i++)
		if (bluez->boards[i].is_known)
			show(&bluez->boards[i]);
	assert_true(sd_bus_request_name(bus, SERVICE, 0) >= 0);
	assert_true(sd_bus_attach_event(bus, bluez->event, SD_EVENT_PRIORITY_NORMAL) >= 0);
	assert_true(sd_event_add_time_relative(bluez->event, &bluez->timer, CLOCK_MONOTONIC,
			    TICK_US, 1, on_tick, bluez) >= 0);
}

void fake_stop(struct fake_bluez *bluez)
{
	bluez->timer = sd_event_source_disable_unref(bluez->timer);
	for (size_t i = 0; i < bluez->board_count; i++) {
		struct fake_board *board = &bluez->boards[i];

		close_fds(board);
		board->is_connected = false;
		board->pairing = sd_bus_message_unref(board->pairing);
		board->device_slot = sd_bus_slot_unref(board->device_slot);
		board->characteristic_slot = sd_bus_slot_unref(board->characteristic_slot);
	}
	*bluez->agent = '\0';
	bluez->is_discovering = false;
	bluez->bus = sd_bus_flush_close_unref(bluez->bus);
}
