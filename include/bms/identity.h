/* SPDX-License-Identifier: MIT */
/* What a board says of itself: rows of identity.def. Plain memory without ownership. */
#ifndef BMS_IDENTITY_H
#define BMS_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BMS_IDENTITY_TEXT_SIZE = 17
}; /* the longest text and its NUL */

enum bms_identity_text {
#define BMS_IDENTITY_TEXT(id, key, size, show, text) BMS_IDENTITY_##id,
#define BMS_IDENTITY_NUMBER(...)
#include "bms/identity.def"
#undef BMS_IDENTITY_TEXT
#undef BMS_IDENTITY_NUMBER
	BMS_IDENTITY_TEXTS
};

enum bms_identity_number {
#define BMS_IDENTITY_TEXT(...)
#define BMS_IDENTITY_NUMBER(id, key, text) BMS_IDENTITY_##id,
#include "bms/identity.def"
#undef BMS_IDENTITY_TEXT
#undef BMS_IDENTITY_NUMBER
	BMS_IDENTITY_NUMBERS
};

struct bms_identity_row {
	const char *key;
	const char *text;
	uint8_t size; /* bytes on the wire; 0 for a number */
	bool secret;
};

extern const struct bms_identity_row bms_identity_text_rows[BMS_IDENTITY_TEXTS];
extern const struct bms_identity_row bms_identity_number_rows[BMS_IDENTITY_NUMBERS];

/* Texts are NUL terminated; an absent one is empty. Numbers carry a presence bit. */
struct bms_identity {
	char text[BMS_IDENTITY_TEXTS][BMS_IDENTITY_TEXT_SIZE];
	int64_t number[BMS_IDENTITY_NUMBERS];
	uint32_t present[1];
};

#endif
