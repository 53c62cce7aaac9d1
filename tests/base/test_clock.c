/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <time.h>
#include <unistd.h>

#include "check.h"

static void the_monotonic_clock_counts_microseconds(void **state)
{
	uint64_t before = clock_monotonic_us();
	uint64_t passed;

	(void)state;
	usleep(20000);
	passed = clock_monotonic_us() - before;
	assert_in_range(passed, 20000, 20000000);
}

static void the_wall_clock_is_unix_time_in_milliseconds(void **state)
{
	time_t before = time(NULL);
	int64_t now_ms = clock_wall_ms();

	(void)state;
	/* time() may lag the precise clock by a tick. */
	assert_in_range(now_ms / 1000, before, before + 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_monotonic_clock_counts_microseconds),
		cmocka_unit_test(the_wall_clock_is_unix_time_in_milliseconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
