/* SPDX-License-Identifier: MIT */
/*
 * What the tables have in common: units, and values addressed by slot with a presence bit each.
 * A row of count n owns n consecutive slots; presence bits, never magic values.
 */
#ifndef BMS_ROW_H
#define BMS_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bms_unit {
#define BMS_UNIT(id, symbol, suffix, decimals, shown) BMS_UNIT_##id,
#include "bms/units.def"
#undef BMS_UNIT
	BMS_UNIT_COUNT
};

struct bms_unit_row {
	const char *symbol;
	const char *suffix;
	uint8_t decimals;
	const char *shown;
};

extern const struct bms_unit_row bms_unit_rows[BMS_UNIT_COUNT];

#define BMS_PRESENCE_WORDS(slots) (((slots) + 31u) / 32u)

static inline bool bms_has_slot(const uint32_t *present, size_t slot)
{
	return present[slot / 32] >> (slot % 32) & 1;
}

static inline void bms_mark_slot(uint32_t *present, size_t slot)
{
	present[slot / 32] |= UINT32_C(1) << (slot % 32);
}

static inline void bms_clear_slot(uint32_t *present, size_t slot)
{
	present[slot / 32] &= ~(UINT32_C(1) << (slot % 32));
}

#endif
