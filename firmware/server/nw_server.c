/* SPDX-License-Identifier: MIT */
#include "server/nw_server.h"

#include <string.h>

#include "bms/jk_command.h"
#include "server/actions.h"

void nw_server_init(struct nw_server *server, struct board *board, struct port *port)
{
	*server = (struct nw_server){ 0 };
	change_init(&server->change, board, port);
}

static void report(const struct nw_server *server, struct bms_nw_report *ret)
{
	const struct board *board = server->change.board;
	struct bms_telemetry telemetry;
	struct bms_identity identity;

	board_telemetry(board, &telemetry);
	board_identity(board, &identity);
	bms_nw_report_board(ret, &telemetry, &board->params.settings, &identity);
}

static size_t put_all(const struct nw_server *server, uint8_t *info)
{
	struct bms_nw_report all;

	report(server, &all);
	return bms_nw_encode(&all, info);
}

static size_t put_id(const struct nw_server *server, uint8_t id, uint8_t *info)
{
	struct bms_nw_report all;

	report(server, &all);
	return bms_nw_encode_id(&all, id, info);
}

static bool is_unlocked(const struct nw_server *server, uint64_t now_us)
{
	return server->unlocked && now_us - server->unlocked_us < NW_UNLOCKED_US;
}

/* Bytes up to the first NUL; an empty one opens nothing. */
static void take_password(
	struct nw_server *server, const struct bms_nw_frame *request, uint64_t now_us)
{
	const char *password =
		server->change.board->params.identity.text[BMS_IDENTITY_SETTINGS_PASSWORD];
	size_t size = 0;

	while (size < request->info_size && request->info[size])
		size++;
	server->unlocked =
		size > 0 && size == strlen(password) && !memcmp(request->info, password, size);
	server->unlocked_us = now_us;
}

/* Ids that ask for something to be done: which action, by its Bluetooth number. */
static bool run_action(struct nw_server *server, uint8_t id, uint32_t value)
{
	static const uint8_t presets[] = { BMS_JK_COMMAND_PRESET_LFP, BMS_JK_COMMAND_PRESET_NMC,
		BMS_JK_COMMAND_PRESET_LTO };
	enum bms_nw_number number = bms_nw_number_by_id(id);
	const struct action *action = NULL;

	if (id == BMS_NW_ID_RESTART && value == 1)
		action = action_by_command(BMS_JK_COMMAND_RESTART);
	else if (id == BMS_NW_ID_FACTORY && value == 1)
		return change_factory(&server->change);
	else if (number == BMS_NW_CURRENT_CALIBRATION)
		action = action_by_command(BMS_JK_COMMAND_CALIBRATE_CURRENT);
	else if (number == BMS_NW_BATTERY_TYPE && value < sizeof(presets))
		action = action_by_command(presets[value]);
	return action && action_run(action, &server->change, value);
}

static bool write_setting(struct nw_server *server, enum bms_nw_number number, int64_t raw)
{
	size_t slot;
	int64_t value;

	return bms_nw_setting(number, raw, &slot, &value) &&
	       change_setting(&server->change, slot, value);
}

/* The data is decoded as in a reply, so that there is one place that knows an id's coding. */
static void write_id(struct nw_server *server, const struct bms_nw_frame *request, uint64_t now_us)
{
	uint8_t id = request->info[0];
	enum bms_nw_number number = bms_nw_number_by_id(id);
	struct bms_nw_report written = { 0 };

	if (number == BMS_NW_NUMBERS) {
		if (is_unlocked(server, now_us) && request->info_size == 2)
			run_action(server, id, request->info[1]);
		return;
	}
	if (bms_nw_access_of(number) == BMS_NW_FIXED ||
		(bms_nw_access_of(number) == BMS_NW_GUARDED && !is_unlocked(server, now_us)))
		return;
	if (bms_nw_decode(request->info, request->info_size, &written) != BMS_OK ||
		!written.has_number[number])
		return;
	if (!write_setting(server, number, written.number[number]))
		run_action(server, id, (uint32_t)written.number[number]);
}

/* The information of the answer, or its absence. */
static bool serve(struct nw_server *server, const struct bms_nw_frame *request, uint64_t now_us,
	uint8_t *info, size_t *ret_size)
{
	uint8_t id = request->info_size > 0 ? request->info[0] : 0;

	*ret_size = 0;
	if (request->command == BMS_NW_READ_ALL) {
		*ret_size = put_all(server, info);
		return true;
	}
	if (request->command == BMS_NW_PASSWORD) {
		take_password(server, request, now_us);
		return true;
	}
	if (request->command == BMS_NW_ACTIVATE)
		return true;
	if (request->info_size == 0)
		return false;
	if (request->command == BMS_NW_WRITE)
		write_id(server, request, now_us);
	else if (request->command != BMS_NW_READ)
		return false;
	*ret_size = put_id(server, id, info);
	if (*ret_size == 0 && request->command == BMS_NW_WRITE)
		info[(*ret_size)++] = id;
	return *ret_size > 0;
}

size_t nw_server_answer(struct nw_server *server, const uint8_t *request, size_t size,
	uint64_t now_us, uint8_t answer[BMS_NW_FRAME_MAX])
{
	struct bms_nw_frame frame;
	size_t info_size;

	/* A public capture writes with type 2 where the document says 0; replies are not for us. */
	if (bms_nw_parse(request, size, &frame) != BMS_OK || frame.type == BMS_NW_REPLY ||
		!serve(server, &frame, now_us, answer + BMS_NW_INFO, &info_size))
		return 0;
	return bms_nw_seal(answer, frame.command, BMS_NW_FROM_BMS, BMS_NW_REPLY, info_size);
}
