/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "link/frame_time.h"

static void a_byte_is_ten_bits(void **state)
{
	(void)state;
	assert_int_equal(frame_time_us(9600, 96), 100000);
	assert_int_equal(frame_time_us(115200, 1152), 100000);
}

static void a_frame_time_is_rounded_up(void **state)
{
	(void)state;
	assert_int_equal(frame_time_us(115200, 1), 87);
	assert_int_equal(frame_time_us(115200, 0), 0);
}

static void the_gap_follows_the_rate_up_to_19200_baud(void **state)
{
	(void)state;
	assert_int_equal(frame_gap_us(9600), 4011);
	assert_int_equal(frame_gap_us(19200), 2006);
}

static void the_gap_is_fixed_above_19200_baud(void **state)
{
	(void)state;
	assert_int_equal(frame_gap_us(38400), 1750);
	assert_int_equal(frame_gap_us(115200), 1750);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_byte_is_ten_bits),
		cmocka_unit_test(a_frame_time_is_rounded_up),
		cmocka_unit_test(the_gap_follows_the_rate_up_to_19200_baud),
		cmocka_unit_test(the_gap_is_fixed_above_19200_baud),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
