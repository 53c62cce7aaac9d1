/* SPDX-License-Identifier: MIT */
/*
 * Both directions of an RS485 line. Function 03: a request has 8 bytes, a reply an odd number.
 * Function 10: an acknowledgement has 8 bytes, a request more. A reply does not say which
 * registers it carries, so the request before it is remembered.
 */
#include <string.h>

#include "base/board_json.h"
#include "bms/jk_layout.h"
#include "ctl/decode.h"

enum {
	SHORT_FRAME_SIZE = 8
};

/* The bytes a frame carries, as a place in a block of the board. */
static struct bms_window window_of(
	const struct bms_modbus_frame *frame, uint16_t reg, enum bms_jk_block block)
{
	return (struct bms_window){
		/* The cursor serves writers too; decoders only read. */
		.data = (uint8_t *)(uintptr_t)frame->data,
		.start = (uint16_t)(reg - bms_jk_block_base(block)),
		.size = frame->data_size,
		.order = BMS_ORDER_BIG,
	};
}

static void begin_with_place(
	struct decode *decode, const char *name, const struct bms_modbus_frame *frame)
{
	decode_begin(decode, name);
	json_integer(&decode->json, "unit", frame->unit);
	json_integer(&decode->json, "register", frame->reg);
	json_integer(&decode->json, "count", frame->count);
}

static void settings_members(struct decode *decode, const struct bms_window *window)
{
	struct bms_settings settings = { 0 };

	bms_jk_decode_settings(window, &settings);
	board_json_settings(&decode->json, "settings", &settings);
}

static void live_members(struct decode *decode, const struct bms_window *window)
{
	struct bms_telemetry telemetry = { 0 };

	bms_jk_decode_live(window, &telemetry);
	json_null(&decode->json, "pack");
	json_null(&decode->json, "time");
	board_json_telemetry(&decode->json, &telemetry);
}

static void device_members(struct decode *decode, const struct bms_window *window)
{
	struct bms_identity identity = { 0 };
	struct bms_settings settings = { 0 };

	bms_jk_decode_device(window, &identity, &settings);
	board_json_identity(&decode->json, "device", &identity);
	board_json_settings(&decode->json, "settings", &settings);
}

static const struct {
	const char *name;
	void (*members)(struct decode *decode, const struct bms_window *window);
} blocks[BMS_JK_BLOCKS] = {
	[BMS_JK_SETTINGS] = { "settings", settings_members },
	[BMS_JK_LIVE] = { "live", live_members },
	[BMS_JK_DEVICE] = { "device", device_members },
};

static void decode_read_request(struct decode *decode, const struct bms_modbus_frame *frame)
{
	decode_begin(decode, "request");
	json_integer(&decode->json, "unit", frame->unit);
	json_integer(&decode->json, "function", frame->function);
	json_integer(&decode->json, "register", frame->reg);
	json_integer(&decode->json, "count", frame->count);
	decode_end(decode);
}

/* Outside the blocks a write is an action, e.g. "send a live frame". */
static void decode_write_request(struct decode *decode, const struct bms_modbus_frame *frame)
{
	enum bms_jk_block block = bms_jk_block_of_register(frame->reg);

	begin_with_place(decode, "write", frame);
	if (block == BMS_JK_SETTINGS || block == BMS_JK_DEVICE) {
		struct bms_window window = window_of(frame, frame->reg, block);

		blocks[block].members(decode, &window);
	} else {
		json_object_begin(&decode->json, "settings");
		json_object_end(&decode->json);
	}
	decode_end(decode);
}

static void decode_request(struct decode *decode, const uint8_t *bytes, size_t size)
{
	struct bms_modbus_frame frame;
	enum bms_status status = bms_modbus_parse_request(bytes, size, &frame);

	if (status != BMS_OK) {
		decode_status(decode, status);
		return;
	}
	if (frame.function == BMS_MODBUS_READ)
		decode_read_request(decode, &frame);
	else
		decode_write_request(decode, &frame);
	decode->request = frame;
	decode->request.data = NULL; /* a view into the line */
	decode->is_awaiting = true;
}

static void decode_read_reply(struct decode *decode, const struct bms_modbus_frame *reply)
{
	enum bms_jk_block block = bms_jk_block_of_register(decode->request.reg);
	struct bms_window window;

	if (block == BMS_JK_BLOCKS) {
		decode_status(decode, BMS_UNKNOWN);
		return;
	}
	window = window_of(reply, decode->request.reg, block);
	begin_with_place(decode, blocks[block].name, &decode->request);
	blocks[block].members(decode, &window);
	decode_end(decode);
}

static void decode_ack(struct decode *decode, const struct bms_modbus_frame *reply)
{
	begin_with_place(decode, "ack", reply);
	decode_end(decode);
}

static void decode_exception(struct decode *decode, const struct bms_modbus_frame *reply)
{
	decode_begin(decode, "exception");
	json_integer(&decode->json, "unit", reply->unit);
	json_integer(&decode->json, "function", reply->function);
	json_integer(&decode->json, "code", reply->exception);
	decode_end(decode);
}

static void decode_reply(struct decode *decode, const uint8_t *bytes, size_t size)
{
	struct bms_modbus_frame reply;
	enum bms_status status = bms_modbus_parse_reply(bytes, size, &reply);
	bool is_read = status == BMS_OK && reply.function == BMS_MODBUS_READ && !reply.exception;

	if (is_read && !decode->is_awaiting) {
		decode_error(decode, "a read reply without the request before it");
		return;
	}
	/* Acknowledgements name their registers, whoever's they are on a shared line. */
	if (is_read)
		status = bms_modbus_match(&decode->request, &reply);
	if (status != BMS_OK) {
		decode_status(decode, status);
		return;
	}
	decode->is_awaiting = decode->is_awaiting && decode->request.unit != reply.unit;
	if (reply.exception)
		decode_exception(decode, &reply);
	else if (is_read)
		decode_read_reply(decode, &reply);
	else
		decode_ack(decode, &reply);
}

static bool is_request(const uint8_t *bytes, size_t size)
{
	if (size < 2)
		return true;
	if (bytes[1] == BMS_MODBUS_WRITE)
		return size > SHORT_FRAME_SIZE;
	return size == SHORT_FRAME_SIZE;
}

void decode_modbus_bytes(struct decode *decode, const uint8_t *bytes, size_t size)
{
	size_t at = 0;

	/* Boards send a 300-byte frame before the acknowledgement of a trigger. */
	while (at < size && decode_is_jk(bytes + at, size - at))
		at += decode_jk_frame(decode, bytes + at, size - at);
	if (at == size)
		return;
	if (is_request(bytes + at, size - at))
		decode_request(decode, bytes + at, size - at);
	else
		decode_reply(decode, bytes + at, size - at);
}
