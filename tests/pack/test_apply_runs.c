/* SPDX-License-Identifier: MIT */
/*
 * Whole runs of apply against a board and a line that misbehave at random. The world performs what
 * apply says as the gateway does, and checks at every instant what must hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "bms/jk_layout.h"
#include "pack/apply.h"
#include "random_settings.h"

enum {
	WORLD_RUNS = 3000,
	CHAOS_STEPS = 150,
	CALM_STEPS_MAX = 2000,
};

struct world {
	struct random random;
	struct apply apply;
	struct bms_settings board;
	bool link_up;
	bool calm;
	bool reading;   /* a read of all settings is wanted */
	bool recording; /* an intent is on its way to the disk */
	bool writing;   /* a write is on the line */
	bool intent_open;
	bool intent_durable;
	unsigned intents;
	unsigned outcomes[APPLY_OUTCOME_NOT_RECORDED + 1];
	bool reported;
	bool refuses[BMS_SETTING_SLOTS]; /* the board says no */
	bool forgets[BMS_SETTING_SLOTS]; /* the board says yes and does not keep it */
};

static bool chance(struct world *world, uint32_t once_in)
{
	return !world->calm && random_once_in(&world->random, once_in);
}

static void take_outcome(struct world *world)
{
	const struct apply *apply = &world->apply;

	assert_true(world->intent_open);
	assert_false(world->writing);
	world->intent_open = false;
	world->outcomes[apply->outcome]++;
	if (apply->outcome == APPLY_OUTCOME_OK)
		assert_int_equal(world->board.value[apply->current.slot], apply->current.new_value);
	if (apply->outcome == APPLY_OUTCOME_REFUSED)
		assert_true(world->refuses[apply->current.slot]);
	if (apply->outcome == APPLY_OUTCOME_UNVERIFIED)
		assert_true(world->forgets[apply->current.slot] ||
			    apply->current.slot == SLOT(BALANCE_TRIGGER));
	if (apply->outcome == APPLY_OUTCOME_NOT_RECORDED)
		assert_false(world->intent_durable);
}

static enum apply_action perform_one(struct world *world, enum apply_action action)
{
	switch (action) {
	case APPLY_DO_READ:
		world->reading = true;
		break;
	case APPLY_DO_INTENT:
		assert_false(world->intent_open);
		world->intent_open = true;
		world->intent_durable = false;
		world->recording = true;
		world->intents++;
		break;
	case APPLY_DO_WRITE:
		assert_true(world->intent_open && world->intent_durable);
		assert_true(world->link_up && !world->writing);
		world->writing = true;
		break;
	case APPLY_DO_OUTCOME:
		take_outcome(world);
		return apply_next(&world->apply);
	case APPLY_DO_REPORT:
		assert_false(world->intent_open);
		world->reported = true;
		break;
	case APPLY_DO_NOTHING:
		break;
	}
	return APPLY_DO_NOTHING;
}

static void perform(struct world *world, enum apply_action action)
{
	while (action != APPLY_DO_NOTHING)
		action = perform_one(world, action);
	assert_null(bms_settings_broken_rule(&world->board));
}

/* What the board makes of the write that is on the line, as the line tells it. */
static enum bms_status execute(struct world *world)
{
	const struct plan_item *item = &world->apply.current;
	struct bms_jk_write write;

	assert_int_equal(
		bms_jk_write_setting(&world->apply.board, item->slot, item->new_value, &write),
		BMS_OK);
	if (chance(world, 10))
		return BMS_SILENCE; /* the request was lost */
	if (world->refuses[item->slot])
		return BMS_EXCEPTION;
	if (!world->forgets[item->slot]) {
		/* Our firmware would refuse it: planning must have seen to it. */
		assert_null(bms_settings_write_breaks(&world->board, item->slot, item->new_value));
		bms_settings_set(&world->board, item->slot, item->new_value);
	}
	return chance(world, 10) ? BMS_BAD_SUM : BMS_OK;
}

static void step_line(struct world *world)
{
	if (!world->link_up)
		return;
	if (world->writing) {
		enum bms_status status = execute(world);

		world->writing = false;
		perform(world, apply_on_answer(&world->apply, status));
	} else if (world->reading && !chance(world, 5)) {
		world->reading = false;
		perform(world, apply_on_settings(&world->apply, &world->board));
	}
}

static void lose_link(struct world *world)
{
	bool answer_first = random_once_in(&world->random, 2);
	bool was_writing = world->writing;

	if (was_writing && random_once_in(&world->random, 2))
		(void)execute(world);
	world->writing = false;
	world->reading = false;
	world->link_up = false;
	if (was_writing && answer_first)
		perform(world, apply_on_answer(&world->apply, BMS_LINK_DOWN));
	perform(world, apply_on_link(&world->apply, false));
	if (was_writing && !answer_first)
		perform(world, apply_on_answer(&world->apply, BMS_LINK_DOWN));
}

static void step_link(struct world *world)
{
	if (world->link_up && chance(world, 12)) {
		lose_link(world);
	} else if (!world->link_up && (world->calm || random_once_in(&world->random, 4))) {
		world->link_up = true;
		perform(world, apply_on_link(&world->apply, true));
	}
}

static void step_store(struct world *world)
{
	if (!world->recording || chance(world, 2))
		return;
	world->recording = false;
	world->intent_durable = !chance(world, 40);
	perform(world, apply_on_intent(&world->apply, world->intent_durable));
}

/* Only a value that is in no rule: a board that breaks its own rules proves nothing about us. */
static void step_drift(struct world *world)
{
	if (!world->writing && chance(world, 20))
		bms_settings_set(&world->board, SLOT(BALANCE_TRIGGER), 10);
}

static void want_something(struct world *world)
{
	struct bms_settings desired = { 0 };

	random_valid_settings(&world->random, &desired, 20);
	bms_settings_set(&desired, SLOT(BALANCE_TRIGGER), 15);
	bms_settings_set(&desired, SLOT(CHARGE_SWITCH), random_between(&world->random, 0, 1));
	bms_settings_set(&desired, SLOT(HEATING_SWITCH), random_between(&world->random, 0, 1));
	perform(world, apply_start(&world->apply, &desired));
}

static void step(struct world *world)
{
	step_link(world);
	step_store(world);
	step_line(world);
	step_drift(world);
	if (chance(world, 60))
		want_something(world);
}

static void world_init(struct world *world, uint64_t seed)
{
	*world = (struct world){ .random = { seed }, .link_up = true };
	bms_settings_preset(&world->board, BMS_CHEMISTRY_LFP);
	random_valid_settings(&world->random, &world->board, 20);
	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++) {
		world->refuses[slot] = random_once_in(&world->random, 15);
		world->forgets[slot] = random_once_in(&world->random, 15);
	}
	apply_init(&world->apply, &plan_carrier_jk_registers);
	want_something(world);
}

/* Everything wanted is there, but for what the board did not take and what depends on it. */
static void check_end(struct world *world)
{
	const struct apply *apply = &world->apply;

	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++) {
		if (!bms_settings_has(&apply->desired, slot) ||
			apply->desired.value[slot] == world->board.value[slot])
			continue;
		if (bms_has_slot(apply->given_up, slot)) {
			assert_true(world->refuses[slot] || world->forgets[slot]);
			continue;
		}
		assert_true(apply->report.failed > 0);
		for (size_t i = 0; i < apply->plan.count; i++)
			if (apply->plan.items[i].slot == slot)
				assert_int_equal(apply->plan.items[i].verdict, PLAN_BREAKS_RULE);
	}
}

static void run_world(struct world *world)
{
	unsigned steps = 0;

	for (int i = 0; i < CHAOS_STEPS; i++)
		step(world);
	world->calm = true;
	while (!world->reported || world->apply.state != APPLY_IDLE) {
		step(world);
		assert_true(++steps < CALM_STEPS_MAX);
	}
	/* Once more without faults: what chaos left undone is done now. */
	world->reported = false;
	perform(world, apply_start(&world->apply, &world->apply.desired));
	while (!world->reported) {
		step(world);
		assert_true(++steps < CALM_STEPS_MAX);
	}
	check_end(world);
}

static void random_runs_keep_every_rule_and_end_every_intent_once(void **state)
{
	unsigned outcomes[APPLY_OUTCOME_NOT_RECORDED + 1] = { 0 };

	(void)state;
	for (uint64_t seed = 1; seed <= WORLD_RUNS; seed++) {
		struct world world;
		unsigned ended = 0;

		world_init(&world, seed * UINT64_C(0x9E3779B97F4A7C15));
		run_world(&world);
		assert_false(world.intent_open);
		for (int i = 0; i <= APPLY_OUTCOME_NOT_RECORDED; i++) {
			ended += world.outcomes[i];
			outcomes[i] += world.outcomes[i];
		}
		assert_int_equal(ended, world.intents);
	}
	/* The world was bad enough for every outcome to be common. */
	for (int i = 0; i <= APPLY_OUTCOME_NOT_RECORDED; i++)
		assert_true(outcomes[i] > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_runs_keep_every_rule_and_end_every_intent_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
