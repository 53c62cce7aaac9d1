/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "core/relay.h"

static struct relay relay;
static struct relay_input input;
static uint8_t drive;

static int start(void **state)
{
	(void)state;
	relay_init(&relay, 0);
	input = (struct relay_input){
		.want = PORT_RELAY_CHARGE | PORT_RELAY_DISCHARGE,
		.allowed = PROTECT_ALL,
		.pack_mv = 50000,
		.precharge_ms = 5000,
	};
	drive = 0;
	return 0;
}

static void run(unsigned ms)
{
	for (unsigned passed = 0; passed < ms; passed += 10) {
		input.now_us += 10000;
		drive = relay_step(&relay, &input);
	}
}

/* Runs until the relays change; returns the time it took, at most limit_ms. */
static unsigned run_until_change(unsigned limit_ms)
{
	uint8_t before = drive;
	unsigned passed = 0;

	while (drive == before && passed < limit_ms) {
		run(10);
		passed += 10;
	}
	return passed;
}

static void close_all(void)
{
	run(1500);
	input.load_mv = 50000;
	run(6000);
	assert_int_equal(drive, PORT_RELAY_CHARGE | PORT_RELAY_DISCHARGE);
}

static void discharge_is_closed_after_the_precharge_time_with_an_overlap(void **state)
{
	(void)state;
	input.want = PORT_RELAY_DISCHARGE;
	assert_int_equal(run_until_change(10000), 1000);
	assert_int_equal(drive, PORT_RELAY_PRECHARGE);
	input.load_mv = 49000;
	assert_int_equal(run_until_change(10000), 5000);
	assert_int_equal(drive, PORT_RELAY_PRECHARGE | PORT_RELAY_DISCHARGE);
	assert_int_equal(run_until_change(10000), 300);
	assert_int_equal(drive, PORT_RELAY_DISCHARGE);
}

static void the_main_relay_never_closes_on_a_load_that_has_not_come_up(void **state)
{
	(void)state;
	input.want = PORT_RELAY_DISCHARGE;
	input.load_mv = 44999; /* under 90 % */
	for (unsigned ms = 0; ms < 600000; ms += 10) {
		run(10);
		assert_false(drive & PORT_RELAY_DISCHARGE);
	}
	assert_true(relay_start_failed(&relay));
	assert_int_equal(drive, 0);
}

static void three_failed_starts_wait_for_somebody_to_switch_off(void **state)
{
	(void)state;
	input.want = PORT_RELAY_DISCHARGE;
	run(600000);
	assert_int_equal(relay.discharge.tries, RELAY_TRIES);
	input.load_mv = 50000;
	run(600000);
	assert_int_equal(drive, 0);
	input.want = 0;
	run(100);
	assert_false(relay_start_failed(&relay));
	input.want = PORT_RELAY_DISCHARGE;
	run(10000);
	assert_int_equal(drive, PORT_RELAY_DISCHARGE);
}

static void a_failed_start_is_tried_again_after_a_pause(void **state)
{
	(void)state;
	input.want = PORT_RELAY_DISCHARGE;
	run(7000);
	assert_int_equal(drive, 0);
	input.load_mv = 50000;
	run(20000);
	assert_int_equal(drive, 0);
	run(20000);
	assert_int_equal(drive, PORT_RELAY_DISCHARGE);
	assert_false(relay_start_failed(&relay));
}

static void without_a_precharge_time_the_main_relay_closes_directly(void **state)
{
	(void)state;
	input.want = PORT_RELAY_DISCHARGE;
	input.precharge_ms = 0;
	run_until_change(5000);
	assert_int_equal(drive, PORT_RELAY_DISCHARGE);
}

static void a_denied_relay_opens_in_the_same_step(void **state)
{
	(void)state;
	close_all();
	input.allowed = (uint8_t)~PROTECT_CHARGE;
	input.current_ma = 20000;
	run(10);
	assert_int_equal(drive, PORT_RELAY_DISCHARGE);
	input.allowed = 0;
	run(10);
	assert_int_equal(drive, 0);
}

static void a_denied_precharge_opens_in_the_same_step(void **state)
{
	(void)state;
	run(2000);
	assert_true(drive & PORT_RELAY_PRECHARGE);
	input.allowed = (uint8_t)~PROTECT_PRECHARGE;
	run(10);
	assert_false(drive & (PORT_RELAY_PRECHARGE | PORT_RELAY_DISCHARGE));
}

static void a_relay_rests_a_second_before_it_closes_again(void **state)
{
	(void)state;
	close_all();
	input.allowed = (uint8_t)~PROTECT_CHARGE;
	run(10);
	input.allowed = PROTECT_ALL;
	assert_int_equal(run_until_change(5000), RELAY_MIN_MS);
	assert_true(drive & PORT_RELAY_CHARGE);
}

static void switching_off_waits_for_the_current_but_not_for_long(void **state)
{
	(void)state;
	close_all();
	run(2000);
	input.current_ma = -30000;
	input.want = PORT_RELAY_CHARGE;
	run(500);
	assert_true(drive & PORT_RELAY_DISCHARGE);
	input.current_ma = -1000;
	run(20);
	assert_false(drive & PORT_RELAY_DISCHARGE);
	input.want = 0;
	input.current_ma = 30000;
	run(RELAY_OPENING_MS);
	assert_true(drive & PORT_RELAY_CHARGE);
	run(20);
	assert_int_equal(drive, 0);
}

static void charge_needs_no_precharge_and_leaves_discharge_alone(void **state)
{
	(void)state;
	input.want = PORT_RELAY_CHARGE;
	assert_int_equal(run_until_change(5000), 1000);
	assert_int_equal(drive, PORT_RELAY_CHARGE);
	run(60000);
	assert_int_equal(drive, PORT_RELAY_CHARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			discharge_is_closed_after_the_precharge_time_with_an_overlap, start),
		cmocka_unit_test_setup(
			the_main_relay_never_closes_on_a_load_that_has_not_come_up, start),
		cmocka_unit_test_setup(three_failed_starts_wait_for_somebody_to_switch_off, start),
		cmocka_unit_test_setup(a_failed_start_is_tried_again_after_a_pause, start),
		cmocka_unit_test_setup(
			without_a_precharge_time_the_main_relay_closes_directly, start),
		cmocka_unit_test_setup(a_denied_relay_opens_in_the_same_step, start),
		cmocka_unit_test_setup(a_denied_precharge_opens_in_the_same_step, start),
		cmocka_unit_test_setup(a_relay_rests_a_second_before_it_closes_again, start),
		cmocka_unit_test_setup(switching_off_waits_for_the_current_but_not_for_long, start),
		cmocka_unit_test_setup(charge_needs_no_precharge_and_leaves_discharge_alone, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
