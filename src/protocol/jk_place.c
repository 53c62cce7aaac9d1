/* SPDX-License-Identifier: MIT */
#include "protocol/jk_place.h"

#include <string.h>

size_t bms_jk_place_size(const struct bms_jk_place *place)
{
	return bms_wire_size((enum bms_wire)place->wire);
}

size_t bms_jk_place_offset(const struct bms_jk_place *place, size_t index)
{
	return place->offset + index * bms_jk_place_size(place);
}

bool bms_jk_place_read(const struct bms_jk_place *place, size_t index,
	const struct bms_window *window, int64_t *ret)
{
	size_t offset = bms_jk_place_offset(place, index);
	int64_t value;

	if (!bms_window_holds(window, offset, bms_jk_place_size(place)))
		return false;
	value = bms_window_read(window, offset, (enum bms_wire)place->wire);
	*ret = place->bit == BMS_JK_NO_BIT ? value : value >> place->bit & 1;
	return true;
}

void bms_jk_place_write(const struct bms_jk_place *place, size_t index,
	const struct bms_window *window, int64_t value)
{
	size_t offset = bms_jk_place_offset(place, index);
	enum bms_wire wire = (enum bms_wire)place->wire;

	if (!bms_window_holds(window, offset, bms_wire_size(wire)))
		return;
	if (place->bit != BMS_JK_NO_BIT) {
		int64_t mask = INT64_C(1) << place->bit;
		int64_t others = bms_window_read(window, offset, wire) & ~mask;

		value = value ? others | mask : others;
	}
	bms_window_write(window, offset, wire, value);
}

void bms_jk_places_decode(const struct bms_jk_place_table *table, const struct bms_window *window,
	int64_t *value, uint32_t *present)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct bms_jk_place *place = &table->places[i];

		for (size_t index = 0; index < place->count; index++)
			if (bms_jk_place_read(place, index, window, &value[place->slot + index]))
				bms_mark_slot(present, place->slot + index);
	}
}

void bms_jk_places_encode(const struct bms_jk_place_table *table, const struct bms_window *window,
	const int64_t *value, const uint32_t *present)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct bms_jk_place *place = &table->places[i];

		for (size_t index = 0; index < place->count; index++)
			if (bms_has_slot(present, place->slot + index))
				bms_jk_place_write(
					place, index, window, value[place->slot + index]);
	}
}

void bms_jk_bytes_write(
	const struct bms_window *window, size_t offset, const void *bytes, size_t size)
{
	if (bms_window_holds(window, offset, size))
		memcpy(window->data + (offset - window->start), bytes, size);
}
