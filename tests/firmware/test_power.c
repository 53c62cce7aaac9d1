/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "core/power.h"

static struct power power;
static struct power_input input;
static struct bms_settings settings;
static uint16_t events; /* since the last start of run() */

static int start(void **state)
{
	(void)state;
	bms_settings_preset(&settings, BMS_CHEMISTRY_LFP);
	power_init(&power, 0);
	input = (struct power_input){
		.cells_known = true,
		.lowest_mv = 3200,
		.highest_mv = 3300,
		.relays_open = true,
		.settings = &settings,
	};
	return 0;
}

static void run(unsigned ms)
{
	events = 0;
	for (unsigned passed = 0; passed < ms; passed += 10) {
		input.now_us += 10000;
		power_step(&power, &input);
		events |= power.events;
	}
}

static void press(unsigned ms)
{
	input.din |= PORT_DIN_BUTTON;
	run(ms);
	input.din &= (uint8_t)~PORT_DIN_BUTTON;
}

static void set(enum bms_setting_slot slot, int64_t value)
{
	bms_settings_set(&settings, slot, value);
}

static void empty_cells_switch_the_board_off_after_ten_seconds(void **state)
{
	(void)state;
	run(1000);
	input.lowest_mv = 2499;
	run(POWER_LOW_MS);
	assert_int_equal(power.state, POWER_RUN);
	run(20);
	assert_int_equal(power.state, POWER_OFF);
	assert_true(events & POWER_WENT_OFF);
	assert_false(power_is_on(&power));
}

static void cells_at_the_power_off_voltage_do_not(void **state)
{
	(void)state;
	input.lowest_mv = 2500;
	run(60000);
	assert_int_equal(power.state, POWER_RUN);
}

static void a_dip_starts_the_ten_seconds_again(void **state)
{
	(void)state;
	input.lowest_mv = 2400;
	run(POWER_LOW_MS - 100);
	input.lowest_mv = 2600;
	run(10);
	input.lowest_mv = 2400;
	run(POWER_LOW_MS - 100);
	assert_int_equal(power.state, POWER_RUN);
}

static void a_charger_keeps_a_board_with_empty_cells_on(void **state)
{
	(void)state;
	input.din = PORT_DIN_CHARGER;
	run(POWER_CHARGER_MS + 10);
	input.lowest_mv = 2000;
	run(60000);
	assert_int_equal(power.state, POWER_RUN);
}

static void closing_waits_for_the_relays_but_not_for_ever(void **state)
{
	(void)state;
	input.relays_open = false;
	power_request(&power, POWER_SHUT_DOWN, &settings);
	run(POWER_CLOSING_MS - 10);
	assert_int_equal(power.state, POWER_CLOSING);
	run(20);
	assert_int_equal(power.state, POWER_OFF);
	start(state);
	power_request(&power, POWER_SHUT_DOWN, &settings);
	run(10);
	assert_int_equal(power.state, POWER_OFF);
}

static void each_input_wakes_a_board_that_is_off(void **state)
{
	static const struct {
		uint8_t din;
		unsigned after_ms;
	} wakes[] = {
		{ PORT_DIN_ACC, POWER_KEY_MS },
		{ PORT_DIN_CHARGER, POWER_CHARGER_MS },
		{ PORT_DIN_BUTTON, POWER_BUTTON_MS },
	};

	for (size_t i = 0; i < LENGTH(wakes); i++) {
		start(state);
		power_request(&power, POWER_SHUT_DOWN, &settings);
		run(1000);
		assert_int_equal(power.state, POWER_OFF);
		input.din = wakes[i].din;
		run(wakes[i].after_ms);
		assert_int_equal(power.state, POWER_OFF);
		run(20);
		assert_int_equal(power.state, POWER_RUN);
		assert_true(events & POWER_WOKE);
	}
}

static void talking_to_it_does_not_wake_a_board_that_is_off(void **state)
{
	(void)state;
	power_request(&power, POWER_SHUT_DOWN, &settings);
	run(100);
	input.din = PORT_DIN_LINK;
	run(60000);
	assert_int_equal(power.state, POWER_OFF);
}

static void a_key_that_stays_on_does_not_wake_what_was_switched_off(void **state)
{
	(void)state;
	input.din = PORT_DIN_ACC | PORT_DIN_CHARGER;
	run(5000);
	power_request(&power, POWER_SHUT_DOWN, &settings);
	run(60000);
	assert_int_equal(power.state, POWER_OFF);
}

static void a_charger_that_comes_while_the_board_closes_wakes_it(void **state)
{
	(void)state;
	input.relays_open = false;
	power_request(&power, POWER_SHUT_DOWN, &settings);
	run(1000);
	input.din = PORT_DIN_CHARGER;
	run(POWER_CHARGER_MS + 1000);
	assert_int_equal(power.state, POWER_CLOSING);
	input.relays_open = true;
	run(20);
	assert_int_equal(power.state, POWER_RUN);
}

static void woken_by_hand_with_empty_cells_there_is_a_minute_for_a_charger(void **state)
{
	(void)state;
	input.lowest_mv = 2400;
	run(POWER_LOW_MS + 100);
	assert_int_equal(power.state, POWER_OFF);
	press(100);
	run(POWER_GRACE_MS);
	assert_int_equal(power.state, POWER_RUN);
	run(POWER_LOW_MS + 100);
	assert_int_equal(power.state, POWER_OFF);
}

static void the_button_held_for_three_seconds_switches_off(void **state)
{
	(void)state;
	run(1000);
	press(POWER_BUTTON_OFF_MS - 20);
	assert_int_equal(power.state, POWER_RUN);
	run(1000);
	press(POWER_BUTTON_OFF_MS + 50);
	assert_true(events & POWER_WENT_OFF_BY_BUTTON);
	run(100);
	assert_int_equal(power.state, POWER_OFF);
}

static void the_press_that_wakes_does_not_switch_off_again(void **state)
{
	(void)state;
	power_request(&power, POWER_SHUT_DOWN, &settings);
	run(100);
	press(10000);
	assert_int_equal(power.state, POWER_RUN);
}

static void a_quiet_board_sleeps_after_its_time_if_it_may(void **state)
{
	(void)state;
	set(BMS_SETTING_SLOT_SMART_SLEEP_TIME, 1);
	run(3700000);
	assert_int_equal(power.state, POWER_RUN);
	assert_int_equal(power_sleep_s(&power, &settings), 86400);
	set(BMS_SETTING_SLOT_SMART_SLEEP, 1);
	input.current_ma = POWER_QUIET_MA - 1;
	run(1800000);
	assert_in_range(power_sleep_s(&power, &settings), 1799, 1801);
	run(1799000);
	assert_int_equal(power.state, POWER_RUN);
	run(2000);
	assert_int_equal(power.state, POWER_SLEEP);
	assert_true(events & POWER_WENT_TO_SLEEP);
}

static void whatever_is_not_quiet_keeps_the_board_awake(void **state)
{
	set(BMS_SETTING_SLOT_SMART_SLEEP, 1);
	for (int reason = 0; reason < 4; reason++) {
		start(state);
		set(BMS_SETTING_SLOT_SMART_SLEEP, 1);
		set(BMS_SETTING_SLOT_SMART_SLEEP_TIME, 1);
		if (reason == 0)
			input.current_ma = POWER_QUIET_MA;
		if (reason == 1)
			input.current_ma = -POWER_QUIET_MA;
		if (reason == 2)
			input.highest_mv = 3500;
		if (reason == 3)
			input.din = PORT_DIN_LINK;
		run(3700000);
		assert_int_equal(power.state, POWER_RUN);
	}
}

static void a_sleeping_board_wakes_when_somebody_talks_to_it(void **state)
{
	(void)state;
	set(BMS_SETTING_SLOT_SMART_SLEEP, 1);
	set(BMS_SETTING_SLOT_SMART_SLEEP_TIME, 1);
	run(3700000);
	assert_int_equal(power.state, POWER_SLEEP);
	input.din = PORT_DIN_LINK;
	run(10);
	assert_int_equal(power.state, POWER_RUN);
}

static void an_emergency_lasts_half_an_hour_or_as_set(void **state)
{
	(void)state;
	run(100);
	power_request(&power, POWER_EMERGENCY_START, &settings);
	assert_int_equal(power_emergency_s(&power), 1800);
	run(1799000);
	assert_true(power_is_emergency(&power));
	run(2000);
	assert_false(power_is_emergency(&power));
	assert_true(events & POWER_EMERGENCY_OVER);
	set(BMS_SETTING_SLOT_EMERGENCY_TIME, 2);
	power_request(&power, POWER_EMERGENCY_START, &settings);
	assert_int_equal(power_emergency_s(&power), 120);
	power_request(&power, POWER_EMERGENCY_STOP, &settings);
	assert_false(power_is_emergency(&power));
	assert_int_equal(power_emergency_s(&power), 0);
}

static void an_emergency_keeps_a_board_with_empty_cells_on(void **state)
{
	(void)state;
	power_request(&power, POWER_EMERGENCY_START, &settings);
	input.lowest_mv = 2000;
	run(60000);
	assert_int_equal(power.state, POWER_RUN);
}

static void an_emergency_wakes_a_board_that_is_off(void **state)
{
	(void)state;
	power_request(&power, POWER_SHUT_DOWN, &settings);
	run(100);
	power_request(&power, POWER_EMERGENCY_START, &settings);
	assert_true(power_is_on(&power));
}

static void the_button_starts_an_emergency_only_where_it_may(void **state)
{
	(void)state;
	run(100);
	press(1500);
	run(100);
	assert_false(power_is_emergency(&power));
	set(BMS_SETTING_SLOT_BUTTON_EMERGENCY, 1);
	press(500);
	run(100);
	assert_false(power_is_emergency(&power));
	press(1500);
	run(100);
	assert_true(power_is_emergency(&power));
	assert_true(events & POWER_EMERGENCY_BUTTON_ON);
	press(1500);
	run(100);
	assert_false(power_is_emergency(&power));
	assert_true(events & POWER_EMERGENCY_BUTTON_OFF);
}

static void inputs_that_bounce_are_not_believed(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		input.din ^= PORT_DIN_ACC | PORT_DIN_CHARGER | PORT_DIN_BUTTON;
		run(40);
		assert_false(power.key.on || power.charger.on || power.button.on);
	}
}

static void the_loss_of_key_and_charger_is_told_once(void **state)
{
	(void)state;
	input.din = PORT_DIN_ACC | PORT_DIN_CHARGER;
	run(3000);
	assert_int_equal(events, 0);
	input.din = 0;
	run(3000);
	assert_int_equal(events, POWER_KEY_OFF | POWER_CHARGER_GONE);
	run(3000);
	assert_int_equal(events, 0);
}

static void a_charger_is_there_until_its_current_has_gone(void **state)
{
	(void)state;
	run(10);
	assert_false(power_has_charger(&power));
	input.din = PORT_DIN_CHARGER;
	run(POWER_CHARGER_MS + 10);
	assert_true(power_has_charger(&power));
	input.din = 0;
	input.current_ma = POWER_QUIET_MA;
	run(60000);
	assert_true(power_has_charger(&power));
	input.current_ma = 0;
	run(POWER_UNPLUGGED_MS - 10);
	assert_true(power_has_charger(&power));
	run(20);
	assert_false(power_has_charger(&power));
}

static void the_budget_is_what_the_manual_promises(void **state)
{
	(void)state;
	assert_true(power_budget_uw(POWER_RUN) <= POWER_RUN_UW);
	assert_true(power_budget_uw(POWER_CLOSING) <= POWER_RUN_UW);
	assert_true(power_budget_uw(POWER_SLEEP) <= POWER_RUN_UW / 5);
	assert_true(power_budget_uw(POWER_OFF) <= POWER_OFF_UW);
	assert_true(power_budget_uw(POWER_OFF) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, start)
		TEST(empty_cells_switch_the_board_off_after_ten_seconds),
		TEST(cells_at_the_power_off_voltage_do_not),
		TEST(a_dip_starts_the_ten_seconds_again),
		TEST(a_charger_keeps_a_board_with_empty_cells_on),
		TEST(closing_waits_for_the_relays_but_not_for_ever),
		TEST(each_input_wakes_a_board_that_is_off),
		TEST(talking_to_it_does_not_wake_a_board_that_is_off),
		TEST(a_key_that_stays_on_does_not_wake_what_was_switched_off),
		TEST(a_charger_that_comes_while_the_board_closes_wakes_it),
		TEST(woken_by_hand_with_empty_cells_there_is_a_minute_for_a_charger),
		TEST(the_button_held_for_three_seconds_switches_off),
		TEST(the_press_that_wakes_does_not_switch_off_again),
		TEST(a_quiet_board_sleeps_after_its_time_if_it_may),
		TEST(whatever_is_not_quiet_keeps_the_board_awake),
		TEST(a_sleeping_board_wakes_when_somebody_talks_to_it),
		TEST(an_emergency_lasts_half_an_hour_or_as_set),
		TEST(an_emergency_keeps_a_board_with_empty_cells_on),
		TEST(an_emergency_wakes_a_board_that_is_off),
		TEST(the_button_starts_an_emergency_only_where_it_may),
		TEST(inputs_that_bounce_are_not_believed),
		TEST(the_loss_of_key_and_charger_is_told_once),
		TEST(a_charger_is_there_until_its_current_has_gone),
		TEST(the_budget_is_what_the_manual_promises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
