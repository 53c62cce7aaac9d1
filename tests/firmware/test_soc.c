/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "core/soc.h"

enum {
	STEP_MS = 10,
	FULL_MAH = 280000
};

static struct soc soc;
static struct measure measure;
static struct bms_settings settings;

static int start(void **state)
{
	(void)state;
	soc = (struct soc){ 0 };
	measure = (struct measure){ 0 };
	bms_settings_preset(&settings, BMS_CHEMISTRY_LFP);
	measure.value[MEASURE_CELL_MAX_MV] = measure.value[MEASURE_CELL_MIN_MV] = 3300;
	soc_init(&soc, &settings);
	soc_set_permille(&soc, 500);
	measure.source[MEASURE_SHUNT].fresh = true;
	soc_step(&soc, &measure, &settings);
	return 0;
}

static void flow(int64_t ma, int64_t seconds)
{
	measure.source[MEASURE_SHUNT].fresh = true;
	for (int64_t ms = 0; ms < seconds * 1000; ms += STEP_MS) {
		measure.shunt.charge_uams += ma * 1000 * STEP_MS;
		soc_step(&soc, &measure, &settings);
	}
	measure.source[MEASURE_SHUNT].fresh = false;
}

/* Cells at mv for some seconds, four scans a second. */
static void scan(int32_t highest_mv, int32_t lowest_mv, unsigned seconds)
{
	struct measure_state *cells = &measure.source[MEASURE_CELLS];

	measure.value[MEASURE_CELL_MAX_MV] = highest_mv;
	measure.value[MEASURE_CELL_MIN_MV] = lowest_mv;
	for (unsigned i = 0; i < 4 * seconds; i++) {
		cells->fresh = true;
		cells->t_us += 250000;
		soc_step(&soc, &measure, &settings);
	}
	cells->fresh = false;
}

static void an_hour_of_current_is_counted_to_the_milliampere_hour(void **state)
{
	(void)state;
	flow(5000, 3600);
	assert_int_equal(soc_remaining_mah(&soc), FULL_MAH / 2 + 5000);
	flow(-5000, 3600);
	assert_int_equal(soc_remaining_mah(&soc), FULL_MAH / 2);
	assert_int_equal(soc_cycled_mah(&soc), 5000);
}

static void a_milliampere_for_days_is_not_lost(void **state)
{
	(void)state;
	flow(-1, 100 * 3600);
	assert_int_equal(soc_remaining_mah(&soc), FULL_MAH / 2 - 100);
}

static void missed_samples_lose_no_charge(void **state)
{
	(void)state;
	measure.shunt.charge_uams += 1000 * SOC_UAMS_PER_MAH;
	measure.source[MEASURE_SHUNT].fresh = true;
	soc_step(&soc, &measure, &settings);
	assert_int_equal(soc_remaining_mah(&soc), FULL_MAH / 2 + 1000);
}

static void what_the_shunt_counted_before_the_start_is_not_charge(void **state)
{
	(void)state;
	soc_init(&soc, &settings);
	measure.shunt.charge_uams = 77777 * SOC_UAMS_PER_MAH;
	measure.source[MEASURE_SHUNT].fresh = true;
	soc_step(&soc, &measure, &settings);
	assert_int_equal(soc_remaining_mah(&soc), FULL_MAH / 2);
}

static void charge_stays_between_empty_and_full(void **state)
{
	(void)state;
	flow(1000000, 3600);
	assert_int_equal(soc_remaining_mah(&soc), FULL_MAH);
	assert_int_equal(soc_pct(&soc), 100);
	flow(-1000000, 3600);
	assert_int_equal(soc_remaining_mah(&soc), 0);
	assert_int_equal(soc_pct(&soc), 0);
}

static void a_cell_at_the_full_voltage_for_ten_seconds_is_full(void **state)
{
	(void)state;
	scan(3500, 3400, 9);
	assert_int_equal(soc_pct(&soc), 50);
	scan(3499, 3400, 1);
	scan(3500, 3400, 9);
	assert_int_equal(soc_pct(&soc), 50);
	scan(3500, 3400, 3);
	assert_int_equal(soc_pct(&soc), 100);
}

static void a_cell_at_the_empty_voltage_for_ten_seconds_is_empty(void **state)
{
	(void)state;
	scan(3000, 2601, 60);
	assert_int_equal(soc_pct(&soc), 50);
	scan(3000, 2600, 11);
	assert_int_equal(soc_pct(&soc), 0);
}

static void cycles_are_discharged_capacities(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		flow(-280000, 3600);
		flow(280000, 3600);
	}
	assert_int_equal(soc_cycled_mah(&soc), 3 * FULL_MAH);
	assert_int_equal(soc_cycles(&soc), 3);
}

static void another_capacity_keeps_the_percentage(void **state)
{
	(void)state;
	settings.value[BMS_SETTING_SLOT_NOMINAL_CAPACITY] = 100000;
	flow(0, 1);
	assert_int_equal(soc_full_mah(&soc), 100000);
	assert_int_equal(soc_pct(&soc), 50);
	assert_int_equal(soc_remaining_mah(&soc), 50000);
}

static void only_full_is_a_hundred_percent(void **state)
{
	(void)state;
	soc_set_permille(&soc, 998);
	assert_int_equal(soc_pct(&soc), 99);
	soc_set_permille(&soc, 1000);
	assert_int_equal(soc_pct(&soc), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			an_hour_of_current_is_counted_to_the_milliampere_hour, start),
		cmocka_unit_test_setup(a_milliampere_for_days_is_not_lost, start),
		cmocka_unit_test_setup(missed_samples_lose_no_charge, start),
		cmocka_unit_test_setup(
			what_the_shunt_counted_before_the_start_is_not_charge, start),
		cmocka_unit_test_setup(charge_stays_between_empty_and_full, start),
		cmocka_unit_test_setup(a_cell_at_the_full_voltage_for_ten_seconds_is_full, start),
		cmocka_unit_test_setup(a_cell_at_the_empty_voltage_for_ten_seconds_is_empty, start),
		cmocka_unit_test_setup(cycles_are_discharged_capacities, start),
		cmocka_unit_test_setup(another_capacity_keeps_the_percentage, start),
		cmocka_unit_test_setup(only_full_is_a_hundred_percent, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
