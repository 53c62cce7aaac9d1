/* SPDX-License-Identifier: MIT */
#include "store/text.h"

#include <stdint.h>
#include <string.h>

/* Bytes of the well-formed character at the start, or 0. */
static size_t character_length(const char *text, size_t left)
{
	/* First byte, and the narrower range that it gives the second one. */
	static const struct {
		uint8_t first, last, low, high;
		uint8_t length;
	} forms[] = {
		{ 0x20, 0x7e, 0, 0, 1 },
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	const uint8_t *bytes = (const uint8_t *)text;

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if (bytes[0] < forms[i].first || bytes[0] > forms[i].last || forms[i].length > left)
			continue;
		if (forms[i].length > 1 && (bytes[1] < forms[i].low || bytes[1] > forms[i].high))
			return 0;
		for (size_t k = 2; k < forms[i].length; k++)
			if ((bytes[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].length;
	}
	return 0;
}

void text_clean(char *out, size_t size, const char *text)
{
	size_t left = strnlen(text, size - 1);

	while (left > 0) {
		size_t length = character_length(text, left);

		if (length == 0) {
			*out++ = '?';
			length = 1;
		} else {
			memcpy(out, text, length);
			out += length;
		}
		text += length;
		left -= length;
	}
	*out = '\0';
}
