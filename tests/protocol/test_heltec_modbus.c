/* SPDX-License-Identifier: MIT */
/*
 * No board of this kind was ever captured in public: the bytes here are made by hand from the
 * register list that mr-manuel/venus-os_dbus-serialbattery (heltecmodbus.py) reads.
 */
#include "check.h"

#include <string.h>

#include "bms/alarms.h"
#include "bms/heltec_modbus.h"

static struct bms_telemetry telemetry;
static struct bms_settings settings;
static struct bms_identity identity;

static int start_empty(void **state)
{
	(void)state;
	memset(&telemetry, 0, sizeof(telemetry));
	memset(&settings, 0, sizeof(settings));
	memset(&identity, 0, sizeof(identity));
	return 0;
}

#define LIVE(reg, ...) \
	do { \
		static const uint8_t bytes[] = { __VA_ARGS__ }; \
		bms_heltec_decode_live(reg, bytes, sizeof(bytes), &telemetry); \
	} while (0)

#define SETTINGS(reg, ...) \
	do { \
		static const uint8_t bytes[] = { __VA_ARGS__ }; \
		bms_heltec_decode_settings(reg, bytes, sizeof(bytes), &settings, &identity); \
	} while (0)

static void assert_live(size_t slot, int64_t value)
{
	assert_true(bms_telemetry_has(&telemetry, slot));
	assert_int_equal(telemetry.value[slot], value);
}

static void cells_come_low_byte_first_and_as_many_as_the_board_counts(void **state)
{
	(void)state;
	LIVE(BMS_HELTEC_CELLS_REG, 3, 1);
	LIVE(81, 0xE8, 0x0C, 0xE9, 0x0C, 0xEA, 0x0C, 0xFF, 0xFF);
	assert_live(BMS_SLOT_CELL_MASK, 7);
	assert_live(BMS_SLOT_BATTERY_TYPE, 0);
	assert_live(BMS_SLOT_CELL_MV, 3304);
	assert_live(BMS_SLOT_CELL_MV + 2, 3306);
	assert_false(bms_telemetry_has(&telemetry, BMS_SLOT_CELL_MV + 3));
}

static void cells_are_not_taken_before_their_count_is_known(void **state)
{
	(void)state;
	LIVE(81, 0xE8, 0x0C);
	assert_false(bms_telemetry_has(&telemetry, BMS_SLOT_CELL_MV));
	LIVE(BMS_HELTEC_CELLS_REG, 33, 1);
	assert_false(bms_telemetry_has(&telemetry, BMS_SLOT_CELL_MASK));
}

static void a_discharge_that_the_board_counts_positive_is_negative_here(void **state)
{
	(void)state;
	LIVE(78, 0x10, 0x27, 0, 0);
	assert_live(BMS_SLOT_CURRENT_MA, -100000);
	LIVE(78, 0xF6, 0xFF, 0xFF, 0xFF);
	assert_live(BMS_SLOT_CURRENT_MA, 100);
}

static void numbers_get_our_units(void **state)
{
	(void)state;
	LIVE(76, 0x40, 0xCE, 0, 0);
	LIVE(119, 0xDC, 0x05);
	LIVE(120, 87, 99);
	LIVE(126, 0xF0, 0x0A);
	assert_live(BMS_SLOT_PACK_MV, 52800);
	assert_live(BMS_SLOT_REMAINING_MAH, 150000);
	assert_live(BMS_SLOT_SOC_PCT, 87);
	assert_live(BMS_SLOT_SOH_PCT, 99);
	assert_live(BMS_SLOT_FULL_MAH, 280000);
}

static void temperatures_count_from_minus_40_and_an_absent_probe_is_absent(void **state)
{
	(void)state;
	LIVE(112, 70, 61);
	LIVE(113, 0, 30);
	assert_live(BMS_SLOT_MOS_DC, 210);
	assert_live(BMS_SLOT_PROBE_DC, -100);
	assert_false(bms_telemetry_has(&telemetry, BMS_SLOT_PROBE_DC + 1));
}

static void a_blocked_path_is_an_open_relay(void **state)
{
	(void)state;
	LIVE(152, 0, 0, 0, 0x10);
	assert_live(BMS_SLOT_CHARGE_ON, 0);
	assert_live(BMS_SLOT_DISCHARGE_ON, 1);
}

static void warnings_become_the_alarms_of_the_family(void **state)
{
	(void)state;
	LIVE(156, 0x03, 0x21, 0x01, 0);
	assert_live(BMS_SLOT_ALARM_BITS,
		BMS_ALARM_BIT(BMS_ALARM_CELL_OVP) | BMS_ALARM_BIT(BMS_ALARM_CELL_UVP) |
			BMS_ALARM_BIT(BMS_ALARM_DISCHARGE_SCP) | BMS_ALARM_BIT(BMS_ALARM_MOS_OTP));
}

static void settings_and_identity_are_read(void **state)
{
	(void)state;
	SETTINGS(2, 0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDE, 0xF0);
	SETTINGS(41, 'g', 'a', 'r', 'a', 'g', 'e', 0, 'x', 0, 0, 0, 0);
	SETTINGS(BMS_HELTEC_CELLS_REG, 16, 1);
	SETTINGS(169, 0x10, 0x0E);
	SETTINGS(191, 0xE8, 0x03);
	assert_string_equal(identity.text[BMS_IDENTITY_SERIAL], "123456789abcdef0");
	assert_string_equal(identity.text[BMS_IDENTITY_NAME], "garage");
	assert_int_equal(settings.value[BMS_SETTING_SLOT_CELL_COUNT], 16);
	assert_int_equal(settings.value[BMS_SETTING_SLOT_CELL_OVP], 3600);
	assert_int_equal(settings.value[BMS_SETTING_SLOT_CHARGE_OCP], 10000);
	assert_false(bms_settings_has(&settings, BMS_SETTING_SLOT_CELL_UVP));
}

static bool is_read(const struct bms_heltec_read *reads, size_t count, unsigned reg)
{
	for (size_t i = 0; i < count; i++)
		if (reg >= reads[i].reg && reg < (unsigned)reads[i].reg + reads[i].count)
			return true;
	return false;
}

static void the_password_is_never_asked_for_and_no_read_is_longer_than_known(void **state)
{
	(void)state;
	for (unsigned reg = 47; reg < 49; reg++) {
		assert_false(is_read(bms_heltec_live_reads, bms_heltec_live_read_count, reg));
		assert_false(
			is_read(bms_heltec_settings_reads, bms_heltec_settings_read_count, reg));
	}
	for (size_t i = 0; i < bms_heltec_live_read_count; i++)
		assert_true(bms_heltec_live_reads[i].count <= BMS_HELTEC_READ_MAX);
	assert_int_equal(bms_heltec_live_reads[0].reg, BMS_HELTEC_CELLS_REG);
}

static void every_shorter_answer_is_read_without_touching_what_is_not_there(void **state)
{
	static const uint8_t bytes[50] = { 0xFF };

	(void)state;
	for (unsigned reg = 0; reg < 256; reg++)
		for (size_t size = 0; size <= sizeof(bytes); size++) {
			bms_heltec_decode_live((uint8_t)reg, bytes, size, &telemetry);
			bms_heltec_decode_settings((uint8_t)reg, bytes, size, &settings, &identity);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define SENTENCE(name) cmocka_unit_test_setup(name, start_empty)
		SENTENCE(cells_come_low_byte_first_and_as_many_as_the_board_counts),
		SENTENCE(cells_are_not_taken_before_their_count_is_known),
		SENTENCE(a_discharge_that_the_board_counts_positive_is_negative_here),
		SENTENCE(numbers_get_our_units),
		SENTENCE(temperatures_count_from_minus_40_and_an_absent_probe_is_absent),
		SENTENCE(a_blocked_path_is_an_open_relay),
		SENTENCE(warnings_become_the_alarms_of_the_family),
		SENTENCE(settings_and_identity_are_read),
		SENTENCE(the_password_is_never_asked_for_and_no_read_is_longer_than_known),
		SENTENCE(every_shorter_answer_is_read_without_touching_what_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
