/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "ctl/format.h"

static void expect_shown(int64_t value, enum bms_unit unit, const char *text)
{
	char out[FORMAT_SIZE];

	assert_string_equal(format_value(out, value, unit), text);
}

static void values_are_shown_in_the_units_people_use(void **state)
{
	(void)state;
	expect_shown(91098, BMS_UNIT_MV, "91.098 V");
	expect_shown(-7063, BMS_UNIT_MA, "-7.063 A");
	expect_shown(-5, BMS_UNIT_MA, "-0.005 A");
	expect_shown(-2, BMS_UNIT_DC, "-0.2 C");
	expect_shown(99, BMS_UNIT_PCT, "99 %");
	expect_shown(3, BMS_UNIT_NONE, "3");
	expect_shown(1, BMS_UNIT_BOOL, "on");
	expect_shown(0, BMS_UNIT_BOOL, "off");
	expect_shown(0x90010, BMS_UNIT_BITS, "0x00090010");
}

static void no_number_is_too_large(void **state)
{
	(void)state;
	expect_shown(INT64_MIN, BMS_UNIT_MV, "-9223372036854775.808 V");
	expect_shown(INT64_MAX, BMS_UNIT_PCT, "9223372036854775807 %");
}

static void expect_age(int64_t age_ms, const char *text)
{
	char out[FORMAT_SIZE];

	assert_string_equal(format_age(out, age_ms), text);
}

static void ages_get_coarser_with_time(void **state)
{
	(void)state;
	expect_age(0, "0.0 s");
	expect_age(449, "0.4 s");
	expect_age(19999, "19.9 s");
	expect_age(20000, "20 s");
	expect_age(119999, "119 s");
	expect_age(120000, "2 min");
	expect_age(7200000, "2 h");
	expect_age(172800000, "2 d");
	expect_age(-5, "0.0 s");
}

static void without_colour_nothing_is_sent_to_the_terminal(void **state)
{
	struct ctl ctl = { .has_color = false };

	(void)state;
	assert_string_equal(format_color(&ctl, FORMAT_BAD), "");
	ctl.has_color = true;
	assert_string_equal(format_color(&ctl, FORMAT_BAD), "\033[31m");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_shown_in_the_units_people_use),
		cmocka_unit_test(no_number_is_too_large),
		cmocka_unit_test(ages_get_coarser_with_time),
		cmocka_unit_test(without_colour_nothing_is_sent_to_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
