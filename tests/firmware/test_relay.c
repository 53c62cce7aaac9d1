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
	assert_int_equal(run_until_change(10000), RELAY_MIN_MS + RELAY_PRECHECK_MS);
	assert_int_equal(drive, PORT_RELAY_PRECHARGE);
	run(1000);
	input.load_mv = 47500; /* 95 % */
	assert_int_equal(run_until_change(10000), RELAY_RISEN_MS + 10);
	assert_int_equal(drive, PORT_RELAY_PRECHARGE | PORT_RELAY_DISCHARGE);
	assert_int_equal(run_until_change(10000), RELAY_OVERLAP_MS);
	assert_int_equal(drive, PORT_RELAY_DISCHARGE);
	assert_false(relay.discharge.too_fast);
}

static void without_a_load_sense_wire_the_precharge_lasts_its_set_time(void **state)
{
	(void)state;
	input.want = PORT_RELAY_DISCHARGE;
	input.no_load_sense = true;
	input.load_mv = 50000; /* an input nobody has connected reads anything */
	assert_int_equal(run_until_change(10000), RELAY_MIN_MS + RELAY_PRECHECK_MS);
	assert_int_equal(drive, PORT_RELAY_PRECHARGE);
	assert_int_equal(run_until_change(10000), 5000);
	assert_int_equal(drive, PORT_RELAY_PRECHARGE | PORT_RELAY_DISCHARGE);
}

static void a_load_that_dips_below_the_window_starts_its_rest_again(void **state)
{
	(void)state;
	input.want = PORT_RELAY_DISCHARGE;
	run(RELAY_MIN_MS + 500);
	input.load_mv = 47500;
	run(RELAY_RISEN_MS - 10);
	input.load_mv = 47499;
	run(10);
	input.load_mv = 47500;
	run(RELAY_RISEN_MS - 10);
	assert_int_equal(drive, PORT_RELAY_PRECHARGE);
	run(30);
	assert_true(drive & PORT_RELAY_DISCHARGE);
}

static void a_load_far_above_the_pack_is_not_precharged_to_it(void **state)
{
	(void)state;
	input.want = PORT_RELAY_DISCHARGE;
	input.load_mv = 55001; /* beyond 110 % */
	for (int step = 0; step < 2000; step++) {
		run(10);
		assert_false(drive & PORT_RELAY_DISCHARGE);
	}
	input.load_mv = 55000;
	run(60000);
	assert_int_equal(drive, PORT_RELAY_DISCHARGE);
}

static void a_load_that_draws_through_the_resistor_is_not_precharged(void **state)
{
	(void)state;
	input.want = PORT_RELAY_DISCHARGE;
	run(RELAY_MIN_MS + 500);
	input.load_mv = 48000;
	input.current_ma = -RELAY_RISEN_MA - 1;
	run(5000);
	assert_int_equal(drive, 0);
	assert_true(relay_start_failed(&relay));
}

static void a_load_at_pack_voltage_needs_no_resistor_unless_a_weld_is_suspected(void **state)
{
	(void)state;
	input.want = PORT_RELAY_DISCHARGE;
	input.load_mv = 49000; /* within 2 % */
	run_until_change(10000);
	assert_int_equal(drive, PORT_RELAY_DISCHARGE);
	relay_init(&relay, input.now_us);
	drive = 0;
	input.suspect = true;
	run_until_change(10000);
	assert_int_equal(drive, PORT_RELAY_PRECHARGE);
	run(1000);
	assert_true(relay.discharge.too_fast);
	assert_int_equal(drive, PORT_RELAY_DISCHARGE);
}

static void a_short_circuit_beyond_the_contacts_waits_for_the_fuse(void **state)
{
	(void)state;
	close_all();
	input.break_ma = 1500000;
	input.contact_ma = 1500001;
	input.allowed = 0;
	run(RELAY_FUSE_MS);
	assert_int_equal(drive, PORT_RELAY_CHARGE | PORT_RELAY_DISCHARGE);
	run(20);
	assert_int_equal(drive, 0);
}

static void the_relay_opens_as_soon_as_the_fuse_has_blown(void **state)
{
	(void)state;
	close_all();
	input.break_ma = 1500000;
	input.contact_ma = 4000000;
	input.allowed = 0;
	run(200);
	assert_true(drive & PORT_RELAY_DISCHARGE);
	input.contact_ma = 0;
	run(10);
	assert_int_equal(drive, 0);
}

static void what_the_contacts_can_break_they_break_at_once(void **state)
{
	(void)state;
	close_all();
	input.break_ma = 1500000;
	input.contact_ma = 1500000;
	input.allowed = 0;
	run(10);
	assert_int_equal(drive, 0);
	assert_int_equal(relay.discharge.loaded_cycles, 1);
	assert_int_equal(relay.discharge.worst_ma, 1500000);
}

static void contacts_do_not_chatter(void **state)
{
	unsigned closures = 0;

	(void)state;
	input.want = PORT_RELAY_CHARGE;
	for (int step = 0; step < 6000; step++) {
		uint8_t before = drive;

		input.allowed = drive ? 0 : PROTECT_ALL;
		run(10);
		closures += drive && !before;
	}
	assert_int_equal(closures, RELAY_CLOSURES_PER_MINUTE);
}

static void the_relay_that_carries_the_current_opens_first(void **state)
{
	(void)state;
	close_all();
	run(2000);
	input.current_ma = -30000;
	input.want = 0;
	run(RELAY_OPENING_MS + 10);
	assert_int_equal(relay_opening(&relay), PORT_RELAY_CHARGE);
	assert_int_equal(drive, PORT_RELAY_CHARGE);
	assert_int_equal(run_until_change(1000), RELAY_STAGGER_MS);
	assert_int_equal(drive, 0);
}

/* The memory of the microcontroller is gone and the drivers have let go: whatever the state was,
 * everything begins open, and with pre-charge. */
static void a_reset_in_any_state_begins_open(void **state)
{
	(void)state;
	for (unsigned ms = 0; ms < 4000; ms += 10) {
		start(state);
		run(1200);
		input.load_mv = 49000;
		run(ms);
		relay_init(&relay, input.now_us);
		input.load_mv = 0;
		assert_int_equal(relay_step(&relay, &input), 0);
		drive = 0;
		input.want = PORT_RELAY_DISCHARGE;
		assert_int_equal(run_until_change(5000), RELAY_MIN_MS + RELAY_PRECHECK_MS);
		assert_int_equal(drive, PORT_RELAY_PRECHARGE);
	}
}

static void the_main_relay_never_closes_on_a_load_that_has_not_come_up(void **state)
{
	(void)state;
	input.want = PORT_RELAY_DISCHARGE;
	input.load_mv = 47499; /* under 95 % */
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
		cmocka_unit_test_setup(
			without_a_load_sense_wire_the_precharge_lasts_its_set_time, start),
		cmocka_unit_test_setup(
			a_load_that_dips_below_the_window_starts_its_rest_again, start),
		cmocka_unit_test_setup(a_load_far_above_the_pack_is_not_precharged_to_it, start),
		cmocka_unit_test_setup(
			a_load_that_draws_through_the_resistor_is_not_precharged, start),
		cmocka_unit_test_setup(
			a_load_at_pack_voltage_needs_no_resistor_unless_a_weld_is_suspected, start),
		cmocka_unit_test_setup(
			a_short_circuit_beyond_the_contacts_waits_for_the_fuse, start),
		cmocka_unit_test_setup(the_relay_opens_as_soon_as_the_fuse_has_blown, start),
		cmocka_unit_test_setup(what_the_contacts_can_break_they_break_at_once, start),
		cmocka_unit_test_setup(contacts_do_not_chatter, start),
		cmocka_unit_test_setup(the_relay_that_carries_the_current_opens_first, start),
		cmocka_unit_test_setup(a_reset_in_any_state_begins_open, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
