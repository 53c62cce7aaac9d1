/* SPDX-License-Identifier: MIT */
#include "ctl/decode.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
	LINE_BYTES_MAX = 4096
};

static const struct {
	const char *name;
	decode_bytes bytes;
} protocols[] = {
	{ "jk-modbus", decode_modbus_bytes },
	{ "jk02", decode_jk_bytes },
};

decode_bytes decode_protocol(const char *name)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if (strcmp(protocols[i].name, name) == 0)
			return protocols[i].bytes;
	return NULL;
}

bool decode_take_layout(struct decode *decode, const char *name)
{
	if (strcmp(name, "auto") == 0)
		return true;
	for (size_t i = 0; i < BMS_JK_DIALECTS; i++) {
		if (strcmp(bms_jk_dialect_name((enum bms_jk_dialect)i), name) != 0)
			continue;
		decode->layout = DECODE_LAYOUT_GIVEN;
		decode->dialect = (enum bms_jk_dialect)i;
		return true;
	}
	return false;
}

void decode_init(struct decode *decode, FILE *out)
{
	memset(decode, 0, sizeof(*decode));
	json_init(&decode->json, out, false);
}

void decode_begin(struct decode *decode, const char *frame)
{
	json_object_begin(&decode->json, NULL);
	json_string(&decode->json, "frame", frame);
}

void decode_end(struct decode *decode)
{
	json_object_end(&decode->json);
	json_finish(&decode->json);
}

void decode_error(struct decode *decode, const char *text)
{
	decode->bad_frames++;
	decode_begin(decode, NULL);
	json_integer(&decode->json, "line", (int64_t)decode->line);
	json_string(&decode->json, "error", text);
	decode_end(decode);
}

void decode_status(struct decode *decode, enum bms_status status)
{
	decode_error(decode, bms_status_text(status));
}

static int hex_digit(char character)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = strchr(digits, tolower((unsigned char)character));

	return character && at ? (int)(at - digits) : -1;
}

/* Bytes of a line up to its comment; NULL and their number, or what is wrong. */
static const char *parse_hex(const char *line, uint8_t bytes[LINE_BYTES_MAX], size_t *ret_size)
{
	size_t digits = 0;

	for (; *line && *line != '#'; line++) {
		int digit = hex_digit(*line);

		if (isspace((unsigned char)*line))
			continue;
		if (digit < 0)
			return "not a hex digit";
		if (digits == 2 * (size_t)LINE_BYTES_MAX)
			return bms_status_text(BMS_LONG);
		if (digits % 2 == 0)
			bytes[digits / 2] = (uint8_t)(digit << 4);
		else
			bytes[digits / 2] |= (uint8_t)digit;
		digits++;
	}
	if (digits % 2)
		return "odd number of hex digits";
	*ret_size = digits / 2;
	return NULL;
}

void decode_stream(struct decode *decode, FILE *in, decode_bytes bytes_of_line)
{
	char *line = NULL;
	size_t space = 0;
	ssize_t length;

	while ((length = getline(&line, &space, in)) >= 0) {
		uint8_t bytes[LINE_BYTES_MAX];
		size_t size = 0;
		const char *error;

		decode->line++;
		error = strlen(line) == (size_t)length ? parse_hex(line, bytes, &size)
						       : "not a hex digit";
		if (error)
			decode_error(decode, error);
		else if (size > 0)
			bytes_of_line(decode, bytes, size);
	}
	free(line);
}
