/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "core/watch.h"

static struct watch watch;
static uint64_t now_us;

static int start(void **state)
{
	(void)state;
	watch = (struct watch){ 0 };
	now_us = 0;
	return 0;
}

static void pass_all(void)
{
	watch_begin(&watch);
	for (int stage = 0; stage < WATCH_STAGES; stage++)
		watch_pass(&watch, (enum watch_stage)stage);
}

static bool end(uint64_t step_us, int32_t age_ms)
{
	now_us += step_us;
	return watch_end(&watch, now_us, age_ms);
}

static void a_sound_step_feeds(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		pass_all();
		assert_true(end(10000, 250));
	}
}

static void a_stage_left_out_does_not(void **state)
{
	(void)state;
	for (int left_out = 0; left_out < WATCH_STAGES; left_out++) {
		watch_begin(&watch);
		for (int stage = 0; stage < WATCH_STAGES; stage++)
			if (stage != left_out)
				watch_pass(&watch, (enum watch_stage)stage);
		assert_false(end(10000, 0));
	}
}

static void a_stage_twice_or_out_of_order_does_not(void **state)
{
	(void)state;
	for (int stage = 0; stage < WATCH_STAGES; stage++) {
		pass_all();
		watch_pass(&watch, (enum watch_stage)stage);
		assert_false(end(10000, 0));
	}
	watch_begin(&watch);
	watch_pass(&watch, WATCH_PROTECT);
	watch_pass(&watch, WATCH_MEASURE);
	for (int stage = WATCH_POWER; stage < WATCH_STAGES; stage++)
		watch_pass(&watch, (enum watch_stage)stage);
	assert_false(end(10000, 0));
}

static void a_step_that_comes_late_or_stands_still_does_not(void **state)
{
	(void)state;
	pass_all();
	assert_true(end(5000000, 0)); /* the first has none before it */
	pass_all();
	assert_true(end(WATCH_STEP_MS * 1000, 0));
	pass_all();
	assert_false(end(WATCH_STEP_MS * 1000 + 1, 0));
	pass_all();
	assert_false(end(0, 0));
	pass_all();
	assert_true(end(10000, 0));
}

static void cells_not_seen_for_a_minute_starve_it(void **state)
{
	(void)state;
	pass_all();
	assert_true(end(10000, WATCH_SCAN_MS));
	pass_all();
	assert_false(end(10000, WATCH_SCAN_MS + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_sound_step_feeds, start),
		cmocka_unit_test_setup(a_stage_left_out_does_not, start),
		cmocka_unit_test_setup(a_stage_twice_or_out_of_order_does_not, start),
		cmocka_unit_test_setup(a_step_that_comes_late_or_stands_still_does_not, start),
		cmocka_unit_test_setup(cells_not_seen_for_a_minute_starve_it, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
