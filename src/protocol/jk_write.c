/* SPDX-License-Identifier: MIT */
#include "protocol/jk_place.h"

enum {
	REGISTER_SIZE = 2,
	/*
	 * The sleep time shares its register with the first byte of the flags, read-only. All
	 * boards captured have settings 1 to 7, so it reads as this, and writing it back is the
	 * read-change-write the vendor asks for.
	 */
	FIRST_FLAGS = 0xFE,
};

struct found {
	enum bms_jk_block block;
	const struct bms_jk_place *place;
	size_t index;
};

static bool find_slot(size_t slot, struct found *ret)
{
	for (size_t block = 0; block < BMS_JK_BLOCKS; block++) {
		const struct bms_jk_place_table *table = &bms_jk_setting_places[block];

		for (size_t i = 0; i < table->count; i++) {
			const struct bms_jk_place *place = &table->places[i];

			if (slot < place->slot || slot - place->slot >= place->count)
				continue;
			ret->block = (enum bms_jk_block)block;
			ret->place = place;
			ret->index = slot - place->slot;
			return true;
		}
	}
	return false;
}

bool bms_jk_has_place(size_t slot)
{
	struct found found;

	return find_slot(slot, &found);
}

bool bms_jk_profile_lists(const struct bms_jk_profile *profile, enum bms_setting setting)
{
	struct found found;
	const uint8_t *flags;

	if (!find_slot(bms_setting_rows[setting].slot, &found))
		return false;
	flags = found.block == BMS_JK_SETTINGS ? profile->settings : profile->commands;
	return flags[found.place->number / 8] >> found.place->number % 8 & 1;
}

static bool is_setting(enum bms_jk_block block, size_t offset)
{
	const struct bms_jk_place_table *table = &bms_jk_setting_places[block];

	for (size_t i = 0; i < table->count; i++) {
		const struct bms_jk_place *place = &table->places[i];

		if (offset >= place->offset && offset < bms_jk_place_offset(place, place->count))
			return true;
	}
	return false;
}

bool bms_jk_is_writable(enum bms_jk_block block, size_t offset, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (is_setting(block, offset + i))
			continue;
		if (block == BMS_JK_SETTINGS && offset + i == BMS_JK_FLAGS)
			continue;
		if (block == BMS_JK_DEVICE && bms_jk_text_is_writable(offset + i))
			continue;
		return false;
	}
	return true;
}

static bool value_fits(const struct bms_jk_place *place, int64_t value)
{
	enum bms_wire wire = (enum bms_wire)place->wire;

	if (place->bit != BMS_JK_NO_BIT)
		return value == 0 || value == 1;
	return value >= bms_wire_min(wire) && value <= bms_wire_max(wire);
}

/* Writes every setting in the window but the one at own; false when one of them is unknown. */
static bool write_neighbours(const struct bms_window *window, enum bms_jk_block block,
	const struct bms_settings *board, size_t own)
{
	const struct bms_jk_place_table *table = &bms_jk_setting_places[block];
	const uint8_t first_flags = FIRST_FLAGS;

	for (size_t i = 0; i < table->count; i++) {
		const struct bms_jk_place *place = &table->places[i];

		if (place->slot == own ||
			!bms_window_holds(window, place->offset, bms_jk_place_size(place)))
			continue;
		if (!bms_settings_has(board, place->slot))
			return false;
		bms_jk_place_write(place, 0, window, board->value[place->slot]);
	}
	if (block == BMS_JK_SETTINGS)
		bms_jk_bytes_write(window, BMS_JK_FLAGS, &first_flags, 1);
	return true;
}

enum bms_status bms_jk_write_setting(
	const struct bms_settings *board, size_t slot, int64_t value, struct bms_jk_write *ret)
{
	struct bms_jk_write write = { 0 };
	struct bms_window window = { .data = write.data, .order = BMS_ORDER_BIG };
	struct found found;
	size_t offset;

	if (!find_slot(slot, &found))
		return BMS_UNKNOWN;
	if (!value_fits(found.place, value))
		return BMS_OUT_OF_RANGE;
	offset = bms_jk_place_offset(found.place, found.index);
	window.start = (uint16_t)(offset / REGISTER_SIZE * REGISTER_SIZE);
	write.size = (uint8_t)bms_jk_place_size(found.place);
	if (write.size < REGISTER_SIZE)
		write.size = REGISTER_SIZE;
	window.size = write.size;
	if (!bms_jk_is_writable(found.block, window.start, window.size))
		return BMS_UNKNOWN;
	if (write.size == REGISTER_SIZE && !write_neighbours(&window, found.block, board, slot))
		return BMS_UNKNOWN;
	bms_jk_place_write(found.place, found.index, &window, value);
	write.reg = (uint16_t)(bms_jk_block_base(found.block) + window.start);
	*ret = write;
	return BMS_OK;
}
