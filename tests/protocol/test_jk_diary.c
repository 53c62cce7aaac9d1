/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "bms/alarms.h"
#include "bms/jk_diary.h"

static struct bms_jk_diary diary;

static int start(void **state)
{
	(void)state;
	diary = (struct bms_jk_diary){ 0 };
	return 0;
}

static void check_event(size_t index, uint32_t runtime_s, uint8_t code)
{
	const struct bms_jk_event *event = bms_jk_diary_event(&diary, index);

	assert_non_null(event);
	assert_int_equal(event->runtime_s, runtime_s);
	assert_int_equal(event->code, code);
}

static void the_oldest_event_makes_room_for_the_newest(void **state)
{
	(void)state;
	assert_null(bms_jk_diary_event(&diary, 0));
	for (uint32_t i = 0; i < BMS_JK_DIARY_EVENTS + 3; i++)
		bms_jk_diary_add_event(&diary, i, BMS_JK_CODE_BOOT);
	assert_int_equal(bms_jk_diary_event_count(&diary), BMS_JK_DIARY_EVENTS);
	check_event(0, 3, BMS_JK_CODE_BOOT);
	check_event(BMS_JK_DIARY_EVENTS - 1, BMS_JK_DIARY_EVENTS + 2, BMS_JK_CODE_BOOT);
	assert_null(bms_jk_diary_event(&diary, BMS_JK_DIARY_EVENTS));
}

static void the_oldest_record_makes_room_for_the_newest(void **state)
{
	(void)state;
	assert_null(bms_jk_diary_record(&diary, 0));
	for (uint32_t i = 0; i < BMS_JK_DIARY_RECORDS + 1; i++) {
		struct bms_jk_record record = { .rtc_s = i };

		bms_jk_diary_add_record(&diary, &record);
	}
	assert_int_equal(bms_jk_diary_record_count(&diary), BMS_JK_DIARY_RECORDS);
	assert_int_equal(bms_jk_diary_record(&diary, 0)->rtc_s, 1);
	assert_int_equal(
		bms_jk_diary_record(&diary, BMS_JK_DIARY_RECORDS - 1)->rtc_s, BMS_JK_DIARY_RECORDS);
	assert_null(bms_jk_diary_record(&diary, BMS_JK_DIARY_RECORDS));
}

static void an_alarm_is_written_when_it_comes_and_when_it_goes(void **state)
{
	uint8_t code = 0;

	(void)state;
	assert_true(
		bms_jk_diary_alarms(&diary, 10, BMS_ALARM_BIT(BMS_ALARM_CHARGE_OCP), 0, 0, &code));
	assert_int_equal(code, BMS_JK_CODE_CHARGE_OCP);
	assert_false(
		bms_jk_diary_alarms(&diary, 11, BMS_ALARM_BIT(BMS_ALARM_CHARGE_OCP), 0, 0, &code));
	assert_true(bms_jk_diary_alarms(&diary, 12, 0, 0, 0, &code));
	assert_int_equal(bms_jk_diary_event_count(&diary), 2);
	check_event(0, 10, BMS_JK_CODE_CHARGE_OCP);
	check_event(1, 12, BMS_JK_CODE_CHARGE_OCP_OVER);
}

static void a_cell_is_named_by_its_own_code(void **state)
{
	uint8_t code;

	(void)state;
	bms_jk_diary_alarms(&diary, 1,
		BMS_ALARM_BIT(BMS_ALARM_CELL_OVP) | BMS_ALARM_BIT(BMS_ALARM_CELL_UVP), 24, 31,
		&code);
	assert_int_equal(bms_jk_diary_event_count(&diary), 4);
	check_event(0, 1, BMS_JK_CODE_CELL_OVP);
	check_event(1, 1, 0x64 + 24);
	check_event(2, 1, BMS_JK_CODE_CELL_UVP);
	check_event(3, 1, 0xe7);
}

/* The codes as the vendor's boards write them. */
static void the_codes_are_those_of_the_family(void **state)
{
	static const struct {
		uint8_t alarm, came, went;
	} known[] = {
		{ BMS_ALARM_MOS_OTP, 0x0b, 0x0c },
		{ BMS_ALARM_CURRENT_SENSOR, 0x0d, 0x0e },
		{ BMS_ALARM_COPROCESSOR, 0x0f, 0x10 },
		{ BMS_ALARM_PACK_OVP, 0x13, 0x14 },
		{ BMS_ALARM_CHARGE_SCP, 0x17, 0x18 },
		{ BMS_ALARM_CHARGE_OTP, 0x19, 0x1a },
		{ BMS_ALARM_CHARGE_UTP, 0x1b, 0x1c },
		{ BMS_ALARM_PACK_UVP, 0x1f, 0x20 },
		{ BMS_ALARM_DISCHARGE_OCP, 0x21, 0x22 },
		{ BMS_ALARM_DISCHARGE_SCP, 0x23, 0x24 },
		{ BMS_ALARM_DISCHARGE_OTP, 0x25, 0x26 },
		{ BMS_ALARM_DISCHARGE_START, 0x2e, 0 },
		{ BMS_ALARM_CHARGE_SWITCH, 0x39, 0 },
		{ BMS_ALARM_DISCHARGE_SWITCH, 0x3a, 0 },
		{ BMS_ALARM_CELL_COUNT, 0x3c, 0 },
		{ BMS_ALARM_DISCHARGE_OCP2, 0x40, 0 },
		{ BMS_ALARM_DISCHARGE_OCP3, 0x41, 0 },
		{ BMS_ALARM_SCP_RELEASE, 0x42, 0 },
		{ BMS_ALARM_DISCHARGE_UTP, 0x48, 0x49 },
	};

	for (size_t i = 0; i < LENGTH(known); i++) {
		uint8_t code;

		start(state);
		bms_jk_diary_alarms(&diary, 1, BMS_ALARM_BIT(known[i].alarm), 0, 0, &code);
		bms_jk_diary_alarms(&diary, 2, 0, 0, 0, &code);
		assert_int_equal(bms_jk_diary_event_count(&diary), known[i].went ? 2 : 1);
		check_event(0, 1, known[i].came);
		if (known[i].went)
			check_event(1, 2, known[i].went);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_oldest_event_makes_room_for_the_newest, start),
		cmocka_unit_test_setup(the_oldest_record_makes_room_for_the_newest, start),
		cmocka_unit_test_setup(an_alarm_is_written_when_it_comes_and_when_it_goes, start),
		cmocka_unit_test_setup(a_cell_is_named_by_its_own_code, start),
		cmocka_unit_test_setup(the_codes_are_those_of_the_family, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
