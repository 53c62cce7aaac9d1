/* SPDX-License-Identifier: MIT */
/* The model of the balancer's power stage. */
#include "check.h"

#include <math.h>

#include "plant/balancer.h"

static struct balancer balancer;
static double cell_v[PORT_CHANNELS];

static int start(void **state)
{
	struct balancer_config config = { .farad = 60, .efficiency = 0.95 };

	(void)state;
	for (size_t i = 0; i <= PORT_CHANNELS; i++)
		config.wire_ohm[i] = 0.03;
	for (size_t i = 0; i < PORT_CHANNELS; i++)
		cell_v[i] = 3.3;
	balancer_init(&balancer, &config);
	return 0;
}

static void order(enum port_stage_mode mode, uint8_t cell, uint16_t ma)
{
	struct port_stage_order what = { (uint8_t)mode, cell, ma };

	balancer_order(&balancer, &what);
}

/* Coulombs into the connected cell. */
static double run(double seconds)
{
	double moved = 0;

	for (double t = 0; t < seconds - 1e-9; t += 0.01)
		moved += balancer_step(&balancer, cell_v, 0.01);
	return moved;
}

static bool near(double a, double b, double tolerance)
{
	return fabs(a - b) <= tolerance;
}

static void the_converter_holds_its_current_after_a_ramp(void **state)
{
	(void)state;
	order(PORT_STAGE_TAKE, 3, 2000);
	run(0.05);
	assert_true(balancer.current_a > -2 && balancer.current_a < 0);
	run(0.1);
	assert_true(near(balancer.current_a, -2, 1e-9));
}

static void what_is_taken_is_in_the_capacitor_less_the_losses(void **state)
{
	double volts = balancer.capacitor_v, joules;

	(void)state;
	order(PORT_STAGE_TAKE, 3, 2000);
	run(5);
	joules = 30 * (balancer.capacitor_v * balancer.capacitor_v - volts * volts);
	assert_true(near(joules, balancer.taken_c[3] * (3.3 - 0.12) * 0.95, 0.1));
}

static void giving_arrives_until_the_capacitor_is_empty(void **state)
{
	double taken, given;

	(void)state;
	order(PORT_STAGE_TAKE, 3, 2000);
	taken = -run(10);
	order(PORT_STAGE_OFF, 0, 0);
	run(0.02);
	order(PORT_STAGE_GIVE, 7, 2000);
	given = run(60);
	assert_true(near(given / taken, 0.95 * 0.95 * (3.3 - 0.12) / (3.3 + 0.12), 0.01));
	assert_true(balancer.current_a <= 0);
}

static void the_connected_cell_and_its_neighbours_are_seen_wrong(void **state)
{
	(void)state;
	order(PORT_STAGE_TAKE, 3, 2000);
	run(1);
	assert_true(near(balancer_error_v(&balancer, 3), -0.12, 1e-9));
	assert_true(near(balancer_error_v(&balancer, 2), 0.06, 1e-9));
	assert_true(near(balancer_error_v(&balancer, 4), 0.06, 1e-9));
	assert_true(near(balancer_error_v(&balancer, 5), 0, 1e-9));
}

static void changing_the_cell_with_a_pause_connects_one_at_a_time(void **state)
{
	(void)state;
	order(PORT_STAGE_TAKE, 3, 2000);
	run(1);
	order(PORT_STAGE_OFF, 0, 0);
	run(0.01);
	order(PORT_STAGE_GIVE, 9, 2000);
	run(1);
	order(PORT_STAGE_TAKE, 9, 2000);
	assert_int_equal(balancer.violations, 0);
}

static void changing_the_cell_at_once_is_a_violation(void **state)
{
	(void)state;
	order(PORT_STAGE_TAKE, 3, 2000);
	run(1);
	order(PORT_STAGE_GIVE, 9, 2000);
	assert_int_equal(balancer.violations, 1);
}

static void an_open_wire_carries_nothing(void **state)
{
	(void)state;
	balancer.config.wire_ohm[4] = 1e6;
	order(PORT_STAGE_TAKE, 3, 2000);
	run(1);
	assert_true(near(balancer.current_a, 0, 1e-4));
	order(PORT_STAGE_OFF, 0, 0);
	run(0.02);
	order(PORT_STAGE_TAKE, 9, 2000);
	run(1);
	assert_true(near(balancer.current_a, -2, 1e-9));
}

static void current_heats_the_stage(void **state)
{
	struct port_stage cold, warm;

	(void)state;
	balancer_sense(&balancer, 25, &cold);
	order(PORT_STAGE_TAKE, 3, 2000);
	run(10);
	balancer_sense(&balancer, 25, &warm);
	assert_int_equal(cold.temperature_dc, 250);
	assert_true(warm.temperature_dc > 255);
	assert_int_equal(warm.current_ma, -2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_converter_holds_its_current_after_a_ramp, start),
		cmocka_unit_test_setup(what_is_taken_is_in_the_capacitor_less_the_losses, start),
		cmocka_unit_test_setup(giving_arrives_until_the_capacitor_is_empty, start),
		cmocka_unit_test_setup(the_connected_cell_and_its_neighbours_are_seen_wrong, start),
		cmocka_unit_test_setup(
			changing_the_cell_with_a_pause_connects_one_at_a_time, start),
		cmocka_unit_test_setup(changing_the_cell_at_once_is_a_violation, start),
		cmocka_unit_test_setup(an_open_wire_carries_nothing, start),
		cmocka_unit_test_setup(current_heats_the_stage, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
