/* SPDX-License-Identifier: MIT */
#include "protocol/jk_place.h"

#include <string.h>

enum {
	FIXED = false,
	WRITABLE = true,
};

struct text_place {
	uint16_t offset;
	uint8_t text; /* enum bms_identity_text */
	bool writable;
};

struct bitmap_place {
	uint16_t offset;
	uint8_t member; /* offset in struct bms_jk_profile */
	uint8_t size;
};

struct passcode_place {
	uint16_t offset;
	const char *text;
};

static const struct text_place texts[] = {
#define BMS_JK_TEXT(offset, id, access) { offset, BMS_IDENTITY_##id, access },
#include "protocol/jk_device_places.def"
};

static const struct bms_jk_place numbers[] = {
#define BMS_JK_NUMBER(offset, wire, id) \
	{ offset, BMS_WIRE_##wire, BMS_JK_NO_BIT, 1, BMS_IDENTITY_##id, 0 },
#include "protocol/jk_device_places.def"
};

static const struct bitmap_place bitmaps[] = {
#define BMS_JK_BITMAP(at, name) \
	{ at, offsetof(struct bms_jk_profile, name), sizeof(((struct bms_jk_profile *)0)->name) },
#include "protocol/jk_device_places.def"
};

static const struct passcode_place passcodes[] = {
#define BMS_JK_PASSCODE(offset, text) { offset, text },
#include "protocol/jk_device_places.def"
};

static const struct bms_jk_place_table number_table = {
	numbers,
	sizeof(numbers) / sizeof(*numbers),
};

static size_t text_size(const struct text_place *place)
{
	return bms_identity_text_rows[place->text].size;
}

static void decode_texts(const struct bms_window *window, struct bms_identity *identity)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const struct text_place *place = &texts[i];
		char *text = identity->text[place->text];
		size_t size = text_size(place);

		if (!bms_window_holds(window, place->offset, size))
			continue;
		memcpy(text, window->data + (place->offset - window->start), size);
		memset(text + size, 0, BMS_IDENTITY_TEXT_SIZE - size);
		/* What follows the first NUL is not the text, e.g. the passcode behind a serial. */
		memset(text + strlen(text), 0, BMS_IDENTITY_TEXT_SIZE - strlen(text));
	}
}

static void encode_texts(const struct bms_window *window, const struct bms_identity *identity)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (identity->text[texts[i].text][0] != '\0')
			bms_jk_bytes_write(window, texts[i].offset, identity->text[texts[i].text],
				text_size(&texts[i]));
}

/* Only where the serial number has ended before it. */
static void encode_passcodes(const struct bms_window *window)
{
	for (size_t i = 0; i < sizeof(passcodes) / sizeof(*passcodes); i++) {
		const struct passcode_place *place = &passcodes[i];
		size_t before = place->offset - 1u;

		if (bms_window_holds(window, before, 1) &&
			bms_window_read(window, before, BMS_WIRE_U8) == 0)
			bms_jk_bytes_write(window, place->offset, place->text, strlen(place->text));
	}
}

void bms_jk_decode_device(const struct bms_window *window, struct bms_identity *identity,
	struct bms_settings *settings)
{
	decode_texts(window, identity);
	bms_jk_places_decode(&number_table, window, identity->number, identity->present);
	bms_jk_places_decode(
		&bms_jk_setting_places[BMS_JK_DEVICE], window, settings->value, settings->present);
}

void bms_jk_encode_device(const struct bms_window *window, const struct bms_identity *identity,
	const struct bms_settings *settings, const struct bms_jk_profile *profile)
{
	encode_texts(window, identity);
	encode_passcodes(window);
	bms_jk_places_encode(&number_table, window, identity->number, identity->present);
	bms_jk_places_encode(
		&bms_jk_setting_places[BMS_JK_DEVICE], window, settings->value, settings->present);
	for (size_t i = 0; i < sizeof(bitmaps) / sizeof(*bitmaps); i++)
		bms_jk_bytes_write(window, bitmaps[i].offset,
			(const uint8_t *)profile + bitmaps[i].member, bitmaps[i].size);
}

bool bms_jk_text_is_writable(size_t offset)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (offset >= texts[i].offset && offset - texts[i].offset < text_size(&texts[i]))
			return texts[i].writable;
	return false;
}
