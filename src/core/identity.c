/* SPDX-License-Identifier: MIT */
#include "bms/identity.h"

enum {
	PUBLIC = false,
	SECRET = true,
};

const struct bms_identity_row bms_identity_text_rows[BMS_IDENTITY_TEXTS] = {
#define BMS_IDENTITY_TEXT(id, key, size, show, text) { #key, text, size, show },
#define BMS_IDENTITY_NUMBER(...)
#include "bms/identity.def"
#undef BMS_IDENTITY_TEXT
#undef BMS_IDENTITY_NUMBER
};

const struct bms_identity_row bms_identity_number_rows[BMS_IDENTITY_NUMBERS] = {
#define BMS_IDENTITY_TEXT(...)
#define BMS_IDENTITY_NUMBER(id, key, text) { #key, text, 0, PUBLIC },
#include "bms/identity.def"
#undef BMS_IDENTITY_TEXT
#undef BMS_IDENTITY_NUMBER
};
