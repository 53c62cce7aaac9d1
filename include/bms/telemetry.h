/* SPDX-License-Identifier: MIT */
/*
 * What a board measures: rows of telemetry.def and the values of one report or snapshot.
 * Values are plain memory without ownership.
 */
#ifndef BMS_TELEMETRY_H
#define BMS_TELEMETRY_H

#include "bms/row.h"

enum bms_field {
#define BMS_FIELD(id, ...) BMS_FIELD_##id,
#include "bms/telemetry.def"
#undef BMS_FIELD
	BMS_FIELD_COUNT
};

/* First slot of each row; a row per cell or probe owns one slot each. */
enum bms_field_slot {
#define BMS_FIELD(id, name, unit, count, ...) \
	BMS_SLOT_##id, BMS_SLOT_##id##_LAST = BMS_SLOT_##id + (count)-1,
#include "bms/telemetry.def"
#undef BMS_FIELD
	BMS_SLOTS
};

enum {
	BMS_CELLS_MAX = BMS_SLOT_CELL_MV_LAST - BMS_SLOT_CELL_MV + 1,
	BMS_PROBES_MAX = BMS_SLOT_PROBE_DC_LAST - BMS_SLOT_PROBE_DC + 1,
};

/* How the history keeps a field. */
enum bms_keep {
	BMS_KEEP_LIVE, /* not stored */
	BMS_KEEP_RAW,  /* column of sample */
	BMS_KEEP_ROLL, /* column of sample; min, max and avg in rollups */
	BMS_KEEP_LAST, /* column of sample; last value in rollups */
	BMS_KEEP_WIRE, /* stored on change in its own table */
};

struct bms_field_row {
	const char *name;
	const char *text;
	uint8_t unit;  /* enum bms_unit */
	uint8_t keep;  /* enum bms_keep */
	uint8_t count; /* number of elements */
	uint8_t slot;  /* first slot */
	int64_t min;
	int64_t max;
};

extern const struct bms_field_row bms_field_rows[BMS_FIELD_COUNT];

struct bms_telemetry {
	int64_t value[BMS_SLOTS];
	uint32_t present[BMS_PRESENCE_WORDS(BMS_SLOTS)];
};

/* Row by its name, or BMS_FIELD_COUNT. */
enum bms_field bms_field_by_name(const char *name);

static inline bool bms_telemetry_has(const struct bms_telemetry *telemetry, size_t slot)
{
	return bms_has_slot(telemetry->present, slot);
}

static inline void bms_telemetry_set(struct bms_telemetry *telemetry, size_t slot, int64_t value)
{
	telemetry->value[slot] = value;
	bms_mark_slot(telemetry->present, slot);
}

/* The value, or the given one where it is absent. */
static inline int64_t bms_telemetry_or(
	const struct bms_telemetry *telemetry, size_t slot, int64_t otherwise)
{
	return bms_telemetry_has(telemetry, slot) ? telemetry->value[slot] : otherwise;
}

/* Number of elements up to the last present one of a row: 25 for a pack of 25 cells. */
size_t bms_telemetry_length(const struct bms_telemetry *telemetry, enum bms_field field);

/* The first value outside its row's limits, as a slot, or BMS_SLOTS. */
size_t bms_telemetry_out_of_range(const struct bms_telemetry *telemetry);

/* The row that owns a slot. */
enum bms_field bms_field_of_slot(size_t slot);

#endif
