/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "store/rollup_rest.h"

enum {
	MINUTE_MS = 600000
};

static struct column_list columns;

static int setup_columns(void **state)
{
	(void)state;
	column_list_minute(&columns);
	return 0;
}

static struct rollup_value read_column(const struct rollup *rollup, const char *name)
{
	for (size_t i = 0; i < columns.count; i++)
		if (strcmp(columns.column[i].name, name) == 0)
			return rollup_read(rollup, &columns.column[i]);
	fail_msg("no column %s", name);
	return (struct rollup_value){ 0 };
}

static void assert_column(const struct rollup *rollup, const char *name, int64_t value)
{
	struct rollup_value read = read_column(rollup, name);

	assert_true(read.has);
	assert_int_equal(read.value, value);
}

static void add(struct rollup *rollup, int64_t time_ms, int64_t cell_mv, int64_t ma, int64_t soc)
{
	struct bms_telemetry telemetry = { 0 };

	bms_telemetry_set(&telemetry, BMS_SLOT_CELL_MV + 1, cell_mv);
	bms_telemetry_set(&telemetry, BMS_SLOT_PACK_MV, 50000);
	bms_telemetry_set(&telemetry, BMS_SLOT_CURRENT_MA, ma);
	bms_telemetry_set(&telemetry, BMS_SLOT_SOC_PCT, soc);
	rollup_add(rollup, time_ms, &telemetry);
}

static void a_minute_has_the_least_the_most_the_mean_and_the_last(void **state)
{
	struct rollup rollup;

	(void)state;
	rollup_init(&rollup, &columns);
	add(&rollup, MINUTE_MS, 3301, 1000, 50);
	add(&rollup, MINUTE_MS + 30000, 3310, -1000, 49);
	add(&rollup, MINUTE_MS + 59999, 3302, 500, 51);
	assert_column(&rollup, "n", 3);
	assert_column(&rollup, "cell2_mv_min", 3301);
	assert_column(&rollup, "cell2_mv_max", 3310);
	assert_column(&rollup, "cell2_mv_avg", 3304);
	assert_column(&rollup, "current_ma_min", -1000);
	assert_column(&rollup, "current_ma_avg", 167);
	assert_column(&rollup, "soc_pct", 51);
}

static void an_average_is_rounded_away_from_zero(void **state)
{
	struct rollup rollup;

	(void)state;
	rollup_init(&rollup, &columns);
	add(&rollup, MINUTE_MS, 3300, -1, 50);
	add(&rollup, MINUTE_MS + 1, 3301, -2, 50);
	assert_column(&rollup, "cell2_mv_avg", 3301);
	assert_column(&rollup, "current_ma_avg", -2);
}

static void what_a_board_does_not_report_is_absent(void **state)
{
	struct rollup rollup;

	(void)state;
	rollup_init(&rollup, &columns);
	add(&rollup, MINUTE_MS, 3300, 0, 50);
	assert_false(read_column(&rollup, "cell1_mv_min").has);
	assert_false(read_column(&rollup, "cell1_mv_avg").has);
	assert_false(read_column(&rollup, "cycles").has);
	assert_false(read_column(&rollup, "alarm_bits").has);
}

static void an_alarm_of_one_reading_stays_in_the_minute(void **state)
{
	static const int64_t words[] = { 0, 0x10, 0x2, 0 };
	struct bms_telemetry telemetry = { 0 };
	struct rollup rollup;

	(void)state;
	rollup_init(&rollup, &columns);
	for (int i = 0; i < 4; i++) {
		bms_telemetry_set(&telemetry, BMS_SLOT_ALARM_BITS, words[i]);
		rollup_add(&rollup, MINUTE_MS + i * 1000, &telemetry);
	}
	assert_column(&rollup, "alarm_bits", 0x12);
}

static void a_minute_ends_where_the_next_one_starts(void **state)
{
	struct rollup rollup;

	(void)state;
	rollup_init(&rollup, &columns);
	assert_false(rollup_is_ended(&rollup, MINUTE_MS));
	add(&rollup, MINUTE_MS + 100, 3300, 0, 50);
	assert_false(rollup_is_ended(&rollup, MINUTE_MS + 59999));
	assert_true(rollup_is_ended(&rollup, MINUTE_MS + 60000));
	assert_true(rollup_is_ended(&rollup, MINUTE_MS - 1));
	add(&rollup, MINUTE_MS + 60000, 3200, 0, 50);
	assert_int_equal(rollup.start_ms, MINUTE_MS + 60000);
	assert_column(&rollup, "n", 1);
	assert_column(&rollup, "cell2_mv_max", 3200);
}

static void charge_and_energy_are_counted_by_direction(void **state)
{
	struct rollup rollup;

	(void)state;
	rollup_init(&rollup, &columns);
	add(&rollup, MINUTE_MS, 3300, 10000, 50);
	add(&rollup, MINUTE_MS + 2000, 3300, -4000, 50);
	add(&rollup, MINUTE_MS + 5000, 3300, 0, 50);
	assert_column(&rollup, "charge_in_mas", 20000);
	assert_column(&rollup, "charge_out_mas", 12000);
	assert_column(&rollup, "energy_in_mj", 1000000);
	assert_column(&rollup, "energy_out_mj", 600000);
}

static void remainders_are_carried_into_the_next_minute(void **state)
{
	struct rollup rollup;
	int64_t shown = 0;

	(void)state;
	rollup_init(&rollup, &columns);
	for (int i = 0; i <= 600; i++) {
		if (rollup_is_ended(&rollup, MINUTE_MS + i * 700))
			shown += read_column(&rollup, "charge_in_mas").value;
		add(&rollup, MINUTE_MS + i * 700, 3300, 333, 50);
	}
	shown += read_column(&rollup, "charge_in_mas").value;
	assert_int_equal(shown, 600 * 700 * 333 / 1000);
}

static void a_silence_is_not_filled_in(void **state)
{
	struct rollup rollup;

	(void)state;
	rollup_init(&rollup, &columns);
	add(&rollup, MINUTE_MS, 3300, 10000, 50);
	add(&rollup, MINUTE_MS + ROLLUP_HOLD_MS + 1, 3300, 10000, 50);
	assert_column(&rollup, "charge_in_mas", 0);
	add(&rollup, MINUTE_MS + ROLLUP_HOLD_MS + 1001, 3300, 10000, 50);
	assert_column(&rollup, "charge_in_mas", 10000);
}

static void a_clock_that_went_back_counts_nothing(void **state)
{
	struct rollup rollup;

	(void)state;
	rollup_init(&rollup, &columns);
	add(&rollup, MINUTE_MS + 5000, 3300, 10000, 50);
	add(&rollup, MINUTE_MS + 1000, 3300, 10000, 50);
	assert_column(&rollup, "charge_in_mas", 0);
	assert_column(&rollup, "n", 2);
}

static void the_largest_values_do_not_overflow(void **state)
{
	struct bms_telemetry telemetry = { 0 };
	struct rollup rollup;

	(void)state;
	rollup_init(&rollup, &columns);
	bms_telemetry_set(&telemetry, BMS_SLOT_PACK_MV, bms_field_rows[BMS_FIELD_PACK_MV].max);
	bms_telemetry_set(
		&telemetry, BMS_SLOT_CURRENT_MA, bms_field_rows[BMS_FIELD_CURRENT_MA].min);
	rollup_add(&rollup, MINUTE_MS - ROLLUP_HOLD_MS, &telemetry);
	rollup_add(&rollup, MINUTE_MS, &telemetry);
	rollup_add(&rollup, MINUTE_MS + 59999, &telemetry);
	assert_column(&rollup, "energy_out_mj", INT64_C(180000) * 4000000 / 1000000 * 179999);
}

/* The row that a file would hold of this minute, through the bytes of its rest. */
static void store(const struct rollup *rollup, bool is_open, struct rollup_row *row)
{
	struct rollup_value averages[COLUMN_ROLLED] = { 0 };
	uint8_t rest[ROLLUP_REST_MAX];

	for (size_t i = 0; i < columns.count; i++) {
		row->value[i] = rollup_read(rollup, &columns.column[i]);
		if (columns.column[i].kind == COLUMN_AVG)
			averages[columns.column[i].index] = row->value[i];
	}
	row->has_rest = rollup_rest_read(
		&row->rest, rest, rollup_rest_write(rollup, is_open, rest), rollup->n, averages);
	assert_true(row->has_rest);
}

static void an_interrupted_minute_is_joined(void **state)
{
	struct rollup before, after;
	struct rollup_row row;

	(void)state;
	rollup_init(&before, &columns);
	add(&before, MINUTE_MS, 3310, 1000, 50);
	add(&before, MINUTE_MS + 1000, 3320, 1000, 51);
	store(&before, true, &row);
	rollup_init(&after, &columns);
	add(&after, MINUTE_MS + 30000, 3300, 2000, 52);
	rollup_join(&after, &row, ROLLUP_CONTINUE);
	assert_column(&after, "n", 3);
	assert_column(&after, "cell2_mv_min", 3300);
	assert_column(&after, "cell2_mv_max", 3320);
	assert_column(&after, "cell2_mv_avg", 3310);
	assert_column(&after, "soc_pct", 52);
	assert_column(&after, "charge_in_mas", 1000);
}

static void joined_averages_lose_nothing_by_rounding(void **state)
{
	struct rollup_row row;
	struct rollup part;

	(void)state;
	rollup_init(&part, &columns);
	add(&part, MINUTE_MS, 3300, 0, 50);
	for (int i = 1; i <= 100; i++) {
		/* Rounded to 3300 each time, a mean of 3300.49 would never get there. */
		store(&part, true, &row);
		rollup_init(&part, &columns);
		add(&part, MINUTE_MS + i * 100, 3300 + i % 2, 0, 50);
		rollup_join(&part, &row, ROLLUP_CONTINUE);
	}
	assert_column(&part, "n", 101);
	assert_int_equal(part.range[1].sum, 101 * 3300 + 50);
}

static void a_cell_that_some_readings_lack_weighs_by_those_that_have_it(void **state)
{
	struct bms_telemetry telemetry = { 0 };
	struct rollup before, after;
	struct rollup_row row;

	(void)state;
	rollup_init(&before, &columns);
	add(&before, MINUTE_MS, 3300, 0, 50);
	for (int i = 1; i < 10; i++)
		rollup_add(&before, MINUTE_MS + i, &telemetry);
	store(&before, true, &row);
	rollup_init(&after, &columns);
	add(&after, MINUTE_MS + 1000, 3400, 0, 50);
	rollup_join(&after, &row, ROLLUP_CONTINUE);
	assert_column(&after, "n", 11);
	assert_column(&after, "cell2_mv_avg", 3350);
}

static void a_minute_that_goes_on_keeps_what_is_below_the_unit(void **state)
{
	struct rollup before, after;
	struct rollup_row row;

	(void)state;
	rollup_init(&before, &columns);
	add(&before, MINUTE_MS, 3300, 999, 50);
	add(&before, MINUTE_MS + 1, 3300, 999, 50);
	store(&before, true, &row);
	rollup_init(&after, &columns);
	add(&after, MINUTE_MS + 1, 3300, 999, 50);
	add(&after, MINUTE_MS + 2, 3300, 999, 50);
	rollup_join(&after, &row, ROLLUP_CONTINUE);
	assert_column(&after, "charge_in_mas", 1);
	assert_int_equal(after.total[COLUMN_CHARGE_IN], 2 * 999);
}

static void bytes_that_are_no_rest_are_refused(void **state)
{
	static const uint8_t bytes[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff };
	struct rollup_value averages[COLUMN_ROLLED] = { 0 };
	struct rollup_rest rest;

	(void)state;
	for (size_t size = 0; size <= sizeof(bytes); size++)
		assert_false(rollup_rest_read(&rest, bytes, size, 5, averages));
	assert_true(rollup_rest_read(&rest, (const uint8_t[]){ 0 }, 1, 5, averages));
	assert_false(rollup_rest_read(&rest, (const uint8_t[]){ 0, 0 }, 2, 5, averages));
}

static void a_field_that_only_the_stored_part_has_survives_joining(void **state)
{
	struct bms_telemetry telemetry = { 0 };
	struct rollup before, after;
	struct rollup_row row;

	(void)state;
	rollup_init(&before, &columns);
	bms_telemetry_set(&telemetry, BMS_SLOT_ALARM_BITS, 4);
	bms_telemetry_set(&telemetry, BMS_SLOT_CYCLES, 77);
	bms_telemetry_set(&telemetry, BMS_SLOT_CELL_MV, 3333);
	rollup_add(&before, MINUTE_MS, &telemetry);
	store(&before, true, &row);
	rollup_init(&after, &columns);
	add(&after, MINUTE_MS + 30000, 3300, 2000, 52);
	rollup_join(&after, &row, ROLLUP_CONTINUE);
	assert_column(&after, "alarm_bits", 4);
	assert_column(&after, "cycles", 77);
	assert_column(&after, "cell1_mv_min", 3333);
	assert_column(&after, "cell1_mv_max", 3333);
	assert_column(&after, "cell1_mv_avg", 3333);
}

static void add_cells(struct rollup *rollup, int64_t time_ms, int64_t a, int64_t b, int64_t c)
{
	struct bms_telemetry telemetry = { 0 };

	bms_telemetry_set(&telemetry, BMS_SLOT_CELL_MV, a);
	bms_telemetry_set(&telemetry, BMS_SLOT_CELL_MV + 1, b);
	bms_telemetry_set(&telemetry, BMS_SLOT_CELL_MV + 2, c);
	rollup_add(rollup, time_ms, &telemetry);
}

static void the_spread_is_of_one_reading_and_names_its_cells(void **state)
{
	struct rollup rollup;

	(void)state;
	rollup_init(&rollup, &columns);
	add_cells(&rollup, MINUTE_MS, 3300, 3310, 3305);
	add_cells(&rollup, MINUTE_MS + 1000, 3330, 3300, 3305);
	add_cells(&rollup, MINUTE_MS + 2000, 3305, 3305, 3305);
	assert_column(&rollup, "spread_mv_max", 30);
	assert_column(&rollup, "spread_mv_min", 0);
	assert_column(&rollup, "spread_mv_avg", 13);
	assert_column(&rollup, "low_cell", 2);
	assert_column(&rollup, "high_cell", 1);
}

static void what_the_balancer_moved_is_counted_while_it_works(void **state)
{
	static const struct {
		int64_t state, ma;
	} readings[] = { { 1, 500 }, { 2, -700 }, { 0, 900 }, { 0, 0 } };
	struct bms_telemetry telemetry = { 0 };
	struct rollup rollup;

	(void)state;
	rollup_init(&rollup, &columns);
	for (int i = 0; i < 4; i++) {
		bms_telemetry_set(&telemetry, BMS_SLOT_BALANCE_STATE, readings[i].state);
		bms_telemetry_set(&telemetry, BMS_SLOT_BALANCE_MA, readings[i].ma);
		rollup_add(&rollup, MINUTE_MS + i * 10000, &telemetry);
	}
	assert_column(&rollup, "balance_ms", 20000);
	assert_column(&rollup, "balance_mas", 12000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_minute_has_the_least_the_most_the_mean_and_the_last),
		cmocka_unit_test(an_average_is_rounded_away_from_zero),
		cmocka_unit_test(what_a_board_does_not_report_is_absent),
		cmocka_unit_test(an_alarm_of_one_reading_stays_in_the_minute),
		cmocka_unit_test(a_minute_ends_where_the_next_one_starts),
		cmocka_unit_test(charge_and_energy_are_counted_by_direction),
		cmocka_unit_test(remainders_are_carried_into_the_next_minute),
		cmocka_unit_test(a_silence_is_not_filled_in),
		cmocka_unit_test(a_clock_that_went_back_counts_nothing),
		cmocka_unit_test(the_largest_values_do_not_overflow),
		cmocka_unit_test(an_interrupted_minute_is_joined),
		cmocka_unit_test(joined_averages_lose_nothing_by_rounding),
		cmocka_unit_test(a_cell_that_some_readings_lack_weighs_by_those_that_have_it),
		cmocka_unit_test(a_minute_that_goes_on_keeps_what_is_below_the_unit),
		cmocka_unit_test(bytes_that_are_no_rest_are_refused),
		cmocka_unit_test(the_spread_is_of_one_reading_and_names_its_cells),
		cmocka_unit_test(what_the_balancer_moved_is_counted_while_it_works),
		cmocka_unit_test(a_field_that_only_the_stored_part_has_survives_joining),
	};

	return cmocka_run_group_tests(tests, setup_columns, NULL);
}
