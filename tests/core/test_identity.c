/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "bms/identity.h"

static void every_row_is_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < BMS_IDENTITY_TEXTS; i++) {
		assert_true(strlen(bms_identity_text_rows[i].text) > 2);
		assert_in_range(bms_identity_text_rows[i].size, 1, BMS_IDENTITY_TEXT_SIZE - 1);
	}
	for (size_t i = 0; i < BMS_IDENTITY_NUMBERS; i++) {
		assert_true(strlen(bms_identity_number_rows[i].text) > 2);
		assert_int_equal(bms_identity_number_rows[i].size, 0);
	}
}

static const char *key_of(size_t row)
{
	return row < BMS_IDENTITY_TEXTS ? bms_identity_text_rows[row].key
					: bms_identity_number_rows[row - BMS_IDENTITY_TEXTS].key;
}

static void keys_are_plain_and_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < BMS_IDENTITY_TEXTS + BMS_IDENTITY_NUMBERS; i++) {
		const char *key = key_of(i);

		assert_int_equal(strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(key));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(key, key_of(k));
	}
}

static void exactly_the_pin_and_the_password_are_secret(void **state)
{
	(void)state;
	for (size_t i = 0; i < BMS_IDENTITY_TEXTS; i++)
		assert_int_equal(bms_identity_text_rows[i].secret,
			i == BMS_IDENTITY_PIN || i == BMS_IDENTITY_SETTINGS_PASSWORD);
	for (size_t i = 0; i < BMS_IDENTITY_NUMBERS; i++)
		assert_false(bms_identity_number_rows[i].secret);
}

static void presence_has_a_bit_for_every_number(void **state)
{
	struct bms_identity identity = { 0 };

	(void)state;
	assert_in_range(BMS_IDENTITY_NUMBERS, 1, 8 * sizeof(identity.present));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(keys_are_plain_and_unique),
		cmocka_unit_test(exactly_the_pin_and_the_password_are_secret),
		cmocka_unit_test(presence_has_a_bit_for_every_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
