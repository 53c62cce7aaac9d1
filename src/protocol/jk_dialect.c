/* SPDX-License-Identifier: MIT */
#include "bms/jk_dialect.h"

#include <string.h>

#include "protocol/jk_place.h"

enum {
	/* Up to here the device block of all layouts is the same. */
	DEVICE_COMMON_SIZE = 128,
	/* The display's and contacts' triggers: two bytes for one. */
	FIRST_TRIGGER = 0xA9,
	LAST_TRIGGER = 0xAB,
	TRIGGER_SIZE = 2,
	SWITCH_SIZE = 4,
	MODEL_FAMILY = 3, /* where a model's own name begins */
	VALUE_SIZE = 4,
};

struct dialect {
	const char *name;
	const struct bms_jk_live_layout *live;
	const struct bms_jk_place_table *settings;
	const struct bms_jk_place_table *device_settings; /* NULL: none */
	bool has_cell_commands; /* a row of several elements has a command each */
};

#define LIVE(offset, wire, id)         BMS_JK_PLACE(0, offset, wire, BMS_SLOT_##id, 1),
#define CELLS(offset, wire, id, count) BMS_JK_PLACE(0, offset, wire, BMS_SLOT_##id, count),
#define SETTING(command, offset, wire, id) \
	BMS_JK_PLACE(command, offset, wire, BMS_SETTING_SLOT_##id, 1),
#define CELL_SETTING(command, offset, wire, id, count) \
	BMS_JK_PLACE(command, offset, wire, BMS_SETTING_SLOT_##id, count),

static const struct bms_jk_place values_24s[] = {
#define BMS_JK_LIVE LIVE
#include "protocol/jk_24s_live_places.def"
};

static const struct bms_jk_place cells_24s[] = {
#define BMS_JK_CELLS CELLS
#include "protocol/jk_24s_live_places.def"
};

static const struct bms_jk_temperature temperatures_24s[] = {
#define BMS_JK_TEMPERATURE(offset, id, index, bit) \
	{ BMS_JK_PLACE(0, offset, I16, BMS_SLOT_##id + (index), 1), bit, 0 },
#include "protocol/jk_24s_live_places.def"
};

static const struct bms_jk_place settings_24s[] = {
#define BMS_JK_SETTING      SETTING
#define BMS_JK_CELL_SETTING CELL_SETTING
#include "protocol/jk_24s_settings_places.def"
};

static const struct bms_jk_place values_04[] = {
#define BMS_JK_LIVE LIVE
#include "protocol/jk_04_places.def"
};

static const struct bms_jk_place cells_04[] = {
#define BMS_JK_CELLS CELLS
#include "protocol/jk_04_places.def"
};

static const struct bms_jk_place settings_04[] = {
#define BMS_JK_SETTING SETTING
#include "protocol/jk_04_places.def"
};

static const struct bms_jk_live_layout live_24s = {
	.values = BMS_JK_TABLE(values_24s),
	.cells = BMS_JK_TABLE(cells_24s),
	.temperatures = temperatures_24s,
	.temperature_count = BMS_JK_LENGTH(temperatures_24s),
};

static const struct bms_jk_live_layout live_04 = {
	.values = BMS_JK_TABLE(values_04),
	.cells = BMS_JK_TABLE(cells_04),
};

static const struct bms_jk_place_table settings_table_24s = BMS_JK_TABLE(settings_24s);
static const struct bms_jk_place_table settings_table_04 = BMS_JK_TABLE(settings_04);

static const struct dialect dialects[BMS_JK_DIALECTS] = {
	[BMS_JK_DIALECT_32S] = {
		.name = "jk02-32s",
		.live = &bms_jk_live_32s,
		.settings = &bms_jk_setting_places[BMS_JK_SETTINGS],
		.device_settings = &bms_jk_setting_places[BMS_JK_DEVICE],
	},
	[BMS_JK_DIALECT_24S] = {
		.name = "jk02-24s",
		.live = &live_24s,
		.settings = &settings_table_24s,
		.has_cell_commands = true,
	},
	[BMS_JK_DIALECT_04] = {
		.name = "jk04",
		.live = &live_04,
		.settings = &settings_table_04,
	},
};

/* By the number a version begins with, "11.55" and "V11.55" alike. */
static const struct {
	uint8_t first;
	uint8_t last;
	enum bms_jk_dialect dialect;
} versions[] = {
	{ 3, 3, BMS_JK_DIALECT_04 },
	{ 7, 10, BMS_JK_DIALECT_24S },
	{ 11, 99, BMS_JK_DIALECT_32S },
};

const char *bms_jk_dialect_name(enum bms_jk_dialect dialect)
{
	return dialects[dialect].name;
}

/* 0 when there is none. */
static unsigned major_version(const char *text)
{
	unsigned major = 0;

	while (*text && !(*text >= '0' && *text <= '9'))
		text++;
	for (; *text >= '0' && *text <= '9' && major < 100; text++)
		major = 10 * major + (unsigned)(*text - '0');
	return major;
}

/* One model kept the oldest layout under a later version. */
static bool is_odd_model(const struct bms_identity *identity)
{
	static const char model[] = "B5A24S"; /* after "JK-" or "JK_" */

	return memcmp(identity->text[BMS_IDENTITY_MODEL] + MODEL_FAMILY, model,
		       sizeof(model) - 1) == 0 &&
	       strcmp(identity->text[BMS_IDENTITY_SOFTWARE], "8.0.3M") == 0;
}

enum bms_status bms_jk_dialect_of(
	const struct bms_identity *identity, enum bms_jk_dialect *ret_dialect)
{
	unsigned major = major_version(identity->text[BMS_IDENTITY_SOFTWARE]);

	if (is_odd_model(identity)) {
		*ret_dialect = BMS_JK_DIALECT_04;
		return BMS_OK;
	}
	for (size_t i = 0; i < BMS_JK_LENGTH(versions); i++) {
		if (major < versions[i].first || major > versions[i].last)
			continue;
		*ret_dialect = versions[i].dialect;
		return BMS_OK;
	}
	return BMS_UNKNOWN;
}

void bms_jk_dialect_decode_live(enum bms_jk_dialect dialect, const struct bms_window *payload,
	struct bms_telemetry *telemetry)
{
	bms_jk_live_decode(dialects[dialect].live, payload, telemetry);
}

void bms_jk_dialect_decode_settings(enum bms_jk_dialect dialect, const struct bms_window *payload,
	struct bms_settings *settings)
{
	bms_jk_places_decode(
		dialects[dialect].settings, payload, settings->value, settings->present);
}

void bms_jk_dialect_decode_device(enum bms_jk_dialect dialect, const struct bms_window *payload,
	struct bms_identity *identity, struct bms_settings *settings)
{
	struct bms_window window = *payload;

	if (!dialects[dialect].device_settings && window.size > DEVICE_COMMON_SIZE)
		window.size = DEVICE_COMMON_SIZE;
	bms_jk_decode_device(&window, identity, settings);
}

static const struct bms_jk_place *find_place(const struct bms_jk_place_table *table, size_t slot)
{
	for (size_t i = 0; table && i < table->count; i++)
		if (slot >= table->places[i].slot &&
			slot - table->places[i].slot < table->places[i].count)
			return &table->places[i];
	return NULL;
}

static bool value_fits(const struct bms_jk_place *place, int64_t value)
{
	enum bms_wire wire = (enum bms_wire)place->wire;

	if (place->bit != BMS_JK_NO_BIT)
		return value == 0 || value == 1;
	return value >= bms_wire_min(wire) && value <= bms_wire_max(wire);
}

static uint8_t value_size(const struct bms_jk_place *place)
{
	if (place->bit != BMS_JK_NO_BIT)
		return SWITCH_SIZE;
	if (place->number >= FIRST_TRIGGER && place->number <= LAST_TRIGGER)
		return TRIGGER_SIZE;
	return (uint8_t)bms_jk_place_size(place);
}

enum bms_status bms_jk_dialect_write(
	enum bms_jk_dialect dialect, size_t slot, int64_t value, uint8_t ret[BMS_JK_COMMAND_SIZE])
{
	const struct dialect *row = &dialects[dialect];
	const struct bms_jk_place *place = find_place(row->settings, slot);
	uint8_t bytes[VALUE_SIZE] = { 0 };
	struct bms_window window = { bytes, 0, sizeof(bytes), BMS_ORDER_LITTLE };

	if (!place)
		place = find_place(row->device_settings, slot);
	if (!place || place->number == 0 || (place->count > 1 && !row->has_cell_commands))
		return BMS_UNKNOWN;
	if (!value_fits(place, value))
		return BMS_OUT_OF_RANGE;
	bms_window_write(&window, 0,
		place->bit != BMS_JK_NO_BIT ? BMS_WIRE_U32 : (enum bms_wire)place->wire, value);
	bms_jk_command_build(
		ret, (uint8_t)(place->number + (slot - place->slot)), bytes, value_size(place));
	return BMS_OK;
}
