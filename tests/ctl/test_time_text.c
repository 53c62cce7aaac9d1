/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdlib.h>
#include <time.h>

#include "ctl/time_text.h"

/* 2026-11-22 12:45:14.123 UTC */
static const int64_t now_ms = INT64_C(1795351514123);

static void expect(const char *text, int64_t ms)
{
	int64_t parsed = -1;

	if (!time_text_parse(text, now_ms, &parsed))
		fail_msg("%s is refused", text);
	assert_int_equal(parsed, ms);
}

static void lengths_of_time_count_back_from_now(void **state)
{
	(void)state;
	expect("now", now_ms);
	expect("90s", now_ms - 90000);
	expect("15m", now_ms - 900000);
	expect("15min", now_ms - 900000);
	expect("2h", now_ms - 7200000);
	expect("3d", now_ms - 3 * INT64_C(86400000));
	expect("1w", now_ms - INT64_C(604800000));
}

static void a_date_is_local_time(void **state)
{
	(void)state;
	/* Berlin is an hour ahead in winter and two in summer. */
	expect("2026-11-22", INT64_C(1795302000000));
	expect("2026-11-22 12:45", INT64_C(1795347900000));
	expect("2026-11-22T12:45:14", INT64_C(1795347914000));
	expect("2026-07-01 00:00", INT64_C(1782856800000));
	expect("today", INT64_C(1795302000000));
	expect("yesterday", INT64_C(1795302000000) - 86400000);
}

static void a_z_means_utc(void **state)
{
	(void)state;
	expect("2026-11-22T12:45:14.123Z", now_ms);
	expect("2026-11-22 12:45:14.1Z", now_ms - 23);
	expect("2026-11-22T12:45Z", now_ms - 14123);
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const texts[] = { "", "h", "2", "2x", "2h ago", "-2h", "2026", "2026-11",
		"2026-02-30", "2026-13-01", "2026-11-22 ", "2026-11-22T", "2026-11-22 25:00",
		"2026-11-22 12:60", "2026-11-22 12:45:61", "2026-11-22 12:45x",
		"2026-11-22 12:45:14.", "2026-11-22Z", "12:45", "tomorrow" };

	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		int64_t parsed = 42;

		if (time_text_parse(texts[i], now_ms, &parsed))
			fail_msg("'%s' is taken for a time", texts[i]);
		assert_int_equal(parsed, 42);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_of_time_count_back_from_now),
		cmocka_unit_test(a_date_is_local_time),
		cmocka_unit_test(a_z_means_utc),
		cmocka_unit_test(what_is_no_time_is_refused),
	};

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
