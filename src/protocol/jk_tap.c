/* SPDX-License-Identifier: MIT */
#include "bms/jk_tap.h"

#include <string.h>

enum verdict {
	NOT_IT,
	NOT_YET, /* may become one with more bytes */
	IT,
};

enum {
	UNIT_MAX = 247,
	HEADER_SIZE = 4,
	EXCEPTION_SIZE = 5,
	SHORT_SIZE = 8, /* read request, write acknowledgement */
};

struct token {
	size_t size;
	struct bms_modbus_frame modbus;
};

void bms_jk_tap_init(struct bms_jk_tap *tap)
{
	memset(tap, 0, sizeof(*tap));
}

static void drop_taken(struct bms_jk_tap *tap)
{
	tap->size -= tap->taken;
	memmove(tap->buffer, tap->buffer + tap->taken, tap->size);
	tap->taken = 0;
}

size_t bms_jk_tap_push(struct bms_jk_tap *tap, const uint8_t *data, size_t size)
{
	size_t room;

	drop_taken(tap);
	room = sizeof(tap->buffer) - tap->size;
	if (size > room)
		size = room;
	memcpy(tap->buffer + tap->size, data, size);
	tap->size += size;
	tap->silent = false;
	return size;
}

void bms_jk_tap_silence(struct bms_jk_tap *tap)
{
	tap->silent = true;
}

/* Is what is here so far the beginning of a frame? */
static enum verdict try_frame(struct bms_jk_tap *tap)
{
	static const uint8_t header[HEADER_SIZE] = { 0x55, 0xAA, 0xEB, 0x90 };
	size_t known = tap->size < HEADER_SIZE ? tap->size : HEADER_SIZE;
	struct bms_jk_frame frame;

	if (memcmp(tap->buffer, header, known) != 0)
		return NOT_IT;
	if (tap->size < BMS_JK_FRAME_SIZE)
		return NOT_YET;
	if (bms_jk_frame_parse(tap->buffer, BMS_JK_FRAME_SIZE, &frame) == BMS_OK)
		return IT;
	tap->counters.bad_frames++;
	return NOT_IT;
}

static enum verdict try_reply_of(const struct bms_jk_tap *tap, size_t size, struct token *ret)
{
	if (tap->size < size)
		return NOT_YET;
	ret->size = size;
	return bms_modbus_parse_reply(tap->buffer, size, &ret->modbus) == BMS_OK ? IT : NOT_IT;
}

/* An answer to the read heard just before; nothing else tells an answer from a request. */
static enum verdict try_read_reply(const struct bms_jk_tap *tap, struct token *ret)
{
	size_t size = bms_modbus_reply_size(BMS_MODBUS_READ, tap->request.count);

	if (!tap->has_request || tap->buffer[0] != tap->request.unit ||
		(tap->size > 2 && tap->buffer[2] != (uint8_t)(tap->request.count * 2)))
		return NOT_IT;
	return try_reply_of(tap, size, ret);
}

static enum verdict try_request(const struct bms_jk_tap *tap, struct token *ret)
{
	size_t size = bms_modbus_request_size(tap->buffer, tap->size);

	if (size > BMS_MODBUS_FRAME_MAX)
		return NOT_IT;
	if (size == 0 || tap->size < size)
		return NOT_YET;
	ret->size = size;
	return bms_modbus_parse_request(tap->buffer, size, &ret->modbus) == BMS_OK ? IT : NOT_IT;
}

static enum verdict better(enum verdict a, enum verdict b)
{
	return a > b ? a : b;
}

/* Modbus tokens in an order in which a sooner one is not mistaken for a later one. */
static enum verdict try_modbus(
	const struct bms_jk_tap *tap, struct token *ret, enum bms_jk_heard_kind *ret_kind)
{
	uint8_t function = tap->size > 1 ? tap->buffer[1] : 0;
	enum verdict verdict = NOT_IT;

	if (tap->buffer[0] > UNIT_MAX)
		return NOT_IT;
	if (tap->size < 2)
		return NOT_YET;
	if (function == (BMS_MODBUS_READ | BMS_MODBUS_ERROR) ||
		function == (BMS_MODBUS_WRITE | BMS_MODBUS_ERROR)) {
		*ret_kind = BMS_JK_HEARD_EXCEPTION;
		return try_reply_of(tap, EXCEPTION_SIZE, ret);
	}
	if (function != BMS_MODBUS_READ && function != BMS_MODBUS_WRITE)
		return NOT_IT;
	*ret_kind = function == BMS_MODBUS_READ ? BMS_JK_HEARD_READ : BMS_JK_HEARD_ACK;
	verdict = function == BMS_MODBUS_READ ? try_read_reply(tap, ret)
					      : try_reply_of(tap, SHORT_SIZE, ret);
	if (verdict == IT)
		return IT;
	*ret_kind = BMS_JK_HEARD_REQUEST;
	return better(verdict, try_request(tap, ret));
}

static void give_up_frame(struct bms_jk_tap *tap)
{
	tap->counters.unaddressed += tap->has_frame;
	tap->has_frame = false;
}

static void keep_frame(struct bms_jk_tap *tap)
{
	give_up_frame(tap);
	tap->has_request = false;
	memcpy(tap->frame, tap->buffer, BMS_JK_FRAME_SIZE);
	tap->has_frame = true;
	tap->taken = BMS_JK_FRAME_SIZE;
}

/* The acknowledgement of what asked for the frame: now the frame has an address. */
static bool is_ack_of_frame(const struct bms_jk_tap *tap, const struct bms_modbus_frame *ack)
{
	return tap->has_frame && bms_jk_frame_of_trigger(ack->reg) == tap->frame[HEADER_SIZE];
}

static void tell(struct bms_jk_tap *tap, enum bms_jk_heard_kind kind, const struct token *token,
	struct bms_jk_heard *ret)
{
	*ret = (struct bms_jk_heard){
		.kind = kind,
		.unit = token->modbus.unit,
		.reg = token->modbus.reg,
		.count = token->modbus.count,
		.data = token->modbus.data,
		.size = token->modbus.data_size,
	};
	if (kind == BMS_JK_HEARD_READ) {
		ret->reg = tap->request.reg;
		ret->count = tap->request.count;
	}
	if (kind == BMS_JK_HEARD_ACK && is_ack_of_frame(tap, &token->modbus)) {
		ret->kind = BMS_JK_HEARD_FRAME;
		ret->data = tap->frame;
		ret->size = BMS_JK_FRAME_SIZE;
		tap->has_frame = false;
	}
	give_up_frame(tap);
	tap->has_request =
		kind == BMS_JK_HEARD_REQUEST && token->modbus.function == BMS_MODBUS_READ;
	if (tap->has_request)
		tap->request = token->modbus;
	tap->taken = token->size;
}

/* Boards may send a zero behind a frame and behind its acknowledgement. */
static void skip_byte(struct bms_jk_tap *tap)
{
	tap->counters.noise_bytes += tap->buffer[0] != 0;
	tap->taken = 1;
}

bool bms_jk_tap_next(struct bms_jk_tap *tap, struct bms_jk_heard *ret)
{
	for (;;) {
		enum bms_jk_heard_kind kind = BMS_JK_HEARD_REQUEST;
		struct token token = { 0 };
		enum verdict frame;
		enum verdict modbus;

		drop_taken(tap);
		if (tap->size == 0)
			return false;
		frame = try_frame(tap);
		modbus = frame == IT ? NOT_IT : try_modbus(tap, &token, &kind);
		if (frame == IT) {
			keep_frame(tap);
		} else if (modbus == IT) {
			tell(tap, kind, &token, ret);
			return true;
		} else if (better(frame, modbus) == NOT_YET && !tap->silent) {
			return false;
		} else {
			skip_byte(tap);
		}
	}
}
