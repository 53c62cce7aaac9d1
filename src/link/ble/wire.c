/* SPDX-License-Identifier: MIT */
/* The way of the bytes: sockets that BlueZ hands out, or D-Bus where it does not. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "link/ble/board_internal.h"

enum {
	JK_CHARACTERISTIC = 0xFFE1,
	MTU_LEAST = 23,
};

static void on_bytes(struct ble_board *board, const uint8_t *data, size_t size);

void wire_init(struct ble_wire *wire)
{
	*wire = (struct ble_wire){ .notify_fd = -1, .write_fd = -1 };
}

void wire_close(struct ble_board *board)
{
	struct ble_wire *wire = &board->wire;

	sd_event_source_disable_unref(wire->source);
	if (wire->notify_fd >= 0)
		close(wire->notify_fd);
	if (wire->write_fd >= 0)
		close(wire->write_fd);
	wire_init(wire);
	bms_jk_stream_reset(&board->stream);
}

/* Older modules have one FFE1 for both, newer ones two. */
int wire_on_characteristic(struct ble_board *board, const char *path, sd_bus_message *properties)
{
	struct ble_wire *wire = &board->wire;
	char uuid[BLUEZ_UUID_SIZE] = "";
	unsigned flags = 0;
	const struct bluez_property wanted[] = {
		{ "UUID", "s", uuid, sizeof(uuid), NULL },
		{ "Flags", "as", &flags, 0, NULL },
	};
	int r = bluez_read_properties(properties, wanted, sizeof(wanted) / sizeof(*wanted));

	if (r < 0 || bluez_short_uuid(uuid) != JK_CHARACTERISTIC)
		return r;
	if (flags & BLUEZ_NOTIFIES)
		snprintf(wire->notify_path, sizeof(wire->notify_path), "%s", path);
	if (flags & (BLUEZ_WRITES | BLUEZ_WRITES_UNANSWERED)) {
		snprintf(wire->write_path, sizeof(wire->write_path), "%s", path);
		wire->write_flags = flags;
	}
	return 0;
}

static void take_frame(struct ble_board *board, const struct bms_jk_frame *frame)
{
	uint64_t now_us = 0;

	(void)sd_event_now(board->host->event, CLOCK_MONOTONIC, &now_us);
	board_step(board, BLE_ON_FRAME);
	board->callbacks.on_frame(board->userdata, frame, now_us);
}

static void on_bytes(struct ble_board *board, const uint8_t *data, size_t size)
{
	board->stats.notifications++;
	board->stats.bytes += size;
	while (size > 0) {
		struct bms_jk_frame frame;
		size_t used;
		enum bms_jk_item item =
			bms_jk_stream_take(&board->stream, data, size, &used, &frame);

		data += used;
		size -= used;
		if (item == BMS_JK_ITEM_FRAME)
			take_frame(board, &frame);
		if (item == BMS_JK_ITEM_ACK)
			board_on_ack(board);
	}
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct ble_board *board = userdata;
	uint8_t bytes[BLUEZ_VALUE_MAX];
	ssize_t size;

	(void)source;
	while ((size = read(fd, bytes, sizeof(bytes))) > 0) {
		on_bytes(board, bytes, (size_t)size);
		if (board->wire.notify_fd != fd) /* closed by what came of it */
			return 0;
	}
	if (size == 0 || events & (EPOLLHUP | EPOLLERR) || (errno != EAGAIN && errno != EINTR)) {
		board_blame(board, "the connection was lost", NULL);
		board_step(board, BLE_ON_LOST);
	}
	return 0;
}

void wire_on_value(struct ble_board *board, const char *path, sd_bus_message *properties)
{
	struct bluez_bytes value = { 0 };
	bool found = false;
	const struct bluez_property wanted[] = { { "Value", "ay", &value, 0, &found } };

	if (board->wire.notify_fd >= 0 || strcmp(path, board->wire.notify_path) != 0 ||
		board->central.state != BLE_STREAM)
		return;
	if (bluez_read_properties(properties, wanted, 1) >= 0 && found)
		on_bytes(board, value.data, value.size);
}

/* Takes the socket of an answer "hq" of its own. */
static int take_socket(sd_bus_message *message, int *ret_fd, uint16_t *ret_mtu)
{
	uint16_t mtu;
	int fd;
	int r = sd_bus_message_read(message, "hq", &fd, &mtu);

	if (r < 0)
		return r;
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return -errno;
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	*ret_fd = fd;
	*ret_mtu = mtu;
	return 0;
}

static int call(struct ble_board *board, const char *path, const char *method,
	sd_bus_message_handler_t handler)
{
	bool acquires = method[0] == 'A';

	board->call = sd_bus_slot_unref(board->call);
	return sd_bus_call_method_async(board->host->bus, &board->call, BLUEZ_SERVICE, path,
		BLUEZ_CHARACTERISTIC, method, handler, board, acquires ? "a{sv}" : "", 0);
}

static int on_write_acquired(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct ble_board *board = userdata;
	uint16_t mtu;

	(void)error;
	board->call = sd_bus_slot_unref(board->call);
	/* Without it every command is a call. */
	if (!sd_bus_message_is_method_error(message, NULL))
		(void)take_socket(message, &board->wire.write_fd, &mtu);
	board_step(board, BLE_ON_DONE);
	return 0;
}

static void acquire_write(struct ble_board *board)
{
	const struct ble_wire *wire = &board->wire;

	if (board->by_signals || !(wire->write_flags & BLUEZ_WRITES_UNANSWERED) ||
		call(board, wire->write_path, "AcquireWrite", on_write_acquired) < 0)
		board_step(board, BLE_ON_DONE);
}

static int on_notify_started(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct ble_board *board = userdata;

	(void)error;
	board->call = sd_bus_slot_unref(board->call);
	if (sd_bus_message_is_method_error(message, NULL)) {
		board_fail(board, sd_bus_message_get_error(message));
		return 0;
	}
	board->wire.mtu = MTU_LEAST;
	acquire_write(board);
	return 0;
}

/* Not every reason is one to try the other way. */
static bool is_unsupported(const sd_bus_error *error)
{
	return sd_bus_error_has_name(error, BLUEZ_ERROR "NotSupported") ||
	       sd_bus_error_has_name(error, BLUEZ_ERROR "NotPermitted") ||
	       sd_bus_error_has_name(error, SD_BUS_ERROR_UNKNOWN_METHOD);
}

static int on_notify_acquired(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct ble_board *board = userdata;
	struct ble_wire *wire = &board->wire;
	int r;

	(void)error;
	board->call = sd_bus_slot_unref(board->call);
	if (sd_bus_message_is_method_error(message, NULL)) {
		const sd_bus_error *failure = sd_bus_message_get_error(message);

		if (!is_unsupported(failure) ||
			call(board, wire->notify_path, "StartNotify", on_notify_started) < 0)
			board_fail(board, failure);
		return 0;
	}
	r = take_socket(message, &wire->notify_fd, &wire->mtu);
	if (r >= 0)
		r = sd_event_add_io(board->host->event, &wire->source, wire->notify_fd, EPOLLIN,
			on_readable, board);
	if (r < 0)
		board_fail(board, NULL);
	else
		acquire_write(board);
	return 0;
}

int wire_subscribe(struct ble_board *board)
{
	const struct ble_wire *wire = &board->wire;

	if (board->by_signals)
		return call(board, wire->notify_path, "StartNotify", on_notify_started);
	return call(board, wire->notify_path, "AcquireNotify", on_notify_acquired);
}

static int on_written(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const struct ble_board *board = userdata;

	(void)error;
	if (sd_bus_message_is_method_error(message, NULL)) /* shows as a missing answer */
		log_debug("%s: not written: %s", board->address,
			sd_bus_message_get_error(message)->message);
	return 0;
}

static int write_by_call(struct ble_board *board, const uint8_t *bytes, size_t size)
{
	bool unanswered = board->wire.write_flags & BLUEZ_WRITES_UNANSWERED;
	sd_bus_message *message = NULL;
	int r = sd_bus_message_new_method_call(board->host->bus, &message, BLUEZ_SERVICE,
		board->wire.write_path, BLUEZ_CHARACTERISTIC, "WriteValue");

	if (r >= 0)
		r = sd_bus_message_append_array(message, 'y', bytes, size);
	if (r >= 0)
		r = sd_bus_message_append(
			message, "a{sv}", 1, "type", "s", unanswered ? "command" : "request");
	board->call = sd_bus_slot_unref(board->call);
	if (r >= 0)
		r = sd_bus_call_async(
			board->host->bus, &board->call, message, on_written, board, 0);
	sd_bus_message_unref(message);
	return r < 0 ? r : 0;
}

int wire_write(struct ble_board *board, const uint8_t *bytes, size_t size)
{
	ssize_t written;

	if (board->wire.write_fd < 0)
		return write_by_call(board, bytes, size);
	written = write(board->wire.write_fd, bytes, size);
	return written == (ssize_t)size ? 0 : -EIO;
}
