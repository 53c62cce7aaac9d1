/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "core/params.h"
#include "fake_port.h"

static struct port port;
static struct params params, again;

static int start(void **state)
{
	(void)state;
	fake_port_init(&port);
	params = (struct params){ 0 };
	again = (struct params){ 0 };
	params_default(&params, BMS_CHEMISTRY_LFP);
	params_load(&params, &port);
	return 0;
}

static enum slots_state load_again(void)
{
	port.power = FAKE_POWERED;
	params_default(&again, BMS_CHEMISTRY_LTO);
	return params_load(&again, &port);
}

static void set_all(struct params *of, enum bms_chemistry chemistry, const char *name)
{
	bms_settings_preset(&of->settings, chemistry);
	bms_settings_set(&of->settings, BMS_SETTING_SLOT_WIRE_RESISTANCE + 31, 123456);
	bms_settings_set(&of->settings, BMS_SETTING_SLOT_CHARGE_UTP, -400);
	memset(of->identity.text[BMS_IDENTITY_NAME], 0, BMS_IDENTITY_TEXT_SIZE);
	strcpy(of->identity.text[BMS_IDENTITY_NAME], name);
	of->chemistry = (uint8_t)chemistry;
}

static bool same(const struct params *a, const struct params *b)
{
	return !memcmp(a->settings.value, b->settings.value, sizeof(a->settings.value)) &&
	       !memcmp(a->identity.text, b->identity.text, sizeof(a->identity.text)) &&
	       a->chemistry == b->chemistry;
}

static void a_new_board_has_blank_flash_and_defaults(void **state)
{
	(void)state;
	assert_int_equal(load_again(), SLOTS_BLANK);
	assert_int_equal(again.settings.value[BMS_SETTING_SLOT_CELL_OVP], 2700);
	assert_string_equal(again.identity.text[BMS_IDENTITY_MODEL], "JK_B2A25SRP");
	assert_string_equal(again.identity.text[BMS_IDENTITY_PIN], "1234");
	assert_true(params_password_is_default(&again));
}

static void every_setting_and_text_comes_back_from_flash(void **state)
{
	(void)state;
	set_all(&params, BMS_CHEMISTRY_NMC, "exactly-16-bytes");
	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++) {
		enum bms_setting row = bms_setting_of_slot(slot);

		bms_settings_set(&params.settings, slot,
			slot % 2 ? bms_setting_rows[row].min : bms_setting_rows[row].max);
	}
	strcpy(params.identity.text[BMS_IDENTITY_SETTINGS_PASSWORD], "other");
	assert_true(params_save(&params, &port));
	assert_int_equal(load_again(), SLOTS_FOUND);
	assert_true(same(&params, &again));
	assert_false(params_password_is_default(&again));
}

static void the_newest_of_many_writes_counts(void **state)
{
	(void)state;
	for (int i = 0; i < 9; i++) {
		bms_settings_set(&params.settings, BMS_SETTING_SLOT_CELL_UVP, 2600 + i);
		assert_true(params_save(&params, &port));
		assert_int_equal(load_again(), SLOTS_FOUND);
		assert_int_equal(again.settings.value[BMS_SETTING_SLOT_CELL_UVP], 2600 + i);
	}
}

static void the_sequence_number_may_wrap(void **state)
{
	(void)state;
	params.slots.seq = UINT32_MAX - 2;
	for (int i = 0; i < 6; i++) {
		bms_settings_set(&params.settings, BMS_SETTING_SLOT_CELL_UVP, 2600 + i);
		assert_true(params_save(&params, &port));
	}
	load_again();
	assert_int_equal(again.settings.value[BMS_SETTING_SLOT_CELL_UVP], 2605);
}

static void a_write_cut_at_any_byte_leaves_the_old_or_the_new_set(void **state)
{
	static struct params old;
	static struct port before;
	long cut, olds = 0, news = 0;

	(void)state;
	set_all(&params, BMS_CHEMISTRY_LFP, "old");
	params_save(&params, &port);
	set_all(&params, BMS_CHEMISTRY_LFP, "older");
	params_save(&params, &port); /* both pages are in use */
	before = port;
	old = params;
	for (cut = 0;; cut++) {
		bool done;

		port = before;
		params = old;
		set_all(&params, BMS_CHEMISTRY_NMC, "new");
		port.power = cut;
		done = params_save(&params, &port);
		assert_int_equal(load_again(), SLOTS_FOUND);
		if (same(&again, &params))
			news++;
		else if (same(&again, &old))
			olds++;
		else
			fail_msg("a mix after a cut at byte %ld", cut);
		if (done)
			break;
	}
	assert_true(cut > PORT_NVM_PAGE_SIZE);
	assert_true(olds > PORT_NVM_PAGE_SIZE);
	assert_true(news >= 1);
}

static void after_a_cut_the_next_write_succeeds_again(void **state)
{
	(void)state;
	params_save(&params, &port);
	params_save(&params, &port);
	for (long cut = 0; cut < PORT_NVM_PAGE_SIZE + 700; cut += 13) {
		port.power = cut;
		bms_settings_set(&params.settings, BMS_SETTING_SLOT_CELL_UVP, 2601);
		params_save(&params, &port);
		load_again();
		bms_settings_set(&again.settings, BMS_SETTING_SLOT_CELL_UVP, 2700);
		assert_true(params_save(&again, &port));
		assert_int_equal(load_again(), SLOTS_FOUND);
		assert_int_equal(again.settings.value[BMS_SETTING_SLOT_CELL_UVP], 2700);
	}
}

static void a_flipped_bit_anywhere_in_the_newest_copy_brings_back_the_other(void **state)
{
	static struct port whole;
	unsigned newest;

	(void)state;
	bms_settings_set(&params.settings, BMS_SETTING_SLOT_CELL_UVP, 2601);
	params_save(&params, &port);
	bms_settings_set(&params.settings, BMS_SETTING_SLOT_CELL_UVP, 2602);
	params_save(&params, &port);
	newest = params.slots.newest;
	whole = port;
	for (size_t at = 0; at < 700; at++) {
		port = whole;
		port.nvm[newest][at] ^= (uint8_t)(1u << at % 8);
		assert_int_equal(load_again(), SLOTS_FOUND);
		assert_int_equal(again.settings.value[BMS_SETTING_SLOT_CELL_UVP], 2601);
	}
}

static void two_broken_copies_are_lost_settings_and_defaults(void **state)
{
	(void)state;
	set_all(&params, BMS_CHEMISTRY_NMC, "mine");
	params_save(&params, &port);
	params_save(&params, &port);
	port.nvm[0][100] ^= 1;
	port.nvm[1][100] ^= 1;
	assert_int_equal(load_again(), SLOTS_LOST);
	assert_int_equal(again.settings.value[BMS_SETTING_SLOT_CELL_OVP], 2700);
	assert_true(params_save(&again, &port));
	assert_int_equal(load_again(), SLOTS_FOUND);
}

static void a_failed_commit_leaves_memory_as_it_was(void **state)
{
	struct bms_settings settings;

	(void)state;
	params_save(&params, &port);
	settings = params.settings;
	bms_settings_set(&settings, BMS_SETTING_SLOT_CELL_UVP, 2700);
	port.power = 5;
	assert_false(params_commit(&params, &port, &settings, &params.identity));
	assert_int_equal(params.settings.value[BMS_SETTING_SLOT_CELL_UVP], 2600);
	port.power = FAKE_POWERED;
	assert_true(params_commit(&params, &port, &settings, &params.identity));
	assert_int_equal(params.settings.value[BMS_SETTING_SLOT_CELL_UVP], 2700);
}

static void a_preset_changes_only_what_depends_on_the_chemistry(void **state)
{
	(void)state;
	bms_settings_set(&params.settings, BMS_SETTING_SLOT_CELL_COUNT, 8);
	bms_settings_set(&params.settings, BMS_SETTING_SLOT_DEVICE_ADDRESS, 9);
	bms_settings_set(&params.settings, BMS_SETTING_SLOT_CHARGE_SWITCH, 0);
	params_apply_preset(&params.settings, BMS_CHEMISTRY_NMC);
	assert_int_equal(params.settings.value[BMS_SETTING_SLOT_CELL_OVP], 4200);
	assert_int_equal(params.settings.value[BMS_SETTING_SLOT_CELL_COUNT], 8);
	assert_int_equal(params.settings.value[BMS_SETTING_SLOT_DEVICE_ADDRESS], 9);
	assert_int_equal(params.settings.value[BMS_SETTING_SLOT_CHARGE_SWITCH], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_new_board_has_blank_flash_and_defaults, start),
		cmocka_unit_test_setup(every_setting_and_text_comes_back_from_flash, start),
		cmocka_unit_test_setup(the_newest_of_many_writes_counts, start),
		cmocka_unit_test_setup(the_sequence_number_may_wrap, start),
		cmocka_unit_test_setup(
			a_write_cut_at_any_byte_leaves_the_old_or_the_new_set, start),
		cmocka_unit_test_setup(after_a_cut_the_next_write_succeeds_again, start),
		cmocka_unit_test_setup(
			a_flipped_bit_anywhere_in_the_newest_copy_brings_back_the_other, start),
		cmocka_unit_test_setup(two_broken_copies_are_lost_settings_and_defaults, start),
		cmocka_unit_test_setup(a_failed_commit_leaves_memory_as_it_was, start),
		cmocka_unit_test_setup(a_preset_changes_only_what_depends_on_the_chemistry, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
