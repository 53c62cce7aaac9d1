/* SPDX-License-Identifier: MIT */
/* The relay sequencer at its limits: each time to the step, each level to the unit. */
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
		.want = PORT_RELAY_DISCHARGE,
		.allowed = PROTECT_ALL,
		.pack_mv = 50000,
		.precharge_ms = 5000,
	};
	drive = 0;
	return 0;
}

static void run_us(uint64_t us)
{
	input.now_us += us;
	drive = relay_step(&relay, &input);
}

static void run(unsigned ms)
{
	for (unsigned passed = 0; passed < ms; passed += 10)
		run_us(10000);
}

static void run_until(enum relay_state state)
{
	for (unsigned steps = 0; relay.discharge.state != state && steps < 100000; steps++)
		run(10);
	assert_int_equal(relay.discharge.state, state);
}

static void close_discharge(void)
{
	run_until(RELAY_PRECHARGE);
	input.load_mv = 50000;
	run_until(RELAY_CLOSED);
}

/* Still in the state just before, no longer when the time is over. */
static void expect_lasts(enum relay_state state, unsigned ms)
{
	run_until(state);
	run(ms - 10);
	assert_int_equal(relay.discharge.state, state);
	run(10);
	assert_int_not_equal(relay.discharge.state, state);
}

static void rests_and_pauses_last_as_long_as_they_should(void **state)
{
	(void)state;
	expect_lasts(RELAY_OPEN, 1000);
	expect_lasts(RELAY_PRECHECK, 100);
	expect_lasts(RELAY_PRECHARGE, 5000);
	expect_lasts(RELAY_COOLDOWN, 30000);
	run_until(RELAY_PRECHARGE);
	expect_lasts(RELAY_COOLDOWN, 60000);
	run_until(RELAY_PRECHARGE);
	run_until(RELAY_COOLDOWN);
	run(600000);
	assert_int_equal(relay.discharge.state, RELAY_COOLDOWN);
	assert_int_equal(relay.discharge.tries, 3);
}

static void the_fuse_has_three_seconds_and_the_overlap_three_tenths(void **state)
{
	(void)state;
	run_until(RELAY_PRECHARGE);
	input.load_mv = 50000;
	expect_lasts(RELAY_OVERLAP, 300);
	assert_int_equal(relay.discharge.state, RELAY_CLOSED);
	input.break_ma = 1000;
	input.contact_ma = 1001;
	input.allowed = 0;
	run(10);
	expect_lasts(RELAY_BREAKING, 3000);
	assert_int_equal(drive, 0);
}

static void what_the_contacts_can_just_break_they_break(void **state)
{
	(void)state;
	close_discharge();
	input.break_ma = 1000;
	input.contact_ma = 1000;
	input.allowed = 0;
	run(10);
	assert_int_equal(relay.discharge.state, RELAY_OPEN);
}

static void a_load_two_percent_away_needs_no_resistor(void **state)
{
	static const struct {
		int32_t load_mv;
		enum relay_state next;
	} rows[] = {
		{ 48999, RELAY_PRECHARGE },
		{ 49000, RELAY_CLOSED },
		{ 51000, RELAY_CLOSED },
		{ 51001, RELAY_PRECHARGE },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		start(NULL);
		input.load_mv = rows[i].load_mv;
		run_until(RELAY_PRECHECK);
		run(100);
		assert_int_equal(relay.discharge.state, rows[i].next);
	}
}

/* Up at once and for 100 ms: the coil's 50 ms come first. */
static void a_load_that_is_up_at_once_is_believed_after_coil_and_rest(void **state)
{
	(void)state;
	run_until(RELAY_PRECHARGE);
	input.load_mv = 47500;
	run(140);
	assert_int_equal(relay.discharge.state, RELAY_PRECHARGE);
	run(10);
	assert_int_equal(relay.discharge.state, RELAY_OVERLAP);
}

static void a_load_just_below_the_window_has_not_risen(void **state)
{
	(void)state;
	run_until(RELAY_PRECHARGE);
	input.load_mv = 47499;
	run(4000);
	assert_int_equal(relay.discharge.state, RELAY_PRECHARGE);
	input.load_mv = 55001;
	run(900);
	assert_int_equal(relay.discharge.state, RELAY_PRECHARGE);
}

static void the_rest_of_a_risen_load_is_not_a_moment_shorter(void **state)
{
	(void)state;
	run_until(RELAY_PRECHARGE);
	run(1000);
	input.load_mv = 50000;
	run(10);
	run_us(99950);
	assert_int_equal(relay.discharge.state, RELAY_PRECHARGE);
	run_us(50);
	assert_int_equal(relay.discharge.state, RELAY_OVERLAP);
}

static void a_load_up_within_a_tenth_of_a_second_is_too_fast(void **state)
{
	(void)state;
	for (unsigned ms = 90; ms <= 100; ms += 10) {
		start(NULL);
		run_until(RELAY_PRECHARGE);
		run(ms - 10);
		input.load_mv = 50000;
		run(10);
		assert_int_equal(relay.discharge.too_fast, ms < 100);
	}
}

static void a_load_may_draw_one_ampere_through_the_resistor(void **state)
{
	(void)state;
	run_until(RELAY_PRECHARGE);
	input.load_mv = 50000;
	input.current_ma = -1001;
	run(1000);
	assert_int_equal(relay.discharge.state, RELAY_PRECHARGE);
	input.current_ma = -1000;
	run(200);
	assert_int_equal(relay.discharge.state, RELAY_OVERLAP);
}

static void a_start_that_is_denied_or_no_longer_wanted_ends_open(void **state)
{
	static const enum relay_state states[] = { RELAY_PRECHECK, RELAY_PRECHARGE };

	(void)state;
	for (size_t i = 0; i < LENGTH(states); i++)
		for (int denied = 0; denied < 3; denied++) {
			start(NULL);
			run_until(states[i]);
			input.want = denied == 0 ? 0 : input.want;
			if (denied)
				input.allowed = denied == 1 ? PROTECT_PRECHARGE : PROTECT_DISCHARGE;
			run(10);
			assert_int_equal(relay.discharge.state, RELAY_OPEN);
			assert_int_equal(drive, 0);
		}
}

static void without_its_precharge_relay_discharge_does_not_start(void **state)
{
	(void)state;
	input.allowed = PROTECT_DISCHARGE;
	run(30000);
	assert_int_equal(relay.discharge.state, RELAY_OPEN);
	assert_int_equal(relay.discharge.closures, 0);
	assert_int_equal(drive, 0);
}

static void a_closed_relay_that_is_wanted_stays_as_it_is(void **state)
{
	(void)state;
	close_discharge();
	for (int i = 0; i < 500; i++) {
		run(10);
		assert_int_equal(relay.discharge.state, RELAY_CLOSED);
		assert_int_equal(drive, PORT_RELAY_DISCHARGE);
	}
}

static void a_relay_that_waits_for_its_current_is_taken_back(void **state)
{
	(void)state;
	close_discharge();
	assert_int_equal(relay_opening(&relay), 0);
	run(2000);
	input.current_ma = -20000;
	input.want = 0;
	run(50);
	assert_int_equal(relay.discharge.state, RELAY_OPENING);
	assert_int_equal(relay_opening(&relay), PORT_RELAY_DISCHARGE);
	assert_int_equal(drive, PORT_RELAY_DISCHARGE);
	input.want = PORT_RELAY_DISCHARGE;
	run(10);
	assert_int_equal(relay.discharge.state, RELAY_CLOSED);
}

/* 5 A wear; less does not, whatever its direction. */
static void less_than_five_amperes_are_no_current(void **state)
{
	static const int32_t currents[] = { -5000, -4999, 4999, 5000 };

	(void)state;
	for (size_t i = 0; i < LENGTH(currents); i++) {
		bool small = currents[i] < 5000 && currents[i] > -5000;

		start(NULL);
		close_discharge();
		run(2000);
		input.want = 0;
		input.current_ma = currents[i];
		run(20);
		assert_int_equal(relay.discharge.state, small ? RELAY_OPEN : RELAY_OPENING);
	}
}

/* The relay that carries the current opens after 5 s, the other one 50 ms later. */
static void a_current_that_does_not_go_is_waited_for_as_long_as_it_should(void **state)
{
	(void)state;
	for (int sign = -1; sign <= 1; sign += 2) {
		start(NULL);
		close_discharge();
		run(2000);
		input.current_ma = sign * 20000;
		input.want = 0;
		run(10);
		expect_lasts(RELAY_OPENING, sign < 0 ? 5000 : 5050);
	}
}

static void wear_is_counted_above_five_amperes_where_a_contact_parts(void **state)
{
	(void)state;
	run(500);
	assert_int_equal(relay.discharge.cycles, 0);
	close_discharge();
	assert_int_equal(relay.discharge.cycles, 0);
	input.contact_ma = 5000;
	input.allowed = 0;
	run(10);
	assert_int_equal(relay.discharge.cycles, 1);
	assert_int_equal(relay.discharge.loaded_cycles, 0);
	assert_int_equal(relay.discharge.worst_ma, 5000);
	input.allowed = PROTECT_ALL;
	run_until(RELAY_CLOSED);
	input.contact_ma = 5001;
	input.allowed = 0;
	run(10);
	assert_int_equal(relay.discharge.loaded_cycles, 1);
}

static void a_pause_that_is_no_longer_wanted_ends_open(void **state)
{
	(void)state;
	run_until(RELAY_COOLDOWN);
	assert_true(relay_start_failed(&relay));
	input.want = 0;
	run(10);
	assert_int_equal(relay.discharge.state, RELAY_OPEN);
	assert_int_equal(drive, 0);
	run(10);
	assert_false(relay_start_failed(&relay));
}

static void close_charge(void)
{
	input.allowed = PROTECT_ALL;
	for (unsigned steps = 0; !(drive & PORT_RELAY_CHARGE) && steps < 10000; steps++)
		run(10);
	assert_true(drive & PORT_RELAY_CHARGE);
}

static void the_seventh_closure_waits_for_the_minute_to_end(void **state)
{
	uint64_t first_us = 0;

	(void)state;
	input.want = PORT_RELAY_CHARGE;
	for (int i = 0; i < 6; i++) {
		close_charge();
		first_us = i == 0 ? input.now_us : first_us;
		input.allowed = 0;
		run(10);
		assert_int_equal(drive, 0);
	}
	close_charge();
	assert_int_equal(input.now_us - first_us, 60000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(rests_and_pauses_last_as_long_as_they_should, start),
		cmocka_unit_test_setup(
			the_fuse_has_three_seconds_and_the_overlap_three_tenths, start),
		cmocka_unit_test_setup(what_the_contacts_can_just_break_they_break, start),
		cmocka_unit_test_setup(a_load_two_percent_away_needs_no_resistor, start),
		cmocka_unit_test_setup(
			a_load_that_is_up_at_once_is_believed_after_coil_and_rest, start),
		cmocka_unit_test_setup(a_load_just_below_the_window_has_not_risen, start),
		cmocka_unit_test_setup(the_rest_of_a_risen_load_is_not_a_moment_shorter, start),
		cmocka_unit_test_setup(a_load_up_within_a_tenth_of_a_second_is_too_fast, start),
		cmocka_unit_test_setup(a_load_may_draw_one_ampere_through_the_resistor, start),
		cmocka_unit_test_setup(a_start_that_is_denied_or_no_longer_wanted_ends_open, start),
		cmocka_unit_test_setup(without_its_precharge_relay_discharge_does_not_start, start),
		cmocka_unit_test_setup(a_closed_relay_that_is_wanted_stays_as_it_is, start),
		cmocka_unit_test_setup(a_relay_that_waits_for_its_current_is_taken_back, start),
		cmocka_unit_test_setup(less_than_five_amperes_are_no_current, start),
		cmocka_unit_test_setup(
			a_current_that_does_not_go_is_waited_for_as_long_as_it_should, start),
		cmocka_unit_test_setup(
			wear_is_counted_above_five_amperes_where_a_contact_parts, start),
		cmocka_unit_test_setup(a_pause_that_is_no_longer_wanted_ends_open, start),
		cmocka_unit_test_setup(the_seventh_closure_waits_for_the_minute_to_end, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
