/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "core/wire.h"

enum {
	CELLS = 16,
	STEP_US = 10000,
	SCAN_STEPS = 25,
	CELL_MV = 3300,
	WIRE_MOHM = 30, /* each; a loop is two of them */
};

static struct wire wire;
static struct board_input input;
static struct port_stage_order order;
static struct bms_settings settings;
static struct {
	int32_t cell_mv;
	int32_t wire_mohm[CELLS + 1];
	unsigned steps;
} bench;

static int start(void **state)
{
	(void)state;
	wire_init(&wire);
	bms_settings_preset(&settings, BMS_CHEMISTRY_LFP);
	bms_settings_set(&settings, BMS_SETTING_SLOT_CELL_COUNT, CELLS);
	memset(&input, 0, sizeof(input));
	memset(&order, 0, sizeof(order));
	memset(&bench, 0, sizeof(bench));
	bench.cell_mv = CELL_MV;
	for (size_t i = 0; i <= CELLS; i++)
		bench.wire_mohm[i] = WIRE_MOHM;
	return 0;
}

static int32_t seen_mv(size_t cell)
{
	int32_t ma = order.mode == PORT_STAGE_OFF ? 0 : input.stage.current_ma;
	int32_t below = bench.wire_mohm[cell], above = bench.wire_mohm[cell + 1];

	if (cell == order.cell)
		return bench.cell_mv + ma * (below + above) / 1000;
	if (cell + 1 == order.cell)
		return bench.cell_mv - ma * above / 1000;
	if (cell == order.cell + 1u)
		return bench.cell_mv - ma * below / 1000;
	return bench.cell_mv;
}

static void run(unsigned ms)
{
	for (unsigned i = 0; i < ms * 1000 / STEP_US; i++) {
		input.now_us += STEP_US;
		if (bench.steps++ % SCAN_STEPS == 0) {
			for (size_t cell = 0; cell < CELLS; cell++)
				input.cells.cell_mv[cell] = (uint16_t)seen_mv(cell);
			input.cells.stamp.seq++;
			input.cells.stamp.t_us = input.now_us;
			input.cells.stamp.valid = true;
		}
		wire_step(&wire, &input, &order, &settings);
	}
}

/* A pulse of 600 ms and 600 ms without. */
static void pulse(uint8_t cell, int32_t ma)
{
	uint8_t mode = ma > 0 ? PORT_STAGE_GIVE : PORT_STAGE_TAKE;

	order = (struct port_stage_order){ mode, cell, (uint16_t)(ma > 0 ? ma : -ma) };
	input.stage.current_ma = ma;
	input.stage.capacitor_mv = 1600;
	run(600);
	order.mode = PORT_STAGE_OFF;
	input.stage.current_ma = 0;
	run(600);
}

static void a_pulse_measures_both_wires_of_the_cell(void **state)
{
	(void)state;
	bench.wire_mohm[5] = 80;
	run(600);
	pulse(5, -2000);
	assert_int_equal(wire_mohm(&wire, 5), 110);
	pulse(6, 2000);
	assert_int_equal(wire_mohm(&wire, 6), 60);
	assert_int_equal(wire_mohm(&wire, 7), 0);
}

static void what_is_measured_is_told_with_the_cells(void **state)
{
	(void)state;
	run(600);
	pulse(5, -2000);
	assert_int_equal(input.cells.wire_mohm[5], 60);
}

static void a_step_of_the_packs_current_is_not_resistance(void **state)
{
	(void)state;
	run(600);
	bench.cell_mv -= 40;
	pulse(5, -2000);
	assert_int_equal(wire_mohm(&wire, 5), 60);
}

static void readings_are_corrected_while_current_flows(void **state)
{
	(void)state;
	run(600);
	pulse(4, -2000);
	pulse(5, -2000);
	pulse(6, -2000);
	order = (struct port_stage_order){ PORT_STAGE_TAKE, 5, 2000 };
	input.stage.current_ma = -2000;
	for (int i = 0; i < 40; i++) {
		bench.cell_mv--;
		run(250);
		for (size_t cell = 3; cell < 8; cell++)
			assert_in_range(
				input.cells.cell_mv[cell], bench.cell_mv - 2, bench.cell_mv + 2);
	}
}

static void the_first_pulse_of_a_wire_shows_the_voltage_from_before(void **state)
{
	(void)state;
	run(600);
	order = (struct port_stage_order){ PORT_STAGE_TAKE, 5, 2000 };
	input.stage.current_ma = -2000;
	for (int i = 0; i < 10; i++) {
		run(50);
		assert_int_equal(input.cells.cell_mv[4], CELL_MV);
		assert_int_equal(input.cells.cell_mv[5], CELL_MV);
	}
}

static void the_first_cell_is_seen_before_any_pulse(void **state)
{
	(void)state;
	run(10);
	assert_int_equal(input.cells.cell_mv[0], CELL_MV);
}

static void a_high_wire_is_told_after_two_pulses(void **state)
{
	(void)state;
	bench.wire_mohm[6] = 380;
	run(600);
	pulse(5, -1000);
	assert_int_equal(wire.high_mask, 0);
	pulse(5, -1000);
	assert_int_equal(wire.high_mask, 1u << 5);
	assert_int_equal(wire_locked_mask(&wire, 0), 7u << 4);
}

static void a_wire_at_the_limit_is_not_high(void **state)
{
	(void)state;
	bench.wire_mohm[6] = WIRE_LIMIT_MOHM - WIRE_MOHM;
	run(600);
	for (int i = 0; i < 4; i++)
		pulse(5, -1000);
	assert_int_equal(wire.high_mask, 0);
	bench.wire_mohm[6]++;
	pulse(5, -1000);
	pulse(5, -1000);
	assert_int_equal(wire.high_mask, 1u << 5);
}

static void a_wire_three_times_the_others_is_high(void **state)
{
	(void)state;
	run(600);
	for (uint8_t cell = 0; cell < 8; cell++)
		pulse(cell, -1000);
	bench.wire_mohm[12] = 151;
	pulse(11, -1000);
	pulse(11, -1000);
	assert_int_equal(wire.high_mask, 1u << 11);
}

static void a_repaired_wire_is_released_by_two_pulses(void **state)
{
	(void)state;
	bench.wire_mohm[6] = 600;
	run(600);
	pulse(5, -1000);
	pulse(5, -1000);
	bench.wire_mohm[6] = WIRE_MOHM;
	pulse(5, -1000);
	assert_int_equal(wire.high_mask, 1u << 5);
	pulse(5, -1000);
	assert_int_equal(wire.high_mask, 0);
	assert_int_equal(wire_mohm(&wire, 5), 60);
}

static void a_wire_without_current_is_open(void **state)
{
	(void)state;
	run(600);
	for (int i = 0; i < 2; i++) {
		order = (struct port_stage_order){ PORT_STAGE_TAKE, 5, 1000 };
		input.stage.capacitor_mv = 1600;
		run(1000);
		order.mode = PORT_STAGE_OFF;
		run(600);
	}
	assert_int_equal(wire.high_mask, 1u << 5);
	assert_int_equal(wire_mohm(&wire, 5), WIRE_OPEN_MOHM);
}

static void a_full_capacitor_is_not_an_open_wire(void **state)
{
	(void)state;
	run(600);
	for (int i = 0; i < 2; i++) {
		order = (struct port_stage_order){ PORT_STAGE_TAKE, 5, 1000 };
		input.stage.capacitor_mv = 2450;
		run(1000);
		order.mode = PORT_STAGE_OFF;
		run(600);
	}
	assert_int_equal(wire.high_mask, 0);
}

static void every_cell_wants_one_test_and_a_doubtful_one_another(void **state)
{
	(void)state;
	bench.wire_mohm[3] = 600;
	run(600);
	for (uint8_t cell = 0; cell < CELLS; cell++) {
		assert_int_equal(wire_next_test(&wire, CELLS, input.now_us), cell);
		wire_test_begins(&wire, cell, input.now_us);
		pulse(cell, -1000);
		if (cell != 2 && cell != 3)
			continue;
		assert_int_equal(wire_next_test(&wire, CELLS, input.now_us), cell);
		wire_test_begins(&wire, cell, input.now_us);
		pulse(cell, -1000);
	}
	assert_int_equal(wire_next_test(&wire, CELLS, input.now_us), WIRE_NO_CELL);
	assert_int_equal(wire.high_mask, 3u << 2);
}

static void a_high_wire_is_tested_again_after_a_while(void **state)
{
	(void)state;
	every_cell_wants_one_test_and_a_doubtful_one_another(state);
	run(WIRE_RETEST_S * 1000);
	bench.wire_mohm[3] = WIRE_MOHM;
	for (int i = 0; i < 4; i++) {
		uint8_t cell = wire_next_test(&wire, CELLS, input.now_us);

		assert_true(cell == 2 || cell == 3);
		wire_test_begins(&wire, cell, input.now_us);
		pulse(cell, -1000);
	}
	assert_int_equal(wire.high_mask, 0);
	assert_int_equal(wire_next_test(&wire, CELLS, input.now_us), WIRE_NO_CELL);
}

static void a_cell_that_never_answers_is_not_tested_for_ever(void **state)
{
	(void)state;
	run(600);
	for (int i = 0; i < WIRE_TRIES; i++) {
		assert_int_equal(wire_next_test(&wire, CELLS, input.now_us), 0);
		wire_test_begins(&wire, 0, input.now_us);
	}
	assert_int_equal(wire_next_test(&wire, CELLS, input.now_us), 1);
}

static void neighbours_of_an_open_wire_are_locked(void **state)
{
	(void)state;
	assert_int_equal(wire_locked_mask(&wire, 1u << 5), 7u << 4);
	assert_int_equal(wire_locked_mask(&wire, 1u), 3u);
}

/* 2 A through 700 mOhm more: a neighbour would look 1.4 V too high. */
static void a_wire_that_goes_bad_under_current_is_looked_at_again_without_it(void **state)
{
	(void)state;
	run(600);
	pulse(5, -2000);
	order = (struct port_stage_order){ PORT_STAGE_TAKE, 5, 2000 };
	input.stage.current_ma = -2000;
	run(1000);
	assert_false(wire.doubted);
	bench.wire_mohm[5] += 700;
	for (int i = 0; i < 30; i++) {
		run(10);
		assert_in_range(input.cells.cell_mv[4], CELL_MV - 2, CELL_MV + 2);
		assert_in_range(input.cells.cell_mv[5], CELL_MV - 2, CELL_MV + 2);
	}
	assert_true(wire.doubted);
	order.mode = PORT_STAGE_OFF;
	run(300);
	assert_false(wire.doubted);
	pulse(5, -2000);
	assert_int_equal(wire_mohm(&wire, 5), 760);
}

/* What the pack's own current does, it does to all cells. */
static void a_step_of_the_packs_current_is_no_doubt(void **state)
{
	(void)state;
	run(600);
	pulse(5, -2000);
	order = (struct port_stage_order){ PORT_STAGE_TAKE, 5, 2000 };
	input.stage.current_ma = -2000;
	run(1000);
	bench.cell_mv -= 300;
	run(1000);
	assert_false(wire.doubted);
}

/* Balancing goes on to the next cell without a look in between, so no pulse measures this one. */
static void a_set_resistance_stands_in_until_a_pulse_has_measured(void **state)
{
	const size_t slot = BMS_SETTING_SLOT_WIRE_RESISTANCE;

	(void)state;
	run(10);
	wire.clean = false;
	order = (struct port_stage_order){ PORT_STAGE_TAKE, 5, 2000 };
	input.stage.current_ma = -2000;
	run(10);
	bench.cell_mv -= 30;
	run(600);
	assert_int_equal(input.cells.cell_mv[5], CELL_MV); /* held: nothing is known */
	start(NULL);
	bms_settings_set(&settings, slot + 5, 2000 * WIRE_MOHM);
	run(10);
	wire.clean = false;
	order = (struct port_stage_order){ PORT_STAGE_TAKE, 5, 2000 };
	input.stage.current_ma = -2000;
	run(10);
	bench.cell_mv -= 30;
	run(600);
	assert_in_range(input.cells.cell_mv[4], CELL_MV - 32, CELL_MV - 28);
	assert_in_range(input.cells.cell_mv[5], CELL_MV - 32, CELL_MV - 28);
	assert_int_equal(wire_mohm(&wire, 5), 0); /* set is not measured */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_pulse_measures_both_wires_of_the_cell, start),
		cmocka_unit_test_setup(what_is_measured_is_told_with_the_cells, start),
		cmocka_unit_test_setup(a_step_of_the_packs_current_is_not_resistance, start),
		cmocka_unit_test_setup(readings_are_corrected_while_current_flows, start),
		cmocka_unit_test_setup(
			the_first_pulse_of_a_wire_shows_the_voltage_from_before, start),
		cmocka_unit_test_setup(the_first_cell_is_seen_before_any_pulse, start),
		cmocka_unit_test_setup(a_high_wire_is_told_after_two_pulses, start),
		cmocka_unit_test_setup(a_wire_at_the_limit_is_not_high, start),
		cmocka_unit_test_setup(a_wire_three_times_the_others_is_high, start),
		cmocka_unit_test_setup(a_repaired_wire_is_released_by_two_pulses, start),
		cmocka_unit_test_setup(a_wire_without_current_is_open, start),
		cmocka_unit_test_setup(a_full_capacitor_is_not_an_open_wire, start),
		cmocka_unit_test_setup(every_cell_wants_one_test_and_a_doubtful_one_another, start),
		cmocka_unit_test_setup(a_high_wire_is_tested_again_after_a_while, start),
		cmocka_unit_test_setup(a_cell_that_never_answers_is_not_tested_for_ever, start),
		cmocka_unit_test_setup(neighbours_of_an_open_wire_are_locked, start),
		cmocka_unit_test_setup(
			a_wire_that_goes_bad_under_current_is_looked_at_again_without_it, start),
		cmocka_unit_test_setup(a_step_of_the_packs_current_is_no_doubt, start),
		cmocka_unit_test_setup(
			a_set_resistance_stands_in_until_a_pulse_has_measured, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
