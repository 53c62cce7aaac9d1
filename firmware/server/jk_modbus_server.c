/* SPDX-License-Identifier: MIT */
#include "server/jk_modbus_server.h"

#include <string.h>

enum {
	NO_EXCEPTION = 0,
	REGISTER_SIZE = 2
};

struct block {
	uint8_t bytes[BMS_JK_BLOCK_SIZE];
	struct bms_window window;
};

static void encode(const struct jk_modbus_server *server, enum bms_jk_block which,
	const struct bms_window *window)
{
	const struct board *board = server->board;

	if (which == BMS_JK_SETTINGS) {
		bms_jk_encode_settings(window, &board->params.settings, server->profile);
	} else if (which == BMS_JK_LIVE) {
		struct bms_telemetry telemetry;

		board_telemetry(board, &telemetry);
		bms_jk_encode_live(window, &telemetry, server->profile);
	} else {
		struct bms_identity identity;

		board_identity(board, &identity);
		bms_jk_encode_device(window, &identity, &board->params.settings, server->profile);
	}
}

static void block_fill(
	struct block *block, const struct jk_modbus_server *server, enum bms_jk_block which)
{
	memset(block->bytes, 0, sizeof(block->bytes));
	block->window = (struct bms_window){
		.data = block->bytes, .size = BMS_JK_BLOCK_SIZE, .order = BMS_ORDER_BIG
	};
	encode(server, which, &block->window);
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

static bool protocol_is_offered(const uint8_t mask[4], int64_t protocol)
{
	return protocol >= 0 && protocol < 32 && mask[protocol / 8] >> protocol % 8 & 1;
}

static bool slot_is_valid(
	const struct jk_modbus_server *server, const struct bms_settings *settings, size_t slot)
{
	int64_t value = settings->value[slot];

	if (slot == BMS_SETTING_SLOT_UART1_PROTOCOL)
		return protocol_is_offered(server->profile->uart1_protocols, value);
	if (slot == BMS_SETTING_SLOT_CAN_PROTOCOL)
		return protocol_is_offered(server->profile->can_protocols, value);
	return bms_setting_in_range(bms_setting_of_slot(slot), value);
}

/* A rule that did not hold before does not stop the write that repairs it step by step. */
static bool breaks_rule(const struct bms_settings *before, const struct bms_settings *after)
{
	for (size_t i = 0; i < BMS_RULE_COUNT; i++)
		if (bms_rule_holds(&bms_rules[i], before) && !bms_rule_holds(&bms_rules[i], after))
			return true;
	return false;
}

static bool settings_are_valid(const struct jk_modbus_server *server,
	const struct bms_settings *before, const struct bms_settings *after)
{
	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++)
		if (after->value[slot] != before->value[slot] &&
			!slot_is_valid(server, after, slot))
			return false;
	return !breaks_rule(before, after);
}

static bool texts_are_printable(const struct bms_identity *identity)
{
	for (size_t i = 0; i < BMS_IDENTITY_TEXTS; i++)
		for (const char *at = identity->text[i]; *at; at++)
			if (*at < ' ' || *at > '~')
				return false;
	return true;
}

/* True when the flash holds it. Equal values wear nothing out. */
static bool commit(struct jk_modbus_server *server, const struct bms_settings *settings,
	const struct bms_identity *identity)
{
	struct params *params = &server->board->params;

	if (params->state == SLOTS_FOUND &&
		!memcmp(settings->value, params->settings.value, sizeof(settings->value)) &&
		!memcmp(identity->text, params->identity.text, sizeof(identity->text)))
		return true;
	return params_commit(params, server->port, settings, identity);
}

/* The block as it would be after the write is decoded as a whole: that is how half a number, two
 * settings in one register and forty registers at once are all the same. */
static uint8_t write_block(struct jk_modbus_server *server, const struct bms_modbus_frame *request)
{
	const struct params *params = &server->board->params;
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
	if (!settings_are_valid(server, &params->settings, &settings) ||
		!texts_are_printable(&identity) || !commit(server, &settings, &identity))
		return BMS_MODBUS_BAD_DATA;
	server->writes++;
	return NO_EXCEPTION;
}

static uint8_t apply_preset(
	struct jk_modbus_server *server, const uint8_t *value, uint8_t chemistry)
{
	struct params *params = &server->board->params;
	struct bms_settings settings = params->settings;
	uint8_t old = params->chemistry;

	(void)value;
	params_apply_preset(&settings, (enum bms_chemistry)chemistry);
	params->chemistry = chemistry;
	if (!params_commit(params, server->port, &settings, &params->identity)) {
		params->chemistry = old;
		return BMS_MODBUS_BAD_DATA;
	}
	server->writes++;
	return NO_EXCEPTION;
}

static uint8_t set_clock(struct jk_modbus_server *server, const uint8_t *value, uint8_t unused)
{
	(void)unused;
	port_rtc_set(server->port, (uint32_t)value[0] << 24 | (uint32_t)value[1] << 16 |
					   (uint32_t)value[2] << 8 | value[3]);
	return NO_EXCEPTION;
}

/* Asked for by an action, sent before its acknowledgement. */
static uint8_t no_change(struct jk_modbus_server *server, const uint8_t *value, uint8_t unused)
{
	(void)server;
	(void)value;
	(void)unused;
	return NO_EXCEPTION;
}

static const struct action {
	uint16_t reg;
	uint8_t value_size; /* at least */
	uint8_t frame;      /* type to send first, or 0 */
	uint8_t argument;
	uint8_t (*run)(struct jk_modbus_server *server, const uint8_t *value, uint8_t argument);
} actions[] = {
	{ 0x160A, 2, 0, BMS_CHEMISTRY_NMC, apply_preset },
	{ 0x160C, 2, 0, BMS_CHEMISTRY_LFP, apply_preset },
	{ 0x160E, 2, 0, BMS_CHEMISTRY_LTO, apply_preset },
	{ 0x1612, 4, 0, 0, set_clock },
	{ 0x161C, 2, BMS_JK_FRAME_DEVICE, 0, no_change },
	{ 0x161E, 2, BMS_JK_FRAME_SETTINGS, 0, no_change },
	{ 0x1620, 2, BMS_JK_FRAME_LIVE, 0, no_change },
};

static const struct action *action_by_register(uint16_t reg)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		if (actions[i].reg == reg)
			return &actions[i];
	return NULL;
}

static enum bms_jk_block block_of_frame(uint8_t type)
{
	if (type == BMS_JK_FRAME_SETTINGS)
		return BMS_JK_SETTINGS;
	return type == BMS_JK_FRAME_LIVE ? BMS_JK_LIVE : BMS_JK_DEVICE;
}

static size_t put_frame(struct jk_modbus_server *server, uint8_t type, uint8_t *out)
{
	struct bms_window window = {
		.data = out + BMS_JK_FRAME_PAYLOAD,
		.size = BMS_JK_PAYLOAD_SIZE,
		.order = BMS_ORDER_LITTLE,
	};

	memset(out, 0, BMS_JK_FRAME_SIZE);
	encode(server, block_of_frame(type), &window);
	bms_jk_frame_seal(out, type, server->counts_frames ? server->frames++ : 0);
	return BMS_JK_FRAME_SIZE;
}

static uint8_t run_action(struct jk_modbus_server *server, const struct bms_modbus_frame *request,
	uint8_t *answer, size_t *ret_size)
{
	const struct action *action = action_by_register(request->reg);
	uint8_t exception;

	if (!action)
		return BMS_MODBUS_BAD_REGISTER;
	if (request->data_size < action->value_size)
		return BMS_MODBUS_BAD_DATA;
	exception = action->run(server, request->data, action->argument);
	if (exception == NO_EXCEPTION && action->frame)
		*ret_size = put_frame(server, action->frame, answer);
	return exception;
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
	*server = (struct jk_modbus_server){
		.board = board, .port = port, .profile = &bms_jk_relay_profile
	};
}

size_t jk_modbus_server_answer(struct jk_modbus_server *server, const uint8_t *request, size_t size,
	uint8_t answer[JK_MODBUS_ANSWER_MAX])
{
	struct bms_modbus_frame parsed;
	int64_t address = params_setting(&server->board->params, BMS_SETTING_SLOT_DEVICE_ADDRESS);
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
