/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "store/column.h"

static const struct column *find(const struct column_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->column[i].name, name) == 0)
			return &list->column[i];
	return NULL;
}

static void a_cell_is_counted_from_one_before_its_unit(void **state)
{
	struct column_list list;

	(void)state;
	column_list_sample(&list);
	assert_int_equal(find(&list, "cell1_mv")->slot, BMS_SLOT_CELL_MV);
	assert_int_equal(find(&list, "cell32_mv")->slot, BMS_SLOT_CELL_MV_LAST);
	assert_int_equal(find(&list, "probe5_dc")->slot, BMS_SLOT_PROBE_DC_LAST);
	assert_null(find(&list, "cell0_mv"));
	assert_null(find(&list, "cell33_mv"));
}

static void a_row_of_one_keeps_its_name(void **state)
{
	struct column_list list;

	(void)state;
	column_list_sample(&list);
	assert_int_equal(find(&list, "pack_mv")->slot, BMS_SLOT_PACK_MV);
	assert_int_equal(find(&list, "alarm_bits")->slot, BMS_SLOT_ALARM_BITS);
}

static void sample_has_every_stored_slot_once_and_no_other(void **state)
{
	struct column_list list;

	(void)state;
	column_list_sample(&list);
	for (size_t slot = 0; slot < BMS_SLOTS; slot++) {
		uint8_t keep = bms_field_rows[bms_field_of_slot(slot)].keep;
		unsigned expected = keep != BMS_KEEP_LIVE && keep != BMS_KEEP_WIRE, found = 0;

		for (size_t i = 0; i < list.count; i++)
			found += list.column[i].kind == COLUMN_VALUE && list.column[i].slot == slot;
		assert_int_equal(found, expected);
	}
}

static void names_are_unique_and_fit(void **state)
{
	struct column_list lists[3];

	(void)state;
	column_list_sample(&lists[0]);
	column_list_minute(&lists[1]);
	column_list_day(&lists[2]);
	for (size_t k = 0; k < 3; k++)
		for (size_t i = 0; i < lists[k].count; i++) {
			const struct column *column = &lists[k].column[i];

			assert_ptr_equal(find(&lists[k], column->name), column);
			assert_true(strlen(column->name) < COLUMN_NAME_SIZE - 1);
			assert_true(strlen(column->name) > 0);
		}
}

static void a_minute_starts_with_its_readings(void **state)
{
	struct column_list list;

	(void)state;
	column_list_minute(&list);
	assert_string_equal(list.column[0].name, "clock_id");
	assert_string_equal(list.column[1].name, "n");
	assert_int_equal(list.column[1].kind, COLUMN_SAMPLES);
}

static void a_day_is_a_minute_with_its_date(void **state)
{
	struct column_list minute, day;

	(void)state;
	column_list_minute(&minute);
	column_list_day(&day);
	assert_int_equal(day.count, minute.count + 1);
	assert_int_equal(day.column[0].kind, COLUMN_DAY);
	for (size_t i = 0; i < minute.count; i++)
		assert_string_equal(day.column[i + 1].name, minute.column[i].name);
}

static void a_minute_rolls_up_what_the_rows_say(void **state)
{
	struct column_list list;

	(void)state;
	column_list_minute(&list);
	assert_int_equal(find(&list, "cell25_mv_min")->kind, COLUMN_MIN);
	assert_int_equal(find(&list, "cell25_mv_max")->kind, COLUMN_MAX);
	assert_int_equal(find(&list, "cell25_mv_avg")->kind, COLUMN_AVG);
	assert_int_equal(find(&list, "current_ma_avg")->slot, BMS_SLOT_CURRENT_MA);
	assert_int_equal(find(&list, "soc_pct")->kind, COLUMN_LAST);
	assert_int_equal(find(&list, "alarm_bits")->kind, COLUMN_BITS);
	assert_int_equal(find(&list, "energy_out_mj")->index, COLUMN_ENERGY_OUT);
	assert_null(find(&list, "soc_pct_min"));
	assert_null(find(&list, "heater_on"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cell_is_counted_from_one_before_its_unit),
		cmocka_unit_test(a_row_of_one_keeps_its_name),
		cmocka_unit_test(sample_has_every_stored_slot_once_and_no_other),
		cmocka_unit_test(names_are_unique_and_fit),
		cmocka_unit_test(a_minute_starts_with_its_readings),
		cmocka_unit_test(a_day_is_a_minute_with_its_date),
		cmocka_unit_test(a_minute_rolls_up_what_the_rows_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
