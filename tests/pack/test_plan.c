/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bms/jk_frame.h"
#include "bms/jk_layout.h"
#include "captures_relay.h"
#include "pack/plan.h"
#include "random_settings.h"

enum {
	RANDOM_PAIRS = 24000
};

static struct bms_settings lfp(void)
{
	struct bms_settings settings = { 0 };

	bms_settings_preset(&settings, BMS_CHEMISTRY_LFP);
	return settings;
}

static const struct plan_item *find_item(const struct plan *plan, size_t slot)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->items[i].slot == slot)
			return &plan->items[i];
	return NULL;
}

static size_t place_of(const struct plan *plan, size_t slot)
{
	const struct plan_item *item = find_item(plan, slot);

	assert_non_null(item);
	return (size_t)(item - plan->items);
}

static void check_verdict(const struct plan *plan, size_t slot, enum plan_verdict verdict)
{
	const struct plan_item *item = find_item(plan, slot);

	assert_non_null(item);
	assert_int_equal(item->verdict, verdict);
}

/* Makes the writes one by one: none may break a rule that holds, and all must arrive. */
static void check_steps(const struct plan *plan, const struct bms_settings *board,
	const struct bms_settings *desired)
{
	struct bms_settings state = *board;

	for (size_t i = 0; i < plan->write_count; i++) {
		const struct plan_item *item = &plan->items[i];

		assert_int_equal(item->verdict, PLAN_WRITE);
		assert_int_equal(item->old_value, state.value[item->slot]);
		assert_null(bms_settings_write_breaks(&state, item->slot, item->new_value));
		bms_settings_set(&state, item->slot, item->new_value);
	}
	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++)
		if (bms_settings_has(desired, slot))
			assert_int_equal(state.value[slot], desired->value[slot]);
}

static void nothing_wanted_is_an_empty_plan(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = { 0 };
	struct plan plan;

	(void)state;
	plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
	assert_int_equal(plan.count, 0);
	assert_int_equal(plan.write_count, 0);
	assert_int_equal(plan.refused_count, 0);
}

static void what_the_board_has_is_not_written(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = lfp();
	struct plan plan;

	(void)state;
	bms_settings_set(&desired, SLOT(BALANCE_TRIGGER), 15);
	plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
	assert_int_equal(plan.count, BMS_SETTING_SLOTS);
	assert_int_equal(plan.write_count, 1);
	assert_int_equal(plan.refused_count, 0);
	assert_int_equal(plan.items[0].slot, SLOT(BALANCE_TRIGGER));
	assert_int_equal(plan.items[0].old_value, 10);
	assert_int_equal(plan.items[0].new_value, 15);
	check_verdict(&plan, SLOT(CELL_OVP), PLAN_SAME);
}

static void rising_limits_are_written_from_the_top(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = { 0 };
	struct plan plan;

	(void)state;
	/* 2600 < 2650 become 2700 < 2750: the release must make room first. */
	bms_settings_set(&desired, SLOT(CELL_UVP), 2700);
	bms_settings_set(&desired, SLOT(CELL_UVP_RELEASE), 2750);
	plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
	assert_int_equal(plan.write_count, 2);
	assert_int_equal(plan.items[0].slot, SLOT(CELL_UVP_RELEASE));
	assert_int_equal(plan.items[1].slot, SLOT(CELL_UVP));
}

static void falling_limits_are_written_from_the_bottom(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = { 0 };
	struct plan plan;

	(void)state;
	/* 3550 < 3600 become 3450 < 3500: the release, below, goes first. */
	bms_settings_set(&desired, SLOT(CELL_OVP), 3500);
	bms_settings_set(&desired, SLOT(CELL_OVP_RELEASE), 3450);
	plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
	assert_int_equal(plan.write_count, 2);
	assert_int_equal(plan.items[0].slot, SLOT(CELL_OVP_RELEASE));
	assert_int_equal(plan.items[1].slot, SLOT(CELL_OVP));
}

static void every_change_of_chemistry_is_safe_at_each_step(void **state)
{
	(void)state;
	for (int from = 0; from < BMS_CHEMISTRY_COUNT; from++) {
		for (int to = 0; to < BMS_CHEMISTRY_COUNT; to++) {
			struct bms_settings board = { 0 };
			struct bms_settings desired = { 0 };
			struct plan plan;

			bms_settings_preset(&board, (enum bms_chemistry)from);
			bms_settings_preset(&desired, (enum bms_chemistry)to);
			plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
			assert_int_equal(plan.refused_count, 0);
			check_steps(&plan, &board, &desired);
		}
	}
}

static struct bms_settings captured_relay_board(void)
{
	struct bms_settings settings = { 0 };
	struct bms_identity identity = { 0 };
	uint8_t bytes[BMS_JK_FRAME_SIZE];
	struct bms_jk_frame frame;

	capture_bytes(relay_settings_frame, bytes, sizeof(bytes));
	assert_int_equal(bms_jk_frame_parse(bytes, sizeof(bytes), &frame), BMS_OK);
	bms_jk_decode_settings(&frame.payload, &settings);
	capture_bytes(relay_device_frame, bytes, sizeof(bytes));
	assert_int_equal(bms_jk_frame_parse(bytes, sizeof(bytes), &frame), BMS_OK);
	bms_jk_decode_device(&frame.payload, &identity, &settings);
	return settings;
}

static void the_captured_relay_board_can_be_brought_to_every_chemistry(void **state)
{
	struct bms_settings board = captured_relay_board();

	(void)state;
	for (int chemistry = 0; chemistry < BMS_CHEMISTRY_COUNT; chemistry++) {
		struct bms_settings desired = { 0 };
		struct plan plan;

		bms_settings_preset(&desired, (enum bms_chemistry)chemistry);
		plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
		assert_int_equal(plan.refused_count, 0);
		/* Both relays are off in the capture: they are switched on at the very end. */
		assert_int_equal(plan.items[plan.write_count - 2].slot, SLOT(CHARGE_SWITCH));
		assert_int_equal(plan.items[plan.write_count - 1].slot, SLOT(DISCHARGE_SWITCH));
		check_steps(&plan, &board, &desired);
	}
}

static void switching_off_goes_first_and_on_after_all_limits(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = { 0 };
	struct plan plan;

	(void)state;
	bms_settings_set(&board, SLOT(CHARGE_SWITCH), 0);
	bms_settings_set(&desired, SLOT(CHARGE_SWITCH), 1);
	bms_settings_set(&desired, SLOT(DISCHARGE_SWITCH), 0);
	bms_settings_set(&desired, SLOT(CELL_OVP), 3650);
	bms_settings_set(&desired, SLOT(CELL_COUNT), 16);
	bms_settings_set(&desired, SLOT(CURRENT_RANGE), 750000);
	bms_settings_set(&desired, SLOT(BALANCE_SWITCH), 0);
	bms_settings_set(&desired, SLOT(HEATING_SWITCH), 1);
	bms_settings_set(&desired, SLOT(DEVICE_ADDRESS), 7);
	plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
	assert_int_equal(plan.write_count, 8);
	assert_int_equal(plan.items[0].slot, SLOT(DISCHARGE_SWITCH));
	assert_int_equal(plan.items[1].slot, SLOT(CELL_OVP));
	assert_int_equal(plan.items[2].slot, SLOT(CELL_COUNT));
	assert_int_equal(plan.items[3].slot, SLOT(CURRENT_RANGE));
	assert_int_equal(plan.items[4].slot, SLOT(BALANCE_SWITCH));
	assert_int_equal(plan.items[5].slot, SLOT(HEATING_SWITCH));
	assert_int_equal(plan.items[6].slot, SLOT(CHARGE_SWITCH));
	assert_int_equal(plan.items[7].slot, SLOT(DEVICE_ADDRESS));
}

static void what_can_cut_the_link_is_written_last(void **state)
{
	static const size_t link_slots[] = {
		SLOT(DEVICE_ADDRESS),
		SLOT(PORT_RS485),
		SLOT(UART1_PROTOCOL),
		SLOT(CAN_PROTOCOL),
	};
	struct bms_settings board = lfp();
	struct bms_settings desired = { 0 };
	struct plan plan;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		bms_settings_set(&desired, link_slots[i], board.value[link_slots[i]] ? 2 : 1);
	bms_settings_set(&desired, SLOT(BUZZER_VALUE), 90);
	bms_settings_set(&desired, SLOT(BALANCE_SWITCH), 0);
	plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
	assert_int_equal(plan.write_count, 6);
	for (size_t i = 0; i < 4; i++)
		assert_in_range(place_of(&plan, link_slots[i]), 2, 5);
}

static void a_value_out_of_range_holds_everything_back(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = { 0 };
	struct plan plan;

	(void)state;
	bms_settings_set(&desired, SLOT(CELL_COUNT), 33);
	bms_settings_set(&desired, SLOT(BALANCE_TRIGGER), 15);
	bms_settings_set(&desired, SLOT(BALANCE_CURRENT), 2000);
	plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
	assert_int_equal(plan.write_count, 0);
	assert_int_equal(plan.refused_count, 2);
	check_verdict(&plan, SLOT(CELL_COUNT), PLAN_OUT_OF_RANGE);
	check_verdict(&plan, SLOT(BALANCE_TRIGGER), PLAN_HELD_BACK);
	check_verdict(&plan, SLOT(BALANCE_CURRENT), PLAN_SAME);
}

static void a_value_that_contradicts_what_the_board_keeps_names_the_rule(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = { 0 };
	const struct plan_item *item;
	struct plan plan;

	(void)state;
	bms_settings_set(&desired, SLOT(CELL_UVP), 2660); /* the board releases at 2650 */
	bms_settings_set(&desired, SLOT(BALANCE_TRIGGER), 15);
	plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
	assert_int_equal(plan.write_count, 0);
	check_verdict(&plan, SLOT(BALANCE_TRIGGER), PLAN_HELD_BACK);
	item = find_item(&plan, SLOT(CELL_UVP));
	assert_int_equal(item->verdict, PLAN_BREAKS_RULE);
	assert_ptr_equal(item->rule, &bms_rules[BMS_RULE_OF_CELL_UVP_CELL_UVP_RELEASE]);
}

static void wanted_values_that_contradict_each_other_are_both_refused(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = { 0 };
	struct plan plan;

	(void)state;
	bms_settings_set(&desired, SLOT(CELL_OVP), 3400);
	bms_settings_set(&desired, SLOT(CELL_OVP_RELEASE), 3400);
	plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
	assert_int_equal(plan.write_count, 0);
	check_verdict(&plan, SLOT(CELL_OVP), PLAN_BREAKS_RULE);
	check_verdict(&plan, SLOT(CELL_OVP_RELEASE), PLAN_BREAKS_RULE);
}

static void equal_values_satisfy_at_most(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = { 0 };
	struct plan plan;

	(void)state;
	bms_settings_set(&desired, SLOT(SOC100_VOLTAGE), 3600);
	plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
	assert_int_equal(plan.write_count, 1);
}

static void what_the_board_lacks_refuses_only_itself(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = { 0 };
	struct plan plan;

	(void)state;
	bms_clear_slot(board.present, SLOT(HEATING_START));
	bms_settings_set(&desired, SLOT(HEATING_START), 5);
	bms_settings_set(&desired, SLOT(BALANCE_TRIGGER), 15);
	plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
	assert_int_equal(plan.write_count, 1);
	assert_int_equal(plan.refused_count, 1);
	check_verdict(&plan, SLOT(BALANCE_TRIGGER), PLAN_WRITE);
	check_verdict(&plan, SLOT(HEATING_START), PLAN_ABSENT);
}

static void an_absent_setting_is_in_no_rule(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = { 0 };
	struct plan plan;

	(void)state;
	bms_clear_slot(board.present, SLOT(CELL_UVP_RELEASE));
	bms_settings_set(&desired, SLOT(CELL_UVP), 2660);
	bms_settings_set(&desired, SLOT(CELL_UVP_RELEASE), 2000);
	plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
	check_verdict(&plan, SLOT(CELL_UVP), PLAN_WRITE);
	check_verdict(&plan, SLOT(CELL_UVP_RELEASE), PLAN_ABSENT);
}

static void a_switch_bit_without_its_neighbours_has_no_carrier(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = { 0 };
	struct plan plan;

	(void)state;
	/* All switch bits share a register, which is written whole. */
	bms_clear_slot(board.present, SLOT(SMART_SLEEP));
	bms_settings_set(&desired, SLOT(HEATING_SWITCH), 1);
	bms_settings_set(&desired, SLOT(LCD_ALWAYS_ON), 0);
	bms_settings_set(&desired, SLOT(BALANCE_TRIGGER), 15);
	plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
	assert_int_equal(plan.write_count, 1);
	check_verdict(&plan, SLOT(HEATING_SWITCH), PLAN_NO_CARRIER);
	check_verdict(&plan, SLOT(LCD_ALWAYS_ON), PLAN_SAME);
}

static void a_board_that_breaks_a_rule_can_be_repaired(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = lfp();
	struct plan plan;

	(void)state;
	bms_settings_set(&board, SLOT(CELL_UVP), 3700);
	bms_settings_set(&board, SLOT(POWER_OFF_VOLTAGE), 3800);
	plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
	assert_int_equal(plan.write_count, 2);
	check_steps(&plan, &board, &desired);
}

static void a_rule_the_board_breaks_itself_does_not_stop_other_writes(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = { 0 };
	struct plan plan;

	(void)state;
	bms_settings_set(&board, SLOT(CELL_UVP), 2650); /* not below its release */
	bms_settings_set(&desired, SLOT(CELL_OVP), 3650);
	plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
	assert_int_equal(plan.write_count, 1);
}

static void a_write_that_leaves_a_rule_broken_is_refused(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = { 0 };
	struct plan plan;

	(void)state;
	bms_settings_set(&board, SLOT(CELL_UVP), 2700);
	bms_settings_set(&desired, SLOT(CELL_UVP), 2680); /* the release is at 2650 */
	plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
	assert_int_equal(plan.write_count, 0);
	check_verdict(&plan, SLOT(CELL_UVP), PLAN_BREAKS_RULE);
}

static void the_rest_is_planned_around_what_is_refused(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = { 0 };
	struct plan plan;

	(void)state;
	/*
	 * The board kept its overvoltage limit at 3600. The release wanted for a higher one can not
	 * be, so the undervoltage release wanted above the release the board keeps can not either.
	 */
	bms_settings_set(&desired, SLOT(CELL_OVP_RELEASE), 4100);
	bms_settings_set(&desired, SLOT(CELL_UVP_RELEASE), 3580);
	bms_settings_set(&desired, SLOT(BALANCE_TRIGGER), 15);
	plan_make_rest(&plan, &board, &desired, &plan_carrier_jk_registers);
	assert_int_equal(plan.write_count, 1);
	assert_int_equal(plan.refused_count, 2);
	assert_int_equal(plan.items[0].slot, SLOT(BALANCE_TRIGGER));
	check_verdict(&plan, SLOT(CELL_OVP_RELEASE), PLAN_BREAKS_RULE);
	check_verdict(&plan, SLOT(CELL_UVP_RELEASE), PLAN_BREAKS_RULE);
}

static void elements_of_one_setting_are_planned_each(void **state)
{
	struct bms_settings board = lfp();
	struct bms_settings desired = { 0 };
	struct plan plan;

	(void)state;
	for (size_t cell = 0; cell < 32; cell++)
		bms_settings_set(&desired, SLOT(WIRE_RESISTANCE) + cell, cell % 2 ? 1500 : 0);
	plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
	assert_int_equal(plan.count, 32);
	assert_int_equal(plan.write_count, 16);
	for (size_t i = 0; i < 16; i++)
		assert_int_equal(plan.items[i].slot, SLOT(WIRE_RESISTANCE) + 2 * i + 1);
}

static void every_verdict_has_a_text(void **state)
{
	(void)state;
	for (int verdict = PLAN_WRITE; verdict <= PLAN_HELD_BACK; verdict++)
		assert_true(strlen(plan_verdict_text((enum plan_verdict)verdict)) > 0);
}

static int64_t random_spread(struct random *random)
{
	static const int64_t spreads[] = { 4, 20, 200, 3000 };

	return spreads[random_next(random) % 4];
}

static void random_valid_pairs_are_safe_at_each_step(void **state)
{
	struct random random = { 0x5EED };

	(void)state;
	for (int pair = 0; pair < RANDOM_PAIRS; pair++) {
		int64_t spread = random_spread(&random);
		struct bms_settings board = { 0 };
		struct bms_settings desired = { 0 };
		struct plan plan;

		random_valid_settings(&random, &board, spread);
		random_valid_settings(&random, &desired, spread);
		assert_null(bms_settings_broken_rule(&board));
		assert_null(bms_settings_broken_rule(&desired));
		plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
		assert_int_equal(plan.refused_count, 0);
		check_steps(&plan, &board, &desired);
	}
}

/* Shows that the pairs above are hard: the plain order of the table would break rules on most. */
static void the_order_of_the_table_would_not_do(void **state)
{
	struct random random = { 0x5EED };
	int broken = 0;

	(void)state;
	for (int pair = 0; pair < 1000; pair++) {
		int64_t spread = random_spread(&random);
		struct bms_settings board = { 0 };
		struct bms_settings desired = { 0 };
		bool breaks = false;

		random_valid_settings(&random, &board, spread);
		random_valid_settings(&random, &desired, spread);
		for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++) {
			if (!bms_settings_has(&desired, slot))
				continue;
			bms_settings_set(&board, slot, desired.value[slot]);
			breaks |= bms_settings_broken_rule(&board) != NULL;
		}
		broken += breaks;
	}
	assert_true(broken > 500);
}

static void a_random_part_is_written_whole_or_not_at_all(void **state)
{
	struct random random = { 0xFACADE };
	int refused = 0;

	(void)state;
	for (int pair = 0; pair < RANDOM_PAIRS / 4; pair++) {
		struct bms_settings board = { 0 };
		struct bms_settings desired = { 0 };
		struct bms_settings after;
		struct plan plan;

		random_valid_settings(&random, &board, 20);
		random_valid_settings(&random, &desired, 20);
		after = board;
		for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++) {
			if (!bms_settings_has(&desired, slot))
				continue;
			if (random_once_in(&random, 2))
				bms_settings_set(&after, slot, desired.value[slot]);
			else
				bms_clear_slot(desired.present, slot);
		}
		plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
		if (bms_settings_broken_rule(&after)) {
			assert_int_equal(plan.write_count, 0);
			assert_true(plan.refused_count > 0);
			refused++;
			continue;
		}
		assert_int_equal(plan.refused_count, 0);
		check_steps(&plan, &board, &desired);
	}
	assert_in_range(refused, RANDOM_PAIRS / 40, RANDOM_PAIRS / 4 - RANDOM_PAIRS / 40);
}

static void any_odd_board_is_repaired_without_breaking_what_holds(void **state)
{
	struct random random = { 0xB0A2D };

	(void)state;
	for (int pair = 0; pair < RANDOM_PAIRS / 4; pair++) {
		struct bms_settings board = { 0 };
		struct bms_settings desired = { 0 };
		struct plan plan;

		random_valid_settings(&random, &desired, 20);
		for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++)
			if (bms_settings_has(&desired, slot))
				bms_settings_set(&board, slot, random_between(&random, 1000, 1030));
		plan_make(&plan, &board, &desired, &plan_carrier_jk_registers);
		assert_int_equal(plan.refused_count, 0);
		check_steps(&plan, &board, &desired);
	}
}

static void the_rest_of_random_values_never_breaks_a_rule(void **state)
{
	struct random random = { 0x2E57 };

	(void)state;
	for (int pair = 0; pair < RANDOM_PAIRS / 4; pair++) {
		struct bms_settings board = { 0 };
		struct bms_settings desired = { 0 };
		struct plan plan;

		random_valid_settings(&random, &board, 20);
		for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++)
			if (bms_settings_has(&board, slot) && random_once_in(&random, 2))
				bms_settings_set(
					&desired, slot, random_between(&random, 1000, 1030));
		plan_make_rest(&plan, &board, &desired, &plan_carrier_jk_registers);
		for (size_t i = 0; i < plan.write_count; i++)
			bms_settings_set(&board, plan.items[i].slot, plan.items[i].new_value);
		assert_null(bms_settings_broken_rule(&board));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_wanted_is_an_empty_plan),
		cmocka_unit_test(what_the_board_has_is_not_written),
		cmocka_unit_test(rising_limits_are_written_from_the_top),
		cmocka_unit_test(falling_limits_are_written_from_the_bottom),
		cmocka_unit_test(every_change_of_chemistry_is_safe_at_each_step),
		cmocka_unit_test(the_captured_relay_board_can_be_brought_to_every_chemistry),
		cmocka_unit_test(switching_off_goes_first_and_on_after_all_limits),
		cmocka_unit_test(what_can_cut_the_link_is_written_last),
		cmocka_unit_test(a_value_out_of_range_holds_everything_back),
		cmocka_unit_test(a_value_that_contradicts_what_the_board_keeps_names_the_rule),
		cmocka_unit_test(wanted_values_that_contradict_each_other_are_both_refused),
		cmocka_unit_test(equal_values_satisfy_at_most),
		cmocka_unit_test(what_the_board_lacks_refuses_only_itself),
		cmocka_unit_test(an_absent_setting_is_in_no_rule),
		cmocka_unit_test(a_switch_bit_without_its_neighbours_has_no_carrier),
		cmocka_unit_test(a_board_that_breaks_a_rule_can_be_repaired),
		cmocka_unit_test(a_rule_the_board_breaks_itself_does_not_stop_other_writes),
		cmocka_unit_test(a_write_that_leaves_a_rule_broken_is_refused),
		cmocka_unit_test(the_rest_is_planned_around_what_is_refused),
		cmocka_unit_test(elements_of_one_setting_are_planned_each),
		cmocka_unit_test(every_verdict_has_a_text),
		cmocka_unit_test(random_valid_pairs_are_safe_at_each_step),
		cmocka_unit_test(the_order_of_the_table_would_not_do),
		cmocka_unit_test(a_random_part_is_written_whole_or_not_at_all),
		cmocka_unit_test(any_odd_board_is_repaired_without_breaking_what_holds),
		cmocka_unit_test(the_rest_of_random_values_never_breaks_a_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
