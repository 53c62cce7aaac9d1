/* SPDX-License-Identifier: MIT */
#include "bms/telemetry.h"

#include <string.h>

const struct bms_field_row bms_field_rows[BMS_FIELD_COUNT] = {
#define BMS_FIELD(id, name, unit, count, min, max, keep, text) \
	{ #name, text, BMS_UNIT_##unit, BMS_KEEP_##keep, count, BMS_SLOT_##id, min, max },
#include "bms/telemetry.def"
#undef BMS_FIELD
};

enum bms_field bms_field_by_name(const char *name)
{
	for (size_t i = 0; i < BMS_FIELD_COUNT; i++)
		if (strcmp(bms_field_rows[i].name, name) == 0)
			return (enum bms_field)i;
	return BMS_FIELD_COUNT;
}

size_t bms_telemetry_length(const struct bms_telemetry *telemetry, enum bms_field field)
{
	const struct bms_field_row *row = &bms_field_rows[field];
	size_t length = row->count;

	while (length > 0 && !bms_telemetry_has(telemetry, row->slot + length - 1))
		length--;
	return length;
}

size_t bms_telemetry_out_of_range(const struct bms_telemetry *telemetry)
{
	for (size_t field = 0; field < BMS_FIELD_COUNT; field++) {
		const struct bms_field_row *row = &bms_field_rows[field];

		for (size_t i = 0; i < row->count; i++) {
			int64_t value = telemetry->value[row->slot + i];

			if (bms_telemetry_has(telemetry, row->slot + i) &&
				(value < row->min || value > row->max))
				return row->slot + i;
		}
	}
	return BMS_SLOTS;
}

enum bms_field bms_field_of_slot(size_t slot)
{
	size_t row = 0;

	while (row + 1 < BMS_FIELD_COUNT && bms_field_rows[row + 1].slot <= slot)
		row++;
	return (enum bms_field)row;
}
