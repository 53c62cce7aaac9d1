/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "pack/switching.h"

enum {
	SECOND = 1000000,
	NOW = 100 * SECOND,
};

static struct switching switching;

static void begin(const char *name, bool on, bool broadcasts)
{
	switching_begin(&switching, switch_by_name(name), on, broadcasts);
	assert_int_equal(switching_on_intent(&switching, true, NOW), SWITCHING_DO_SEND);
}

static enum switching_action see_state(size_t slot, int64_t value, uint64_t time_us)
{
	struct bms_telemetry state = { 0 };

	bms_telemetry_set(&state, slot, value);
	return switching_on_state(&switching, &state, time_us);
}

static enum switching_action see_setting(size_t slot, int64_t value, uint64_t asked_us)
{
	struct bms_settings settings = { 0 };

	bms_settings_set(&settings, slot, value);
	return switching_on_settings(&switching, &settings, asked_us);
}

static void expect_end(enum switching_action action, enum apply_outcome outcome)
{
	assert_int_equal(action, SWITCHING_DO_END);
	assert_int_equal(switching.outcome, outcome);
	switching_end(&switching);
	assert_int_equal(switching.state, SWITCHING_IDLE);
}

static void nothing_is_sent_that_is_not_recorded(void **state)
{
	(void)state;
	switching_begin(&switching, switch_by_name("charge"), true, true);
	assert_int_equal(switching_on_tick(&switching, NOW + 60 * SECOND), SWITCHING_DO_NOTHING);
	expect_end(switching_on_intent(&switching, false, NOW), APPLY_OUTCOME_NOT_RECORDED);
}

static void a_broadcasting_board_confirms_by_its_state_after_the_order(void **state)
{
	(void)state;
	begin("discharge", false, true);
	assert_int_equal(see_state(BMS_SLOT_DISCHARGE_ON, 0, NOW - 1), SWITCHING_DO_NOTHING);
	assert_int_equal(
		see_state(BMS_SLOT_DISCHARGE_ON, 1, NOW + SECOND / 2), SWITCHING_DO_NOTHING);
	assert_int_equal(see_state(BMS_SLOT_CHARGE_ON, 0, NOW + SECOND / 2), SWITCHING_DO_NOTHING);
	expect_end(see_state(BMS_SLOT_DISCHARGE_ON, 0, NOW + SECOND), APPLY_OUTCOME_OK);
}

static void an_order_nobody_acknowledges_is_repeated_until_it_shows(void **state)
{
	unsigned sent = 0;

	(void)state;
	begin("charge", true, true);
	for (uint64_t s = 1; s <= 6; s++)
		sent += switching_on_tick(&switching, NOW + s * SECOND) == SWITCHING_DO_SEND;
	assert_int_equal(sent, 6);
	expect_end(switching_on_tick(&switching, NOW + 7 * SECOND), APPLY_OUTCOME_LOST);
}

static void a_state_that_does_not_follow_is_no_success(void **state)
{
	(void)state;
	begin("charge", true, true);
	see_state(BMS_SLOT_CHARGE_ON, 0, NOW + SECOND);
	expect_end(switching_on_tick(&switching, NOW + 7 * SECOND), APPLY_OUTCOME_UNVERIFIED);
}

static void a_board_that_acknowledges_is_read_back(void **state)
{
	(void)state;
	begin("balance", true, false);
	assert_int_equal(switching_on_answer(&switching, BMS_OK), SWITCHING_DO_READ);
	assert_int_equal(
		see_setting(BMS_SETTING_SLOT_BALANCE_SWITCH, 1, NOW - 1), SWITCHING_DO_NOTHING);
	expect_end(see_setting(BMS_SETTING_SLOT_BALANCE_SWITCH, 1, NOW + SECOND), APPLY_OUTCOME_OK);
}

static void a_refusal_a_lie_and_a_lost_answer_are_told_apart(void **state)
{
	(void)state;
	begin("charge", true, false);
	expect_end(switching_on_answer(&switching, BMS_EXCEPTION), APPLY_OUTCOME_REFUSED);
	begin("charge", true, false);
	assert_int_equal(switching_on_answer(&switching, BMS_OK), SWITCHING_DO_READ);
	expect_end(
		see_setting(BMS_SETTING_SLOT_CHARGE_SWITCH, 0, NOW + 1), APPLY_OUTCOME_UNVERIFIED);
	begin("charge", true, false);
	assert_int_equal(switching_on_answer(&switching, BMS_SILENCE), SWITCHING_DO_READ);
	expect_end(see_setting(BMS_SETTING_SLOT_CHARGE_SWITCH, 0, NOW + 1), APPLY_OUTCOME_LOST);
	begin("charge", true, false);
	assert_int_equal(switching_on_answer(&switching, BMS_SILENCE), SWITCHING_DO_READ);
	expect_end(see_setting(BMS_SETTING_SLOT_CHARGE_SWITCH, 1, NOW + 1), APPLY_OUTCOME_OK);
}

static void a_board_that_never_answers_does_not_wait_for_ever(void **state)
{
	(void)state;
	begin("charge", true, false);
	assert_int_equal(switching_on_tick(&switching, NOW + 6 * SECOND), SWITCHING_DO_NOTHING);
	expect_end(switching_on_tick(&switching, NOW + 7 * SECOND), APPLY_OUTCOME_LOST);
	assert_int_equal(switching_on_tick(&switching, NOW + 8 * SECOND), SWITCHING_DO_NOTHING);
}

static void there_are_three_switches(void **state)
{
	(void)state;
	for (size_t i = 0; i < SWITCH_COUNT; i++)
		assert_ptr_equal(switch_by_name(switch_rows[i].name), &switch_rows[i]);
	assert_null(switch_by_name("heating"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_sent_that_is_not_recorded),
		cmocka_unit_test(a_broadcasting_board_confirms_by_its_state_after_the_order),
		cmocka_unit_test(an_order_nobody_acknowledges_is_repeated_until_it_shows),
		cmocka_unit_test(a_state_that_does_not_follow_is_no_success),
		cmocka_unit_test(a_board_that_acknowledges_is_read_back),
		cmocka_unit_test(a_refusal_a_lie_and_a_lost_answer_are_told_apart),
		cmocka_unit_test(a_board_that_never_answers_does_not_wait_for_ever),
		cmocka_unit_test(there_are_three_switches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
