/* SPDX-License-Identifier: MIT */
#include "base/quantity.h"

#include "check.h"

static void a_text_is_its_exact_integer(void **state)
{
	static const struct {
		enum bms_unit unit;
		const char *text;
		int64_t value;
	} rows[] = {
		{ BMS_UNIT_MV, "3.65 V", 3650 },
		{ BMS_UNIT_MV, "3650 mV", 3650 },
		{ BMS_UNIT_MV, "3650mV", 3650 },
		{ BMS_UNIT_MV, "3.6500000 V", 3650 },
		{ BMS_UNIT_MV, "3650.0 mV", 3650 },
		{ BMS_UNIT_MV, "0 V", 0 },
		{ BMS_UNIT_CV, "52.34 V", 5234 },
		{ BMS_UNIT_MA, "25 A", 25000 },
		{ BMS_UNIT_MA, "-0.001 A", -1 },
		{ BMS_UNIT_MA, "1500 mA", 1500 },
		{ BMS_UNIT_MW, "1.5 kW", 1500000 },
		{ BMS_UNIT_MAH, "280 Ah", 280000 },
		{ BMS_UNIT_MAH, "1 mAh", 1 },
		{ BMS_UNIT_UOHM, "0.25 mOhm", 250 },
		{ BMS_UNIT_UOHM, "250 uOhm", 250 },
		{ BMS_UNIT_DC, "70 C", 700 },
		{ BMS_UNIT_DC, "-5.5 C", -55 },
		{ BMS_UNIT_DC, "+5.5 C", 55 },
		{ BMS_UNIT_DC, "5.5 \u00b0C", 55 },
		{ BMS_UNIT_C, "-40 C", -40 },
		{ BMS_UNIT_PCT, "98 %", 98 },
		{ BMS_UNIT_US, "1.5 ms", 1500 },
		{ BMS_UNIT_US, "1500 us", 1500 },
		{ BMS_UNIT_US, "10 s", 10000000 },
		{ BMS_UNIT_DS, "1.5 s", 15 },
		{ BMS_UNIT_S, "5 min", 300 },
		{ BMS_UNIT_S, "2000 ms", 2 },
		{ BMS_UNIT_S, "0.5 min", 30 },
		{ BMS_UNIT_MIN, "1.5 h", 90 },
		{ BMS_UNIT_MIN, "120 s", 2 },
		{ BMS_UNIT_H, "24 h", 24 },
		{ BMS_UNIT_H, "2 d", 48 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		int64_t value = -1;

		assert_int_equal(quantity_parse(rows[i].unit, rows[i].text, &value), QUANTITY_OK);
		assert_int_equal(value, rows[i].value);
	}
}

static void a_text_that_is_not_exactly_a_value_is_refused(void **state)
{
	static const struct {
		enum bms_unit unit;
		const char *text;
		enum quantity_status status;
	} rows[] = {
		{ BMS_UNIT_MV, "", QUANTITY_MALFORMED },
		{ BMS_UNIT_MV, "V", QUANTITY_MALFORMED },
		{ BMS_UNIT_MV, "-", QUANTITY_MALFORMED },
		{ BMS_UNIT_MV, "-V", QUANTITY_MALFORMED },
		{ BMS_UNIT_MV, " 3 V", QUANTITY_MALFORMED },
		{ BMS_UNIT_MV, ".5 V", QUANTITY_MALFORMED },
		{ BMS_UNIT_MV, "5. V", QUANTITY_MALFORMED },
		{ BMS_UNIT_MV, "3,65 V", QUANTITY_MALFORMED },
		{ BMS_UNIT_MV, "3.6.5 V", QUANTITY_MALFORMED },
		{ BMS_UNIT_MV, "3 65 V", QUANTITY_MALFORMED },
		{ BMS_UNIT_MV, "3.65", QUANTITY_NO_UNIT },
		{ BMS_UNIT_MV, "3650", QUANTITY_NO_UNIT },
		{ BMS_UNIT_MV, "3650 ", QUANTITY_NO_UNIT },
		{ BMS_UNIT_MV, "3 A", QUANTITY_WRONG_UNIT },
		{ BMS_UNIT_MV, "3 v", QUANTITY_WRONG_UNIT },
		{ BMS_UNIT_MV, "3 V ", QUANTITY_WRONG_UNIT },
		{ BMS_UNIT_MV, "3 V5", QUANTITY_WRONG_UNIT },
		{ BMS_UNIT_NONE, "3 V", QUANTITY_WRONG_UNIT },
		{ BMS_UNIT_MV, "3.6505 V", QUANTITY_TOO_FINE },
		{ BMS_UNIT_MV, "0.5 mV", QUANTITY_TOO_FINE },
		{ BMS_UNIT_DC, "20.05 C", QUANTITY_TOO_FINE },
		{ BMS_UNIT_C, "0.5 C", QUANTITY_TOO_FINE },
		{ BMS_UNIT_S, "1500 ms", QUANTITY_TOO_FINE },
		{ BMS_UNIT_MIN, "90 s", QUANTITY_TOO_FINE },
		{ BMS_UNIT_MV, "9223372036854775807 V", QUANTITY_TOO_LARGE },
		{ BMS_UNIT_MV, "99999999999999999999 mV", QUANTITY_TOO_LARGE },
		{ BMS_UNIT_MV, "1.00000000000000000001 V", QUANTITY_TOO_LARGE },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		int64_t value = -1;

		assert_int_equal(
			quantity_parse(rows[i].unit, rows[i].text, &value), rows[i].status);
		assert_int_equal(value, -1);
	}
}

static void what_is_shown_reads_back_as_itself(void **state)
{
	struct dice dice = { 1 };

	(void)state;
	for (int unit = 0; unit < BMS_UNIT_COUNT; unit++) {
		/* These have no unit when shown. */
		if (!*bms_unit_rows[unit].shown)
			continue;
		for (int i = 0; i < 1000; i++) {
			int64_t value = dice_between(&dice, -1000000, 1000000);
			char text[QUANTITY_SIZE];
			int64_t again;

			quantity_shown(text, (enum bms_unit)unit, value);
			assert_int_equal(
				quantity_parse((enum bms_unit)unit, text, &again), QUANTITY_OK);
			assert_int_equal(again, value);
		}
	}
}

static void a_value_has_words_for_people(void **state)
{
	char text[QUANTITY_SIZE];

	(void)state;
	assert_string_equal(quantity_shown(text, BMS_UNIT_MV, 3650), "3.650 V");
	assert_string_equal(quantity_shown(text, BMS_UNIT_DC, -5), "-0.5 C");
	assert_string_equal(quantity_shown(text, BMS_UNIT_S, 60), "60 s");
	assert_string_equal(quantity_shown(text, BMS_UNIT_NONE, 7), "7");
	assert_string_equal(quantity_shown(text, BMS_UNIT_S, INT64_MIN), "-9223372036854775808 s");
	assert_string_equal(quantity_stored(text, BMS_UNIT_MV, 3650), "3650 mV");
	assert_string_equal(quantity_stored(text, BMS_UNIT_DC, 600), "600 (60.0 C)");
	assert_string_equal(quantity_stored(text, BMS_UNIT_NONE, 7), "7");
	assert_string_equal(quantity_symbols(BMS_UNIT_MV), "V or mV");
	assert_string_equal(quantity_symbols(BMS_UNIT_NONE), "");
}

static void a_range_is_shown_both_ways(void **state)
{
	char text[QUANTITY_SIZE];

	(void)state;
	assert_string_equal(quantity_range(text, BMS_UNIT_MV, 1000, 4500),
		"1000 to 4500 mV (1.000 V to 4.500 V)");
	assert_string_equal(
		quantity_range(text, BMS_UNIT_DC, -450, 200), "-450 to 200 (-45.0 C to 20.0 C)");
	assert_string_equal(quantity_range(text, BMS_UNIT_S, 2, 600), "2 to 600 s");
	assert_string_equal(quantity_range(text, BMS_UNIT_NONE, 2, 32), "2 to 32");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_its_exact_integer),
		cmocka_unit_test(a_text_that_is_not_exactly_a_value_is_refused),
		cmocka_unit_test(what_is_shown_reads_back_as_itself),
		cmocka_unit_test(a_value_has_words_for_people),
		cmocka_unit_test(a_range_is_shown_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
