/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "core/relay_common.h"

enum {
	BOTH = PROTECT_CHARGE | PROTECT_DISCHARGE,
};

static struct relay_common common;
static struct relay_common_input seen;
static struct relay_input asked, got;

static int start(void **state)
{
	(void)state;
	common = (struct relay_common){ 0 };
	seen = (struct relay_common_input){ .allowed_ever = PROTECT_ALL };
	asked = (struct relay_input){
		.now_us = 1000000, .want = BOTH, .allowed = PROTECT_ALL, .pack_mv = 50000
	};
	return 0;
}

static bool run(unsigned ms)
{
	for (unsigned passed = 0; passed < ms; passed += 10) {
		asked.now_us += 10000;
		got = asked;
		relay_common_step(&common, &seen, &got);
		seen.driven = got.want & got.allowed & PORT_RELAY_DISCHARGE;
	}
	return seen.driven;
}

static void one_relay_carries_both_directions(void **state)
{
	(void)state;
	assert_true(run(100));
	assert_int_equal(got.want, PORT_RELAY_DISCHARGE);
	assert_int_equal(got.allowed, PROTECT_DISCHARGE | PROTECT_PRECHARGE);
}

static void a_denied_charge_leaves_discharge_alone_until_charge_flows(void **state)
{
	(void)state;
	asked.allowed = PROTECT_DISCHARGE | PROTECT_PRECHARGE;
	asked.current_ma = -20000;
	assert_true(run(60000));
	asked.current_ma = RELAY_COMMON_FLOW_MA + 1;
	assert_true(run(RELAY_COMMON_CHARGE_MS));
	assert_false(run(20));
	asked.current_ma = 0;
	assert_false(run(10 * RELAY_COMMON_PAUSE_MS));
	asked.allowed = PROTECT_ALL;
	assert_true(run(10));
}

static void a_charge_that_is_only_switched_off_is_looked_for_again(void **state)
{
	(void)state;
	asked.want = PROTECT_DISCHARGE;
	asked.current_ma = 2000;
	assert_false(run(RELAY_COMMON_CHARGE_MS + 100));
	asked.current_ma = 0;
	assert_false(run(RELAY_COMMON_PAUSE_MS - 200));
	assert_true(run(400));
}

static void a_denied_discharge_opens_unless_a_charger_is_seen(void **state)
{
	(void)state;
	asked.allowed = PROTECT_CHARGE;
	asked.current_ma = -5000;
	assert_false(run(10));
	asked.current_ma = 0;
	assert_false(run(1000));
	asked.load_mv = 51000; /* not above */
	assert_false(run(10));
	asked.load_mv = 51001;
	assert_true(run(10));
}

static void a_charger_at_its_input_lets_a_flat_battery_be_charged(void **state)
{
	(void)state;
	asked.allowed = PROTECT_CHARGE;
	seen.charger = true;
	assert_true(run(1000));
	asked.current_ma = 20000;
	assert_true(run(600000));
}

static void a_charger_that_does_not_charge_is_given_half_a_minute(void **state)
{
	(void)state;
	asked.allowed = PROTECT_CHARGE;
	seen.charger = true;
	assert_true(run(RELAY_COMMON_FLOW_MS));
	assert_false(run(30));
	assert_false(run(RELAY_COMMON_PAUSE_MS - 100));
	assert_true(run(200));
}

static void a_flat_battery_is_not_drained_while_it_waits_for_charge(void **state)
{
	(void)state;
	asked.allowed = PROTECT_CHARGE;
	seen.charger = true;
	assert_true(run(100));
	asked.current_ma = -RELAY_COMMON_FLOW_MA - 1;
	assert_false(run(10));
}

static void an_absolute_denial_of_either_direction_opens(void **state)
{
	(void)state;
	assert_true(run(100));
	seen.allowed_ever = (uint8_t)~PROTECT_CHARGE;
	assert_false(run(10));
	seen.allowed_ever = (uint8_t)~PROTECT_DISCHARGE;
	assert_false(run(10));
}

static void both_denied_is_open(void **state)
{
	(void)state;
	asked.allowed = 0;
	asked.current_ma = 1000;
	seen.charger = true;
	assert_false(run(10));
	assert_int_equal(got.allowed, 0);
}

static void switched_off_may_wait_for_the_current_to_go(void **state)
{
	(void)state;
	asked.want = 0;
	run(10);
	assert_int_equal(got.want, 0);
	assert_true(got.allowed & PROTECT_DISCHARGE);
	asked.allowed = 0;
	run(10);
	assert_int_equal(got.allowed, 0);
}

static void charge_may_flow_for_two_seconds_to_the_step(void **state)
{
	(void)state;
	asked.allowed = PROTECT_DISCHARGE | PROTECT_PRECHARGE;
	asked.current_ma = 501;
	assert_true(run(2000));
	assert_false(run(10));
}

static void half_an_ampere_is_no_flow(void **state)
{
	(void)state;
	asked.allowed = PROTECT_DISCHARGE | PROTECT_PRECHARGE;
	asked.current_ma = 500;
	assert_true(run(60000));
	asked.allowed = PROTECT_CHARGE;
	assert_false(run(10)); /* no charger is seen */
	asked.current_ma = 501;
	assert_true(run(60000));
	seen.charger = true;
	asked.current_ma = -500;
	assert_true(run(10000));
	asked.current_ma = -501;
	assert_false(run(10));
}

static void a_pause_lasts_a_minute_to_the_step(void **state)
{
	(void)state;
	asked.want = PROTECT_DISCHARGE;
	asked.current_ma = 2000;
	assert_true(run(2000));
	assert_false(run(10));
	asked.current_ma = 0;
	assert_false(run(59990));
	asked.now_us += 9900; /* and 100 us are left */
	got = asked;
	relay_common_step(&common, &seen, &got);
	assert_int_equal(got.allowed, 0);
	asked.now_us -= 9900;
	assert_true(run(10));
}

static void a_pause_forgets_what_was_waited_for_before(void **state)
{
	(void)state;
	asked.allowed = PROTECT_CHARGE;
	seen.charger = true;
	assert_true(run(30000));
	assert_false(run(20));
	assert_false(run(59000));
	run(2000);
	assert_true(run(25000));
	start(NULL);
	asked.want = PROTECT_DISCHARGE;
	asked.current_ma = 2000;
	assert_false(run(2020));
	asked.current_ma = 0;
	run(60000);
	asked.current_ma = 2000;
	assert_true(run(1900));
}

static void an_idle_charger_has_half_a_minute_to_the_step(void **state)
{
	(void)state;
	asked.allowed = PROTECT_CHARGE;
	asked.current_ma = 500;
	seen.charger = true;
	assert_true(run(30010)); /* it is idle from the first step on in which it is driven */
	assert_false(run(10));
}

static void both_allowed_again_begins_anew(void **state)
{
	(void)state;
	asked.current_ma = 2000;
	assert_true(run(10));
	asked.allowed = PROTECT_DISCHARGE | PROTECT_PRECHARGE;
	assert_true(run(1900));
	asked.allowed = PROTECT_ALL;
	assert_true(run(10));
	asked.allowed = PROTECT_DISCHARGE | PROTECT_PRECHARGE;
	assert_true(run(1900));
}

static void either_direction_wanted_closes_the_one_relay(void **state)
{
	(void)state;
	seen.charger = true;
	asked.want = PROTECT_CHARGE;
	run(10);
	assert_int_equal(got.want, PORT_RELAY_DISCHARGE);
	asked.want = PROTECT_DISCHARGE;
	run(10);
	assert_int_equal(got.want, PORT_RELAY_DISCHARGE);
}

static void switched_off_waits_while_either_direction_is_allowed(void **state)
{
	static const uint8_t either[] = { PROTECT_CHARGE, PROTECT_DISCHARGE };

	(void)state;
	asked.want = 0;
	for (size_t i = 0; i < LENGTH(either); i++) {
		asked.allowed = either[i];
		run(10);
		assert_int_equal(got.allowed, PROTECT_DISCHARGE | PROTECT_PRECHARGE);
	}
	asked.allowed = PROTECT_PRECHARGE;
	run(10);
	assert_int_equal(got.allowed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_relay_carries_both_directions, start),
		cmocka_unit_test_setup(
			a_denied_charge_leaves_discharge_alone_until_charge_flows, start),
		cmocka_unit_test_setup(
			a_charge_that_is_only_switched_off_is_looked_for_again, start),
		cmocka_unit_test_setup(a_denied_discharge_opens_unless_a_charger_is_seen, start),
		cmocka_unit_test_setup(
			a_charger_at_its_input_lets_a_flat_battery_be_charged, start),
		cmocka_unit_test_setup(
			a_charger_that_does_not_charge_is_given_half_a_minute, start),
		cmocka_unit_test_setup(
			a_flat_battery_is_not_drained_while_it_waits_for_charge, start),
		cmocka_unit_test_setup(an_absolute_denial_of_either_direction_opens, start),
		cmocka_unit_test_setup(both_denied_is_open, start),
		cmocka_unit_test_setup(switched_off_may_wait_for_the_current_to_go, start),
		cmocka_unit_test_setup(charge_may_flow_for_two_seconds_to_the_step, start),
		cmocka_unit_test_setup(half_an_ampere_is_no_flow, start),
		cmocka_unit_test_setup(a_pause_lasts_a_minute_to_the_step, start),
		cmocka_unit_test_setup(a_pause_forgets_what_was_waited_for_before, start),
		cmocka_unit_test_setup(an_idle_charger_has_half_a_minute_to_the_step, start),
		cmocka_unit_test_setup(both_allowed_again_begins_anew, start),
		cmocka_unit_test_setup(either_direction_wanted_closes_the_one_relay, start),
		cmocka_unit_test_setup(switched_off_waits_while_either_direction_is_allowed, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
