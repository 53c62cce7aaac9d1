/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "core/ocv.h"
#include "core/soc.h"

enum {
	STEP_MS = 10,
	FULL_MAH = 280000
};

static struct soc soc;
static struct measure measure;
static struct bms_settings settings;
static struct soc_input input;

static int start(void **state)
{
	(void)state;
	soc = (struct soc){ 0 };
	measure = (struct measure){ 0 };
	input = (struct soc_input){
		.measure = &measure, .settings = &settings, .chemistry = BMS_CHEMISTRY_LFP
	};
	bms_settings_preset(&settings, BMS_CHEMISTRY_LFP);
	measure.value[MEASURE_CELL_MAX_MV] = measure.value[MEASURE_CELL_MIN_MV] = 3300;
	soc_init(&soc, &settings);
	soc_set_permille(&soc, 500);
	measure.source[MEASURE_SHUNT].fresh = true;
	soc_step(&soc, &input);
	return 0;
}

static void flow(int64_t ma, int64_t seconds)
{
	measure.source[MEASURE_SHUNT].fresh = true;
	measure.shunt.current_ma = (int32_t)ma;
	for (int64_t ms = 0; ms < seconds * 1000; ms += STEP_MS) {
		measure.source[MEASURE_SHUNT].t_us += STEP_MS * 1000;
		measure.shunt.charge_uams += ma * 1000 * STEP_MS;
		soc_step(&soc, &input);
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
		soc_step(&soc, &input);
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
	soc_step(&soc, &input);
	assert_int_equal(soc_remaining_mah(&soc), FULL_MAH / 2 + 1000);
}

static void what_the_shunt_counted_before_the_start_is_not_charge(void **state)
{
	(void)state;
	soc_init(&soc, &settings);
	measure.shunt.charge_uams = 77777 * SOC_UAMS_PER_MAH;
	measure.source[MEASURE_SHUNT].fresh = true;
	soc_step(&soc, &input);
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

static void a_cell_at_the_full_voltage_while_the_charge_tails_off_is_full(void **state)
{
	(void)state;
	scan(3500, 3400, 59);
	assert_int_equal(soc_pct(&soc), 50);
	scan(3499, 3400, 1);
	scan(3500, 3400, 59);
	assert_int_equal(soc_pct(&soc), 50);
	scan(3500, 3400, 3);
	assert_int_equal(soc_pct(&soc), 100);
}

static void a_cell_at_the_full_voltage_under_a_large_current_is_not_full(void **state)
{
	(void)state;
	measure.shunt.current_ma = FULL_MAH / 20;
	scan(3500, 3400, 600);
	assert_int_equal(soc_pct(&soc), 50);
	measure.shunt.current_ma--;
	scan(3500, 3400, 62);
	assert_int_equal(soc_pct(&soc), 100);
}

static void a_cell_at_the_protections_voltage_is_full_whatever_flows(void **state)
{
	(void)state;
	measure.shunt.current_ma = FULL_MAH;
	scan(3599, 3400, 60);
	assert_int_equal(soc_pct(&soc), 50);
	scan(3600, 3400, 2);
	assert_int_equal(soc_pct(&soc), 100);
}

static void below_the_protections_voltage_a_second_without_load_is_empty(void **state)
{
	(void)state;
	measure.shunt.current_ma = -FULL_MAH / 5;
	scan(3000, 2599, 3);
	assert_int_equal(soc_pct(&soc), 50);
	scan(3000, 2700, 1);
	measure.shunt.current_ma = -1000;
	scan(3000, 2599, 2);
	assert_int_equal(soc_pct(&soc), 0);
}

static void reach_full(void)
{
	measure.shunt.current_ma = 0;
	scan(3500, 3400, 70);
	scan(3300, 3300, 1);
}

static void reach_empty(void)
{
	measure.shunt.current_ma = 0;
	scan(3000, 2600, 11);
	scan(3300, 3300, 1);
}

static void from_full_to_empty_the_capacity_is_learned(void **state)
{
	(void)state;
	reach_full();
	flow(-265000, 3600);
	reach_empty();
	assert_int_equal(soc_full_mah(&soc), 265000);
	assert_int_equal(soc_health_pct(&soc), 95);
	flow(270000, 3600);
	reach_full();
	assert_int_equal(soc_full_mah(&soc), 270000);
	assert_int_equal(soc_remaining_mah(&soc), 270000);
}

static void one_odd_cycle_changes_the_capacity_by_a_tenth_at_most(void **state)
{
	(void)state;
	reach_full();
	flow(-100000, 3600);
	reach_empty();
	assert_int_equal(soc_full_mah(&soc), FULL_MAH * 9 / 10);
}

static void an_anchor_under_a_heavy_load_teaches_no_capacity(void **state)
{
	(void)state;
	reach_full();
	flow(-200000, 3600);
	scan(3000, 2600, 11);
	assert_int_equal(soc_pct(&soc), 0);
	assert_int_equal(soc_full_mah(&soc), FULL_MAH);
}

static void half_a_cycle_teaches_no_capacity(void **state)
{
	(void)state;
	reach_full();
	flow(-100000, 3600);
	reach_full();
	assert_int_equal(soc_full_mah(&soc), FULL_MAH);
}

static void a_learned_capacity_survives_a_restart_but_not_another_battery(void **state)
{
	(void)state;
	soc.count.learned_uams = 250000 * SOC_UAMS_PER_MAH;
	soc_init(&soc, &settings);
	assert_int_equal(soc_full_mah(&soc), 250000);
	settings.value[BMS_SETTING_SLOT_NOMINAL_CAPACITY] = 50000;
	soc_init(&soc, &settings);
	assert_int_equal(soc_full_mah(&soc), 50000);
}

static void with_the_relays_open_the_shunt_shows_its_zero(void **state)
{
	(void)state;
	input.isolated = true;
	flow(33, 15);
	input.isolated = false;
	flow(33, 24 * 3600);
	assert_int_equal(soc_remaining_mah(&soc), FULL_MAH / 2);
	assert_int_equal(soc.count.zero_ua, 33000);
	flow(1033, 3600);
	assert_int_equal(soc_remaining_mah(&soc), FULL_MAH / 2 + 1000);
}

static void a_moment_with_open_relays_is_no_zero(void **state)
{
	(void)state;
	input.isolated = true;
	flow(33, 11);
	assert_int_equal(soc.count.zero_ua, 0);
}

static void a_welded_relays_current_is_not_an_offset(void **state)
{
	(void)state;
	input.isolated = true;
	flow(-5000, 3600);
	assert_int_equal(soc.count.zero_ua, 0);
	assert_int_equal(soc_remaining_mah(&soc), FULL_MAH / 2 - 5000);
}

static void a_board_that_was_never_told_begins_with_the_voltage(void **state)
{
	(void)state;
	soc = (struct soc){ 0 };
	bms_settings_preset(&settings, BMS_CHEMISTRY_NMC);
	soc_init(&soc, &settings);
	input.chemistry = BMS_CHEMISTRY_NMC;
	input.isolated = true;
	measure.average_mv = 3840;
	scan(3845, 3835, 1);
	assert_int_equal(soc_pct(&soc), 70);
	measure.average_mv = 3600;
	scan(3600, 3600, 60);
	assert_int_equal(soc_pct(&soc), 70);
}

static void after_an_hour_of_rest_the_voltage_draws_the_count_slowly(void **state)
{
	(void)state;
	input.chemistry = BMS_CHEMISTRY_NMC;
	bms_settings_preset(&settings, BMS_CHEMISTRY_NMC);
	measure.average_mv = 3840;
	scan(3840, 3840, 3590);
	assert_int_equal(soc_remaining_mah(&soc), FULL_MAH / 2);
	scan(3840, 3840, 3600);
	assert_in_range(soc_remaining_mah(&soc), FULL_MAH * 509 / 1000, FULL_MAH * 511 / 1000);
}

static void on_the_plateau_the_voltage_is_not_asked(void **state)
{
	(void)state;
	measure.average_mv = 3330;
	scan(3330, 3330, 3 * 3600);
	assert_int_equal(soc_remaining_mah(&soc), FULL_MAH / 2);
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

/* A battery beside the count: what the cells hold, what they show and what the shunt tells. */
static struct {
	int64_t uams, full_uams;
	int64_t offset_ma, gain_ppm;
	int64_t worst_permille; /* of the true state of charge */
} truth;

static int64_t true_permille(void)
{
	return truth.uams / (truth.full_uams / 1000);
}

static void compare(void)
{
	int64_t apart = soc.count.remaining_uams / (soc.full_uams / 1000) - true_permille();

	apart = apart < 0 ? -apart : apart;
	truth.worst_permille = apart > truth.worst_permille ? apart : truth.worst_permille;
}

/* A tenth of a second at a time, a scan each second. */
static void live(int64_t ma, int64_t seconds)
{
	struct measure_state *shunt = &measure.source[MEASURE_SHUNT];
	struct measure_state *cells = &measure.source[MEASURE_CELLS];
	int64_t told_ma = ma + ma * truth.gain_ppm / 1000000 + truth.offset_ma;

	measure.shunt.current_ma = (int32_t)told_ma;
	for (int64_t i = 0; i < seconds * 10; i++) {
		int32_t mv = ocv_uv(BMS_CHEMISTRY_LFP, (int32_t)true_permille() * 1000) / 1000;

		truth.uams += ma * 100000;
		measure.shunt.charge_uams += told_ma * 100000;
		shunt->t_us += 100000;
		shunt->fresh = true;
		cells->fresh = i % 10 == 0;
		cells->t_us = shunt->t_us;
		measure.average_mv = mv;
		measure.value[MEASURE_CELL_MAX_MV] = truth.uams >= truth.full_uams ? 3500 : mv;
		measure.value[MEASURE_CELL_MIN_MV] = truth.uams <= 0 ? 2600 : mv;
		soc_step(&soc, &input);
		compare();
	}
	cells->fresh = shunt->fresh = false;
}

static void make_truth(int64_t mah, int64_t permille)
{
	truth.full_uams = mah * SOC_UAMS_PER_MAH;
	truth.uams = truth.full_uams / 1000 * permille;
	truth.offset_ma = truth.gain_ppm = truth.worst_permille = 0;
	soc_set_permille(&soc, (uint16_t)permille);
}

/* Full, empty, full: the battery has 4 % less than its label and the shunt is off by half a
 * percent. The first cycle teaches the capacity, the second is compared. */
static void a_full_cycle_is_right_within_a_percent(void **state)
{
	(void)state;
	make_truth(268800, 990);
	truth.gain_ppm = 5000;
	for (int cycle = 0; cycle < 2; cycle++) {
		truth.worst_permille = 0;
		live(13000, (truth.full_uams - truth.uams) / 13000000000 + 1);
		live(0, 120);
		live(-40000, truth.uams / 40000000000 + 1);
		live(0, 30);
		live(40000, truth.full_uams / 40000000000 - 100);
	}
	assert_in_range(soc_full_mah(&soc), 268800 * 99 / 100, 268800 * 101 / 100);
	assert_in_range(truth.worst_permille, 0, 10);
}

/* 1 uV on 150 uOhm is 7 mA; 5 uV were found with the relays open. */
static void seven_days_of_partial_cycles_are_right_within_three_percent(void **state)
{
	(void)state;
	make_truth(FULL_MAH, 700);
	truth.offset_ma = 33;
	input.isolated = true;
	live(0, 30);
	input.isolated = false;
	truth.offset_ma += 7;
	truth.gain_ppm = 5000;
	for (int day = 0; day < 7; day++) {
		live(-9800, 12 * 3600);
		live(9800, 12 * 3600);
	}
	assert_in_range(truth.worst_permille, 1, 30);
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
		cmocka_unit_test_setup(
			a_cell_at_the_full_voltage_while_the_charge_tails_off_is_full, start),
		cmocka_unit_test_setup(
			a_cell_at_the_full_voltage_under_a_large_current_is_not_full, start),
		cmocka_unit_test_setup(
			a_cell_at_the_protections_voltage_is_full_whatever_flows, start),
		cmocka_unit_test_setup(
			below_the_protections_voltage_a_second_without_load_is_empty, start),
		cmocka_unit_test_setup(from_full_to_empty_the_capacity_is_learned, start),
		cmocka_unit_test_setup(
			one_odd_cycle_changes_the_capacity_by_a_tenth_at_most, start),
		cmocka_unit_test_setup(an_anchor_under_a_heavy_load_teaches_no_capacity, start),
		cmocka_unit_test_setup(half_a_cycle_teaches_no_capacity, start),
		cmocka_unit_test_setup(
			a_learned_capacity_survives_a_restart_but_not_another_battery, start),
		cmocka_unit_test_setup(with_the_relays_open_the_shunt_shows_its_zero, start),
		cmocka_unit_test_setup(a_moment_with_open_relays_is_no_zero, start),
		cmocka_unit_test_setup(a_welded_relays_current_is_not_an_offset, start),
		cmocka_unit_test_setup(a_board_that_was_never_told_begins_with_the_voltage, start),
		cmocka_unit_test_setup(
			after_an_hour_of_rest_the_voltage_draws_the_count_slowly, start),
		cmocka_unit_test_setup(on_the_plateau_the_voltage_is_not_asked, start),
		cmocka_unit_test_setup(a_cell_at_the_empty_voltage_for_ten_seconds_is_empty, start),
		cmocka_unit_test_setup(cycles_are_discharged_capacities, start),
		cmocka_unit_test_setup(another_capacity_keeps_the_percentage, start),
		cmocka_unit_test_setup(only_full_is_a_hundred_percent, start),
		cmocka_unit_test_setup(a_full_cycle_is_right_within_a_percent, start),
		cmocka_unit_test_setup(
			seven_days_of_partial_cycles_are_right_within_three_percent, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
