/* SPDX-License-Identifier: MIT */
/* The balancer's core with the model of its power stage and cells whose voltage is a straight line
 * of their charge. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/balance.h"
#include "plant/balancer.h"

enum {
	CELLS = 8,
	SCAN_STEPS = 25,
	STEP_US = 10000,
	MAH = 4000,
};

#define STEP_S     0.01
#define CAPACITY_C (MAH * 3.6)

static struct {
	struct balancer stage;
	struct balance balance;
	struct wire wire;
	struct measure measure;
	struct board_input input;
	struct bms_settings settings;
	double charge_c[CELLS];
	double volts[PORT_CHANNELS];
	double base_v, slope_v; /* empty, and from there to full */
	unsigned steps;
	uint8_t chemistry;
	bool denied, blind;
	unsigned connected_steps;
} rig;

static void set(enum bms_setting_slot slot, int64_t value)
{
	bms_settings_set(&rig.settings, slot, value);
}

/* NMC around the middle: 5.5 mV a percent. */
static int start(void **state)
{
	struct balancer_config config = { .farad = 60, .efficiency = 0.97 };

	(void)state;
	memset(&rig, 0, sizeof(rig));
	for (size_t i = 0; i <= CELLS; i++)
		config.wire_ohm[i] = 0.03;
	balancer_init(&rig.stage, &config);
	balance_init(&rig.balance);
	wire_init(&rig.wire);
	rig.chemistry = BMS_CHEMISTRY_NMC;
	bms_settings_preset(&rig.settings, BMS_CHEMISTRY_NMC);
	set(BMS_SETTING_SLOT_CELL_COUNT, CELLS);
	set(BMS_SETTING_SLOT_NOMINAL_CAPACITY, MAH);
	rig.base_v = 3.405;
	rig.slope_v = 0.55;
	for (size_t i = 0; i < CELLS; i++)
		rig.charge_c[i] = CAPACITY_C / 2;
	rig.input.stage.stamp.valid = true;
	return 0;
}

static double cell_mv(size_t cell)
{
	return (rig.base_v + rig.slope_v * rig.charge_c[cell] / CAPACITY_C) * 1000;
}

static double spread_mv(void)
{
	double low = 1e9, high = 0;

	for (size_t i = 0; i < CELLS; i++) {
		low = fmin(low, cell_mv(i));
		high = fmax(high, cell_mv(i));
	}
	return high - low;
}

static void scan(void)
{
	struct measure *measure = &rig.measure;

	for (unsigned i = 0; i < CELLS; i++) {
		double error_v = balancer_error_v(&rig.stage, i);

		rig.input.cells.cell_mv[i] = (uint16_t)lround(cell_mv(i) + error_v * 1000);
	}
	rig.input.cells.stamp.seq++;
	rig.input.cells.stamp.t_us = rig.input.now_us;
	rig.input.cells.stamp.valid = true;
	measure->source[MEASURE_CELLS].t_us = rig.input.now_us;
}

static void take_scan(void)
{
	const uint16_t *mv = rig.input.cells.cell_mv;
	int32_t low = mv[0], high = mv[0];

	for (size_t i = 1; i < CELLS; i++) {
		low = mv[i] < low ? mv[i] : low;
		high = mv[i] > high ? mv[i] : high;
	}
	rig.measure.cells = rig.input.cells;
	rig.measure.value[MEASURE_CELL_MAX_MV] = high;
	rig.measure.value[MEASURE_CELL_MIN_MV] = low;
}

static void step(void)
{
	struct balance_input input = {
		.now_us = rig.input.now_us += STEP_US,
		.settings = &rig.settings,
		.measure = &rig.measure,
		.stage = &rig.input.stage,
		.chemistry = rig.chemistry,
		.allowed = !rig.denied,
	};
	bool fresh = rig.steps++ % SCAN_STEPS == 0 && !rig.blind;
	int16_t dc = rig.input.stage.temperature_dc;
	double moved_c;

	for (size_t i = 0; i < CELLS; i++)
		rig.volts[i] = cell_mv(i) / 1000;
	moved_c = balancer_step(&rig.stage, rig.volts, STEP_S);
	if (rig.stage.connected >= 0)
		rig.charge_c[rig.stage.connected] += moved_c;
	if (fresh)
		scan();
	balancer_sense(&rig.stage, 25, &rig.input.stage);
	rig.input.stage.temperature_dc = dc; /* the tests' own */
	wire_step(&rig.wire, &rig.input, &rig.balance.order, &rig.settings);
	rig.measure.source[MEASURE_CELLS].fresh = fresh;
	if (fresh)
		take_scan();
	balance_step(&rig.balance, &rig.wire, &input);
	balancer_order(&rig.stage, &rig.balance.order);
	rig.connected_steps += rig.stage.connected >= 0;
}

static void run(unsigned seconds)
{
	for (unsigned i = 0; i < seconds * 100; i++)
		step();
}

static double moved_c(void)
{
	double sum = 0;

	for (size_t i = 0; i < CELLS; i++)
		sum += rig.stage.taken_c[i] + rig.stage.given_c[i];
	return sum;
}

static bool balancing(void)
{
	return balance_telemetry_state(&rig.balance) != 0;
}

/* Runs until the stage works on a debt; the wires' tests are over. */
static void run_until_balancing(void)
{
	for (unsigned i = 0; i < 30000 && !balancing(); i++)
		step();
	assert_true(balancing());
	run(2);
}

static void shift(size_t cell, double percent)
{
	rig.charge_c[cell] += CAPACITY_C * percent / 100;
}

static void any_cell_reaches_any_cell(void **state)
{
	for (size_t from = 0; from < CELLS; from += 3)
		for (size_t to = 0; to < CELLS; to += 7) {
			if (from == to)
				continue;
			start(state);
			shift(from, 3);
			shift(to, -3);
			run(2 * 3600);
			assert_true(spread_mv() <= 5);
			assert_false(balancing());
			assert_int_equal(rig.stage.violations, 0);
		}
}

static void no_charge_is_moved_back_and_forth(void **state)
{
	double back = 0;

	(void)state;
	shift(2, 4);
	shift(5, -2);
	shift(6, -1);
	run(2 * 3600);
	for (size_t i = 0; i < CELLS; i++)
		back += fmin(rig.stage.taken_c[i], rig.stage.given_c[i]);
	assert_true(spread_mv() <= 5);
	assert_true(back < moved_c() * 0.02);
}

static void a_difference_up_to_the_trigger_starts_nothing(void **state)
{
	double before;

	(void)state;
	shift(2, 9.0 / 5.5);
	run(60);
	before = moved_c();
	run(1800);
	assert_true(moved_c() - before < 1e-9);
}

static void below_the_start_voltage_nothing_starts(void **state)
{
	(void)state;
	shift(2, 5);
	set(BMS_SETTING_SLOT_BALANCE_START_VOLTAGE, 3800);
	run(1800);
	assert_false(balancing());
	set(BMS_SETTING_SLOT_BALANCE_START_VOLTAGE, 3600);
	run_until_balancing();
}

static void while_the_pack_works_nothing_is_learned(void **state)
{
	(void)state;
	shift(2, 5);
	rig.measure.shunt.current_ma = MAH / 5;
	run(1800);
	assert_false(balancing());
	rig.measure.shunt.current_ma = 0;
	run_until_balancing();
}

static void what_was_learned_is_paid_while_the_pack_works(void **state)
{
	double before;

	(void)state;
	shift(2, 5);
	run_until_balancing();
	rig.measure.shunt.current_ma = -MAH;
	before = moved_c();
	run(300);
	assert_true(moved_c() - before > 300 * 0.4 * 0.8);
}

static void on_the_plateau_nothing_is_done(void **state)
{
	(void)state;
	rig.chemistry = BMS_CHEMISTRY_LFP;
	rig.base_v = 3.28;
	rig.slope_v = 0.08;
	shift(2, 15);
	shift(5, -15);
	run(60);
	run(1800);
	assert_true(spread_mv() > 20);
	assert_false(balancing());
}

static void what_the_knee_told_is_paid_on_the_plateau(void **state)
{
	(void)state;
	rig.chemistry = BMS_CHEMISTRY_LFP;
	rig.base_v = 2.38; /* 3.38 V, 20 mV a percent */
	rig.slope_v = 2;
	shift(2, 1.5);
	run_until_balancing();
	rig.base_v = 3.28;
	rig.slope_v = 0.08;
	run(3600);
	assert_false(balancing());
	rig.base_v = 2.38;
	rig.slope_v = 2;
	assert_true(spread_mv() < 10);
}

static void the_current_is_the_settings_and_a_tenth_of_the_capacity(void **state)
{
	(void)state;
	shift(2, 5);
	run_until_balancing();
	assert_int_equal(rig.balance.order.ma, MAH / 10);
	set(BMS_SETTING_SLOT_BALANCE_CURRENT, 300);
	run(1);
	assert_int_equal(rig.balance.order.ma, 300);
	set(BMS_SETTING_SLOT_BALANCE_CURRENT, 15000);
	set(BMS_SETTING_SLOT_NOMINAL_CAPACITY, 280000);
	run(1);
	assert_int_equal(rig.balance.order.ma, 2000);
}

static void a_hot_stage_gets_less_and_then_nothing_until_it_is_cool(void **state)
{
	(void)state;
	set(BMS_SETTING_SLOT_NOMINAL_CAPACITY, 280000);
	shift(2, 5);
	run_until_balancing();
	rig.input.stage.temperature_dc = (BALANCE_HOT_DC + BALANCE_DERATE_DC) / 2;
	run(1);
	assert_in_range(rig.balance.order.ma, 1100, 1200);
	rig.input.stage.temperature_dc = BALANCE_HOT_DC;
	step();
	step();
	assert_int_equal(rig.stage.connected, -1);
	rig.input.stage.temperature_dc = BALANCE_COOL_DC;
	run(10);
	assert_int_equal(rig.stage.connected, -1);
	rig.input.stage.temperature_dc = BALANCE_COOL_DC - 1;
	run(10);
	assert_true(balancing());
}

static void cold_cells_are_not_balanced(void **state)
{
	(void)state;
	shift(2, 5);
	run_until_balancing();
	rig.measure.source[MEASURE_PROBES].ever = true;
	rig.measure.value[MEASURE_PROBE_MIN_DC] = -1;
	step();
	step();
	assert_int_equal(rig.stage.connected, -1);
	set(BMS_SETTING_SLOT_PROBES_DISABLED, 1);
	run(1);
	assert_true(balancing());
}

static void a_denial_disconnects_within_a_step_and_forgets_nothing(void **state)
{
	int64_t owed;

	(void)state;
	shift(2, 5);
	run_until_balancing();
	owed = rig.balance.owed_uams[2];
	rig.denied = true;
	step();
	assert_int_equal(rig.stage.connected, -1);
	run(600);
	assert_int_equal(rig.stage.connected, -1);
	assert_true(llabs(rig.balance.owed_uams[2] - owed) < INT64_C(1000000) * MAH);
	rig.denied = false;
	run(1);
	assert_true(balancing());
}

static void the_switch_turns_it_off(void **state)
{
	(void)state;
	set(BMS_SETTING_SLOT_BALANCE_SWITCH, 0);
	shift(2, 5);
	run(600);
	assert_int_equal(rig.connected_steps, 0);
}

static void without_fresh_voltages_the_stage_is_off(void **state)
{
	(void)state;
	shift(2, 5);
	run_until_balancing();
	rig.measure.value[MEASURE_CELLS_AGE_MS] = 1501;
	step();
	step();
	assert_int_equal(rig.stage.connected, -1);
}

static void a_bad_wire_keeps_its_cell_and_its_neighbours_out(void **state)
{
	double before[3];

	(void)state;
	rig.stage.config.wire_ohm[4] = 0.6;
	shift(1, 5);
	shift(3, 5);
	run(60);
	assert_int_equal(rig.wire.high_mask, 3u << 3);
	for (size_t i = 0; i < 3; i++)
		before[i] = rig.stage.taken_c[i + 2] + rig.stage.given_c[i + 2];
	run(400);
	for (size_t i = 0; i < 3; i++)
		assert_true(rig.stage.taken_c[i + 2] + rig.stage.given_c[i + 2] - before[i] < 1e-9);
	assert_true(rig.stage.taken_c[1] > 50);
}

static void a_full_cell_gets_no_more_and_an_empty_one_gives_no_more(void **state)
{
	(void)state;
	shift(2, 5);
	run_until_balancing();
	set(BMS_SETTING_SLOT_CELL_OVP, 3690);
	for (size_t i = 0; i < 60; i++) {
		run(1);
		assert_true(rig.stage.order.mode != PORT_STAGE_GIVE);
	}
}

static void a_stage_that_loses_most_of_the_charge_is_not_used(void **state)
{
	(void)state;
	rig.stage.config.efficiency = 0.6;
	shift(2, 12);
	shift(5, -12);
	run(1800);
	assert_true(rig.balance.locks & BALANCE_WASTEFUL);
	assert_int_equal(rig.stage.connected, -1);
	rig.stage.config.efficiency = 0.97;
	set(BMS_SETTING_SLOT_BALANCE_SWITCH, 0);
	run(1);
	set(BMS_SETTING_SLOT_BALANCE_SWITCH, 1);
	run(10);
	assert_true(balancing());
}

static void the_transfers_efficiency_is_learned(void **state)
{
	(void)state;
	shift(2, 10);
	shift(5, -10);
	run(3 * 3600);
	assert_in_range(rig.balance.efficiency_ppm, 885000, 945000);
}

static void every_wire_is_tested_once_after_the_start(void **state)
{
	(void)state;
	run(20);
	for (size_t i = 0; i < CELLS; i++)
		assert_in_range(wire_mohm(&rig.wire, i), 55, 65);
	assert_int_equal(balance_telemetry_state(&rig.balance), 0);
	assert_int_equal(rig.stage.connected, -1);
}

static void irregular_steps_connect_one_cell_at_a_time(void **state)
{
	struct dice dice = { 7 };

	(void)state;
	shift(2, 6);
	shift(5, -6);
	for (int i = 0; i < 200000; i++) {
		rig.input.now_us += (uint64_t)dice_between(&dice, 0, 40000);
		rig.denied = dice_roll(&dice) % 500 == 0;
		step();
	}
	assert_true(moved_c() > 100);
	assert_int_equal(rig.stage.violations, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(any_cell_reaches_any_cell, start),
		cmocka_unit_test_setup(no_charge_is_moved_back_and_forth, start),
		cmocka_unit_test_setup(a_difference_up_to_the_trigger_starts_nothing, start),
		cmocka_unit_test_setup(below_the_start_voltage_nothing_starts, start),
		cmocka_unit_test_setup(while_the_pack_works_nothing_is_learned, start),
		cmocka_unit_test_setup(what_was_learned_is_paid_while_the_pack_works, start),
		cmocka_unit_test_setup(on_the_plateau_nothing_is_done, start),
		cmocka_unit_test_setup(what_the_knee_told_is_paid_on_the_plateau, start),
		cmocka_unit_test_setup(
			the_current_is_the_settings_and_a_tenth_of_the_capacity, start),
		cmocka_unit_test_setup(
			a_hot_stage_gets_less_and_then_nothing_until_it_is_cool, start),
		cmocka_unit_test_setup(cold_cells_are_not_balanced, start),
		cmocka_unit_test_setup(
			a_denial_disconnects_within_a_step_and_forgets_nothing, start),
		cmocka_unit_test_setup(the_switch_turns_it_off, start),
		cmocka_unit_test_setup(without_fresh_voltages_the_stage_is_off, start),
		cmocka_unit_test_setup(a_bad_wire_keeps_its_cell_and_its_neighbours_out, start),
		cmocka_unit_test_setup(
			a_full_cell_gets_no_more_and_an_empty_one_gives_no_more, start),
		cmocka_unit_test_setup(a_stage_that_loses_most_of_the_charge_is_not_used, start),
		cmocka_unit_test_setup(the_transfers_efficiency_is_learned, start),
		cmocka_unit_test_setup(every_wire_is_tested_once_after_the_start, start),
		cmocka_unit_test_setup(irregular_steps_connect_one_cell_at_a_time, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
