/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "bms/alarms.h"

static void every_bit_of_the_word_has_a_row(void **state)
{
	(void)state;
	assert_int_equal(BMS_ALARM_COUNT, 32);
	for (size_t bit = 0; bit < BMS_ALARM_COUNT; bit++) {
		assert_non_null(bms_alarm_rows[bit].key);
		assert_non_null(bms_alarm_rows[bit].text);
		assert_true(strlen(bms_alarm_rows[bit].text) > 8);
		assert_in_range(bms_alarm_rows[bit].severity, 0, BMS_SEVERITY_FAULT);
	}
}

static void keys_are_plain_and_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < BMS_ALARM_COUNT; i++) {
		const char *key = bms_alarm_rows[i].key;

		assert_int_equal(strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(key));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(key, bms_alarm_rows[k].key);
	}
}

/* Bits seen set in captures whose readings fit. */
static void proven_bits_are_where_they_were_seen(void **state)
{
	(void)state;
	assert_int_equal(BMS_ALARM_WIRE_RESISTANCE, 0);
	assert_int_equal(BMS_ALARM_CELL_OVP, 4);
	assert_int_equal(BMS_ALARM_CHARGE_UTP, 9);
	assert_int_equal(BMS_ALARM_DEFAULT_PASSWORD, 19);
	assert_int_equal(BMS_ALARM_BIT(BMS_ALARM_BIT31), UINT32_C(0x80000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bit_of_the_word_has_a_row),
		cmocka_unit_test(keys_are_plain_and_unique),
		cmocka_unit_test(proven_bits_are_where_they_were_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
