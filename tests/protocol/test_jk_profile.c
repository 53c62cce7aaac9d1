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
	assert_true(bms_jk_relay_profile.commands[PORT_SWITCH_COMMAND / 8] >>
			    PORT_SWITCH_COMMAND % 8 &
		    1);
}

static void a_profile_of_nothing_lists_nothing(void **state)
{
	const struct bms_jk_profile nothing = { 0 };

	(void)state;
	for (size_t i = 0; i < BMS_SETTING_COUNT; i++)
		assert_false(bms_jk_profile_lists(&nothing, (enum bms_setting)i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_relay_profile_is_what_the_board_published),
		cmocka_unit_test(the_offer_of_every_setting_agrees_with_the_board),
		cmocka_unit_test(the_port_switch_is_accepted_but_not_listed),
		cmocka_unit_test(a_profile_of_nothing_lists_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
