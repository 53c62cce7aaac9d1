/* SPDX-License-Identifier: MIT */
#include "bms/jk_stream.h"

#include <string.h>

#include "bms/jk_command.h"

enum {
	HEADER_SIZE = 4,
	HEADERS = 2,
};

static const struct {
	uint8_t header[HEADER_SIZE];
	uint16_t size; /* of the whole */
	enum bms_jk_item item;
} kinds[HEADERS] = {
	{ { 0x55, 0xAA, 0xEB, 0x90 }, BMS_JK_FRAME_SIZE, BMS_JK_ITEM_FRAME },
	{ { 0xAA, 0x55, 0x90, 0xEB }, BMS_JK_COMMAND_SIZE, BMS_JK_ITEM_ACK },
};

void bms_jk_stream_reset(struct bms_jk_stream *stream)
{
	stream->size = 0;
	stream->is_told = false;
}

/* The kind whose header these bytes begin with, or are the beginning of; HEADERS: none. */
static size_t kind_of(const uint8_t *bytes, size_t size)
{
	size_t known = size < HEADER_SIZE ? size : HEADER_SIZE;
	size_t kind = 0;

	while (kind < HEADERS && memcmp(bytes, kinds[kind].header, known) != 0)
		kind++;
	return kind;
}

static void drop(struct bms_jk_stream *stream, size_t size)
{
	stream->size -= size;
	memmove(stream->bytes, stream->bytes + size, stream->size);
}

/* Up to where the next frame may begin. */
static void drop_junk(struct bms_jk_stream *stream)
{
	size_t junk = 0;

	while (junk < stream->size && kind_of(stream->bytes + junk, stream->size - junk) == HEADERS)
		junk++;
	stream->skipped += junk;
	drop(stream, junk);
}

static bool begins_another(const struct bms_jk_stream *stream)
{
	return stream->size > HEADER_SIZE &&
	       kind_of(stream->bytes + stream->size - HEADER_SIZE, HEADER_SIZE) < HEADERS;
}

static enum bms_jk_item take_whole(
	struct bms_jk_stream *stream, enum bms_jk_item item, struct bms_jk_frame *ret_frame)
{
	struct bms_jk_command command;

	if (item == BMS_JK_ITEM_FRAME &&
		bms_jk_frame_parse(stream->bytes, stream->size, ret_frame) == BMS_OK) {
		stream->frames++;
		return BMS_JK_ITEM_FRAME;
	}
	if (item == BMS_JK_ITEM_ACK &&
		bms_jk_command_parse(stream->bytes, stream->size, &command) == BMS_OK &&
		command.command == BMS_JK_COMMAND_ACK) {
		stream->acks++;
		return BMS_JK_ITEM_ACK;
	}
	return BMS_JK_ITEM_NONE;
}

static enum bms_jk_item take_byte(
	struct bms_jk_stream *stream, uint8_t byte, struct bms_jk_frame *ret_frame)
{
	enum bms_jk_item item;
	size_t kind;

	stream->bytes[stream->size++] = byte;
	if (begins_another(stream)) {
		stream->cut++;
		drop(stream, stream->size - HEADER_SIZE);
	}
	drop_junk(stream);
	kind = kind_of(stream->bytes, stream->size);
	if (stream->size == 0 || stream->size < kinds[kind].size)
		return BMS_JK_ITEM_NONE;
	item = take_whole(stream, kinds[kind].item, ret_frame);
	stream->is_told = item != BMS_JK_ITEM_NONE;
	if (!stream->is_told) {
		/* Pieces are missing: the next frame's first bytes may be the last of these. */
		stream->damaged++;
		drop(stream, 1);
		drop_junk(stream);
	}
	return item;
}

enum bms_jk_item bms_jk_stream_take(struct bms_jk_stream *stream, const uint8_t *data, size_t size,
	size_t *ret_used, struct bms_jk_frame *ret_frame)
{
	enum bms_jk_item item = BMS_JK_ITEM_NONE;
	size_t used = 0;

	if (stream->is_told)
		bms_jk_stream_reset(stream);
	while (used < size && item == BMS_JK_ITEM_NONE)
		item = take_byte(stream, data[used++], ret_frame);
	*ret_used = used;
	return item;
}
