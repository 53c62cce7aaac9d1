/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "bms/alarms.h"
#include "mirror/witness.h"

static struct witness witness;
static struct bms_telemetry reading;
static struct bms_settings settings;

static int start(void **state)
{
	(void)state;
	witness = (struct witness){ 0 };
	reading = (struct bms_telemetry){ 0 };
	settings = (struct bms_settings){ 0 };
	bms_telemetry_set(&reading, BMS_SLOT_RUNTIME_S, 1000);
	bms_telemetry_set(&reading, BMS_SLOT_RTC_S, 170000000);
	bms_telemetry_set(&reading, BMS_SLOT_CELL_MV + 3, 3650);
	bms_telemetry_set(&reading, BMS_SLOT_CELL_MV + 5, 3300);
	bms_telemetry_set(&reading, BMS_SLOT_CELL_HIGHEST, 3);
	bms_telemetry_set(&reading, BMS_SLOT_CELL_LOWEST, 5);
	bms_telemetry_set(&reading, BMS_SLOT_PACK_MV, 52800);
	bms_telemetry_set(&reading, BMS_SLOT_CURRENT_MA, -12345);
	bms_telemetry_set(&reading, BMS_SLOT_PROBE_DC + 1, -55);
	bms_telemetry_set(&reading, BMS_SLOT_PROBE_DC + 2, 251);
	bms_telemetry_set(&reading, BMS_SLOT_CHARGE_ON, 1);
	bms_telemetry_set(&reading, BMS_SLOT_BALANCE_STATE, 2);
	bms_telemetry_set(&reading, BMS_SLOT_ALARM_BITS, 0);
	return 0;
}

static void see(uint32_t runtime_s, uint32_t alarms)
{
	bms_telemetry_set(&reading, BMS_SLOT_RUNTIME_S, runtime_s);
	bms_telemetry_set(&reading, BMS_SLOT_ALARM_BITS, alarms);
	witness_reading(&witness, &reading);
}

static size_t events(void)
{
	return bms_jk_diary_event_count(&witness.diary);
}

static size_t records(void)
{
	return bms_jk_diary_record_count(&witness.diary);
}

static void what_was_so_at_the_start_is_no_news(void **state)
{
	(void)state;
	see(1000, BMS_ALARM_BIT(BMS_ALARM_CELL_OVP));
	see(1001, BMS_ALARM_BIT(BMS_ALARM_CELL_OVP));
	assert_int_equal(events(), 0);
	assert_int_equal(records(), 0);
}

static void an_alarm_is_an_event_with_its_cell_and_a_record(void **state)
{
	const struct bms_jk_record *record;

	(void)state;
	see(1000, 0);
	see(1001, BMS_ALARM_BIT(BMS_ALARM_CELL_OVP));
	assert_int_equal(events(), 2);
	assert_int_equal(bms_jk_diary_event(&witness.diary, 0)->code, BMS_JK_CODE_CELL_OVP);
	assert_int_equal(bms_jk_diary_event(&witness.diary, 0)->runtime_s, 1001);
	assert_int_equal(
		bms_jk_diary_event(&witness.diary, 1)->code, BMS_JK_CODE_FIRST_CELL_OVP + 3);
	record = bms_jk_diary_record(&witness.diary, 0);
	assert_non_null(record);
	assert_int_equal(record->code, BMS_JK_CODE_CELL_OVP);
	assert_int_equal(record->rtc_s, 170000000);
	assert_int_equal(record->highest_mv, 3650);
	assert_int_equal(record->lowest_mv, 3300);
	assert_int_equal(record->pack_cv, 5280);
	assert_int_equal(record->current_da, -123);
	assert_int_equal(record->hottest_c, 25);
	assert_int_equal(record->coldest_c, -5);
	assert_int_equal(record->bits, BMS_JK_RECORD_CHARGE | BMS_JK_RECORD_BALANCING);
}

static void an_hour_of_quiet_is_a_record(void **state)
{
	(void)state;
	see(1000, 0);
	see(1000 + BMS_JK_RECORD_PERIOD_S - 1, 0);
	assert_int_equal(records(), 0);
	see(1000 + BMS_JK_RECORD_PERIOD_S, 0);
	see(1000 + BMS_JK_RECORD_PERIOD_S + 1, 0);
	assert_int_equal(records(), 1);
	assert_int_equal(bms_jk_diary_record(&witness.diary, 0)->code, BMS_JK_CODE_PERIODIC);
	see(5, 0); /* another board, or a reset one */
	see(6, 0);
	assert_int_equal(records(), 2);
}

static void a_switch_that_was_turned_is_an_event(void **state)
{
	(void)state;
	see(1000, 0);
	bms_settings_set(&settings, BMS_SETTING_SLOT_CHARGE_SWITCH, 1);
	bms_settings_set(&settings, BMS_SETTING_SLOT_DISCHARGE_SWITCH, 1);
	witness_settings(&witness, &settings, &reading);
	witness_settings(&witness, &settings, &reading);
	assert_int_equal(events(), 0);
	settings.value[BMS_SETTING_SLOT_DISCHARGE_SWITCH] = 0;
	witness_settings(&witness, &settings, &reading);
	assert_int_equal(events(), 1);
	assert_int_equal(bms_jk_diary_event(&witness.diary, 0)->code, BMS_JK_CODE_DISCHARGE_OFF);
	assert_int_equal(records(), 1);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_so_at_the_start_is_no_news),
		TEST(an_alarm_is_an_event_with_its_cell_and_a_record),
		TEST(an_hour_of_quiet_is_a_record),
		TEST(a_switch_that_was_turned_is_an_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
