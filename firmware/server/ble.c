/* SPDX-License-Identifier: MIT */
#include "server/ble.h"

#include <string.h>

#include "bms/jk_command.h"
#include "bms/jk_log.h"
#include "server/actions.h"
#include "server/frames.h"

void ble_init(struct ble *ble, struct board *board, struct port *port)
{
	*ble = (struct ble){ 0 };
	change_init(&ble->change, board, port);
}

static void enqueue(struct ble *ble, uint8_t what)
{
	if (ble->queued < BLE_QUEUE)
		ble->queue[ble->queued++] = what;
}

static void start_stream(struct ble *ble, uint64_t now_us)
{
	if (!ble->streams)
		ble->live_us = now_us + BLE_LIVE_PERIOD_US;
	ble->streams = true;
}

static const struct {
	uint8_t command;
	uint8_t type; /* of the frame that answers */
} requests[] = {
	{ BMS_JK_COMMAND_SETTINGS, BMS_JK_FRAME_SETTINGS },
	{ BMS_JK_COMMAND_DEVICE, BMS_JK_FRAME_DEVICE },
	{ BMS_JK_COMMAND_EVENT_LOG, BMS_JK_FRAME_EVENT_LOG },
	{ BMS_JK_COMMAND_DETAIL_LOG, BMS_JK_FRAME_DETAIL_LOG },
};

static bool run_request(struct ble *ble, uint8_t command, uint64_t now_us)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		if (requests[i].command != command)
			continue;
		enqueue(ble, requests[i].type);
		if (command == BMS_JK_COMMAND_SETTINGS)
			start_stream(ble, now_us);
		return true;
	}
	return false;
}

/* What the board does not take is acknowledged all the same; reading the settings again shows. */
static void run_command(struct ble *ble, const struct bms_jk_command *command, uint64_t now_us)
{
	const struct action *action = action_by_command(command->command);
	size_t slot;
	int64_t value;

	if (!bms_jk_profile_accepts(ble->change.profile, command->command) ||
		run_request(ble, command->command, now_us))
		return;
	if (action)
		action_run(action, &ble->change, bms_jk_command_u32(command));
	else if (command->command == BMS_JK_COMMAND_USER_DATA)
		change_text(&ble->change, BMS_IDENTITY_USER_DATA, command->value, command->size);
	else if (bms_jk_command_setting(command, &slot, &value) == BMS_OK)
		change_setting(&ble->change, slot, value);
}

static void drop(struct ble *ble, size_t size)
{
	ble->size -= size;
	memmove(ble->in, ble->in + size, ble->size);
}

/* What is no command is skipped byte by byte: clients cut them as they like. */
static void run_commands(struct ble *ble, uint64_t now_us)
{
	struct bms_jk_command command;

	while (ble->size >= BMS_JK_COMMAND_SIZE) {
		if (bms_jk_command_parse(ble->in, BMS_JK_COMMAND_SIZE, &command) != BMS_OK) {
			drop(ble, 1);
			continue;
		}
		run_command(ble, &command, now_us);
		enqueue(ble, BMS_JK_COMMAND_ACK);
		drop(ble, BMS_JK_COMMAND_SIZE);
	}
}

static void hear(struct ble *ble, uint64_t now_us)
{
	size_t size;

	while ((size = port_uart_read(ble->change.port, PORT_UART_BLE, ble->in + ble->size,
			sizeof(ble->in) - ble->size)) > 0) {
		ble->size += size;
		run_commands(ble, now_us);
	}
}

static void write(const struct ble *ble, const uint8_t *bytes, size_t size)
{
	port_uart_write(ble->change.port, PORT_UART_BLE, bytes, size);
}

static void acknowledge(const struct ble *ble)
{
	uint8_t bytes[BMS_JK_COMMAND_SIZE];

	bms_jk_acknowledge(bytes);
	write(ble, bytes, sizeof(bytes));
}

/* The whole log goes in a burst; a frame that is not full ends it. */
static bool send_details(struct ble *ble)
{
	uint8_t bytes[BMS_JK_FRAME_SIZE];
	size_t count = frames_put_details(&ble->change, ble->details, ble->counter, bytes);

	write(ble, bytes, sizeof(bytes));
	ble->details = count == BMS_JK_RECORDS_MAX ? ble->details + count : 0;
	return ble->details == 0;
}

static bool send_frame(struct ble *ble, uint8_t type)
{
	uint8_t bytes[BMS_JK_FRAME_SIZE];

	if (type == BMS_JK_FRAME_LIVE)
		ble->counter++;
	frames_put(&ble->change, type, ble->counter, bytes);
	write(ble, bytes, sizeof(bytes));
	return true;
}

/* True: nothing of it is left to send. */
static bool send(struct ble *ble, uint8_t what)
{
	if (what == BMS_JK_FRAME_DETAIL_LOG)
		return send_details(ble);
	if (what != BMS_JK_COMMAND_ACK)
		return send_frame(ble, what);
	acknowledge(ble);
	return true;
}

static void send_queued(struct ble *ble)
{
	if (send(ble, ble->queue[0]))
		memmove(ble->queue, ble->queue + 1, --ble->queued);
}

/* Answers go before live frames. */
void ble_poll(struct ble *ble, uint64_t now_us)
{
	bool live;

	hear(ble, now_us);
	live = ble->streams && now_us >= ble->live_us;
	if (now_us < ble->next_us || (ble->queued == 0 && !live))
		return;
	if (ble->queued > 0) {
		send_queued(ble);
	} else {
		send(ble, BMS_JK_FRAME_LIVE);
		ble->live_us = now_us + BLE_LIVE_PERIOD_US;
	}
	ble->next_us = now_us + BLE_GAP_US;
}
