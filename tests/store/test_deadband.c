/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "battery.h"
#include "store/deadband.h"

enum {
	START_MS = 1000000
};

static struct bms_telemetry still(void)
{
	struct battery battery;
	struct bms_telemetry telemetry;

	battery_init(&battery, 1, 0);
	battery_read(&battery, 0, &telemetry);
	bms_telemetry_set(&telemetry, BMS_SLOT_CURRENT_MA, -2000);
	return telemetry;
}

/* Whether a row follows when one slot differs from the row before. */
static bool moves(size_t slot, int64_t difference)
{
	struct bms_telemetry telemetry = still();
	struct deadband deadband;

	deadband_init(&deadband);
	assert_true(deadband_admit(&deadband, START_MS, &telemetry));
	telemetry.value[slot] += difference;
	return deadband_admit(&deadband, START_MS + 1000, &telemetry);
}

static void the_first_reading_becomes_a_row(void **state)
{
	struct bms_telemetry telemetry = still();
	struct deadband deadband;

	(void)state;
	deadband_init(&deadband);
	assert_true(deadband_admit(&deadband, START_MS, &telemetry));
	assert_false(deadband_admit(&deadband, START_MS + 1000, &telemetry));
}

static void a_row_follows_when_a_field_leaves_its_band(void **state)
{
	static const struct {
		size_t slot;
		int64_t inside;
		int64_t outside;
	} cases[] = {
		{ BMS_SLOT_CELL_MV, 4, 5 },
		{ BMS_SLOT_CELL_MV + 24, -4, -5 },
		{ BMS_SLOT_CURRENT_MA, 499, 500 },
		{ BMS_SLOT_PACK_MV, 499, 900 },
		{ BMS_SLOT_MOS_DC, 9, 10 },
		{ BMS_SLOT_PROBE_DC + 1, -9, -10 },
		{ BMS_SLOT_SOC_PCT, 0, 1 },
		{ BMS_SLOT_BALANCE_MA, 99, 100 },
		{ BMS_SLOT_BALANCE_STATE, 0, 1 },
		{ BMS_SLOT_ALARM_BITS, 0, 1 },
		{ BMS_SLOT_CHARGE_ON, 0, -1 },
		{ BMS_SLOT_DISCHARGE_ON, 0, -1 },
		{ BMS_SLOT_PRECHARGE_ON, 0, 1 },
		{ BMS_SLOT_HEATER_ON, 0, 1 },
		{ BMS_SLOT_CYCLES, 0, 1 },
		{ BMS_SLOT_FULL_MAH, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_false(moves(cases[i].slot, cases[i].inside));
		assert_true(moves(cases[i].slot, cases[i].outside));
	}
}

static void a_field_that_is_not_stored_moves_nothing(void **state)
{
	(void)state;
	assert_false(moves(BMS_SLOT_WIRE_MOHM, 1000));
	assert_false(moves(BMS_SLOT_RUNTIME_S, 1000));
}

static void a_large_current_has_a_band_of_one_percent(void **state)
{
	struct bms_telemetry telemetry = still();
	struct deadband deadband;

	(void)state;
	deadband_init(&deadband);
	bms_telemetry_set(&telemetry, BMS_SLOT_CURRENT_MA, -200000);
	assert_true(deadband_admit(&deadband, START_MS, &telemetry));
	bms_telemetry_set(&telemetry, BMS_SLOT_CURRENT_MA, -201999);
	assert_false(deadband_admit(&deadband, START_MS + 1000, &telemetry));
	bms_telemetry_set(&telemetry, BMS_SLOT_CURRENT_MA, -202000);
	assert_true(deadband_admit(&deadband, START_MS + 2000, &telemetry));
}

static void a_value_that_appears_or_goes_makes_a_row(void **state)
{
	struct bms_telemetry telemetry = still();
	struct deadband deadband;

	(void)state;
	deadband_init(&deadband);
	assert_true(deadband_admit(&deadband, START_MS, &telemetry));
	bms_telemetry_set(&telemetry, BMS_SLOT_PROBE_DC + 4, 200);
	assert_true(deadband_admit(&deadband, START_MS + 1000, &telemetry));
	bms_clear_slot(telemetry.present, BMS_SLOT_PROBE_DC + 4);
	assert_true(deadband_admit(&deadband, START_MS + 2000, &telemetry));
	assert_false(deadband_admit(&deadband, START_MS + 3000, &telemetry));
}

static void a_minute_of_stillness_makes_a_row(void **state)
{
	struct bms_telemetry telemetry = still();
	struct deadband deadband;

	(void)state;
	deadband_init(&deadband);
	assert_true(deadband_admit(&deadband, START_MS, &telemetry));
	assert_false(deadband_admit(&deadband, START_MS + 59999, &telemetry));
	assert_true(deadband_admit(&deadband, START_MS + 60000, &telemetry));
}

static void a_clock_that_went_back_makes_a_row(void **state)
{
	struct bms_telemetry telemetry = still();
	struct deadband deadband;

	(void)state;
	deadband_init(&deadband);
	assert_true(deadband_admit(&deadband, START_MS, &telemetry));
	assert_true(deadband_admit(&deadband, START_MS - 500000, &telemetry));
	assert_false(deadband_admit(&deadband, START_MS - 499000, &telemetry));
}

static void a_slow_drift_is_followed_from_row_to_row(void **state)
{
	struct bms_telemetry telemetry = still();
	struct deadband deadband;
	unsigned rows = 0;

	(void)state;
	deadband_init(&deadband);
	for (int i = 0; i < 50; i++) {
		rows += deadband_admit(&deadband, START_MS + i * 1000, &telemetry);
		telemetry.value[BMS_SLOT_CELL_MV]++;
	}
	assert_int_equal(rows, 10);
}

static int64_t band_at_noise(int64_t noise_uv)
{
	struct battery battery;
	struct bms_telemetry telemetry;
	struct deadband deadband;

	battery_init(&battery, 7, noise_uv);
	deadband_init(&deadband);
	for (int i = 0; i < 3000; i++) {
		battery_read(&battery, i * 1000, &telemetry);
		deadband_admit(&deadband, i * 1000, &telemetry);
	}
	return deadband_cell_mv(&deadband);
}

static void the_band_is_six_deviations_of_the_measured_noise(void **state)
{
	(void)state;
	assert_int_equal(band_at_noise(0), DEADBAND_CELL_MV);
	assert_int_equal(band_at_noise(500), DEADBAND_CELL_MV);
	assert_in_range(band_at_noise(2000), 11, 13);
	assert_in_range(band_at_noise(3000), 17, 19);
	assert_int_equal(band_at_noise(10000), DEADBAND_CELL_MAX_MV);
}

static void a_load_that_all_cells_share_is_not_noise(void **state)
{
	struct bms_telemetry telemetry = still();
	struct deadband deadband;

	(void)state;
	deadband_init(&deadband);
	for (int i = 0; i < 3000; i++) {
		for (size_t cell = 0; cell < BATTERY_CELLS; cell++)
			telemetry.value[BMS_SLOT_CELL_MV + cell] += i % 2 ? 100 : -100;
		deadband_admit(&deadband, START_MS + i * 1000, &telemetry);
	}
	assert_int_equal(deadband_cell_mv(&deadband), DEADBAND_CELL_MV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_reading_becomes_a_row),
		cmocka_unit_test(a_row_follows_when_a_field_leaves_its_band),
		cmocka_unit_test(a_field_that_is_not_stored_moves_nothing),
		cmocka_unit_test(a_large_current_has_a_band_of_one_percent),
		cmocka_unit_test(a_value_that_appears_or_goes_makes_a_row),
		cmocka_unit_test(a_minute_of_stillness_makes_a_row),
		cmocka_unit_test(a_clock_that_went_back_makes_a_row),
		cmocka_unit_test(a_slow_drift_is_followed_from_row_to_row),
		cmocka_unit_test(the_band_is_six_deviations_of_the_measured_noise),
		cmocka_unit_test(a_load_that_all_cells_share_is_not_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
