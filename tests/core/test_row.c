/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "bms/row.h"

static void every_unit_with_a_suffix_has_a_symbol(void **state)
{
	(void)state;
	for (size_t i = 0; i < BMS_UNIT_COUNT; i++) {
		const struct bms_unit_row *unit = &bms_unit_rows[i];

		assert_int_equal(unit->suffix[0] != '\0', unit->symbol[0] != '\0');
		if (unit->suffix[0] != '\0')
			assert_int_equal(unit->suffix[0], '_');
		assert_in_range(unit->decimals, 0, 9);
	}
}

static void suffixes_are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < BMS_UNIT_COUNT; i++)
		for (size_t k = 0; k < i; k++)
			if (bms_unit_rows[i].suffix[0] != '\0')
				assert_string_not_equal(
					bms_unit_rows[i].suffix, bms_unit_rows[k].suffix);
}

static void presence_bits_cross_words(void **state)
{
	uint32_t present[BMS_PRESENCE_WORDS(33)] = { 0 };

	(void)state;
	assert_int_equal(sizeof(present), 8);
	bms_mark_slot(present, 31);
	bms_mark_slot(present, 32);
	assert_int_equal(present[0], UINT32_C(0x80000000));
	assert_int_equal(present[1], 1);
	bms_clear_slot(present, 31);
	assert_false(bms_has_slot(present, 31));
	assert_true(bms_has_slot(present, 32));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_unit_with_a_suffix_has_a_symbol),
		cmocka_unit_test(suffixes_are_unique),
		cmocka_unit_test(presence_bits_cross_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
