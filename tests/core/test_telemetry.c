/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "bms/telemetry.h"

static void every_row_is_complete(void **state)
{
	size_t slot = 0;

	(void)state;
	for (size_t i = 0; i < BMS_FIELD_COUNT; i++) {
		const struct bms_field_row *row = &bms_field_rows[i];

		assert_true(strlen(row->text) > 2);
		assert_in_range(row->unit, 0, BMS_UNIT_COUNT - 1);
		assert_in_range(row->keep, 0, BMS_KEEP_WIRE);
		assert_true(row->min < row->max);
		assert_int_equal(row->slot, slot);
		assert_true(row->count >= 1);
		slot += row->count;
	}
	assert_int_equal(slot, BMS_SLOTS);
}

/* Names are JSON, bus and SQL names: plain, unique, with the unit at the end. */
static void names_are_plain_unique_and_carry_their_unit(void **state)
{
	(void)state;
	for (size_t i = 0; i < BMS_FIELD_COUNT; i++) {
		const char *name = bms_field_rows[i].name;
		const char *suffix = bms_unit_rows[bms_field_rows[i].unit].suffix;

		assert_int_equal(
			strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(name));
		assert_true(strlen(name) > strlen(suffix));
		assert_string_equal(name + strlen(name) - strlen(suffix), suffix);
		assert_int_equal(bms_field_by_name(name), i);
	}
	assert_int_equal(bms_field_by_name("pack"), BMS_FIELD_COUNT);
}

static void every_slot_belongs_to_its_row(void **state)
{
	(void)state;
	for (size_t slot = 0; slot < BMS_SLOTS; slot++) {
		const struct bms_field_row *row = &bms_field_rows[bms_field_of_slot(slot)];

		assert_in_range(slot, row->slot, row->slot + row->count - 1u);
	}
}

static void a_value_is_absent_until_it_is_set(void **state)
{
	struct bms_telemetry telemetry = { 0 };

	(void)state;
	for (size_t slot = 0; slot < BMS_SLOTS; slot++) {
		assert_false(bms_telemetry_has(&telemetry, slot));
		assert_int_equal(bms_telemetry_or(&telemetry, slot, -7), -7);
		bms_telemetry_set(&telemetry, slot, (int64_t)slot);
		assert_true(bms_telemetry_has(&telemetry, slot));
		assert_int_equal(bms_telemetry_or(&telemetry, slot, -7), slot);
		if (slot + 1 < BMS_SLOTS)
			assert_false(bms_telemetry_has(&telemetry, slot + 1));
		bms_clear_slot(telemetry.present, slot);
		assert_false(bms_telemetry_has(&telemetry, slot));
	}
}

static void the_length_of_a_row_ends_with_its_last_value(void **state)
{
	struct bms_telemetry telemetry = { 0 };

	(void)state;
	assert_int_equal(bms_telemetry_length(&telemetry, BMS_FIELD_CELL_MV), 0);
	bms_telemetry_set(&telemetry, BMS_SLOT_CELL_MV + 24, 3644);
	assert_int_equal(bms_telemetry_length(&telemetry, BMS_FIELD_CELL_MV), 25);
	bms_telemetry_set(&telemetry, BMS_SLOT_CELL_MV_LAST, 3644);
	assert_int_equal(bms_telemetry_length(&telemetry, BMS_FIELD_CELL_MV), BMS_CELLS_MAX);
	assert_int_equal(bms_telemetry_length(&telemetry, BMS_FIELD_CELL_MASK), 0);
}

static void a_value_outside_its_limits_is_found(void **state)
{
	(void)state;
	for (size_t slot = 0; slot < BMS_SLOTS; slot++) {
		const struct bms_field_row *row = &bms_field_rows[bms_field_of_slot(slot)];
		struct bms_telemetry telemetry = { 0 };

		bms_telemetry_set(&telemetry, slot, row->min);
		assert_int_equal(bms_telemetry_out_of_range(&telemetry), BMS_SLOTS);
		bms_telemetry_set(&telemetry, slot, row->max);
		assert_int_equal(bms_telemetry_out_of_range(&telemetry), BMS_SLOTS);
		bms_telemetry_set(&telemetry, slot, row->min - 1);
		assert_int_equal(bms_telemetry_out_of_range(&telemetry), slot);
		bms_telemetry_set(&telemetry, slot, row->max + 1);
		assert_int_equal(bms_telemetry_out_of_range(&telemetry), slot);
		bms_clear_slot(telemetry.present, slot);
		assert_int_equal(bms_telemetry_out_of_range(&telemetry), BMS_SLOTS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(names_are_plain_unique_and_carry_their_unit),
		cmocka_unit_test(every_slot_belongs_to_its_row),
		cmocka_unit_test(a_value_is_absent_until_it_is_set),
		cmocka_unit_test(the_length_of_a_row_ends_with_its_last_value),
		cmocka_unit_test(a_value_outside_its_limits_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
