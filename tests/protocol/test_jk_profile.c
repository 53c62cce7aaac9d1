/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "bms/jk_frame.h"
#include "bms/jk_layout.h"
#include "captures_relay.h"

enum {
	PORT_SWITCH_COMMAND = 0x2A,
};

/* Bytes of a captured frame's payload. */
static void expect_payload(const char *hex, size_t offset, const uint8_t *expected, size_t size)
{
	uint8_t frame[BMS_JK_FRAME_SIZE];

	capture_bytes(hex, frame, sizeof(frame));
	assert_memory_equal(frame + BMS_JK_FRAME_PAYLOAD + offset, expected, size);
}

static void the_relay_profile_is_what_the_board_published(void **state)
{
	const struct bms_jk_profile *relay = &bms_jk_relay_profile;

	(void)state;
	expect_payload(relay_settings_frame, 0x119, relay->settings, sizeof(relay->settings));
	expect_payload(relay_live_frames[0], 0x119, relay->live, sizeof(relay->live));
	expect_payload(relay_device_frame, 0x119, relay->device, sizeof(relay->device));
	expect_payload(relay_device_frame, 0x90, relay->commands, sizeof(relay->commands));
	expect_payload(relay_device_frame, 0xB4, relay->uart1_protocols, 4);
	expect_payload(relay_device_frame, 0xC4, relay->can_protocols, 4);
}

/* The table of settings says who offers what; the board's own bitmaps must agree. */
static void the_offer_of_every_setting_agrees_with_the_board(void **state)
{
	(void)state;
	for (size_t i = 0; i < BMS_SETTING_COUNT; i++) {
		bool offered = bms_setting_rows[i].offer == BMS_OFFER_RELAY;

		if (bms_jk_profile_lists(&bms_jk_relay_profile, (enum bms_setting)i) != offered)
			fail_msg("%s", bms_setting_rows[i].key);
	}
}

static void the_port_switch_is_accepted_but_not_listed(void **state)
{
	(void)state;
	assert_int_equal(bms_setting_rows[BMS_SETTING_PORT_RS485].offer, BMS_OFFER_QUIET);
	assert_false(bms_jk_profile_lists(&bms_jk_relay_profile, BMS_SETTING_PORT_RS485));
	assert_true(
		bms_jk_relay_profile.commands[PORT_SWITCH_COMMAND / 8] >> PORT_SWITCH_COMMAND % 8 &
		1);
}

static void a_profile_of_nothing_lists_nothing(void **state)
{
	const struct bms_jk_profile nothing = { 0 };

	(void)state;
	for (size_t i = 0; i < BMS_SETTING_COUNT; i++)
		assert_false(bms_jk_profile_lists(&nothing, (enum bms_setting)i));
}

/* The settings a board with only this bit lists: none or one. */
static enum bms_setting only_setting(const struct bms_jk_profile *profile)
{
	enum bms_setting only = BMS_SETTING_COUNT;

	for (size_t i = 0; i < BMS_SETTING_COUNT; i++) {
		if (!bms_jk_profile_lists(profile, (enum bms_setting)i))
			continue;
		assert_int_equal(only, BMS_SETTING_COUNT);
		only = (enum bms_setting)i;
	}
	return only;
}

/* The table of settings is in the vendor's order, whose first number is 1. */
static void flag_n_of_the_settings_block_is_the_nth_setting(void **state)
{
	(void)state;
	for (unsigned number = 0; number < 64; number++) {
		struct bms_jk_profile profile = { 0 };
		bool exists = number >= 1 && number <= 0x3B;

		profile.settings[number / 8] = (uint8_t)(1u << number % 8);
		assert_int_equal(only_setting(&profile), exists ? number - 1 : BMS_SETTING_COUNT);
	}
}

static void command_n_writes_its_setting_of_the_device_block(void **state)
{
	static const uint16_t commands[256] = {
		[0xA5] = BMS_SETTING_UART1_PROTOCOL,
		[0xA6] = BMS_SETTING_CAN_PROTOCOL,
		[0xA9] = BMS_SETTING_BUZZER_TRIGGER,
		[0xAA] = BMS_SETTING_DRY1_TRIGGER,
		[0xAC] = BMS_SETTING_BUZZER_VALUE,
		[0xAD] = BMS_SETTING_BUZZER_RELEASE,
		[0xAE] = BMS_SETTING_DRY1_VALUE,
		[0xAF] = BMS_SETTING_DRY1_RELEASE,
		[0xB2] = BMS_SETTING_STORED_DATA_PERIOD,
		[0xB5] = BMS_SETTING_EMERGENCY_TIME,
	};

	(void)state;
	for (unsigned command = 0; command < LENGTH(commands); command++) {
		struct bms_jk_profile profile = { 0 };

		profile.commands[command / 8] = (uint8_t)(1u << command % 8);
		assert_int_equal(only_setting(&profile),
			commands[command] ? commands[command] : BMS_SETTING_COUNT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_relay_profile_is_what_the_board_published),
		cmocka_unit_test(the_offer_of_every_setting_agrees_with_the_board),
		cmocka_unit_test(the_port_switch_is_accepted_but_not_listed),
		cmocka_unit_test(a_profile_of_nothing_lists_nothing),
		cmocka_unit_test(flag_n_of_the_settings_block_is_the_nth_setting),
		cmocka_unit_test(command_n_writes_its_setting_of_the_device_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
