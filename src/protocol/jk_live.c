/* SPDX-License-Identifier: MIT */
#include "protocol/jk_place.h"

struct constant {
	uint16_t offset;
	uint8_t value;
};

enum {
	NOT_FITTED = -2000,
};

static const struct bms_jk_place values[] = {
#define BMS_JK_LIVE(number, offset, wire, id) BMS_JK_PLACE(number, offset, wire, BMS_SLOT_##id, 1),
#include "protocol/jk_live_places.def"
};

static const struct bms_jk_place cells[] = {
#define BMS_JK_CELLS(number, offset, wire, id, count) \
	BMS_JK_PLACE(number, offset, wire, BMS_SLOT_##id, count),
#include "protocol/jk_live_places.def"
};

static const struct bms_jk_temperature temperatures[] = {
#define BMS_JK_TEMPERATURE(number, offset, id, index, bit, absent) \
	{ BMS_JK_PLACE(number, offset, I16, BMS_SLOT_##id + (index), 1), bit, absent },
#include "protocol/jk_live_places.def"
};

static const struct constant constants[] = {
#define BMS_JK_CONSTANT(number, offset, value) { offset, value },
#include "protocol/jk_live_places.def"
};

const struct bms_jk_live_layout bms_jk_live_32s = {
	.values = BMS_JK_TABLE(values),
	.cells = BMS_JK_TABLE(cells),
	.temperatures = temperatures,
	.temperature_count = BMS_JK_LENGTH(temperatures),
	.has_flags = true,
};

/* False when the layout has no such number, or it does not lie in the window. */
static bool read_slot(const struct bms_jk_live_layout *layout, size_t slot,
	const struct bms_window *window, int64_t *ret)
{
	for (size_t i = 0; i < layout->values.count; i++)
		if (layout->values.places[i].slot == slot)
			return bms_jk_place_read(&layout->values.places[i], 0, window, ret);
	return false;
}

/* The mask decides; a window without it can only tell that 0 mV and 0 mOhm are no cell. */
static void decode_cells(const struct bms_jk_live_layout *layout, const struct bms_window *window,
	struct bms_telemetry *telemetry)
{
	int64_t mask;
	bool has_mask = read_slot(layout, BMS_SLOT_CELL_MASK, window, &mask);

	for (size_t i = 0; i < layout->cells.count; i++) {
		const struct bms_jk_place *place = &layout->cells.places[i];
		int64_t value;

		for (size_t index = 0; index < place->count; index++)
			if (bms_jk_place_read(place, index, window, &value) &&
				(has_mask ? (mask >> index & 1) != 0 : value != 0))
				bms_telemetry_set(telemetry, place->slot + index, value);
	}
}

/* The board publishes what it has, and this field is not among it. */
static bool is_flagged_off(const struct bms_window *window, unsigned number)
{
	size_t size = sizeof(bms_jk_relay_profile.live);
	bool any = false;

	if (!bms_window_holds(window, BMS_JK_FLAGS, size))
		return false;
	for (size_t i = 0; i < size; i++)
		any = any || bms_window_read(window, BMS_JK_FLAGS + i, BMS_WIRE_U8) != 0;
	return any &&
	       !(bms_window_read(window, BMS_JK_FLAGS + number / 8, BMS_WIRE_U8) >> number % 8 & 1);
}

/*
 * Boards fill fields they have no probe for with 0, and T3 with a copy of the power stage. Some
 * (15.38) have a probe they do not flag: it is known by a reading of its own.
 */
static bool is_own_reading(
	const struct bms_window *window, const struct bms_jk_place *place, int64_t value)
{
	const struct bms_jk_place *mos = &temperatures[0].place;
	int64_t mos_value;

	if (value == 0)
		return false;
	if (place == mos)
		return true;
	return bms_jk_place_read(mos, 0, window, &mos_value) && value != mos_value;
}

static bool temperature_is_fitted(const struct bms_jk_live_layout *layout,
	const struct bms_window *window, const struct bms_jk_temperature *row, int64_t value)
{
	int64_t probes;

	if (value == NOT_FITTED)
		return false;
	if (read_slot(layout, BMS_SLOT_PROBE_MASK, window, &probes) &&
		!(probes >> row->probe_bit & 1))
		return false;
	return !layout->has_flags || !is_flagged_off(window, row->place.number) ||
	       is_own_reading(window, &row->place, value);
}

static void decode_temperatures(const struct bms_jk_live_layout *layout,
	const struct bms_window *window, struct bms_telemetry *telemetry)
{
	for (size_t i = 0; i < layout->temperature_count; i++) {
		const struct bms_jk_temperature *row = &layout->temperatures[i];
		int64_t value;

		if (bms_jk_place_read(&row->place, 0, window, &value) &&
			temperature_is_fitted(layout, window, row, value))
			bms_telemetry_set(telemetry, row->place.slot, value);
	}
}

void bms_jk_live_decode(const struct bms_jk_live_layout *layout, const struct bms_window *window,
	struct bms_telemetry *telemetry)
{
	bms_jk_places_decode(&layout->values, window, telemetry->value, telemetry->present);
	decode_cells(layout, window, telemetry);
	decode_temperatures(layout, window, telemetry);
}

void bms_jk_decode_live(const struct bms_window *window, struct bms_telemetry *telemetry)
{
	bms_jk_live_decode(&bms_jk_live_32s, window, telemetry);
}

void bms_jk_encode_live(const struct bms_window *window, const struct bms_telemetry *telemetry,
	const struct bms_jk_profile *profile)
{
	for (size_t i = 0; i < BMS_JK_LENGTH(constants); i++)
		bms_jk_bytes_write(window, constants[i].offset, &constants[i].value, 1);
	bms_jk_places_encode(&bms_jk_live_32s.values, window, telemetry->value, telemetry->present);
	bms_jk_places_encode(&bms_jk_live_32s.cells, window, telemetry->value, telemetry->present);
	for (size_t i = 0; i < BMS_JK_LENGTH(temperatures); i++) {
		const struct bms_jk_temperature *row = &temperatures[i];

		bms_jk_place_write(&row->place, 0, window,
			bms_telemetry_or(telemetry, row->place.slot, row->absent));
	}
	bms_jk_bytes_write(window, BMS_JK_FLAGS, profile->live, sizeof(profile->live));
}
