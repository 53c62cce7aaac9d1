/* SPDX-License-Identifier: MIT */
#include "bms/jk_server.h"

#include <string.h>

#include "bms/jk_log.h"

void bms_jk_server_init(struct bms_jk_server *server,
	const struct bms_jk_server_operations *operations, void *userdata,
	const struct bms_jk_profile *profile)
{
	*server = (struct bms_jk_server){
		.operations = operations,
		.userdata = userdata,
		.profile = profile,
	};
}

static void enqueue(struct bms_jk_server *server, uint8_t what)
{
	if (server->queued < BMS_JK_SERVER_QUEUE)
		server->queue[server->queued++] = what;
}

static void start_stream(struct bms_jk_server *server, uint64_t now_us)
{
	if (!server->streams)
		server->live_us = now_us + BMS_JK_SERVER_LIVE_US;
	server->streams = true;
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

static bool run_request(struct bms_jk_server *server, uint8_t command, uint64_t now_us)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		if (requests[i].command != command)
			continue;
		enqueue(server, requests[i].type);
		if (command == BMS_JK_COMMAND_SETTINGS)
			start_stream(server, now_us);
		return true;
	}
	return false;
}

/* What the board does not take is acknowledged all the same; reading the settings again shows. */
static void run_command(
	struct bms_jk_server *server, const struct bms_jk_command *command, uint64_t now_us)
{
	if (bms_jk_profile_accepts(server->profile, command->command) &&
		!run_request(server, command->command, now_us))
		server->operations->execute(server->userdata, command);
	enqueue(server, BMS_JK_COMMAND_ACK);
}

static void drop(struct bms_jk_server *server, size_t size)
{
	server->size -= size;
	memmove(server->in, server->in + size, server->size);
}

static void run_commands(struct bms_jk_server *server, uint64_t now_us)
{
	struct bms_jk_command command;

	while (server->size >= BMS_JK_COMMAND_SIZE) {
		if (bms_jk_command_parse(server->in, BMS_JK_COMMAND_SIZE, &command) != BMS_OK) {
			drop(server, 1);
			continue;
		}
		run_command(server, &command, now_us);
		drop(server, BMS_JK_COMMAND_SIZE);
	}
}

void bms_jk_server_hear(
	struct bms_jk_server *server, const uint8_t *bytes, size_t size, uint64_t now_us)
{
	while (size > 0) {
		size_t room = sizeof(server->in) - server->size;
		size_t count = size < room ? size : room;

		memcpy(server->in + server->size, bytes, count);
		server->size += count;
		bytes += count;
		size -= count;
		run_commands(server, now_us);
	}
}

static void acknowledge(const struct bms_jk_server *server)
{
	uint8_t bytes[BMS_JK_COMMAND_SIZE];

	bms_jk_acknowledge(bytes);
	server->operations->send(server->userdata, bytes, sizeof(bytes));
}

/* The whole log goes in a burst; a frame that is not full ends it. */
static bool send_records(struct bms_jk_server *server)
{
	uint8_t bytes[BMS_JK_FRAME_SIZE];
	size_t count = server->operations->records(
		server->userdata, server->records, server->counter, bytes);

	server->operations->send(server->userdata, bytes, sizeof(bytes));
	server->records = count == BMS_JK_RECORDS_MAX ? server->records + count : 0;
	return server->records == 0;
}

static bool send_frame(struct bms_jk_server *server, uint8_t type)
{
	uint8_t bytes[BMS_JK_FRAME_SIZE];

	if (type == BMS_JK_FRAME_LIVE)
		server->counter++;
	if (server->operations->frame(server->userdata, type, server->counter, bytes))
		server->operations->send(server->userdata, bytes, sizeof(bytes));
	return true;
}

/* True: nothing of it is left to send. */
static bool send(struct bms_jk_server *server, uint8_t what)
{
	if (what == BMS_JK_FRAME_DETAIL_LOG)
		return send_records(server);
	if (what != BMS_JK_COMMAND_ACK)
		return send_frame(server, what);
	acknowledge(server);
	return true;
}

static void send_queued(struct bms_jk_server *server)
{
	if (send(server, server->queue[0]))
		memmove(server->queue, server->queue + 1, --server->queued);
}

/* Answers go before live frames. */
void bms_jk_server_poll(struct bms_jk_server *server, uint64_t now_us)
{
	if (now_us < bms_jk_server_next_us(server))
		return;
	if (server->queued > 0) {
		send_queued(server);
	} else {
		send(server, BMS_JK_FRAME_LIVE);
		server->live_us = now_us + BMS_JK_SERVER_LIVE_US;
	}
	server->next_us = now_us + BMS_JK_SERVER_GAP_US;
}

uint64_t bms_jk_server_next_us(const struct bms_jk_server *server)
{
	if (server->queued > 0)
		return server->next_us;
	if (!server->streams)
		return UINT64_MAX;
	return server->live_us > server->next_us ? server->live_us : server->next_us;
}

void bms_jk_server_cut(struct bms_jk_server *server)
{
	server->size = 0;
}

void bms_jk_server_stop(struct bms_jk_server *server)
{
	server->streams = false;
	server->queued = 0;
	server->records = 0;
	bms_jk_server_cut(server);
}
