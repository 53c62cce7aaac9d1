/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "store/local_day.h"

#define NOON_MS INT64_C(1795348800000) /* 2026-11-22 12:00:00 UTC */
#define HOUR_MS INT64_C(3600000)

static struct local_day day_of(const char *zone, int64_t time_ms)
{
	struct local_day day;

	setenv("TZ", zone, 1);
	tzset();
	assert_true(local_day_of(time_ms, &day));
	return day;
}

static void a_day_begins_at_midnight_here(void **state)
{
	struct local_day day = day_of("UTC", NOON_MS);

	(void)state;
	assert_int_equal(day.start_ms, NOON_MS - 12 * HOUR_MS);
	assert_int_equal(day.end_ms, NOON_MS + 12 * HOUR_MS);
	assert_int_equal(day.number, 20261122);
	day = day_of("NZT-13", NOON_MS);
	assert_int_equal(day.start_ms, NOON_MS - HOUR_MS);
	assert_int_equal(day.number, 20261123);
}

static void a_day_of_a_changing_clock_has_23_or_25_hours(void **state)
{
	const char *zone = "CET-1CEST,M3.5.0,M10.5.0/3";
	struct local_day spring = day_of(zone, INT64_C(1774785600000)); /* 2026-03-29 12:00 UTC */
	struct local_day autumn = day_of(zone, INT64_C(1792929600000)); /* 2026-10-25 12:00 UTC */

	(void)state;
	assert_int_equal(spring.number, 20260329);
	assert_int_equal(spring.end_ms - spring.start_ms, 23 * HOUR_MS);
	assert_int_equal(autumn.number, 20261025);
	assert_int_equal(autumn.end_ms - autumn.start_ms, 25 * HOUR_MS);
}

static void the_first_and_the_last_millisecond_belong_to_it(void **state)
{
	struct local_day day = day_of("UTC", NOON_MS);

	(void)state;
	assert_int_equal(day_of("UTC", day.start_ms).number, 20261122);
	assert_int_equal(day_of("UTC", day.end_ms - 1).number, 20261122);
	assert_int_equal(day_of("UTC", day.end_ms).number, 20261123);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_begins_at_midnight_here),
		cmocka_unit_test(a_day_of_a_changing_clock_has_23_or_25_hours),
		cmocka_unit_test(the_first_and_the_last_millisecond_belong_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
