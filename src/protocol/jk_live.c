/* SPDX-License-Identifier: MIT */
#include "protocol/jk_place.h"

/* A temperature that may not be there, and where the block says so. */
struct temperature {
	struct bms_jk_place place;
	uint8_t probe_bit; /* of PROBE_MASK */
	int16_t absent;    /* what to send for none */
};

struct constant {
	uint16_t offset;
	uint8_t value;
};

enum {
	NOT_FITTED = -2000,
};

#define TABLE(places) \
	{ \
		places, sizeof(places) / sizeof(*(places)) \
	}
#define COUNT(id) (BMS_SLOT_##id##_LAST - BMS_SLOT_##id + 1)

#define PLACE(number, offset, wire, slot, count) \
	{ \
		offset, BMS_WIRE_##wire, BMS_JK_NO_BIT, count, slot, number \
	}

enum {
#define BMS_JK_LIVE(number, offset, wire, id) LIVE_##id,
#include "protocol/jk_live_places.def"
};

static const struct bms_jk_place live_places[] = {
#define BMS_JK_LIVE(number, offset, wire, id) PLACE(number, offset, wire, BMS_SLOT_##id, COUNT(id)),
#include "protocol/jk_live_places.def"
};

static const struct bms_jk_place cell_places[] = {
#define BMS_JK_CELLS(number, offset, wire, id) \
	PLACE(number, offset, wire, BMS_SLOT_##id, COUNT(id)),
#include "protocol/jk_live_places.def"
};

static const struct temperature temperatures[] = {
#define BMS_JK_TEMPERATURE(number, offset, id, index, bit, absent) \
	{ PLACE(number, offset, I16, BMS_SLOT_##id + (index), 1), bit, absent },
#include "protocol/jk_live_places.def"
};

static const struct constant constants[] = {
#define BMS_JK_CONSTANT(number, offset, value) { offset, value },
#include "protocol/jk_live_places.def"
};

static const struct bms_jk_place_table live_table = TABLE(live_places);
static const struct bms_jk_place_table cell_table = TABLE(cell_places);

/* The mask decides; a window without it can only tell that 0 mV and 0 mOhm are no cell. */
static bool cell_is_fitted(const struct bms_window *window, size_t index, int64_t value)
{
	int64_t mask;

	if (bms_jk_place_read(&live_places[LIVE_CELL_MASK], 0, window, &mask))
		return mask >> index & 1;
	return value != 0;
}

static void decode_cells(const struct bms_window *window, struct bms_telemetry *telemetry)
{
	for (size_t i = 0; i < cell_table.count; i++) {
		const struct bms_jk_place *place = &cell_places[i];
		int64_t value;

		for (size_t index = 0; index < place->count; index++)
			if (bms_jk_place_read(place, index, window, &value) &&
				cell_is_fitted(window, index, value))
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

static bool temperature_is_fitted(
	const struct bms_window *window, const struct temperature *row, int64_t value)
{
	int64_t probes;

	if (value == NOT_FITTED)
		return false;
	if (bms_jk_place_read(&live_places[LIVE_PROBE_MASK], 0, window, &probes) &&
		!(probes >> row->probe_bit & 1))
		return false;
	return !is_flagged_off(window, row->place.number) ||
	       is_own_reading(window, &row->place, value);
}

static void decode_temperatures(const struct bms_window *window, struct bms_telemetry *telemetry)
{
	for (size_t i = 0; i < sizeof(temperatures) / sizeof(*temperatures); i++) {
		const struct temperature *row = &temperatures[i];
		int64_t value;

		if (bms_jk_place_read(&row->place, 0, window, &value) &&
			temperature_is_fitted(window, row, value))
			bms_telemetry_set(telemetry, row->place.slot, value);
	}
}

void bms_jk_decode_live(const struct bms_window *window, struct bms_telemetry *telemetry)
{
	bms_jk_places_decode(&live_table, window, telemetry->value, telemetry->present);
	decode_cells(window, telemetry);
	decode_temperatures(window, telemetry);
}

void bms_jk_encode_live(const struct bms_window *window, const struct bms_telemetry *telemetry,
	const struct bms_jk_profile *profile)
{
	for (size_t i = 0; i < sizeof(constants) / sizeof(*constants); i++)
		bms_jk_bytes_write(window, constants[i].offset, &constants[i].value, 1);
	bms_jk_places_encode(&live_table, window, telemetry->value, telemetry->present);
	bms_jk_places_encode(&cell_table, window, telemetry->value, telemetry->present);
	for (size_t i = 0; i < sizeof(temperatures) / sizeof(*temperatures); i++) {
		const struct temperature *row = &temperatures[i];

		bms_jk_place_write(&row->place, 0, window,
			bms_telemetry_or(telemetry, row->place.slot, row->absent));
	}
	bms_jk_bytes_write(window, BMS_JK_FLAGS, profile->live, sizeof(profile->live));
}
