/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pack/apply.h"
#include "random_settings.h"

static struct bms_settings lfp(void)
{
	struct bms_settings settings = { 0 };

	bms_settings_preset(&settings, BMS_CHEMISTRY_LFP);
	return settings;
}

/* One value wanted that the LFP board does not have. */
static struct bms_settings want(size_t slot, int64_t value)
{
	struct bms_settings desired = { 0 };

	bms_settings_set(&desired, slot, value);
	return desired;
}

/* A run that wants one other value, at the point where its write is on the way. */
static void start_write(struct apply *apply, struct bms_settings *board)
{
	struct bms_settings desired = want(SLOT(BALANCE_TRIGGER), 15);

	*board = lfp();
	apply_init(apply, &plan_carrier_jk_registers);
	assert_int_equal(apply_start(apply, &desired), APPLY_DO_READ);
	assert_int_equal(apply_on_settings(apply, board), APPLY_DO_INTENT);
	assert_int_equal(apply_on_intent(apply, true), APPLY_DO_WRITE);
}

static void check_report(
	const struct apply *apply, unsigned written, unsigned failed, unsigned planned_refused)
{
	assert_int_equal(apply->state, APPLY_IDLE);
	assert_int_equal(apply->report.written, written);
	assert_int_equal(apply->report.failed, failed);
	assert_int_equal(apply->report.planned_refused, planned_refused);
	assert_true(apply_is_quiet(apply));
}

static void a_write_is_recorded_sent_verified_and_told_in_this_order(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = want(SLOT(BALANCE_TRIGGER), 15);
	struct apply apply;

	(void)state;
	apply_init(&apply, &plan_carrier_jk_registers);
	assert_int_equal(apply_start(&apply, &desired), APPLY_DO_READ);
	assert_int_equal(apply.state, APPLY_READ);
	assert_true(apply_is_quiet(&apply));
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_INTENT);
	assert_int_equal(apply.current.slot, SLOT(BALANCE_TRIGGER));
	assert_int_equal(apply.current.old_value, 10);
	assert_int_equal(apply.current.new_value, 15);
	assert_false(apply_is_quiet(&apply));
	assert_int_equal(apply_on_intent(&apply, true), APPLY_DO_WRITE);
	assert_int_equal(apply_on_answer(&apply, BMS_OK), APPLY_DO_READ);
	assert_int_equal(apply.state, APPLY_VERIFY);
	bms_settings_set(&board, SLOT(BALANCE_TRIGGER), 15);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_OUTCOME);
	assert_int_equal(apply.outcome, APPLY_OUTCOME_OK);
	assert_true(apply.has_readback);
	assert_int_equal(apply.readback, 15);
	assert_int_equal(apply_next(&apply), APPLY_DO_REPORT);
	check_report(&apply, 1, 0, 0);
}

static void a_board_that_has_everything_is_only_read(void **state)
{
	struct bms_settings board = lfp();
	struct apply apply;

	(void)state;
	apply_init(&apply, &plan_carrier_jk_registers);
	apply_start(&apply, &board);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_REPORT);
	check_report(&apply, 0, 0, 0);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_NOTHING);
}

static void a_refused_plan_writes_nothing(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = want(SLOT(BALANCE_TRIGGER), 15);
	struct apply apply;

	(void)state;
	bms_settings_set(&desired, SLOT(CELL_UVP), 3700);
	apply_init(&apply, &plan_carrier_jk_registers);
	apply_start(&apply, &desired);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_REPORT);
	check_report(&apply, 0, 0, 2);
}

static void an_intent_that_cannot_be_recorded_is_not_sent_and_stops_the_run(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = want(SLOT(BALANCE_TRIGGER), 15);
	struct apply apply;

	(void)state;
	bms_settings_set(&desired, SLOT(BALANCE_CURRENT), 1000);
	apply_init(&apply, &plan_carrier_jk_registers);
	apply_start(&apply, &desired);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_INTENT);
	assert_int_equal(apply_on_intent(&apply, false), APPLY_DO_OUTCOME);
	assert_int_equal(apply.outcome, APPLY_OUTCOME_NOT_RECORDED);
	assert_false(apply.has_readback);
	assert_int_equal(apply_next(&apply), APPLY_DO_REPORT);
	check_report(&apply, 0, 1, 0);
}

static void a_refused_write_is_given_up_and_the_board_read_again(void **state)
{
	struct bms_settings board;
	struct apply apply;

	(void)state;
	start_write(&apply, &board);
	assert_int_equal(apply_on_answer(&apply, BMS_EXCEPTION), APPLY_DO_OUTCOME);
	assert_int_equal(apply.outcome, APPLY_OUTCOME_REFUSED);
	assert_false(apply.has_readback);
	assert_int_equal(apply_next(&apply), APPLY_DO_READ);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_REPORT);
	check_report(&apply, 0, 1, 0);
	assert_true(bms_has_slot(apply.given_up, SLOT(BALANCE_TRIGGER)));
}

static void what_depends_on_a_refused_value_is_refused_and_the_rest_goes_on(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = want(SLOT(CELL_OVP), 4200);
	struct apply apply;

	(void)state;
	bms_settings_set(&desired, SLOT(CELL_OVP_RELEASE), 4100);
	bms_settings_set(&desired, SLOT(BALANCE_TRIGGER), 15);
	apply_init(&apply, &plan_carrier_jk_registers);
	apply_start(&apply, &desired);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_INTENT);
	assert_int_equal(apply.current.slot, SLOT(CELL_OVP));
	apply_on_intent(&apply, true);
	assert_int_equal(apply_on_answer(&apply, BMS_EXCEPTION), APPLY_DO_OUTCOME);
	apply_next(&apply);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_INTENT);
	assert_int_equal(apply.current.slot, SLOT(BALANCE_TRIGGER));
	apply_on_intent(&apply, true);
	apply_on_answer(&apply, BMS_OK);
	bms_settings_set(&board, SLOT(BALANCE_TRIGGER), 15);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_OUTCOME);
	assert_int_equal(apply_next(&apply), APPLY_DO_REPORT);
	check_report(&apply, 1, 1, 1);
	assert_int_equal(apply.plan.count, 2);
	assert_int_equal(apply.plan.items[0].slot, SLOT(CELL_OVP_RELEASE));
	assert_int_equal(apply.plan.items[0].verdict, PLAN_BREAKS_RULE);
}

static void an_acknowledged_value_that_is_not_kept_is_unverified_and_given_up(void **state)
{
	struct bms_settings board;
	struct apply apply;

	(void)state;
	start_write(&apply, &board);
	apply_on_answer(&apply, BMS_OK);
	bms_settings_set(&board, SLOT(BALANCE_TRIGGER), 12);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_OUTCOME);
	assert_int_equal(apply.outcome, APPLY_OUTCOME_UNVERIFIED);
	assert_true(apply.has_readback);
	assert_int_equal(apply.readback, 12);
	assert_int_equal(apply_next(&apply), APPLY_DO_REPORT);
	check_report(&apply, 0, 1, 0);
}

static void a_value_that_is_not_read_back_at_all_is_not_the_boards_fault(void **state)
{
	struct bms_settings board;
	struct apply apply;

	(void)state;
	start_write(&apply, &board);
	apply_on_answer(&apply, BMS_OK);
	bms_clear_slot(board.present, SLOT(BALANCE_TRIGGER));
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_OUTCOME);
	assert_int_equal(apply.outcome, APPLY_OUTCOME_LOST);
	assert_false(apply.has_readback);
	assert_int_equal(apply_next(&apply), APPLY_DO_REPORT);
	check_report(&apply, 0, 0, 1);
}

static void a_lost_answer_to_a_write_that_arrived_is_a_success(void **state)
{
	struct bms_settings board;
	struct apply apply;

	(void)state;
	start_write(&apply, &board);
	assert_int_equal(apply_on_answer(&apply, BMS_SILENCE), APPLY_DO_READ);
	bms_settings_set(&board, SLOT(BALANCE_TRIGGER), 15);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_OUTCOME);
	assert_int_equal(apply.outcome, APPLY_OUTCOME_OK);
	assert_int_equal(apply_next(&apply), APPLY_DO_REPORT);
	check_report(&apply, 1, 0, 0);
}

static void a_write_that_was_lost_is_sent_once_more_and_then_given_up(void **state)
{
	struct bms_settings board;
	struct apply apply;

	(void)state;
	start_write(&apply, &board);
	assert_int_equal(apply_on_answer(&apply, BMS_BAD_SUM), APPLY_DO_READ);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_OUTCOME);
	assert_int_equal(apply.outcome, APPLY_OUTCOME_LOST);
	assert_int_equal(apply.readback, 10);
	assert_int_equal(apply_next(&apply), APPLY_DO_INTENT);
	assert_int_equal(apply_on_intent(&apply, true), APPLY_DO_WRITE);
	assert_int_equal(apply_on_answer(&apply, BMS_SILENCE), APPLY_DO_READ);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_OUTCOME);
	assert_int_equal(apply.outcome, APPLY_OUTCOME_LOST);
	assert_int_equal(apply_next(&apply), APPLY_DO_REPORT);
	check_report(&apply, 0, 1, 0);
}

static void a_board_that_changes_a_value_back_does_not_keep_the_run_going(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = want(SLOT(BALANCE_TRIGGER), 15);
	struct apply apply;
	unsigned writes = 0;
	enum apply_action action;

	(void)state;
	bms_settings_set(&desired, SLOT(BALANCE_CURRENT), 1000);
	apply_init(&apply, &plan_carrier_jk_registers);
	apply_start(&apply, &desired);
	action = apply_on_settings(&apply, &board);
	while (action == APPLY_DO_INTENT) {
		size_t slot = apply.current.slot;
		/* Taking one of the two values undoes the other one. */
		size_t other = slot == SLOT(BALANCE_TRIGGER) ? SLOT(BALANCE_CURRENT)
							     : SLOT(BALANCE_TRIGGER);

		apply_on_intent(&apply, true);
		apply_on_answer(&apply, BMS_OK);
		bms_settings_set(&board, slot, apply.current.new_value);
		bms_settings_set(&board, other, lfp().value[other]);
		assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_OUTCOME);
		assert_int_equal(apply.outcome, APPLY_OUTCOME_OK);
		action = apply_next(&apply);
		writes++;
	}
	assert_int_equal(action, APPLY_DO_REPORT);
	assert_in_range(writes, 2, 2 * APPLY_TRIES);
	assert_int_equal(apply.report.failed, 1);
}

static void a_start_during_a_write_takes_effect_after_it(void **state)
{
	struct bms_settings desired = want(SLOT(BALANCE_TRIGGER), 20);
	struct bms_settings board;
	struct apply apply;

	(void)state;
	start_write(&apply, &board);
	assert_int_equal(apply_start(&apply, &desired), APPLY_DO_NOTHING);
	assert_int_equal(apply.current.new_value, 15);
	assert_int_equal(apply_on_answer(&apply, BMS_OK), APPLY_DO_READ);
	bms_settings_set(&board, SLOT(BALANCE_TRIGGER), 15);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_OUTCOME);
	assert_int_equal(apply.outcome, APPLY_OUTCOME_OK);
	assert_int_equal(apply_next(&apply), APPLY_DO_INTENT);
	assert_int_equal(apply.current.old_value, 15);
	assert_int_equal(apply.current.new_value, 20);
}

static void a_start_tries_again_what_was_given_up(void **state)
{
	struct bms_settings board;
	struct apply apply;

	(void)state;
	start_write(&apply, &board);
	/* The new start comes while the refusal is on its way. */
	assert_int_equal(apply_start(&apply, &apply.desired), APPLY_DO_NOTHING);
	assert_int_equal(apply_on_answer(&apply, BMS_EXCEPTION), APPLY_DO_OUTCOME);
	assert_int_equal(apply_next(&apply), APPLY_DO_READ);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_INTENT);
	apply_on_intent(&apply, true);
	apply_on_answer(&apply, BMS_EXCEPTION);
	apply_next(&apply);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_REPORT);
	check_report(&apply, 0, 2, 0);
	assert_int_equal(apply_start(&apply, &apply.desired), APPLY_DO_READ);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_INTENT);
	assert_int_equal(apply.report.failed, 0);
}

static void a_start_after_a_failing_store_is_tried(void **state)
{
	struct bms_settings desired = want(SLOT(BALANCE_TRIGGER), 15);
	struct bms_settings board = lfp();
	struct apply apply;

	(void)state;
	apply_init(&apply, &plan_carrier_jk_registers);
	apply_start(&apply, &desired);
	apply_on_settings(&apply, &board);
	apply_start(&apply, &desired);
	assert_int_equal(apply_on_intent(&apply, false), APPLY_DO_OUTCOME);
	assert_int_equal(apply_next(&apply), APPLY_DO_INTENT);
}

static void a_start_without_a_link_waits_for_it(void **state)
{
	struct bms_settings desired = want(SLOT(BALANCE_TRIGGER), 15);
	struct apply apply;

	(void)state;
	apply_init(&apply, &plan_carrier_jk_registers);
	assert_int_equal(apply_on_link(&apply, false), APPLY_DO_NOTHING);
	assert_int_equal(apply_start(&apply, &desired), APPLY_DO_NOTHING);
	assert_int_equal(apply.state, APPLY_PAUSED);
	assert_true(apply_is_quiet(&apply));
	assert_int_equal(apply_on_link(&apply, true), APPLY_DO_READ);
	assert_int_equal(apply.state, APPLY_READ);
}

static void a_link_lost_while_reading_reads_again(void **state)
{
	struct bms_settings board = lfp();
	struct apply apply;

	(void)state;
	apply_init(&apply, &plan_carrier_jk_registers);
	apply_start(&apply, &board);
	assert_int_equal(apply_on_link(&apply, false), APPLY_DO_NOTHING);
	assert_int_equal(apply.state, APPLY_PAUSED);
	assert_int_equal(apply_on_link(&apply, true), APPLY_DO_READ);
	/* The line may say twice that it is up. */
	assert_int_equal(apply_on_link(&apply, true), APPLY_DO_READ);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_REPORT);
}

static void a_board_that_comes_back_reset_gets_its_settings_again_but_not_for_ever(void **state)
{
	struct bms_settings desired = want(SLOT(BALANCE_TRIGGER), 15);
	struct bms_settings reset = lfp();
	struct bms_settings board = lfp();
	struct apply apply;

	(void)state;
	board.value[SLOT(BALANCE_TRIGGER)] = 15;
	apply_init(&apply, &plan_carrier_jk_registers);
	apply_start(&apply, &desired);
	for (int i = 0; i < APPLY_TRIES; i++) {
		assert_int_equal(apply_on_settings(&apply, &reset), APPLY_DO_INTENT);
		assert_int_equal(apply_on_intent(&apply, true), APPLY_DO_WRITE);
		assert_int_equal(apply_on_answer(&apply, BMS_OK), APPLY_DO_READ);
		assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_OUTCOME);
		assert_int_equal(apply_next(&apply), APPLY_DO_REPORT);
		assert_int_equal(apply.report.written, 1);
		apply_on_link(&apply, false);
		assert_int_equal(apply_on_link(&apply, true), APPLY_DO_READ);
	}
	assert_int_equal(apply_on_settings(&apply, &reset), APPLY_DO_REPORT);
	assert_int_equal(apply.report.failed, 1);
}

static void a_link_lost_before_the_intent_is_durable_sends_nothing_unread(void **state)
{
	struct bms_settings desired = want(SLOT(BALANCE_TRIGGER), 15);
	struct bms_settings board = lfp();
	struct apply apply;

	(void)state;
	apply_init(&apply, &plan_carrier_jk_registers);
	apply_start(&apply, &desired);
	apply_on_settings(&apply, &board);
	apply_on_link(&apply, false);
	assert_int_equal(apply_on_link(&apply, true), APPLY_DO_NOTHING);
	assert_int_equal(apply.state, APPLY_INTENT);
	assert_int_equal(apply_on_intent(&apply, true), APPLY_DO_READ);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_OUTCOME);
	assert_int_equal(apply.outcome, APPLY_OUTCOME_LOST);
	/* It was never sent, so it may still be sent as often as any. */
	for (int i = 0; i < APPLY_TRIES; i++) {
		assert_int_equal(apply_next(&apply), APPLY_DO_INTENT);
		assert_int_equal(apply_on_intent(&apply, true), APPLY_DO_WRITE);
		apply_on_answer(&apply, BMS_SILENCE);
		assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_OUTCOME);
	}
	assert_int_equal(apply_next(&apply), APPLY_DO_REPORT);
}

static void an_intent_that_becomes_durable_without_a_link_is_resolved_when_it_is_back(void **state)
{
	struct bms_settings desired = want(SLOT(BALANCE_TRIGGER), 15);
	struct bms_settings board = lfp();
	struct apply apply;

	(void)state;
	apply_init(&apply, &plan_carrier_jk_registers);
	apply_start(&apply, &desired);
	apply_on_settings(&apply, &board);
	apply_on_link(&apply, false);
	assert_int_equal(apply_on_intent(&apply, true), APPLY_DO_NOTHING);
	assert_false(apply_is_quiet(&apply));
	assert_int_equal(apply_on_link(&apply, true), APPLY_DO_READ);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_OUTCOME);
	assert_int_equal(apply.outcome, APPLY_OUTCOME_LOST);
}

static void a_link_lost_during_a_write_is_resolved_by_reading(void **state)
{
	for (int taken = 0; taken < 2; taken++) {
		struct bms_settings board;
		struct apply apply;

		(void)state;
		start_write(&apply, &board);
		assert_int_equal(apply_on_link(&apply, false), APPLY_DO_NOTHING);
		assert_int_equal(apply_on_answer(&apply, BMS_LINK_DOWN), APPLY_DO_NOTHING);
		assert_int_equal(apply.state, APPLY_PAUSED);
		assert_int_equal(apply_on_link(&apply, true), APPLY_DO_READ);
		if (taken)
			bms_settings_set(&board, SLOT(BALANCE_TRIGGER), 15);
		assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_OUTCOME);
		assert_int_equal(apply.outcome, taken ? APPLY_OUTCOME_OK : APPLY_OUTCOME_LOST);
		assert_int_equal(apply_next(&apply), taken ? APPLY_DO_REPORT : APPLY_DO_INTENT);
	}
}

static void a_board_that_restarts_before_it_is_read_back_is_not_blamed(void **state)
{
	struct bms_settings board;
	struct apply apply;

	(void)state;
	start_write(&apply, &board);
	apply_on_answer(&apply, BMS_OK);
	apply_on_link(&apply, false);
	assert_int_equal(apply_on_link(&apply, true), APPLY_DO_READ);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_OUTCOME);
	assert_int_equal(apply.outcome, APPLY_OUTCOME_LOST);
	assert_int_equal(apply_next(&apply), APPLY_DO_INTENT);
}

static void a_link_lost_while_the_outcome_is_told_pauses_the_next_step(void **state)
{
	struct bms_settings board;
	struct apply apply;

	(void)state;
	start_write(&apply, &board);
	apply_on_answer(&apply, BMS_OK);
	apply_on_settings(&apply, &board);
	assert_int_equal(apply_on_link(&apply, false), APPLY_DO_NOTHING);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_NOTHING);
	assert_int_equal(apply_next(&apply), APPLY_DO_NOTHING);
	assert_int_equal(apply.state, APPLY_PAUSED);
	assert_int_equal(apply_on_link(&apply, true), APPLY_DO_READ);
}

static void a_value_changed_by_somebody_else_meanwhile_is_not_overwritten_blindly(void **state)
{
	struct bms_settings desired = want(SLOT(CELL_UVP), 2640);
	struct bms_settings board = lfp();
	struct apply apply;

	(void)state;
	apply_init(&apply, &plan_carrier_jk_registers);
	apply_start(&apply, &desired);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_INTENT);
	/* While the store is slow, the phone app lowers the release. */
	bms_settings_set(&board, SLOT(CELL_UVP_RELEASE), 2620);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_NOTHING);
	assert_int_equal(apply_on_intent(&apply, true), APPLY_DO_READ);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_OUTCOME);
	assert_int_equal(apply.outcome, APPLY_OUTCOME_LOST);
	assert_int_equal(apply_next(&apply), APPLY_DO_REPORT);
	check_report(&apply, 0, 0, 1);
}

static void answers_nobody_waits_for_are_ignored(void **state)
{
	struct bms_settings board;
	struct apply apply;

	(void)state;
	apply_init(&apply, &plan_carrier_jk_registers);
	assert_int_equal(apply_on_answer(&apply, BMS_OK), APPLY_DO_NOTHING);
	assert_int_equal(apply_on_intent(&apply, true), APPLY_DO_NOTHING);
	assert_int_equal(apply_next(&apply), APPLY_DO_NOTHING);
	start_write(&apply, &board);
	assert_int_equal(apply_on_intent(&apply, false), APPLY_DO_NOTHING);
	assert_int_equal(apply_next(&apply), APPLY_DO_NOTHING);
	assert_int_equal(apply_on_settings(&apply, &board), APPLY_DO_NOTHING);
	assert_int_equal(apply_on_answer(&apply, BMS_OK), APPLY_DO_READ);
	assert_int_equal(apply_on_answer(&apply, BMS_EXCEPTION), APPLY_DO_NOTHING);
	assert_int_equal(apply.state, APPLY_VERIFY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_write_is_recorded_sent_verified_and_told_in_this_order),
		cmocka_unit_test(a_board_that_has_everything_is_only_read),
		cmocka_unit_test(a_refused_plan_writes_nothing),
		cmocka_unit_test(an_intent_that_cannot_be_recorded_is_not_sent_and_stops_the_run),
		cmocka_unit_test(a_refused_write_is_given_up_and_the_board_read_again),
		cmocka_unit_test(what_depends_on_a_refused_value_is_refused_and_the_rest_goes_on),
		cmocka_unit_test(an_acknowledged_value_that_is_not_kept_is_unverified_and_given_up),
		cmocka_unit_test(a_value_that_is_not_read_back_at_all_is_not_the_boards_fault),
		cmocka_unit_test(a_lost_answer_to_a_write_that_arrived_is_a_success),
		cmocka_unit_test(a_write_that_was_lost_is_sent_once_more_and_then_given_up),
		cmocka_unit_test(a_board_that_changes_a_value_back_does_not_keep_the_run_going),
		cmocka_unit_test(a_start_during_a_write_takes_effect_after_it),
		cmocka_unit_test(a_start_tries_again_what_was_given_up),
		cmocka_unit_test(a_start_after_a_failing_store_is_tried),
		cmocka_unit_test(a_start_without_a_link_waits_for_it),
		cmocka_unit_test(a_link_lost_while_reading_reads_again),
		cmocka_unit_test(
			a_board_that_comes_back_reset_gets_its_settings_again_but_not_for_ever),
		cmocka_unit_test(a_link_lost_before_the_intent_is_durable_sends_nothing_unread),
		cmocka_unit_test(
			an_intent_that_becomes_durable_without_a_link_is_resolved_when_it_is_back),
		cmocka_unit_test(a_link_lost_during_a_write_is_resolved_by_reading),
		cmocka_unit_test(a_board_that_restarts_before_it_is_read_back_is_not_blamed),
		cmocka_unit_test(a_link_lost_while_the_outcome_is_told_pauses_the_next_step),
		cmocka_unit_test(
			a_value_changed_by_somebody_else_meanwhile_is_not_overwritten_blindly),
		cmocka_unit_test(answers_nobody_waits_for_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
