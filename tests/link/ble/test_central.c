/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "link/ble/central.h"

enum {
	MS = 1000,
	S = 1000 * MS,
};

static const struct ble_central_options plain = {
	.backoff_least_ms = 1000,
	.backoff_most_ms = 60000,
	.seed = 3,
};

struct run {
	struct ble_central central;
	uint64_t now_us;
	enum ble_action action; /* of the last step */
};

static struct run begin(const struct ble_central_options *options)
{
	struct run run = { .now_us = 1000 * (uint64_t)S };

	ble_central_init(&run.central, options);
	return run;
}

static void step(struct run *run, enum ble_event event)
{
	run->action = ble_central_step(&run->central, event, run->now_us);
}

static void expect(const struct run *run, enum ble_state state, enum ble_action action)
{
	assert_int_equal(run->central.state, state);
	assert_int_equal(run->action, action);
}

/* To the end of the deadline of the state it is in. */
static uint64_t wait_out(struct run *run)
{
	uint64_t before_us = run->now_us;

	assert_true(ble_central_next_us(&run->central) != UINT64_MAX);
	run->now_us = ble_central_next_us(&run->central);
	step(run, BLE_ON_TIME);
	return run->now_us - before_us;
}

static void reach(struct run *run, enum ble_state state)
{
	static const enum ble_event good[BLE_STATES] = {
		[BLE_IDLE] = BLE_ON_READY,
		[BLE_QUEUED] = BLE_ON_TURN,
		[BLE_FIND] = BLE_ON_DONE,
		[BLE_PAIR] = BLE_ON_DONE,
		[BLE_CONNECT] = BLE_ON_DONE,
		[BLE_RESOLVE] = BLE_ON_DONE,
		[BLE_SUBSCRIBE] = BLE_ON_DONE,
		[BLE_STREAM] = BLE_ON_LOST,
		[BLE_CLOSE] = BLE_ON_DONE,
		[BLE_FORGET] = BLE_ON_DONE,
		[BLE_POWER] = BLE_ON_DONE,
	};

	for (unsigned steps = 0; run->central.state != state; steps++) {
		assert_true(steps < 50);
		if (run->central.state == BLE_BACKOFF || run->central.state == BLE_RELEASED)
			wait_out(run);
		else
			step(run, good[run->central.state]);
	}
}

static void a_board_that_answers_is_reached_step_by_step(void **state)
{
	struct run run = begin(&plain);

	(void)state;
	step(&run, BLE_ON_READY);
	expect(&run, BLE_QUEUED, BLE_DO_QUEUE);
	step(&run, BLE_ON_TURN);
	expect(&run, BLE_FIND, BLE_DO_FIND);
	step(&run, BLE_ON_DONE);
	expect(&run, BLE_CONNECT, BLE_DO_CONNECT);
	step(&run, BLE_ON_DONE);
	expect(&run, BLE_RESOLVE, BLE_DO_RESOLVE);
	step(&run, BLE_ON_DONE);
	expect(&run, BLE_SUBSCRIBE, BLE_DO_SUBSCRIBE);
	assert_true(ble_central_holds_turn(&run.central));
	step(&run, BLE_ON_DONE);
	expect(&run, BLE_STREAM, BLE_DO_GREET);
	assert_false(ble_central_holds_turn(&run.central));
	step(&run, BLE_ON_FRAME);
	expect(&run, BLE_STREAM, BLE_DO_NOTHING);
}

static void every_state_but_the_first_has_a_deadline(void **state)
{
	const struct ble_central_options options = {
		.backoff_least_ms = 1000, .backoff_most_ms = 60000, .may_power = true, .seed = 9
	};

	(void)state;
	for (enum ble_state wanted = BLE_QUEUED; wanted < BLE_RELEASED; wanted++) {
		struct run run = begin(&options);

		if (wanted == BLE_PAIR)
			ble_central_pair(&run.central, run.now_us);
		if (wanted == BLE_POWER)
			run.central.stuck = 5;
		if (wanted == BLE_FORGET)
			run.central.stuck = 2;
		reach(&run, wanted);
		assert_true(ble_central_next_us(&run.central) < run.now_us + 200 * (uint64_t)S);
		step(&run, BLE_ON_TIME); /* too early */
		assert_int_equal(run.central.state, wanted);
		assert_int_equal(run.action, BLE_DO_NOTHING);
		wait_out(&run);
		assert_true(run.action != BLE_DO_NOTHING);
	}
}

static void a_failure_anywhere_closes_pauses_and_begins_again(void **state)
{
	(void)state;
	for (enum ble_state where = BLE_CONNECT; where <= BLE_STREAM; where++) {
		struct run run = begin(&plain);

		reach(&run, where);
		step(&run, BLE_ON_FAILED);
		expect(&run, BLE_CLOSE, BLE_DO_CLOSE);
		step(&run, BLE_ON_DONE);
		expect(&run, BLE_BACKOFF, BLE_DO_REST);
		assert_false(ble_central_holds_turn(&run.central));
		wait_out(&run);
		expect(&run, BLE_QUEUED, BLE_DO_QUEUE);
	}
}

static void a_close_that_is_never_answered_ends_all_the_same(void **state)
{
	struct run run = begin(&plain);

	(void)state;
	reach(&run, BLE_STREAM);
	step(&run, BLE_ON_LOST);
	expect(&run, BLE_CLOSE, BLE_DO_CLOSE);
	wait_out(&run);
	expect(&run, BLE_BACKOFF, BLE_DO_REST);
}

/* 1, 2, 4 … s, spread by a quarter either way, 60 s at most. */
static void pauses_double_up_to_the_most_and_are_spread(void **state)
{
	struct run run = begin(&plain);
	bool differs = false;

	(void)state;
	for (unsigned failure = 0; failure < 30; failure++) {
		uint64_t plain_us = (uint64_t)S << (failure < 6 ? failure : 6);
		uint64_t pause_us;

		if (plain_us > 60 * (uint64_t)S)
			plain_us = 60 * (uint64_t)S;
		reach(&run, BLE_FIND);
		step(&run, BLE_ON_FAILED);
		reach(&run, BLE_BACKOFF);
		pause_us = wait_out(&run);
		assert_in_range(pause_us, plain_us * 3 / 4, plain_us * 5 / 4);
		differs = differs || pause_us != plain_us;
	}
	assert_true(differs);
}

static void two_boards_do_not_pause_alike(void **state)
{
	struct ble_central_options other = plain;
	struct run one = begin(&plain);
	struct run two;
	unsigned alike = 0;

	(void)state;
	other.seed = 4;
	two = begin(&other);
	for (unsigned failure = 0; failure < 10; failure++) {
		reach(&one, BLE_CONNECT);
		reach(&two, BLE_CONNECT);
		step(&one, BLE_ON_FAILED);
		step(&two, BLE_ON_FAILED);
		reach(&one, BLE_BACKOFF);
		reach(&two, BLE_BACKOFF);
		alike += wait_out(&one) == wait_out(&two);
	}
	assert_true(alike < 3);
}

static void a_stream_that_lasts_ends_the_row_of_failures(void **state)
{
	struct run run = begin(&plain);

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		reach(&run, BLE_CONNECT);
		step(&run, BLE_ON_FAILED);
		reach(&run, BLE_BACKOFF);
	}
	reach(&run, BLE_STREAM);
	step(&run, BLE_ON_FRAME);
	assert_int_equal(run.central.failures, 5);
	for (unsigned i = 0; i < 21; i++) {
		run.now_us += 500 * MS;
		step(&run, BLE_ON_FRAME);
	}
	assert_int_equal(run.central.failures, 0);
}

static void silence_is_asked_about_once_and_then_ends_the_stream(void **state)
{
	struct run run = begin(&plain);

	(void)state;
	reach(&run, BLE_STREAM);
	wait_out(&run);
	expect(&run, BLE_STREAM, BLE_DO_GREET);
	step(&run, BLE_ON_FRAME);
	wait_out(&run);
	expect(&run, BLE_STREAM, BLE_DO_GREET);
	wait_out(&run);
	expect(&run, BLE_CLOSE, BLE_DO_CLOSE);
}

static void the_third_failure_has_the_board_forgotten(void **state)
{
	struct run run = begin(&plain);

	(void)state;
	for (unsigned failure = 1; failure <= 12; failure++) {
		reach(&run, BLE_CONNECT);
		step(&run, BLE_ON_FAILED);
		step(&run, BLE_ON_DONE);
		if (failure % 3 == 0)
			expect(&run, BLE_FORGET, BLE_DO_FORGET);
		else
			expect(&run, BLE_BACKOFF, BLE_DO_REST);
		reach(&run, BLE_BACKOFF);
	}
}

static void a_bond_is_not_forgotten(void **state)
{
	struct run run = begin(&plain);

	(void)state;
	run.central.is_bonded = true;
	for (unsigned failure = 1; failure <= 12; failure++) {
		reach(&run, BLE_CONNECT);
		step(&run, BLE_ON_FAILED);
		step(&run, BLE_ON_DONE);
		expect(&run, BLE_BACKOFF, BLE_DO_REST);
	}
}

static void the_adapter_is_switched_only_if_configured(void **state)
{
	struct ble_central_options options = plain;
	unsigned switched = 0;

	(void)state;
	for (unsigned may = 0; may < 2; may++) {
		struct run run;

		options.may_power = may;
		run = begin(&options);
		switched = 0;
		for (unsigned failure = 1; failure <= 12; failure++) {
			reach(&run, BLE_CONNECT);
			step(&run, BLE_ON_FAILED);
			step(&run, BLE_ON_DONE);
			switched += run.action == BLE_DO_POWER;
			reach(&run, BLE_BACKOFF);
		}
		assert_int_equal(switched, may ? 2 : 0);
	}
}

/* Out of range: neither BlueZ's memory nor the adapter is to blame. */
static void a_board_that_is_not_there_is_only_looked_for(void **state)
{
	struct ble_central_options options = plain;
	struct run run;

	(void)state;
	options.may_power = true;
	run = begin(&options);
	for (unsigned failure = 1; failure <= 30; failure++) {
		reach(&run, BLE_FIND);
		wait_out(&run);
		step(&run, BLE_ON_DONE);
		expect(&run, BLE_BACKOFF, BLE_DO_REST);
	}
}

static void without_an_adapter_it_waits_for_one_in_every_state(void **state)
{
	(void)state;
	for (enum ble_state where = BLE_QUEUED; where < BLE_BACKOFF; where++) {
		struct run run = begin(&plain);

		if (where == BLE_PAIR || where == BLE_FORGET || where == BLE_POWER)
			continue;
		reach(&run, where);
		step(&run, BLE_ON_GONE);
		expect(&run, BLE_IDLE, BLE_DO_DROP);
		assert_true(ble_central_next_us(&run.central) == UINT64_MAX);
		step(&run, BLE_ON_GONE);
		expect(&run, BLE_IDLE, BLE_DO_NOTHING);
		step(&run, BLE_ON_DONE); /* the answer to something before */
		expect(&run, BLE_IDLE, BLE_DO_NOTHING);
		step(&run, BLE_ON_READY);
		expect(&run, BLE_QUEUED, BLE_DO_QUEUE);
	}
}

static void a_board_that_wants_to_be_paired_is_paired_on_the_next_way(void **state)
{
	struct ble_central_options options = plain;
	struct run run;

	(void)state;
	options.may_pair = true;
	run = begin(&options);
	reach(&run, BLE_SUBSCRIBE);
	step(&run, BLE_ON_REFUSED);
	expect(&run, BLE_CLOSE, BLE_DO_CLOSE);
	reach(&run, BLE_FIND);
	step(&run, BLE_ON_DONE);
	expect(&run, BLE_PAIR, BLE_DO_PAIR);
	step(&run, BLE_ON_DONE);
	expect(&run, BLE_CONNECT, BLE_DO_CONNECT);
	reach(&run, BLE_STREAM);
	step(&run, BLE_ON_LOST);
	reach(&run, BLE_FIND);
	step(&run, BLE_ON_DONE);
	expect(&run, BLE_CONNECT, BLE_DO_CONNECT);
}

static void without_a_passkey_a_refusal_is_a_failure_like_any_other(void **state)
{
	struct run run = begin(&plain);

	(void)state;
	reach(&run, BLE_SUBSCRIBE);
	step(&run, BLE_ON_REFUSED);
	reach(&run, BLE_FIND);
	step(&run, BLE_ON_DONE);
	expect(&run, BLE_CONNECT, BLE_DO_CONNECT);
}

static void a_pairing_that_is_wanted_begins_at_once(void **state)
{
	struct run run = begin(&plain);

	(void)state;
	reach(&run, BLE_STREAM);
	run.action = ble_central_pair(&run.central, run.now_us);
	expect(&run, BLE_CLOSE, BLE_DO_CLOSE);
	step(&run, BLE_ON_LOST);
	expect(&run, BLE_QUEUED, BLE_DO_QUEUE);
	assert_int_equal(run.central.failures, 0);
	step(&run, BLE_ON_TURN);
	step(&run, BLE_ON_DONE);
	expect(&run, BLE_PAIR, BLE_DO_PAIR);
	step(&run, BLE_ON_FAILED);
	reach(&run, BLE_FIND);
	step(&run, BLE_ON_DONE);
	expect(&run, BLE_CONNECT, BLE_DO_CONNECT); /* not for ever */
}

static void a_released_board_is_left_alone_and_comes_back_by_itself(void **state)
{
	uint64_t until_us;
	struct run run = begin(&plain);

	(void)state;
	reach(&run, BLE_STREAM);
	until_us = run.now_us + 600 * (uint64_t)S;
	run.action = ble_central_release(&run.central, until_us, run.now_us);
	expect(&run, BLE_CLOSE, BLE_DO_CLOSE);
	step(&run, BLE_ON_DONE);
	expect(&run, BLE_RELEASED, BLE_DO_REST);
	assert_int_equal(ble_central_next_us(&run.central), until_us);
	step(&run, BLE_ON_GONE);
	step(&run, BLE_ON_READY);
	expect(&run, BLE_RELEASED, BLE_DO_REST);
	wait_out(&run);
	assert_int_equal(run.now_us, until_us);
	expect(&run, BLE_QUEUED, BLE_DO_QUEUE);
	reach(&run, BLE_STREAM);
	assert_int_equal(run.central.failures, 0);
}

static void a_release_ends_when_it_is_taken_back(void **state)
{
	struct run run = begin(&plain);

	(void)state;
	reach(&run, BLE_FIND);
	ble_central_release(&run.central, run.now_us + 600 * (uint64_t)S, run.now_us);
	step(&run, BLE_ON_DONE);
	assert_int_equal(run.central.state, BLE_RELEASED);
	run.action = ble_central_release(&run.central, 0, run.now_us);
	expect(&run, BLE_QUEUED, BLE_DO_QUEUE);
}

/* Whatever comes in whatever order: there is always a deadline or no adapter, the turn is held on
 * no pause, and a sound board is reached again within the longest pause. */
static void no_order_of_events_locks_it_up(void **state)
{
	struct ble_central_options options = plain;
	struct dice dice = { 11 };
	struct run run;

	(void)state;
	options.may_power = true;
	options.may_pair = true;
	run = begin(&options);
	for (unsigned round = 0; round < 200000; round++) {
		run.now_us += (uint64_t)dice_between(&dice, 0, 20 * S);
		step(&run, (enum ble_event)dice_between(&dice, BLE_ON_READY, BLE_ON_TIME));
		if (dice_roll(&dice) % 50 == 0)
			ble_central_pair(&run.central, run.now_us);
		if (dice_roll(&dice) % 50 == 0)
			ble_central_release(&run.central,
				run.now_us + (uint64_t)dice_between(&dice, 0, 60 * S), run.now_us);
		assert_true(run.central.state == BLE_IDLE ||
			    ble_central_next_us(&run.central) <= run.now_us + 121 * (uint64_t)S);
		if (round % 1000 != 0)
			continue;
		reach(&run, BLE_STREAM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_board_that_answers_is_reached_step_by_step),
		cmocka_unit_test(every_state_but_the_first_has_a_deadline),
		cmocka_unit_test(a_failure_anywhere_closes_pauses_and_begins_again),
		cmocka_unit_test(a_close_that_is_never_answered_ends_all_the_same),
		cmocka_unit_test(pauses_double_up_to_the_most_and_are_spread),
		cmocka_unit_test(two_boards_do_not_pause_alike),
		cmocka_unit_test(a_stream_that_lasts_ends_the_row_of_failures),
		cmocka_unit_test(silence_is_asked_about_once_and_then_ends_the_stream),
		cmocka_unit_test(the_third_failure_has_the_board_forgotten),
		cmocka_unit_test(a_bond_is_not_forgotten),
		cmocka_unit_test(the_adapter_is_switched_only_if_configured),
		cmocka_unit_test(a_board_that_is_not_there_is_only_looked_for),
		cmocka_unit_test(without_an_adapter_it_waits_for_one_in_every_state),
		cmocka_unit_test(a_board_that_wants_to_be_paired_is_paired_on_the_next_way),
		cmocka_unit_test(without_a_passkey_a_refusal_is_a_failure_like_any_other),
		cmocka_unit_test(a_pairing_that_is_wanted_begins_at_once),
		cmocka_unit_test(a_released_board_is_left_alone_and_comes_back_by_itself),
		cmocka_unit_test(a_release_ends_when_it_is_taken_back),
		cmocka_unit_test(no_order_of_events_locks_it_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
