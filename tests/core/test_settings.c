/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "bms/settings.h"

static struct bms_settings preset(enum bms_chemistry chemistry)
{
	struct bms_settings settings = { 0 };

	bms_settings_preset(&settings, chemistry);
	return settings;
}

static size_t slot_of(uint8_t setting)
{
	return bms_setting_rows[setting].slot;
}

static void every_row_is_complete(void **state)
{
	size_t slot = 0;

	(void)state;
	for (size_t i = 0; i < BMS_SETTING_COUNT; i++) {
		const struct bms_setting_row *row = &bms_setting_rows[i];

		assert_non_null(row->key);
		assert_true(strlen(row->text) > 8);
		assert_in_range(row->unit, 0, BMS_UNIT_COUNT - 1);
		assert_in_range(row->offer, 0, BMS_OFFER_OTHER);
		assert_true(row->min < row->max);
		assert_int_equal(row->slot, slot);
		assert_true(row->count >= 1);
		slot += row->count;
	}
	assert_int_equal(slot, BMS_SETTING_SLOTS);
}

/* Keys are names of configuration, command line, bus and history: plain and short. */
static void keys_are_plain_and_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < BMS_SETTING_COUNT; i++) {
		const char *key = bms_setting_rows[i].key;

		assert_int_equal(strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(key));
		assert_in_range(key[0], 'a', 'z');
		assert_in_range(strlen(key), 3, 32);
		assert_int_equal(bms_setting_by_key(key), i);
	}
}

static void an_unknown_key_has_no_row(void **state)
{
	(void)state;
	assert_int_equal(bms_setting_by_key("cell_uv"), BMS_SETTING_COUNT);
	assert_int_equal(bms_setting_by_key(""), BMS_SETTING_COUNT);
	assert_int_equal(bms_setting_by_key("CELL_UVP"), BMS_SETTING_COUNT);
}

static void every_slot_belongs_to_its_row(void **state)
{
	(void)state;
	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++) {
		const struct bms_setting_row *row = &bms_setting_rows[bms_setting_of_slot(slot)];

		assert_in_range(slot, row->slot, row->slot + row->count - 1u);
	}
	assert_int_equal(bms_setting_of_slot(BMS_SETTING_SLOT_WIRE_RESISTANCE + 31),
		BMS_SETTING_WIRE_RESISTANCE);
}

static void every_preset_is_complete_in_range_and_breaks_no_rule(void **state)
{
	(void)state;
	for (unsigned chemistry = 0; chemistry < BMS_CHEMISTRY_COUNT; chemistry++) {
		struct bms_settings settings = preset((enum bms_chemistry)chemistry);
		const struct bms_rule *broken = bms_settings_broken_rule(&settings);

		for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++) {
			enum bms_setting setting = bms_setting_of_slot(slot);

			assert_true(bms_settings_has(&settings, slot));
			if (!bms_setting_in_range(setting, settings.value[slot]))
				fail_msg("%s of %s", bms_setting_rows[setting].key,
					bms_chemistry_names[chemistry]);
		}
		if (broken)
			fail_msg("%s: %s", bms_chemistry_names[chemistry], broken->text);
	}
}

static void the_relay_boards_defaults_are_the_lfp_preset(void **state)
{
	struct bms_settings lfp = preset(BMS_CHEMISTRY_LFP);

	(void)state;
	assert_int_equal(lfp.value[BMS_SETTING_SLOT_CELL_UVP], 2600);
	assert_int_equal(lfp.value[BMS_SETTING_SLOT_CELL_OVP], 3600);
	assert_int_equal(lfp.value[BMS_SETTING_SLOT_DISCHARGE_OCP], 1000000);
	assert_int_equal(lfp.value[BMS_SETTING_SLOT_CURRENT_RANGE], 500000);
	assert_int_equal(lfp.value[BMS_SETTING_SLOT_PRECHARGE_TIME], 5);
}

static void limits_belong_to_the_range(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BMS_SETTING_COUNT; i++) {
		enum bms_setting setting = (enum bms_setting)i;

		assert_true(bms_setting_in_range(setting, bms_setting_rows[i].min));
		assert_true(bms_setting_in_range(setting, bms_setting_rows[i].max));
		assert_false(bms_setting_in_range(setting, bms_setting_rows[i].min - INT64_C(1)));
		assert_false(bms_setting_in_range(setting, bms_setting_rows[i].max + INT64_C(1)));
	}
}

static void every_rule_can_be_broken_and_names_what_it_means(void **state)
{
	(void)state;
	for (size_t i = 0; i < BMS_RULE_COUNT; i++) {
		const struct bms_rule *rule = &bms_rules[i];
		struct bms_settings settings = { 0 };

		assert_true(strlen(rule->text) > 8);
		bms_settings_set(&settings, slot_of(rule->low), 1000);
		bms_settings_set(&settings, slot_of(rule->high), 1001);
		assert_true(bms_rule_holds(rule, &settings));
		assert_null(bms_settings_broken_rule(&settings));
		bms_settings_set(&settings, slot_of(rule->low), 1001);
		assert_int_equal(bms_rule_holds(rule, &settings), rule->op == BMS_RULE_AT_MOST);
		bms_settings_set(&settings, slot_of(rule->low), 1002);
		assert_false(bms_rule_holds(rule, &settings));
		assert_ptr_equal(bms_settings_broken_rule(&settings), rule);
	}
}

static void a_rule_is_silent_where_a_board_lacks_one_of_the_two(void **state)
{
	(void)state;
	for (size_t i = 0; i < BMS_RULE_COUNT; i++) {
		struct bms_settings low = { 0 };
		struct bms_settings high = { 0 };

		bms_settings_set(&low, slot_of(bms_rules[i].low), 1000000);
		bms_settings_set(&high, slot_of(bms_rules[i].high), -1000000);
		assert_true(bms_rule_holds(&bms_rules[i], &low));
		assert_true(bms_rule_holds(&bms_rules[i], &high));
	}
}

static void a_write_that_breaks_a_rule_is_named(void **state)
{
	struct bms_settings board = preset(BMS_CHEMISTRY_LFP);
	const struct bms_rule *rule = bms_settings_write_breaks(
		&board, BMS_SETTING_SLOT_CELL_UVP, board.value[BMS_SETTING_SLOT_CELL_UVP_RELEASE]);

	(void)state;
	assert_non_null(rule);
	assert_int_equal(rule->low, BMS_SETTING_CELL_UVP);
	assert_int_equal(rule->high, BMS_SETTING_CELL_UVP_RELEASE);
	assert_null(bms_settings_write_breaks(&board, BMS_SETTING_SLOT_CELL_UVP, 2640));
}

/* A board that is odd already must stay repairable. */
static void a_rule_broken_before_does_not_forbid_a_write(void **state)
{
	struct bms_settings board = preset(BMS_CHEMISTRY_LFP);

	(void)state;
	bms_settings_set(&board, BMS_SETTING_SLOT_CELL_UVP_RELEASE, 2500);
	assert_non_null(bms_settings_broken_rule(&board));
	assert_null(bms_settings_write_breaks(&board, BMS_SETTING_SLOT_CELL_UVP, 2610));
	assert_non_null(bms_settings_write_breaks(&board, BMS_SETTING_SLOT_CELL_OVP, 3500));
}

static void asking_what_a_write_breaks_changes_nothing(void **state)
{
	struct bms_settings board = preset(BMS_CHEMISTRY_NMC);
	struct bms_settings before = board;

	(void)state;
	bms_settings_write_breaks(&board, BMS_SETTING_SLOT_CELL_OVP, 1000);
	assert_memory_equal(&board, &before, sizeof(board));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(keys_are_plain_and_unique),
		cmocka_unit_test(an_unknown_key_has_no_row),
		cmocka_unit_test(every_slot_belongs_to_its_row),
		cmocka_unit_test(every_preset_is_complete_in_range_and_breaks_no_rule),
		cmocka_unit_test(the_relay_boards_defaults_are_the_lfp_preset),
		cmocka_unit_test(limits_belong_to_the_range),
		cmocka_unit_test(every_rule_can_be_broken_and_names_what_it_means),
		cmocka_unit_test(a_rule_is_silent_where_a_board_lacks_one_of_the_two),
		cmocka_unit_test(a_write_that_breaks_a_rule_is_named),
		cmocka_unit_test(a_rule_broken_before_does_not_forbid_a_write),
		cmocka_unit_test(asking_what_a_write_breaks_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
