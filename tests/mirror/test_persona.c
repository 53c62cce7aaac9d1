/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "mirror/persona.h"

static const struct mirror_persona shed = { .name = "shed", .pin = "8520" };
static struct bms_identity board;
static struct bms_identity shown;

static void set(enum bms_identity_text text, const char *value)
{
	snprintf(board.text[text], BMS_IDENTITY_TEXT_SIZE, "%s", value);
}

static int start(void **state)
{
	(void)state;
	board = (struct bms_identity){ 0 };
	set(BMS_IDENTITY_MODEL, "JK_PB2A16S20P");
	set(BMS_IDENTITY_HARDWARE, "15A");
	set(BMS_IDENTITY_SOFTWARE, "15.38");
	set(BMS_IDENTITY_NAME, "JK_PB2A16S20P");
	set(BMS_IDENTITY_PIN, "9999");
	set(BMS_IDENTITY_SETTINGS_PASSWORD, "board secret");
	set(BMS_IDENTITY_SERIAL, "404092C2262");
	board.number[BMS_IDENTITY_POWER_ON_COUNT] = 7;
	bms_mark_slot(board.present, BMS_IDENTITY_POWER_ON_COUNT);
	return 0;
}

static void expect(enum bms_identity_text text, const char *value)
{
	assert_string_equal(shown.text[text], value);
}

static void the_identity_is_the_boards_under_another_name(void **state)
{
	(void)state;
	mirror_persona_identity(&shed, &board, &shown);
	expect(BMS_IDENTITY_MODEL, "JK_PB2A16S20P");
	expect(BMS_IDENTITY_HARDWARE, "15A");
	expect(BMS_IDENTITY_SOFTWARE, "15.38");
	expect(BMS_IDENTITY_SERIAL, "404092C2262");
	expect(BMS_IDENTITY_NAME, "shed");
	assert_int_equal(shown.number[BMS_IDENTITY_POWER_ON_COUNT], 7);
}

/* Not a byte of them, behind the end of a shorter text either. */
static void the_boards_secrets_are_never_shown(void **state)
{
	const char *bytes = (const char *)&shown;

	(void)state;
	mirror_persona_identity(&shed, &board, &shown);
	expect(BMS_IDENTITY_PIN, "8520");
	expect(BMS_IDENTITY_SETTINGS_PASSWORD, "123456");
	for (size_t i = 0; i + 4 <= sizeof(shown); i++) {
		assert_memory_not_equal(bytes + i, "9999", 4);
		assert_memory_not_equal(bytes + i, "secr", 4);
	}
}

static void secrets_that_are_not_configured_are_those_of_a_new_board(void **state)
{
	const struct mirror_persona plain = { .name = "x" };

	(void)state;
	mirror_persona_identity(&plain, &board, &shown);
	expect(BMS_IDENTITY_PIN, "1234");
	expect(BMS_IDENTITY_SETTINGS_PASSWORD, "123456");
}

/* Apps would read the frames with the layout of 24 cells. */
static void a_board_of_the_older_layout_is_shown_as_one_of_ours(void **state)
{
	static const char *const older[] = { "10.07", "8.0.6G", "7.1.0H", "3.3.0", "", "V" };

	(void)state;
	for (size_t i = 0; i < LENGTH(older); i++) {
		set(BMS_IDENTITY_SOFTWARE, older[i]);
		mirror_persona_identity(&shed, &board, &shown);
		expect(BMS_IDENTITY_MODEL, "JK_B2A25SRP");
		expect(BMS_IDENTITY_SOFTWARE, "11.55");
	}
	set(BMS_IDENTITY_SOFTWARE, "11.288H");
	mirror_persona_identity(&shed, &board, &shown);
	expect(BMS_IDENTITY_SOFTWARE, "11.288H");
}

static void a_board_that_says_nothing_gets_what_apps_need(void **state)
{
	(void)state;
	board = (struct bms_identity){ 0 };
	mirror_persona_identity(&shed, &board, &shown);
	expect(BMS_IDENTITY_MODEL, "JK_B2A25SRP");
	expect(BMS_IDENTITY_HARDWARE, "11A");
	expect(BMS_IDENTITY_NAME, "shed");
}

static void what_has_no_value_is_not_listed(void **state)
{
	struct bms_settings settings = { 0 };
	struct bms_jk_profile profile;

	(void)state;
	bms_settings_set(&settings, BMS_SETTING_SLOT_CELL_OVP, 3600);
	mirror_persona_profile(&settings, &profile);
	assert_true(bms_jk_profile_lists(&profile, BMS_SETTING_CELL_OVP));
	assert_false(bms_jk_profile_lists(&profile, BMS_SETTING_CELL_UVP));
	assert_false(profile.commands[0] >> 2 & 1); /* 02: cell UVP */
	assert_true(profile.commands[0] >> 4 & 1);
	assert_true(profile.commands[0x96 / 8] >> 0x96 % 8 & 1);
	assert_memory_equal(profile.live, bms_jk_relay_profile.live, sizeof(profile.live));
}

static void a_board_with_every_setting_keeps_its_profile(void **state)
{
	struct bms_settings settings;
	struct bms_jk_profile profile;

	(void)state;
	bms_settings_preset(&settings, BMS_CHEMISTRY_LFP);
	mirror_persona_profile(&settings, &profile);
	assert_memory_equal(&profile, &bms_jk_relay_profile, sizeof(profile));
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_identity_is_the_boards_under_another_name),
		TEST(the_boards_secrets_are_never_shown),
		TEST(secrets_that_are_not_configured_are_those_of_a_new_board),
		TEST(a_board_of_the_older_layout_is_shown_as_one_of_ours),
		TEST(a_board_that_says_nothing_gets_what_apps_need),
		TEST(what_has_no_value_is_not_listed),
		TEST(a_board_with_every_setting_keeps_its_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
