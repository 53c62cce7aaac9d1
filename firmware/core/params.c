/* SPDX-License-Identifier: MIT */
#include "core/params.h"

#include <string.h>

#include "bms/checksum.h"

/*
 * Payload: entries of tag (16 bit, CRC of the row's key), size (8 bit) and bytes; numbers are
 * 32 bit little-endian, one an element. Entries nobody knows are skipped and rows without an entry
 * keep their default, so that another version of the tables reads what it shares.
 */
enum {
	ENTRY_HEADER = 3,
	NUMBER = 4
};

static const char default_password[] = "123456";
static const char chemistry_key[] = "chemistry";
static const char calibration_key[] = "calibration";

/* Two factors and an offset a channel. */
enum {
	CALIBRATION_NUMBERS = 2 + PORT_CHANNELS
};

static const char *const default_texts[BMS_IDENTITY_TEXTS] = {
	[BMS_IDENTITY_MODEL] = "JK_B2A25SRP",
	[BMS_IDENTITY_HARDWARE] = "11A",
	[BMS_IDENTITY_SOFTWARE] = "11.55",
	[BMS_IDENTITY_NAME] = "JK_B2A25SRP",
	[BMS_IDENTITY_PIN] = "1234",
	[BMS_IDENTITY_USER_DATA] = "Input Userdata",
	[BMS_IDENTITY_SETTINGS_PASSWORD] = default_password,
};

static void text_copy(char to[BMS_IDENTITY_TEXT_SIZE], const char *from)
{
	size_t size = 0;

	memset(to, 0, BMS_IDENTITY_TEXT_SIZE);
	while (from && from[size] && size < BMS_IDENTITY_TEXT_SIZE - 1) {
		to[size] = from[size];
		size++;
	}
}

void params_default(struct params *params, enum bms_chemistry chemistry)
{
	bms_settings_preset(&params->settings, chemistry);
	params->chemistry = (uint8_t)chemistry;
	params->calibration = (struct calibration){ 0 };
	memset(&params->identity, 0, sizeof(params->identity));
	for (size_t i = 0; i < BMS_IDENTITY_TEXTS; i++)
		text_copy(params->identity.text[i], default_texts[i]);
}

void params_apply_preset(struct bms_settings *settings, enum bms_chemistry chemistry)
{
	for (size_t i = 0; i < BMS_SETTING_COUNT; i++) {
		const struct bms_setting_row *row = &bms_setting_rows[i];
		bool depends = false;

		for (size_t other = 1; other < BMS_CHEMISTRY_COUNT; other++)
			depends |= row->preset[other] != row->preset[0];
		for (size_t element = 0; depends && element < row->count; element++)
			bms_settings_set(settings, row->slot + element, row->preset[chemistry]);
	}
}

bool params_password_is_default(const struct params *params)
{
	const char *password = params->identity.text[BMS_IDENTITY_SETTINGS_PASSWORD];

	return !memcmp(password, default_password, sizeof(default_password));
}

static uint16_t tag_of(const char *key)
{
	size_t size = 0;

	while (key[size])
		size++;
	return bms_crc16_modbus((const uint8_t *)key, size);
}

static void number_put(uint8_t *at, int64_t value)
{
	for (size_t i = 0; i < NUMBER; i++)
		at[i] = (uint8_t)((uint64_t)value >> 8 * i);
}

static int32_t number_get(const uint8_t *at)
{
	uint32_t value = 0;

	for (size_t i = 0; i < NUMBER; i++)
		value |= (uint32_t)at[i] << 8 * i;
	return (int32_t)value;
}

/* Starts an entry and returns where its bytes go. */
static uint8_t *entry_put(uint8_t **at, const char *key, size_t size)
{
	uint16_t tag = tag_of(key);
	uint8_t *bytes = *at + ENTRY_HEADER;

	(*at)[0] = (uint8_t)tag;
	(*at)[1] = (uint8_t)(tag >> 8);
	(*at)[2] = (uint8_t)size;
	*at = bytes + size;
	return bytes;
}

static void calibration_put(const struct calibration *calibration, uint8_t *bytes)
{
	number_put(bytes, calibration->voltage_ppm);
	number_put(bytes + NUMBER, calibration->current_ppm);
	for (size_t i = 0; i < PORT_CHANNELS; i++)
		number_put(bytes + (2 + i) * NUMBER, calibration->cell_mv[i]);
}

static bool calibration_take(
	struct calibration *ret, uint16_t tag, const uint8_t *bytes, size_t size)
{
	struct calibration calibration = { 0 };

	if (tag != tag_of(calibration_key) || size != CALIBRATION_NUMBERS * NUMBER)
		return false;
	calibration.voltage_ppm = number_get(bytes);
	calibration.current_ppm = number_get(bytes + NUMBER);
	for (size_t i = 0; i < PORT_CHANNELS; i++)
		calibration.cell_mv[i] = (int16_t)number_get(bytes + (2 + i) * NUMBER);
	if (calibration_is_sane(&calibration))
		*ret = calibration;
	return true;
}

static size_t params_encode(const struct params *params, uint8_t *payload)
{
	uint8_t *at = payload;

	for (size_t i = 0; i < BMS_SETTING_COUNT; i++) {
		const struct bms_setting_row *row = &bms_setting_rows[i];
		uint8_t *bytes = entry_put(&at, row->key, (size_t)row->count * NUMBER);

		for (size_t element = 0; element < row->count; element++)
			number_put(bytes + element * NUMBER,
				params->settings.value[row->slot + element]);
	}
	for (size_t i = 0; i < BMS_IDENTITY_TEXTS; i++) {
		const struct bms_identity_row *row = &bms_identity_text_rows[i];

		memcpy(entry_put(&at, row->key, row->size), params->identity.text[i], row->size);
	}
	number_put(entry_put(&at, chemistry_key, NUMBER), params->chemistry);
	calibration_put(&params->calibration,
		entry_put(&at, calibration_key, CALIBRATION_NUMBERS * NUMBER));
	return (size_t)(at - payload);
}

static bool setting_take(
	struct bms_settings *settings, uint16_t tag, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < BMS_SETTING_COUNT; i++) {
		const struct bms_setting_row *row = &bms_setting_rows[i];

		if (tag_of(row->key) != tag)
			continue;
		for (size_t element = 0; element < row->count && element < size / NUMBER;
			element++) {
			int32_t value = number_get(bytes + element * NUMBER);

			if (bms_setting_in_range((enum bms_setting)i, value))
				bms_settings_set(settings, row->slot + element, value);
		}
		return true;
	}
	return false;
}

static bool text_take(
	struct bms_identity *identity, uint16_t tag, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < BMS_IDENTITY_TEXTS; i++) {
		const struct bms_identity_row *row = &bms_identity_text_rows[i];

		if (tag_of(row->key) != tag)
			continue;
		memset(identity->text[i], 0, BMS_IDENTITY_TEXT_SIZE);
		memcpy(identity->text[i], bytes, size < row->size ? size : row->size);
		return true;
	}
	return false;
}

static void params_decode(struct params *params, const uint8_t *payload, size_t size)
{
	for (size_t at = 0; at + ENTRY_HEADER <= size;) {
		uint16_t tag = (uint16_t)(payload[at] | payload[at + 1] << 8);
		size_t entry = payload[at + 2];
		const uint8_t *bytes = payload + at + ENTRY_HEADER;

		at += ENTRY_HEADER + entry;
		if (at > size)
			return;
		if (setting_take(&params->settings, tag, bytes, entry) ||
			text_take(&params->identity, tag, bytes, entry) ||
			calibration_take(&params->calibration, tag, bytes, entry))
			continue;
		if (tag == tag_of(chemistry_key) && entry == NUMBER && number_get(bytes) >= 0 &&
			number_get(bytes) < BMS_CHEMISTRY_COUNT)
			params->chemistry = (uint8_t)number_get(bytes);
	}
}

enum slots_state params_load(struct params *params, struct port *port)
{
	size_t size;

	params->state = slots_load(&params->slots, port, 0, params->record, &size);
	if (params->state == SLOTS_FOUND)
		params_decode(params, params->record + SLOTS_HEADER, size);
	/* Whoever repairs this board needs the bus that carries settings. */
	if (params->state == SLOTS_LOST)
		bms_settings_set(&params->settings, BMS_SETTING_SLOT_PORT_RS485, 1);
	return params->state;
}

bool params_save(struct params *params, struct port *port)
{
	size_t size = params_encode(params, params->record + SLOTS_HEADER);

	if (!slots_save(&params->slots, port, params->record, size))
		return false;
	params->state = SLOTS_FOUND;
	return true;
}

bool params_commit(struct params *params, struct port *port, const struct bms_settings *settings,
	const struct bms_identity *identity)
{
	struct bms_settings old_settings = params->settings;
	struct bms_identity old_identity = params->identity;

	params->settings = *settings;
	params->identity = *identity;
	if (params_save(params, port))
		return true;
	params->settings = old_settings;
	params->identity = old_identity;
	return false;
}
