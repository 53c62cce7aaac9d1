/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "core/protect.h"
#include "core/weld.h"

enum {
	CHARGE = PORT_RELAY_CHARGE,
	DISCHARGE = PORT_RELAY_DISCHARGE,
};

static struct weld weld;
static struct measure measure;
static struct weld_input input;

static int start(void **state)
{
	(void)state;
	weld_init(&weld, 0);
	measure_init(&measure, 0);
	measure.source[MEASURE_RAILS].ever = true;
	measure.rails.pack_mv = 50000;
	input = (struct weld_input){ .allowed = PROTECT_ALL };
	return 0;
}

static void run(unsigned ms)
{
	for (unsigned passed = 0; passed < ms; passed += 10) {
		input.now_us += 10000;
		weld_step(&weld, &measure, &input);
	}
}

static void check(
	int32_t charge, int32_t discharge, int32_t charge_anyway, int32_t discharge_anyway)
{
	assert_int_equal(measure.value[MEASURE_CHARGE_STRAY_MA], charge);
	assert_int_equal(measure.value[MEASURE_DISCHARGE_STRAY_MA], discharge);
	assert_int_equal(measure.value[MEASURE_CHARGE_ANYWAY_MA], charge_anyway);
	assert_int_equal(measure.value[MEASURE_DISCHARGE_ANYWAY_MA], discharge_anyway);
}

static void current_with_every_relay_open_is_stray(void **state)
{
	(void)state;
	measure.shunt.current_ma = 4000;
	run(WELD_OPEN_MS);
	check(4000, 0, 0, 0);
	measure.shunt.current_ma = -4000;
	run(10);
	check(0, 4000, 0, 0);
}

static void a_relay_has_time_to_release(void **state)
{
	(void)state;
	input.driven = DISCHARGE;
	measure.shunt.current_ma = -80000;
	run(1000);
	check(0, 0, 0, 0);
	input.driven = 0;
	run(WELD_OPEN_MS);
	check(0, 0, 0, 0);
	run(10);
	check(0, 80000, 0, 0);
}

static void current_against_a_denial_flows_anyway(void **state)
{
	(void)state;
	input.driven = DISCHARGE;
	input.allowed = (uint8_t)~PROTECT_CHARGE;
	measure.shunt.current_ma = 5000;
	run(200);
	check(0, 0, 5000, 0);
	input.driven = CHARGE;
	input.allowed = (uint8_t)~PROTECT_DISCHARGE;
	measure.shunt.current_ma = -5000;
	run(200);
	check(0, 0, 0, 5000);
}

static void a_motor_may_brake_while_charge_is_switched_off(void **state)
{
	(void)state;
	input.driven = DISCHARGE;
	measure.shunt.current_ma = 60000;
	run(500);
	check(0, 0, 0, 0);
}

static void a_common_port_lets_both_directions_through_its_one_relay(void **state)
{
	(void)state;
	input.common_port = true;
	input.driven = DISCHARGE;
	input.allowed = (uint8_t)~PROTECT_CHARGE;
	measure.shunt.current_ma = 5000;
	run(500);
	check(0, 0, 0, 0);
}

static void a_load_that_is_fed_behind_an_open_relay_is_stray(void **state)
{
	(void)state;
	input.driven = CHARGE;
	measure.shunt.current_ma = -5000;
	measure.rails.load_mv = 47500;
	run(500);
	check(0, 0, 0, 0);
	measure.rails.load_mv = 47501; /* above 95 % */
	run(10);
	check(0, 5000, 0, 0);
	input.no_load_sense = true;
	run(10);
	check(0, 0, 0, 0);
}

static void a_closed_relay_with_nothing_behind_it_did_not_close(void **state)
{
	(void)state;
	input.driven = DISCHARGE;
	measure.rails.load_mv = 40000; /* not above 80 % */
	run(WELD_CLOSED_MS);
	assert_int_equal(measure.value[MEASURE_LOAD_DOWN], 0);
	run(10);
	assert_int_equal(measure.value[MEASURE_LOAD_DOWN], 1);
	measure.shunt.current_ma = -WELD_NO_CURRENT_MA;
	run(10);
	assert_int_equal(measure.value[MEASURE_LOAD_DOWN], 0);
	measure.shunt.current_ma = 0;
	measure.rails.load_mv = 40001;
	run(10);
	assert_int_equal(measure.value[MEASURE_LOAD_DOWN], 0);
	measure.rails.load_mv = 0;
	input.no_load_sense = true;
	run(10);
	assert_int_equal(measure.value[MEASURE_LOAD_DOWN], 0);
}

static void a_load_that_stays_up_for_half_a_minute_is_suspect_until_it_falls(void **state)
{
	(void)state;
	measure.rails.load_mv = 45001; /* above 90 % */
	run(WELD_SUSPECT_MS);
	assert_false(weld.suspect);
	run(10);
	assert_true(weld.suspect);
	measure.rails.load_mv = 45000;
	run(10);
	assert_false(weld.suspect);
	measure.rails.load_mv = 50000;
	input.driven = DISCHARGE;
	run(2 * WELD_SUSPECT_MS);
	assert_false(weld.suspect);
}

static void a_load_behind_the_precharge_resistor_is_fed(void **state)
{
	(void)state;
	measure.rails.load_mv = 50000;
	input.driven = PORT_RELAY_PRECHARGE;
	measure.shunt.current_ma = -4000;
	run(WELD_OPEN_MS + 1000);
	check(0, 0, 0, 0);
}

static void one_ampere_is_a_current(void **state)
{
	static const int32_t currents[] = { -1000, -999, 999, 1000 };

	(void)state;
	input.driven = DISCHARGE;
	run(1000);
	for (size_t i = 0; i < LENGTH(currents); i++) {
		measure.shunt.current_ma = currents[i];
		run(10);
		assert_int_equal(measure.value[MEASURE_LOAD_DOWN],
			currents[i] > -1000 && currents[i] < 1000);
	}
}

static void a_load_that_fell_is_watched_for_half_a_minute_again(void **state)
{
	(void)state;
	measure.rails.load_mv = 50000;
	run(20000);
	measure.rails.load_mv = 0;
	run(100);
	measure.rails.load_mv = 50000;
	run(30000);
	assert_false(weld.suspect);
	run(10);
	assert_true(weld.suspect);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(current_with_every_relay_open_is_stray, start),
		cmocka_unit_test_setup(a_relay_has_time_to_release, start),
		cmocka_unit_test_setup(current_against_a_denial_flows_anyway, start),
		cmocka_unit_test_setup(a_motor_may_brake_while_charge_is_switched_off, start),
		cmocka_unit_test_setup(
			a_common_port_lets_both_directions_through_its_one_relay, start),
		cmocka_unit_test_setup(a_load_that_is_fed_behind_an_open_relay_is_stray, start),
		cmocka_unit_test_setup(a_closed_relay_with_nothing_behind_it_did_not_close, start),
		cmocka_unit_test_setup(
			a_load_that_stays_up_for_half_a_minute_is_suspect_until_it_falls, start),
		cmocka_unit_test_setup(a_load_behind_the_precharge_resistor_is_fed, start),
		cmocka_unit_test_setup(one_ampere_is_a_current, start),
		cmocka_unit_test_setup(a_load_that_fell_is_watched_for_half_a_minute_again, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
