/* SPDX-License-Identifier: MIT */
/* Captured frames, one of hex a line, to JSON, one object a frame. Needs no daemon. */
#ifndef CTL_DECODE_H
#define CTL_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/json.h"
#include "bms/jk_dialect.h"
#include "bms/modbus_rtu.h"

/* How the layout is known. */
enum decode_layout {
	DECODE_LAYOUT_AUTO,  /* not yet: a frame must show it itself */
	DECODE_LAYOUT_KNOWN, /* from the last device frame */
	DECODE_LAYOUT_ODD,   /* the last device frame has a software that nobody knows */
	DECODE_LAYOUT_GIVEN, /* by the user, whatever device frames say */
};

struct decode {
	struct json json;
	size_t line;       /* of the input, from 1 */
	size_t bad_frames; /* lines and frames that could not be decoded */
	enum decode_layout layout;
	enum bms_jk_dialect dialect;
	bool is_awaiting; /* the last request has not been answered */
	struct bms_modbus_frame request;
};

/* Decodes one line's bytes. */
typedef void (*decode_bytes)(struct decode *decode, const uint8_t *bytes, size_t size);

void decode_jk_bytes(struct decode *decode, const uint8_t *bytes, size_t size);
void decode_modbus_bytes(struct decode *decode, const uint8_t *bytes, size_t size);

/* The decoder of a protocol's name, or NULL. */
decode_bytes decode_protocol(const char *name);

/* Takes "auto" or the name of a layout. */
bool decode_take_layout(struct decode *decode, const char *name);

void decode_init(struct decode *decode, FILE *out);
void decode_stream(struct decode *decode, FILE *in, decode_bytes bytes);

/* An object that says what is wrong with the line. */
void decode_error(struct decode *decode, const char *text);
void decode_status(struct decode *decode, enum bms_status status);

/* One object: begin, members, end. */
void decode_begin(struct decode *decode, const char *frame);
void decode_end(struct decode *decode);

/* Does a 300-byte frame or a 20-byte command begin here? */
bool decode_is_jk(const uint8_t *bytes, size_t size);

/* The frame that begins here, decoded; the number of its bytes. */
size_t decode_jk_frame(struct decode *decode, const uint8_t *bytes, size_t size);

#endif
