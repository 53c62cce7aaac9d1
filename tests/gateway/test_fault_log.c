/* SPDX-License-Identifier: MIT */
#include "gateway/fault_log.h"

#include "check.h"

#define S(seconds) ((uint64_t)(seconds)*1000000)

static void the_first_fault_is_said_at_once(void **state)
{
	struct fault_log log = { 0 };
	unsigned count = 0;

	(void)state;
	assert_true(fault_log_says(&log, BMS_BAD_SUM, S(1), &count));
	assert_int_equal(count, 1);
}

static void a_repeated_fault_is_said_once_a_minute_with_its_number(void **state)
{
	struct fault_log log = { 0 };
	unsigned count = 0;

	(void)state;
	assert_true(fault_log_says(&log, BMS_BAD_SUM, S(1), &count));
	for (unsigned second = 2; second < 61; second++)
		assert_false(fault_log_says(&log, BMS_BAD_SUM, S(second), &count));
	assert_true(fault_log_says(&log, BMS_BAD_SUM, S(61), &count));
	assert_int_equal(count, 60);
	assert_false(fault_log_says(&log, BMS_BAD_SUM, S(62), &count));
}

static void kinds_of_fault_do_not_hide_each_other(void **state)
{
	struct fault_log log = { 0 };
	unsigned count = 0;

	(void)state;
	assert_true(fault_log_says(&log, BMS_BAD_SUM, S(1), &count));
	assert_true(fault_log_says(&log, BMS_SILENCE, S(1), &count));
	assert_int_equal(count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_fault_is_said_at_once),
		cmocka_unit_test(a_repeated_fault_is_said_once_a_minute_with_its_number),
		cmocka_unit_test(kinds_of_fault_do_not_hide_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
