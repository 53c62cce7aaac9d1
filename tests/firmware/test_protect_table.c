/* SPDX-License-Identifier: MIT */
/* The protections as the manual promises them, typed here a second time: the other tests ask the
 * table itself what its limits are. */
#include "check.h"

#include "core/protect.h"

enum {
	C = PROTECT_CHARGE,
	D = PROTECT_DISCHARGE | PROTECT_PRECHARGE,
	ALL = PROTECT_RELAYS | PROTECT_BALANCE | PROTECT_HEAT,
	B = PROTECT_BALANCE,
	H = PROTECT_HEAT,
	SWITCH = PROTECT_SWITCHED,
	KEY = PROTECT_KEYED,
	PLUG = PROTECT_UNPLUGGED,
	/* kinds of rows */
	BELOW = 1 << 0,
	AT_ONCE = 1 << 1,
	ABSOLUTE = 1 << 2,
	PROBES = 1 << 3,
	STAGE_2 = 1 << 4,
	STAGE_3 = 1 << 5,
};

/* Of a board with the settings below. Times in ms. */
static const struct promise {
	enum bms_alarm alarm;
	enum measure_quantity of;
	int trip, release;
	int delay, hold, settle;
	int denies, kind, latch_after, unlatch;
	int latched_alarm;
} promises[] = {
	{ BMS_ALARM_CELL_OVP, MEASURE_CELL_MAX_MV, 3650, 3550, 2000, 0, 2000, C, 0, 0, 0, 0 },
	{ BMS_ALARM_CELL_UVP, MEASURE_CELL_MIN_MV, 2600, 2900, 2000, 0, 2000, D, BELOW, 0, 0, 0 },
	{ BMS_ALARM_CELL_OVP, MEASURE_CELL_MAX_MV, 3750, 3550, 200, 0, 2000, C, ABSOLUTE, 4,
		SWITCH | PLUG, 0 },
	{ BMS_ALARM_CELL_UVP, MEASURE_CELL_MIN_MV, 2200, 2900, 3000, 0, 2000, D, BELOW, 1, SWITCH,
		0 },
	{ BMS_ALARM_PACK_OVP, MEASURE_PACK_MV, 58400, 56800, 2000, 0, 2000, C, 0, 0, 0, 0 },
	{ BMS_ALARM_PACK_UVP, MEASURE_PACK_MV, 41600, 46400, 2000, 0, 2000, D, BELOW, 0, 0, 0 },
	{ BMS_ALARM_CHARGE_OCP, MEASURE_CHARGE_MA, 25000, 25000, 7000, 16000, 0, C, 0, 6,
		SWITCH | PLUG, 0 },
	{ BMS_ALARM_DISCHARGE_OCP, MEASURE_DISCHARGE_MA, 200000, 200000, 9000, 21000, 0, D, 0, 6,
		SWITCH | KEY, 0 },
	{ BMS_ALARM_DISCHARGE_OCP2, MEASURE_DISCHARGE_MA, 300000, 300000, 3000, 21000, 0, D,
		STAGE_2, 4, SWITCH | KEY, 0 },
	{ BMS_ALARM_DISCHARGE_OCP3, MEASURE_DISCHARGE_MA, 500000, 500000, 300, 21000, 0, D, STAGE_3,
		4, SWITCH | KEY, 0 },
	{ BMS_ALARM_DISCHARGE_SCP, MEASURE_SHORT_DISCHARGE_US, 1500, 1, 0, 5000, 0, C | D,
		AT_ONCE | ABSOLUTE, 2, SWITCH | KEY, BMS_ALARM_SCP_RELEASE },
	{ BMS_ALARM_CHARGE_SCP, MEASURE_SHORT_CHARGE_US, 1500, 1, 0, 5000, 0, C | D,
		AT_ONCE | ABSOLUTE, 2, SWITCH | PLUG, BMS_ALARM_SCP_RELEASE },
	{ BMS_ALARM_CHARGE_OTP, MEASURE_PROBE_MAX_DC, 500, 450, 5000, 30000, 5000, C, PROBES, 0, 0,
		0 },
	{ BMS_ALARM_CHARGE_UTP, MEASURE_PROBE_MIN_DC, 10, 50, 5000, 30000, 5000, C, PROBES | BELOW,
		0, 0, 0 },
	{ BMS_ALARM_DISCHARGE_OTP, MEASURE_PROBE_MAX_DC, 600, 560, 5000, 30000, 5000, D, PROBES, 0,
		0, 0 },
	{ BMS_ALARM_DISCHARGE_UTP, MEASURE_PROBE_MIN_DC, -200, -150, 5000, 30000, 5000, D,
		PROBES | BELOW, 0, 0, 0 },
	{ BMS_ALARM_PROBE, MEASURE_PROBES_BROKEN, 0, 1, 5000, 0, 5000, C | H, PROBES, 0, 0, 0 },
	{ BMS_ALARM_PROBE, MEASURE_PROBES_LEFT, 1, 0, 5000, 0, 5000, C | D | H, PROBES | BELOW, 0,
		0, 0 },
	{ BMS_ALARM_PROBE, MEASURE_PROBES_AGE_MS, 10000, 10000, 0, 0, 5000, C | D | H, PROBES, 0, 0,
		0 },
	{ BMS_ALARM_MOS_OTP, MEASURE_BOARD_DC, 900, 800, 5000, 30000, 5000, ALL, 0, 0, 0, 0 },
	{ BMS_ALARM_CELL_COUNT, MEASURE_CELL_COUNT_WRONG, 0, 1, 700, 0, 700, ALL, 0, 0, 0, 0 },
	{ BMS_ALARM_WIRE_RESISTANCE, MEASURE_WIRE_MAX_MOHM, 400, 400, 700, 0, 700, 0, 0, 0, 0, 0 },
	{ BMS_ALARM_WIRE_RESISTANCE, MEASURE_OPEN_WIRES, 0, 1, 200, 0, 200, C | B, 0, 0, 0, 0 },
	{ BMS_ALARM_WIRE_RESISTANCE, MEASURE_OPEN_WIRES, 0, 1, 60000, 0, 200, C | D | B, 0, 0, 0,
		0 },
	{ BMS_ALARM_COPROCESSOR, MEASURE_CELLS_AGE_MS, 2000, 2000, 0, 0, 5000, ALL, 0, 4,
		SWITCH | KEY, 0 },
	{ BMS_ALARM_COPROCESSOR, MEASURE_RAILS_AGE_MS, 2000, 2000, 0, 0, 5000, ALL, 0, 0, 0, 0 },
	{ BMS_ALARM_CURRENT_SENSOR, MEASURE_SHUNT_AGE_MS, 2000, 2000, 0, 0, 5000, ALL, 0, 0, 0, 0 },
	{ BMS_ALARM_CURRENT_SENSOR, MEASURE_SHUNT_RAILED, 0, 1, 1000, 0, 5000, ALL, 0, 0, 0, 0 },
	{ BMS_ALARM_CHARGE_SWITCH, MEASURE_CHARGE_STRAY_MA, 4000, 4000, 200, 0, 5000, C | D, 0, 1,
		SWITCH, 0 },
	{ BMS_ALARM_DISCHARGE_SWITCH, MEASURE_DISCHARGE_STRAY_MA, 4000, 4000, 200, 0, 5000, C | D,
		0, 1, SWITCH, 0 },
	{ BMS_ALARM_CHARGE_SWITCH, MEASURE_CHARGE_ANYWAY_MA, 4000, 4000, 2000, 60000, 0, C | D, 0,
		4, SWITCH | PLUG, 0 },
	{ BMS_ALARM_DISCHARGE_SWITCH, MEASURE_DISCHARGE_ANYWAY_MA, 4000, 4000, 2000, 60000, 0,
		C | D, 0, 4, SWITCH | KEY, 0 },
	{ BMS_ALARM_DISCHARGE_START, MEASURE_LOAD_DOWN, 0, 1, 600, 5000, 0, D, 0, 3, SWITCH | KEY,
		0 },
	{ BMS_ALARM_CHARGE_SWITCH, MEASURE_CHARGE_RELAY_WRONG, 0, 1, 500, 10000, 500, C | D, 0, 0,
		0, 0 },
	{ BMS_ALARM_DISCHARGE_SWITCH, MEASURE_DISCHARGE_RELAY_WRONG, 0, 1, 500, 10000, 500, C | D,
		0, 0, 0, 0 },
	{ BMS_ALARM_COPROCESSOR, MEASURE_WATCHDOG_RESETS, 2, 1, 0, 0, 0, ALL, 0, 0, 0, 0 },
	{ BMS_ALARM_COPROCESSOR, MEASURE_SETTINGS_LOST, 0, 1, 0, 0, 0, ALL, 0, 0, 0, 0 },
};

/* Each limit differs from every other one. */
static void set_apart(struct bms_settings *settings)
{
	static const struct {
		enum bms_setting_slot slot;
		int value;
	} own[] = {
		{ BMS_SETTING_SLOT_CELL_OVP, 3650 },
		{ BMS_SETTING_SLOT_CELL_OVP_RELEASE, 3550 },
		{ BMS_SETTING_SLOT_CELL_UVP, 2600 },
		{ BMS_SETTING_SLOT_CELL_UVP_RELEASE, 2900 },
		{ BMS_SETTING_SLOT_POWER_OFF_VOLTAGE, 2500 },
		{ BMS_SETTING_SLOT_CELL_COUNT, 16 },
		{ BMS_SETTING_SLOT_CHARGE_OCP, 25000 },
		{ BMS_SETTING_SLOT_CHARGE_OCP_DELAY, 7 },
		{ BMS_SETTING_SLOT_CHARGE_OCP_RELEASE, 16 },
		{ BMS_SETTING_SLOT_DISCHARGE_OCP, 200000 },
		{ BMS_SETTING_SLOT_DISCHARGE_OCP_DELAY, 9 },
		{ BMS_SETTING_SLOT_DISCHARGE_OCP_RELEASE, 21 },
		{ BMS_SETTING_SLOT_SCP_DELAY, 1500 },
		{ BMS_SETTING_SLOT_SCP_RELEASE, 5 },
		{ BMS_SETTING_SLOT_CHARGE_OTP, 500 },
		{ BMS_SETTING_SLOT_CHARGE_OTP_RELEASE, 450 },
		{ BMS_SETTING_SLOT_DISCHARGE_OTP, 600 },
		{ BMS_SETTING_SLOT_DISCHARGE_OTP_RELEASE, 560 },
		{ BMS_SETTING_SLOT_CHARGE_UTP, 10 },
		{ BMS_SETTING_SLOT_CHARGE_UTP_RELEASE, 50 },
		{ BMS_SETTING_SLOT_MOS_OTP, 900 },
		{ BMS_SETTING_SLOT_MOS_OTP_RELEASE, 800 },
		{ BMS_SETTING_SLOT_CURRENT_RANGE, 800000 },
	};

	bms_settings_preset(settings, BMS_CHEMISTRY_LFP);
	for (size_t i = 0; i < LENGTH(own); i++)
		bms_settings_set(settings, own[i].slot, own[i].value);
}

static int kind_of(const struct protect_row *row)
{
	return (row->below ? BELOW : 0) | (row->at_once ? AT_ONCE : 0) |
	       (row->absolute ? ABSOLUTE : 0) | (row->uses_probes ? PROBES : 0) |
	       (row->switched_by == BMS_SETTING_SLOT_DISCHARGE_OCP2 ? STAGE_2 : 0) |
	       (row->switched_by == BMS_SETTING_SLOT_DISCHARGE_OCP3 ? STAGE_3 : 0);
}

static int ms(const struct protect_number *number, const struct bms_settings *settings)
{
	return (int)(protect_time_us(number, settings) / 1000);
}

static void there_are_as_many_rows_as_promises(void **state)
{
	(void)state;
	assert_int_equal(protect_row_count, LENGTH(promises));
}

static void limits_are_what_the_manual_says(void **state)
{
	struct bms_settings settings;

	(void)state;
	set_apart(&settings);
	for (size_t i = 0; i < LENGTH(promises); i++) {
		const struct protect_row *row = &protect_rows[i];

		assert_int_equal(row->alarm, promises[i].alarm);
		assert_int_equal(row->quantity, promises[i].of);
		assert_int_equal(protect_limit(&row->trip, &settings), promises[i].trip);
		assert_int_equal(protect_limit(&row->release, &settings), promises[i].release);
	}
}

static void times_are_what_the_manual_says(void **state)
{
	struct bms_settings settings;

	(void)state;
	set_apart(&settings);
	for (size_t i = 0; i < LENGTH(promises); i++) {
		const struct protect_row *row = &protect_rows[i];

		assert_int_equal(ms(&row->delay, &settings), promises[i].delay);
		assert_int_equal(ms(&row->hold, &settings), promises[i].hold);
		assert_int_equal(ms(&row->settle, &settings), promises[i].settle);
	}
}

static void a_row_denies_latches_and_belongs_where_the_manual_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(promises); i++) {
		const struct protect_row *row = &protect_rows[i];

		assert_int_equal(row->denies, promises[i].denies);
		assert_int_equal(kind_of(row), promises[i].kind);
		assert_int_equal(row->latch_after, promises[i].latch_after);
		assert_int_equal(row->unlatch, promises[i].unlatch);
		assert_int_equal(row->latched_alarm, promises[i].latched_alarm);
	}
}

/* Half a percent of a small shunt is less than its own error. */
static void stray_current_is_three_amperes_at_least(void **state)
{
	struct bms_settings settings;

	(void)state;
	set_apart(&settings);
	bms_settings_set(&settings, BMS_SETTING_SLOT_CURRENT_RANGE, 500000);
	for (size_t i = 0; i < LENGTH(promises); i++)
		if (promises[i].trip == 4000) {
			assert_int_equal(protect_limit(&protect_rows[i].trip, &settings), 3000);
			assert_int_equal(protect_limit(&protect_rows[i].release, &settings), 3000);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_are_as_many_rows_as_promises),
		cmocka_unit_test(limits_are_what_the_manual_says),
		cmocka_unit_test(times_are_what_the_manual_says),
		cmocka_unit_test(a_row_denies_latches_and_belongs_where_the_manual_says),
		cmocka_unit_test(stray_current_is_three_amperes_at_least),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
