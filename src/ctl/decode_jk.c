/* SPDX-License-Identifier: MIT */
/* 300-byte frames and 20-byte commands. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/board_json.h"
#include "bms/jk_frame.h"
#include "bms/jk_layout.h"
#include "ctl/decode.h"

enum {
	/* Flags of the settings that exist: never all clear with 32 cells. */
	SETTING_FLAGS = 0x119,
	SETTING_FLAGS_SIZE = 8,
	/* Sum of the cells against the pack voltage. */
	SUM_TOLERANCE_PCT = 2,
	SUM_TOLERANCE_MV = 500,
	/* Commands that write a text. */
	FIRST_TEXT = 0x9B,
	LAST_TEXT = 0x9F,
};

static const char odd_software[] =
	"the board's software has no known layout; --layout NAME insists on one";
static const char no_layout[] =
	"shows no layout, and no device frame came before; --layout NAME insists on one";

/* The cells make up the pack voltage; at another layout's places something else would be read. */
static bool sum_fits(enum bms_jk_dialect dialect, const struct bms_window *payload)
{
	struct bms_telemetry telemetry = { 0 };
	int64_t pack_mv;
	int64_t sum_mv = 0;
	bool has_cells = false;

	bms_jk_dialect_decode_live(dialect, payload, &telemetry);
	pack_mv = bms_telemetry_or(&telemetry, BMS_SLOT_PACK_MV, 0);
	for (size_t slot = BMS_SLOT_CELL_MV; slot <= BMS_SLOT_CELL_MV_LAST; slot++) {
		if (!bms_telemetry_has(&telemetry, slot))
			continue;
		has_cells = true;
		sum_mv += telemetry.value[slot];
	}
	return has_cells &&
	       llabs(sum_mv - pack_mv) <= pack_mv * SUM_TOLERANCE_PCT / 100 + SUM_TOLERANCE_MV;
}

static bool flags_fit(enum bms_jk_dialect dialect, const struct bms_window *payload)
{
	for (size_t i = 0; i < SETTING_FLAGS_SIZE; i++)
		if (bms_window_read(payload, SETTING_FLAGS + i, BMS_WIRE_U8) != 0)
			return dialect == BMS_JK_DIALECT_32S;
	return false;
}

/* The layout of a frame, or false after an error. */
static bool find_dialect(struct decode *decode, const struct bms_window *payload,
	bool (*fits)(enum bms_jk_dialect dialect, const struct bms_window *payload),
	enum bms_jk_dialect *ret)
{
	*ret = decode->dialect;
	if (decode->layout == DECODE_LAYOUT_GIVEN || decode->layout == DECODE_LAYOUT_KNOWN)
		return true;
	for (size_t i = 0; decode->layout == DECODE_LAYOUT_AUTO && i < BMS_JK_DIALECTS; i++) {
		*ret = (enum bms_jk_dialect)i;
		if (fits(*ret, payload))
			return true;
	}
	decode_error(decode, decode->layout == DECODE_LAYOUT_ODD ? odd_software : no_layout);
	return false;
}

static void decode_live(struct decode *decode, const struct bms_jk_frame *frame)
{
	struct bms_telemetry telemetry = { 0 };
	enum bms_jk_dialect dialect;

	if (!find_dialect(decode, &frame->payload, sum_fits, &dialect))
		return;
	bms_jk_dialect_decode_live(dialect, &frame->payload, &telemetry);
	decode_begin(decode, "live");
	json_integer(&decode->json, "counter", frame->counter);
	json_null(&decode->json, "pack");
	json_null(&decode->json, "time");
	board_json_telemetry(&decode->json, &telemetry);
	decode_end(decode);
}

static void decode_settings(struct decode *decode, const struct bms_jk_frame *frame)
{
	struct bms_settings settings = { 0 };
	enum bms_jk_dialect dialect;

	if (!find_dialect(decode, &frame->payload, flags_fit, &dialect))
		return;
	bms_jk_dialect_decode_settings(dialect, &frame->payload, &settings);
	decode_begin(decode, "settings");
	json_integer(&decode->json, "counter", frame->counter);
	board_json_settings(&decode->json, "settings", &settings);
	decode_end(decode);
}

static void learn_dialect(struct decode *decode, const struct bms_identity *identity)
{
	if (decode->layout == DECODE_LAYOUT_GIVEN)
		return;
	decode->layout = bms_jk_dialect_of(identity, &decode->dialect) == BMS_OK
				 ? DECODE_LAYOUT_KNOWN
				 : DECODE_LAYOUT_ODD;
}

static void decode_device(struct decode *decode, const struct bms_jk_frame *frame)
{
	struct bms_identity identity = { 0 };
	struct bms_settings settings = { 0 };

	/* The identity lies in the same place in all. */
	bms_jk_dialect_decode_device(BMS_JK_DIALECT_04, &frame->payload, &identity, &settings);
	learn_dialect(decode, &identity);
	if (decode->layout != DECODE_LAYOUT_ODD)
		bms_jk_dialect_decode_device(
			decode->dialect, &frame->payload, &identity, &settings);
	decode_begin(decode, "device");
	json_integer(&decode->json, "counter", frame->counter);
	board_json_identity(&decode->json, "device", &identity);
	board_json_settings(&decode->json, "settings", &settings);
	decode_end(decode);
}

/* The logs' records are not decoded. */
static void decode_event_log(struct decode *decode, const struct bms_jk_frame *frame)
{
	decode_begin(decode, "event_log");
	json_integer(&decode->json, "counter", frame->counter);
	decode_end(decode);
}

static void decode_detail_log(struct decode *decode, const struct bms_jk_frame *frame)
{
	decode_begin(decode, "detail_log");
	json_integer(&decode->json, "counter", frame->counter);
	decode_end(decode);
}

static const struct {
	uint8_t type;
	void (*decode)(struct decode *decode, const struct bms_jk_frame *frame);
} kinds[] = {
	{ BMS_JK_FRAME_SETTINGS, decode_settings },
	{ BMS_JK_FRAME_LIVE, decode_live },
	{ BMS_JK_FRAME_DEVICE, decode_device },
	{ BMS_JK_FRAME_EVENT_LOG, decode_event_log },
	{ BMS_JK_FRAME_DETAIL_LOG, decode_detail_log },
};

static size_t decode_frame(struct decode *decode, const uint8_t *bytes, size_t size)
{
	size_t own = size < BMS_JK_FRAME_SIZE ? size : BMS_JK_FRAME_SIZE;
	struct bms_jk_frame frame;
	enum bms_status status = bms_jk_frame_parse(bytes, own, &frame);

	if (status != BMS_OK) {
		decode_status(decode, status);
		return own;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i].type == frame.type)
			kinds[i].decode(decode, &frame);
	return own;
}

/* Device name, PIN, user data and settings password: secrets are never printed. */
static bool is_text(const struct bms_jk_command *command)
{
	return command->size > 4 ||
	       (command->command >= FIRST_TEXT && command->command <= LAST_TEXT);
}

static void value_member(struct json *json, const struct bms_jk_command *command)
{
	int64_t value = 0;

	if (command->size == 0 || is_text(command)) {
		json_null(json, "value");
		return;
	}
	for (unsigned i = command->size; i > 0; i--)
		value = value << 8 | command->value[i - 1];
	json_integer(json, "value", value);
}

static size_t decode_command(struct decode *decode, const uint8_t *bytes, size_t size)
{
	size_t own = size < BMS_JK_COMMAND_SIZE ? size : BMS_JK_COMMAND_SIZE;
	struct bms_jk_command command;
	enum bms_status status = bms_jk_command_parse(bytes, own, &command);

	if (status != BMS_OK) {
		decode_status(decode, status);
		return own;
	}
	decode_begin(decode, command.command == BMS_JK_COMMAND_ACK ? "ack" : "command");
	json_integer(&decode->json, "number", command.command);
	value_member(&decode->json, &command);
	decode_end(decode);
	return own;
}

static bool is_command(const uint8_t *bytes, size_t size)
{
	static const uint8_t header[] = { 0xAA, 0x55, 0x90, 0xEB };

	return size >= sizeof(header) && memcmp(bytes, header, sizeof(header)) == 0;
}

bool decode_is_jk(const uint8_t *bytes, size_t size)
{
	static const uint8_t header[] = { 0x55, 0xAA, 0xEB, 0x90 };

	return is_command(bytes, size) ||
	       (size >= sizeof(header) && memcmp(bytes, header, sizeof(header)) == 0);
}

size_t decode_jk_frame(struct decode *decode, const uint8_t *bytes, size_t size)
{
	if (is_command(bytes, size))
		return decode_command(decode, bytes, size);
	return decode_frame(decode, bytes, size);
}

/* "AT\r\n" of newer modules, which is no part of any frame. */
static size_t chatter_size(const uint8_t *bytes, size_t size)
{
	static const uint8_t chatter[] = { 'A', 'T', '\r', '\n' };

	return size >= sizeof(chatter) && memcmp(bytes, chatter, sizeof(chatter)) == 0
		       ? sizeof(chatter)
		       : 0;
}

/* Older modules glue the acknowledgement to the frame, so a line can hold both. */
void decode_jk_bytes(struct decode *decode, const uint8_t *bytes, size_t size)
{
	size_t at = decode_jk_frame(decode, bytes, size);

	while (at < size) {
		size_t chatter = chatter_size(bytes + at, size - at);

		if (chatter == 0 && !decode_is_jk(bytes + at, size - at)) {
			decode_status(decode, BMS_LONG);
			return;
		}
		at += chatter ? chatter : decode_jk_frame(decode, bytes + at, size - at);
	}
}
