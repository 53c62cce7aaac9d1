/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <linux/can/error.h>
#include <string.h>

#include "link/can_errors.h"

enum {
	SECOND = 1000000
};

static struct can_errors errors;

static int start(void **state)
{
	(void)state;
	errors = (struct can_errors){ 0 };
	return 0;
}

static bool take(canid_t class, uint8_t controller, uint64_t now_us)
{
	struct can_frame frame = { .can_id = CAN_ERR_FLAG | class, .can_dlc = CAN_ERR_DLC };

	frame.data[1] = controller;
	frame.data[6] = 130;
	frame.data[7] = 7;
	return can_errors_take(&errors, &frame, now_us);
}

static void a_quiet_bus_has_nothing_to_say(void **state)
{
	(void)state;
	assert_string_equal(can_errors_text(&errors, SECOND), "");
	assert_false(can_errors_take_good(&errors));
}

static void the_state_follows_the_controller_and_each_change_is_news(void **state)
{
	(void)state;
	assert_true(take(CAN_ERR_CRTL, CAN_ERR_CRTL_RX_WARNING, 1));
	assert_int_equal(errors.state, CAN_BUS_WARNING);
	assert_false(take(CAN_ERR_CRTL, CAN_ERR_CRTL_RX_WARNING, 2));
	assert_true(take(CAN_ERR_CRTL, CAN_ERR_CRTL_TX_PASSIVE, 3));
	assert_int_equal(errors.state, CAN_BUS_PASSIVE);
	assert_non_null(strstr(can_errors_text(&errors, 4), "error-passive"));
	assert_int_equal(errors.tx_count, 130);
	assert_int_equal(errors.rx_count, 7);
	assert_true(take(CAN_ERR_BUSOFF, 0, 5));
	assert_int_equal(errors.state, CAN_BUS_OFF);
	assert_non_null(strstr(can_errors_text(&errors, 6), "bus-off"));
	assert_true(take(CAN_ERR_RESTARTED, 0, 7));
	assert_int_equal(errors.state, CAN_BUS_ACTIVE);
	assert_int_equal(errors.restarts, 1);
	assert_int_equal(errors.frames, 5);
}

static void a_frame_shows_that_bus_off_is_over(void **state)
{
	(void)state;
	take(CAN_ERR_BUSOFF, 0, 1);
	assert_true(can_errors_take_good(&errors));
	assert_int_equal(errors.state, CAN_BUS_ACTIVE);
}

static void errors_and_nothing_else_are_said_in_plain_words(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 30; i++)
		take(CAN_ERR_PROT | CAN_ERR_BUSERROR, 0, SECOND + i * SECOND / 10);
	assert_true(can_errors_is_babel(&errors, 4 * SECOND));
	assert_string_equal(can_errors_text(&errors, 4 * SECOND),
		"every frame is an error: wrong bit rate or no termination?");
	assert_true(can_errors_take_good(&errors));
	assert_false(can_errors_is_babel(&errors, 4 * SECOND));
}

static void some_errors_among_good_frames_are_no_babel(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 100; i++) {
		take(CAN_ERR_PROT | CAN_ERR_BUSERROR, 0, i * SECOND);
		if (i % 5 == 0)
			can_errors_take_good(&errors);
		assert_false(can_errors_is_babel(&errors, i * SECOND));
	}
}

static void overruns_of_the_controller_are_counted(void **state)
{
	(void)state;
	assert_false(take(CAN_ERR_CRTL, CAN_ERR_CRTL_RX_OVERFLOW, 1));
	assert_int_equal(errors.overruns, 1);
	assert_int_equal(errors.state, CAN_BUS_ACTIVE);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_quiet_bus_has_nothing_to_say),
		TEST(the_state_follows_the_controller_and_each_change_is_news),
		TEST(a_frame_shows_that_bus_off_is_over),
		TEST(errors_and_nothing_else_are_said_in_plain_words),
		TEST(some_errors_among_good_frames_are_no_babel),
		TEST(overruns_of_the_controller_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
