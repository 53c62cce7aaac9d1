/* SPDX-License-Identifier: MIT */
#include "protocol/jk_place.h"

enum {
	FIRST_LONG = 0x01,
	WIRE_RESISTANCE = 0x23, /* 32 long values under one number */
	FIRST_SWITCH = 0x27,
	SWITCH_WORD = 0x114,
};

#define LONG_OFFSET(number) (4 * ((number)-FIRST_LONG + ((number) > WIRE_RESISTANCE ? 31 : 0)))

#define ROW(number, offset, wire, bit, id) \
	{ offset, BMS_WIRE_##wire, bit, BMS_SETTING_SLOT_##id##_LAST - BMS_SETTING_SLOT_##id + 1, \
		BMS_SETTING_SLOT_##id, number },
#define WHOLE(number, offset, wire, id) ROW(number, offset, wire, BMS_JK_NO_BIT, id)

static const struct bms_jk_place settings_places[] = {
#define BMS_JK_LONG(number, wire, id) WHOLE(number, LONG_OFFSET(number), wire, id)
#define BMS_JK_SWITCH(number, id)     ROW(number, SWITCH_WORD, U16, (number)-FIRST_SWITCH, id)
#define BMS_JK_BYTE                   WHOLE
#include "protocol/jk_settings_places.def"
};

static const struct bms_jk_place device_places[] = {
#define BMS_JK_SETTING WHOLE
#include "protocol/jk_device_places.def"
};

const struct bms_jk_place_table bms_jk_setting_places[BMS_JK_BLOCKS] = {
	[BMS_JK_SETTINGS] = { settings_places, sizeof(settings_places) / sizeof(*settings_places) },
	[BMS_JK_DEVICE] = { device_places, sizeof(device_places) / sizeof(*device_places) },
};

void bms_jk_decode_settings(const struct bms_window *window, struct bms_settings *settings)
{
	bms_jk_places_decode(&bms_jk_setting_places[BMS_JK_SETTINGS], window, settings->value,
		settings->present);
}

void bms_jk_encode_settings(const struct bms_window *window, const struct bms_settings *settings,
	const struct bms_jk_profile *profile)
{
	bms_jk_places_encode(&bms_jk_setting_places[BMS_JK_SETTINGS], window, settings->value,
		settings->present);
	bms_jk_bytes_write(window, BMS_JK_FLAGS, profile->settings, sizeof(profile->settings));
}
