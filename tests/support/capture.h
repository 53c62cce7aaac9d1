/* SPDX-License-Identifier: MIT */
/* Captured bytes are typed as hex; expected values as slot and number. */
#ifndef TESTS_CAPTURE_H
#define TESTS_CAPTURE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct capture_value {
	uint16_t slot;
	int64_t value;
};

static inline uint8_t capture_nibble(char digit)
{
	return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/* Hex digits to bytes; returns their number, or 0 when they do not fit. */
static inline size_t capture_bytes(const char *hex, uint8_t *out, size_t room)
{
	size_t size = strlen(hex) / 2;

	if (size > room)
		return 0;
	for (size_t i = 0; i < size; i++)
		out[i] =
			(uint8_t)(capture_nibble(hex[2 * i]) << 4 | capture_nibble(hex[2 * i + 1]));
	return size;
}

#endif
