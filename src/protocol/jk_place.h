/* SPDX-License-Identifier: MIT */
/*
 * Placement rows of the JK blocks and the loops over them. Rows come from the .def files; this is
 * the only code that turns one into bytes or back.
 */
#ifndef PROTOCOL_JK_PLACE_H
#define PROTOCOL_JK_PLACE_H

#include "bms/jk_layout.h"

enum {
	BMS_JK_NO_BIT = 0xFF,
	BMS_JK_FLAGS = 0x119, /* what the board has; in all three blocks */
};

/* A number, or as many in a row as the row of its table has elements. */
struct bms_jk_place {
	uint16_t offset;
	uint8_t wire; /* enum bms_wire */
	uint8_t bit;  /* of the number at offset, or BMS_JK_NO_BIT */
	uint8_t count;
	uint8_t slot;   /* of the first element in settings, telemetry or identity numbers */
	uint8_t number; /* the vendor's: bit in the flags, or the BLE command */
};

_Static_assert(BMS_SLOTS <= UINT8_MAX && BMS_SETTING_SLOTS <= UINT8_MAX, "slots fit a place");

struct bms_jk_place_table {
	const struct bms_jk_place *places;
	size_t count;
};

/* A temperature that may not be there, and where the block says so. */
struct bms_jk_temperature {
	struct bms_jk_place place;
	uint8_t probe_bit; /* of PROBE_MASK */
	int16_t absent;    /* what to send for none */
};

/* The live block of one layout. */
struct bms_jk_live_layout {
	struct bms_jk_place_table values;
	struct bms_jk_place_table cells; /* one a cell */
	const struct bms_jk_temperature *temperatures;
	size_t temperature_count;
	bool has_flags; /* at BMS_JK_FLAGS */
};

/* What all layouts of live data are made of. */
#define BMS_JK_PLACE(number, offset, wire, slot, count) \
	{ \
		offset, BMS_WIRE_##wire, BMS_JK_NO_BIT, count, slot, number \
	}
#define BMS_JK_LENGTH(array) (sizeof(array) / sizeof(*(array)))
#define BMS_JK_TABLE(places) \
	{ \
		places, BMS_JK_LENGTH(places) \
	}

void bms_jk_live_decode(const struct bms_jk_live_layout *layout, const struct bms_window *window,
	struct bms_telemetry *telemetry);

extern const struct bms_jk_live_layout bms_jk_live_32s;

/* Settings of a block; the live block has none. */
extern const struct bms_jk_place_table bms_jk_setting_places[BMS_JK_BLOCKS];

size_t bms_jk_place_offset(const struct bms_jk_place *place, size_t index);
size_t bms_jk_place_size(const struct bms_jk_place *place);

/* False, and no output, when the element does not lie wholly in the window. */
bool bms_jk_place_read(const struct bms_jk_place *place, size_t index,
	const struct bms_window *window, int64_t *ret);

/* Does nothing when the element does not lie wholly in the window. */
void bms_jk_place_write(const struct bms_jk_place *place, size_t index,
	const struct bms_window *window, int64_t value);

/* Every row of a table, values and presence bits addressed by slot. */
void bms_jk_places_decode(const struct bms_jk_place_table *table, const struct bms_window *window,
	int64_t *value, uint32_t *present);
void bms_jk_places_encode(const struct bms_jk_place_table *table, const struct bms_window *window,
	const int64_t *value, const uint32_t *present);

/* Copies bytes to an offset when they lie wholly in the window. */
void bms_jk_bytes_write(
	const struct bms_window *window, size_t offset, const void *bytes, size_t size);

/* True for a byte of a text that may be written; texts live in the device block. */
bool bms_jk_text_is_writable(size_t offset);

#endif
