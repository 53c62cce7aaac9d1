/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "bms/status.h"

static void every_status_has_a_text_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BMS_STATUS_COUNT; i++) {
		assert_non_null(bms_status_text((enum bms_status)i));
		assert_true(strlen(bms_status_text((enum bms_status)i)) >= 2);
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(bms_status_text((enum bms_status)i),
				bms_status_text((enum bms_status)k));
	}
}

static void a_number_that_is_no_status_is_said_to_be_unknown(void **state)
{
	(void)state;
	assert_string_equal(bms_status_text(BMS_STATUS_COUNT), "unknown status");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_status_has_a_text_of_its_own),
		cmocka_unit_test(a_number_that_is_no_status_is_said_to_be_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
