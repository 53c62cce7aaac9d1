/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "core/heat.h"

static struct heat heat;
static struct heat_input input;
static int32_t full_ma; /* what the heater draws at full duty */

static int start(void **state)
{
	(void)state;
	heat = (struct heat){ 0 };
	input = (struct heat_input){ .wanted = true, .cold = true, .allowed = true };
	full_ma = 4000;
	return 0;
}

/* Returns the largest current. */
static int32_t run(unsigned ms)
{
	int32_t most_ma = 0;

	for (unsigned passed = 0; passed < ms; passed += 10) {
		input.now_us += 10000;
		input.heater_ma = full_ma * heat_step(&heat, &input) / 1000;
		if (input.heater_ma > most_ma)
			most_ma = input.heater_ma;
	}
	return most_ma;
}

static void a_small_heater_gets_full_power(void **state)
{
	(void)state;
	run(5000);
	assert_int_equal(heat.permille, 1000);
	assert_true(heat_is_on(&heat));
}

static void a_large_heater_is_held_below_five_amperes(void **state)
{
	(void)state;
	full_ma = 12000;
	assert_true(run(60000) <= HEAT_MAX_MA);
	assert_true(input.heater_ma >= HEAT_MAX_MA - 300);
	assert_false(heat_has_failed(&heat));
}

static void it_heats_only_when_wanted_cold_and_allowed(void **state)
{
	bool *const conditions[] = { &input.wanted, &input.cold, &input.allowed };

	for (size_t i = 0; i < LENGTH(conditions); i++) {
		start(state);
		run(1000);
		assert_true(heat_is_on(&heat));
		*conditions[i] = false;
		run(10);
		assert_int_equal(heat.permille, 0);
	}
}

static void a_heater_that_cannot_be_held_is_switched_off_and_tried_again(void **state)
{
	(void)state;
	run(3000);
	for (unsigned passed = 0; passed < HEAT_OVER_MS + 20; passed += 10) {
		input.now_us += 10000;
		input.heater_ma = HEAT_MAX_MA + 1;
		heat_step(&heat, &input);
	}
	assert_true(heat_has_failed(&heat));
	assert_int_equal(heat.permille, 0);
	run(HEAT_REST_MS - 100);
	assert_false(heat_is_on(&heat));
	run(200);
	assert_true(heat_is_on(&heat));
}

static void current_at_the_limit_is_no_fault(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++) {
		input.now_us += 10000;
		input.heater_ma = HEAT_MAX_MA;
		heat_step(&heat, &input);
	}
	assert_false(heat_has_failed(&heat));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_small_heater_gets_full_power, start),
		cmocka_unit_test_setup(a_large_heater_is_held_below_five_amperes, start),
		cmocka_unit_test_setup(it_heats_only_when_wanted_cold_and_allowed, start),
		cmocka_unit_test_setup(
			a_heater_that_cannot_be_held_is_switched_off_and_tried_again, start),
		cmocka_unit_test_setup(current_at_the_limit_is_no_fault, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
