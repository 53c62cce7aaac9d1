/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "bms/alarms.h"
#include "core/buzzer.h"

static struct bms_settings settings;
static struct measure measure;
static struct buzzer buzzer;
static struct buzzer_input input;

static int start(void **state)
{
	(void)state;
	bms_settings_preset(&settings, BMS_CHEMISTRY_LFP);
	measure = (struct measure){ .probes = { .fitted = 7 | PORT_PROBE_BOARD }, .probe_mask = 7 };
	for (size_t i = 0; i < MEASURE_SOURCES; i++)
		measure.source[i].ever = true;
	buzzer = (struct buzzer){ 0 };
	input = (struct buzzer_input){ .settings = &settings, .measure = &measure, .soc_pct = 50 };
	return 0;
}

static void set(int64_t trigger, int64_t value, int64_t release)
{
	bms_settings_set(&settings, BMS_SETTING_SLOT_BUZZER_TRIGGER, trigger);
	bms_settings_set(&settings, BMS_SETTING_SLOT_BUZZER_VALUE, value);
	bms_settings_set(&settings, BMS_SETTING_SLOT_BUZZER_RELEASE, release);
}

static bool sounds(void)
{
	return buzzer_step(&buzzer, &input);
}

static void the_factorys_buzzer_sounds_at_100_degrees_of_the_board(void **state)
{
	(void)state;
	measure.value[MEASURE_BOARD_DC] = 999;
	assert_false(sounds());
	measure.value[MEASURE_BOARD_DC] = 1000;
	assert_true(sounds());
	measure.value[MEASURE_BOARD_DC] = 951;
	assert_true(sounds());
	measure.value[MEASURE_BOARD_DC] = 950;
	assert_false(sounds());
	measure.value[MEASURE_BOARD_DC] = 999;
	assert_false(sounds());
}

/* Sounds at the value, not one step before, and until the release. */
static void every_quantity_has_its_side(void **state)
{
	static const struct {
		uint8_t trigger;
		uint8_t quantity;
		int32_t value, release; /* of the setting */
		int32_t scale;
		int32_t towards; /* 1: it sounds above */
	} cases[] = {
		{ BUZZER_PACK_HIGH, MEASURE_PACK_MV, 58000, 57000, 1, 1 },
		{ BUZZER_PACK_LOW, MEASURE_PACK_MV, 44000, 45000, 1, -1 },
		{ BUZZER_CELL_HIGH, MEASURE_CELL_MAX_MV, 3600, 3500, 1, 1 },
		{ BUZZER_CELL_LOW, MEASURE_CELL_MIN_MV, 2700, 2900, 1, -1 },
		{ BUZZER_CHARGE_CURRENT, MEASURE_CHARGE_MA, 20000, 10000, 1, 1 },
		{ BUZZER_DISCHARGE_CURRENT, MEASURE_DISCHARGE_MA, 300000, 200000, 1, 1 },
		{ BUZZER_BATTERY_HOT, MEASURE_PROBE_MAX_DC, 60, 50, 10, 1 },
		{ BUZZER_BOARD_HOT, MEASURE_BOARD_DC, 100, 95, 10, 1 },
		{ BUZZER_BATTERY_COLD, MEASURE_PROBE_MIN_DC, -10, 0, 10, -1 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		int32_t *now = &measure.value[cases[i].quantity];
		int32_t value = cases[i].value * cases[i].scale;
		int32_t release = cases[i].release * cases[i].scale;

		start(NULL);
		set(cases[i].trigger, cases[i].value, cases[i].release);
		*now = value - cases[i].towards;
		assert_false(sounds());
		*now = value;
		assert_true(sounds());
		*now = release + cases[i].towards;
		assert_true(sounds());
		*now = release;
		assert_false(sounds());
		*now = value - cases[i].towards;
		assert_false(sounds());
	}
}

static void the_state_of_charge_is_in_percent(void **state)
{
	(void)state;
	set(BUZZER_SOC_LOW, 20, 25);
	input.soc_pct = 21;
	assert_false(sounds());
	input.soc_pct = 20;
	assert_true(sounds());
	input.soc_pct = 24;
	assert_true(sounds());
	input.soc_pct = 25;
	assert_false(sounds());
	set(BUZZER_SOC_HIGH, 95, 90);
	input.soc_pct = 95;
	assert_true(sounds());
	input.soc_pct = 90;
	assert_false(sounds());
}

static void any_fault_or_a_wrong_relay_sounds_while_it_lasts(void **state)
{
	(void)state;
	set(BUZZER_ALARM, 0, 0);
	assert_false(sounds());
	input.fault = true;
	assert_true(sounds());
	set(BUZZER_RELAY, 0, 0);
	assert_false(sounds());
	input.alarms = BMS_ALARM_BIT(BMS_ALARM_DISCHARGE_SWITCH);
	assert_true(sounds());
	input.alarms = BMS_ALARM_BIT(BMS_ALARM_CELL_OVP);
	assert_false(sounds());
}

static void off_and_what_nobody_knows_sound_nothing(void **state)
{
	(void)state;
	input.fault = true;
	input.alarms = UINT32_MAX;
	set(BUZZER_OFF, 0, 0);
	assert_false(sounds());
	set(BUZZER_REMOTE, 0, 0);
	assert_false(sounds());
	set(BUZZER_TRIGGERS, 0, 0);
	assert_false(sounds());
	set(-1, 0, 0);
	assert_false(sounds());
}

static void a_sensor_that_is_not_there_sounds_nothing(void **state)
{
	(void)state;
	measure.value[MEASURE_BOARD_DC] = 1200;
	measure.value[MEASURE_PROBE_MAX_DC] = 1200;
	measure.probes.fitted = 7;
	measure.probe_mask = 0;
	assert_false(sounds());
	set(BUZZER_BATTERY_HOT, 60, 50);
	assert_false(sounds());
	set(BUZZER_CELL_LOW, 2700, 2900);
	measure.source[MEASURE_CELLS].ever = false;
	assert_false(sounds());
}

static void another_trigger_begins_silent(void **state)
{
	(void)state;
	measure.value[MEASURE_BOARD_DC] = 1000;
	assert_true(sounds());
	measure.value[MEASURE_CELL_MAX_MV] = 3550;
	set(BUZZER_CELL_HIGH, 3600, 3500);
	assert_false(sounds());
}

static void a_release_on_the_wrong_side_is_none(void **state)
{
	(void)state;
	set(BUZZER_CELL_HIGH, 3600, 3700);
	measure.value[MEASURE_CELL_MAX_MV] = 3600;
	assert_true(sounds());
	measure.value[MEASURE_CELL_MAX_MV] = 3599;
	assert_false(sounds());
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, start)
	const struct CMUnitTest tests[] = {
		TEST(the_factorys_buzzer_sounds_at_100_degrees_of_the_board),
		TEST(every_quantity_has_its_side),
		TEST(the_state_of_charge_is_in_percent),
		TEST(any_fault_or_a_wrong_relay_sounds_while_it_lasts),
		TEST(off_and_what_nobody_knows_sound_nothing),
		TEST(a_sensor_that_is_not_there_sounds_nothing),
		TEST(another_trigger_begins_silent),
		TEST(a_release_on_the_wrong_side_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
