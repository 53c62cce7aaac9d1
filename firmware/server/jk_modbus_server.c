/* SPDX-License-Identifier: MIT */
#include "server/jk_modbus_server.h"

#include <string.h>

#include "server/actions.h"
#include "server/frames.h"

enum {
	NO_EXCEPTION = 0,
	REGISTER_SIZE = 2
};

struct block {
	uint8_t bytes[BMS_JK_BLOCK_SIZE];
	struct bms_window window;
};

static void block_fill(
	struct block *block, const struct jk_modbus_server *server, enum bms_jk_block which)
{
	memset(block->bytes, 0, sizeof(block->bytes));
	block->window = (struct bms_window){
		.data = block->bytes, .size = BMS_JK_BLOCK_SIZE, .order = BMS_ORDER_BIG
	};
	frames_encode_block(&server->change, which, &block->window);
}

/* Registers are numbered by bytes, so odd numbers name half a register. */
static bool find_range(
	const struct bms_modbus_frame *request, enum bms_jk_block *which, size_t *offset)
{
	*which = bms_jk_block_of_register(request->reg);
	if (*which == BMS_JK_BLOCKS || request->reg % REGISTER_SIZE)
		return false;
	*offset = (size_t)(request->reg - bms_jk_block_base(*which));
	return *offset + (size_t)request->count * REGISTER_SIZE <= BMS_JK_BLOCK_SIZE;
}

static size_t answer_read(
	struct jk_modbus_server *server, const struct bms_modbus_frame *request, uint8_t *answer)
{
	struct block block;
	enum bms_jk_block which;
	size_t offset;

	if (request->count == 0 || request->count > BMS_MODBUS_READ_MAX ||
		!find_range(request, &which, &offset))
		return bms_modbus_exception_reply(
			answer, request->unit, request->function, BMS_MODBUS_BAD_REGISTER);
	block_fill(&block, server, which);
	return bms_modbus_read_reply(answer, request->unit, block.bytes + offset,
		(uint8_t)(request->count * REGISTER_SIZE));
}

/* The block as it would be after the write is decoded as a whole: that is how half a number, two
 * settings in one register and forty registers at once are all the same. */
static uint8_t write_block(struct jk_modbus_server *server, const struct bms_modbus_frame *request)
{
	const struct params *params = &server->change.board->params;
	struct bms_settings settings = params->settings;
	struct bms_identity identity = params->identity;
	struct block block;
	enum bms_jk_block which;
	size_t offset;

	if (!find_range(request, &which, &offset) ||
		!bms_jk_is_writable(which, offset, request->data_size))
		return BMS_MODBUS_BAD_REGISTER;
	block_fill(&block, server, which);
	memcpy(block.bytes + offset, request->data, request->data_size);
	if (which == BMS_JK_SETTINGS)
		bms_jk_decode_settings(&block.window, &settings);
	else
		bms_jk_decode_device(&block.window, &identity, &settings);
	return change_commit(&server->change, &settings, &identity) ? NO_EXCEPTION
								    : BMS_MODBUS_BAD_DATA;
}

static uint8_t next_counter(struct jk_modbus_server *server)
{
	return server->counts_frames ? server->frames++ : 0;
}

/* As the numbers of the register map: most significant byte first. */
static uint32_t value_of(const struct bms_modbus_frame *request)
{
	uint32_t value = 0;

	for (size_t i = 0; i < request->data_size && i < sizeof(value); i++)
		value = value << 8 | request->data[i];
	return value;
}

static uint8_t run_action(struct jk_modbus_server *server, const struct bms_modbus_frame *request,
	uint8_t *answer, size_t *ret_size)
{
	uint8_t frame = bms_jk_frame_of_trigger(request->reg);
	const struct action *action = action_by_register(request->reg);

	if (frame) {
		frames_put(&server->change, frame, next_counter(server), answer);
		*ret_size = BMS_JK_FRAME_SIZE;
		return NO_EXCEPTION;
	}
	if (!action)
		return BMS_MODBUS_BAD_REGISTER;
	if (request->data_size < action->register_size)
		return BMS_MODBUS_BAD_DATA;
	return action_run(action, &server->change, value_of(request)) ? NO_EXCEPTION
								      : BMS_MODBUS_BAD_DATA;
}

static size_t answer_write(
	struct jk_modbus_server *server, const struct bms_modbus_frame *request, uint8_t *answer)
{
	size_t size = 0;
	uint8_t exception = request->reg >= BMS_JK_ACTIONS_BASE
				    ? run_action(server, request, answer, &size)
				    : write_block(server, request);

	if (exception)
		return bms_modbus_exception_reply(
			answer, request->unit, request->function, exception);
	return size +
	       bms_modbus_write_reply(answer + size, request->unit, request->reg, request->count);
}

void jk_modbus_server_init(struct jk_modbus_server *server, struct board *board, struct port *port)
{
	*server = (struct jk_modbus_server){ 0 };
	change_init(&server->change, board, port);
}

size_t jk_modbus_server_answer(struct jk_modbus_server *server, const uint8_t *request, size_t size,
	uint8_t answer[JK_MODBUS_ANSWER_MAX])
{
	struct bms_modbus_frame parsed;
	int64_t address =
		params_setting(&server->change.board->params, BMS_SETTING_SLOT_DEVICE_ADDRESS);
	enum bms_status status;

	if (size == 0 || request[0] != address)
		return 0;
	status = bms_modbus_parse_request(request, size, &parsed);
	if (status == BMS_BAD_FUNCTION)
		return bms_modbus_exception_reply(
			answer, request[0], request[1], BMS_MODBUS_BAD_FUNCTION);
	if (status == BMS_BAD_LENGTH)
		return bms_modbus_exception_reply(
			answer, request[0], request[1], BMS_MODBUS_BAD_DATA);
	if (status != BMS_OK)
		return 0;
	return parsed.function == BMS_MODBUS_READ ? answer_read(server, &parsed, answer)
						  : answer_write(server, &parsed, answer);
}
