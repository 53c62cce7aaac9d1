/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "core/display.h"
#include "port/port.h"

static struct display display;
static struct display_input input;

static int start(void **state)
{
	(void)state;
	input = (struct display_input){ .now_us = 7000000, .powered = true };
	display_init(&display, input.now_us);
	return 0;
}

static bool lit_after(unsigned seconds)
{
	input.now_us += seconds * UINT64_C(1000000);
	return display_step(&display, &input);
}

static void a_start_is_shown_for_a_minute(void **state)
{
	(void)state;
	assert_true(lit_after(0));
	assert_true(lit_after(DISPLAY_LIT_S - 1));
	assert_false(lit_after(1));
	assert_false(lit_after(1000));
}

static void people_are_shown_something(void **state)
{
	static const uint8_t inputs[] = { PORT_DIN_BUTTON, PORT_DIN_ACC, PORT_DIN_CHARGER };

	(void)state;
	for (size_t i = 0; i < LENGTH(inputs); i++) {
		input.din = 0;
		assert_false(lit_after(100));
		input.din = inputs[i];
		assert_true(lit_after(1));
		assert_true(lit_after(DISPLAY_LIT_S - 1));
		assert_false(lit_after(1)); /* a key that stays on calls once */
	}
	input.din = 0;
	assert_false(lit_after(100));
	input.din = PORT_DIN_LINK;
	assert_false(lit_after(1));
}

static void a_new_alarm_lights_it_and_its_end_does_not(void **state)
{
	(void)state;
	assert_false(lit_after(100));
	input.alarms = 1;
	assert_true(lit_after(1));
	assert_false(lit_after(100));
	input.alarms = 3;
	assert_true(lit_after(1));
	assert_false(lit_after(100));
	input.alarms = 1;
	assert_false(lit_after(1));
}

static void always_on_is_always_but_without_supply(void **state)
{
	(void)state;
	input.always = true;
	assert_true(lit_after(100000));
	input.powered = false;
	assert_false(lit_after(1));
	input.powered = true;
	assert_true(lit_after(1));
	input.always = false;
	assert_false(lit_after(1));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, start)
	const struct CMUnitTest tests[] = {
		TEST(a_start_is_shown_for_a_minute),
		TEST(people_are_shown_something),
		TEST(a_new_alarm_lights_it_and_its_end_does_not),
		TEST(always_on_is_always_but_without_supply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
