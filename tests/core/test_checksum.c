/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "bms/checksum.h"

/* The catalogue's check values are over these nine digits. */
static const uint8_t digits[] = { '1', '2', '3', '4', '5', '6', '7', '8', '9' };

static void crc16_modbus_has_the_catalogues_check_value(void **state)
{
	(void)state;
	assert_int_equal(bms_crc16_modbus(digits, sizeof(digits)), 0x4B37);
}

static void crc32_has_the_catalogues_check_value(void **state)
{
	(void)state;
	assert_int_equal(bms_crc32(digits, sizeof(digits)), 0xCBF43926);
}

static void sum8_wraps_around(void **state)
{
	(void)state;
	assert_int_equal(bms_sum8(digits, sizeof(digits)), (9 * '0' + 45) % 256);
	assert_int_equal(bms_sum8((const uint8_t *)"\xFF\x02", 2), 1);
}

/* The vendor document's own request, "read 2 registers". */
static void crc16_modbus_is_sent_low_byte_first(void **state)
{
	const uint8_t frame[] = { 0x01, 0x03, 0x00, 0x05, 0x00, 0x02, 0xD4, 0x0A };

	(void)state;
	assert_int_equal(bms_crc16_modbus(frame, 6), 0x0AD4);
	assert_int_equal(bms_crc16_modbus(frame, sizeof(frame)), 0);
}

/* The app's command "send live data forever", as every client sends it. */
static void sum8_covers_the_header_of_a_command(void **state)
{
	const uint8_t command[20] = { 0xAA, 0x55, 0x90, 0xEB, 0x96, [19] = 0x10 };

	(void)state;
	assert_int_equal(bms_sum8(command, 19), command[19]);
}

static void nothing_has_the_start_value(void **state)
{
	(void)state;
	assert_int_equal(bms_sum8(NULL, 0), 0);
	assert_int_equal(bms_crc16_modbus(NULL, 0), 0xFFFF);
	assert_int_equal(bms_crc32(NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc16_modbus_has_the_catalogues_check_value),
		cmocka_unit_test(crc32_has_the_catalogues_check_value),
		cmocka_unit_test(sum8_wraps_around),
		cmocka_unit_test(crc16_modbus_is_sent_low_byte_first),
		cmocka_unit_test(sum8_covers_the_header_of_a_command),
		cmocka_unit_test(nothing_has_the_start_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
