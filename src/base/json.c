/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

void json_init(struct json *json, FILE *out, bool pretty)
{
	memset(json, 0, sizeof(*json));
	json->out = out;
	json->pretty = pretty;
}

static void json_line(struct json *json)
{
	fputc('\n', json->out);
	for (unsigned i = 0; i < json->depth; i++)
		fputs("  ", json->out);
}

/* Length of the well-formed UTF-8 sequence that begins here, 0 if there is none. */
static size_t utf8_length(const unsigned char *text)
{
	static const struct {
		unsigned char mask, lead, low, high; /* low..high: of the second byte */
		size_t size;
	} forms[] = {
		{ 0xFF, 0xE0, 0xA0, 0xBF, 3 }, /* no overlong form */
		{ 0xFF, 0xED, 0x80, 0x9F, 3 }, /* no surrogate */
		{ 0xFF, 0xF0, 0x90, 0xBF, 4 },
		{ 0xFF, 0xF4, 0x80, 0x8F, 4 }, /* nothing above U+10FFFF */
		{ 0xE0, 0xC0, 0x80, 0xBF, 2 },
		{ 0xF0, 0xE0, 0x80, 0xBF, 3 },
		{ 0xFC, 0xF0, 0x80, 0xBF, 4 },
	};

	if (text[0] < 0x80)
		return 1;
	if (text[0] == 0xC0 || text[0] == 0xC1)
		return 0;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if ((text[0] & forms[i].mask) != forms[i].lead)
			continue;
		if (text[1] < forms[i].low || text[1] > forms[i].high)
			return 0;
		for (size_t at = 2; at < forms[i].size; at++)
			if ((text[at] & 0xC0) != 0x80)
				return 0;
		return forms[i].size;
	}
	return 0;
}

static void json_character(FILE *out, unsigned char character)
{
	static const char escapes[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	for (const char *escape = escapes; *escape; escape += 2) {
		if ((unsigned char)*escape == character) {
			fprintf(out, "\\%c", escape[1]);
			return;
		}
	}
	if (character < 0x20 || character == 0x7F)
		fprintf(out, "\\u%04x", character);
	else
		fputc(character, out);
}

static void json_quote(FILE *out, const char *value)
{
	const unsigned char *text = (const unsigned char *)value;

	fputc('"', out);
	while (*text) {
		size_t length = utf8_length(text);

		if (length == 1)
			json_character(out, *text);
		else if (length == 0)
			fputs("\xEF\xBF\xBD", out);
		else
			fwrite(text, 1, length, out);
		text += length ? length : 1;
	}
	fputc('"', out);
}

/* Comma, line and key before a value. Scalars of an array share a line, everything else of a
 * pretty document stands on its own. */
static void json_begin_value(struct json *json, const char *key, bool is_scalar)
{
	bool *has_value = &json->has_value[json->depth];
	bool on_own_line = json->pretty && json->depth > 0 && (key || !is_scalar);

	if (*has_value)
		fputs(json->pretty && !on_own_line ? ", " : ",", json->out);
	if (on_own_line) {
		json_line(json);
		json->is_broken[json->depth] = true;
	}
	*has_value = true;
	if (!key)
		return;
	json_quote(json->out, key);
	fputs(json->pretty ? ": " : ":", json->out);
}

static void json_open(struct json *json, const char *key, char bracket)
{
	json_begin_value(json, key, false);
	fputc(bracket, json->out);
	json->depth++;
	assert(json->depth < JSON_DEPTH_MAX);
	json->has_value[json->depth] = false;
	json->is_broken[json->depth] = false;
}

static void json_close(struct json *json, char bracket)
{
	assert(json->depth > 0);
	bool is_broken = json->is_broken[json->depth--];

	if (is_broken)
		json_line(json);
	fputc(bracket, json->out);
}

void json_object_begin(struct json *json, const char *key)
{
	json_open(json, key, '{');
}

void json_object_end(struct json *json)
{
	json_close(json, '}');
}

void json_array_begin(struct json *json, const char *key)
{
	json_open(json, key, '[');
}

void json_array_end(struct json *json)
{
	json_close(json, ']');
}

void json_integer(struct json *json, const char *key, int64_t value)
{
	json_begin_value(json, key, true);
	fprintf(json->out, "%" PRId64, value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	json_begin_value(json, key, true);
	fputs(value ? "true" : "false", json->out);
}

void json_null(struct json *json, const char *key)
{
	json_begin_value(json, key, true);
	fputs("null", json->out);
}

void json_string(struct json *json, const char *key, const char *value)
{
	json_begin_value(json, key, true);
	if (value)
		json_quote(json->out, value);
	else
		fputs("null", json->out);
}

void json_finish(struct json *json)
{
	assert(json->depth == 0);
	fputc('\n', json->out);
	json->has_value[0] = false;
}
