/* SPDX-License-Identifier: MIT */
/* Captured frames, one of hex a line, to JSON, one object a frame. Needs no daemon. */
#ifndef CTL_DECODE_H
#define CTL_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/json.h"
#include "bms/modbus_rtu.h"

/* What the input has told of the board's software, which decides the layout. */
enum decode_software {
	DECODE_SOFTWARE_UNKNOWN,
	DECODE_SOFTWARE_32S, /* 11 and later */
	DECODE_SOFTWARE_OLD, /* before 11: 24S, or JK04 */
};

struct decode {
	struct json json;
	size_t line;       /* of the input, from 1 */
	size_t bad_frames; /* lines and frames that could not be decoded */
	bool is_forced;    /* the layout was given, nothing is guessed */
	enum decode_software software;
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
bool decode_layout(const char *name, bool *ret_is_forced);

void decode_init(struct decode *decode, FILE *out, bool is_forced);
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
