/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "core/calibration.h"

static void one_meter_on_the_pack_corrects_every_cell(void **state)
{
	struct calibration calibration = { 0 };
	struct port_cells cells = { .cell_mv = { 3300, 3000, 0, 20 } };
	struct port_rails rails = { .pack_mv = 52800, .load_mv = 26400 };

	(void)state;
	assert_true(calibration_set_pack(&calibration, 52800, 53328)); /* 1 % more */
	assert_int_equal(calibration.voltage_ppm, 10000);
	calibration_correct_cells(&calibration, &cells);
	calibration_correct_rails(&calibration, &rails);
	assert_int_equal(cells.cell_mv[0], 3333);
	assert_int_equal(cells.cell_mv[1], 3030);
	assert_int_equal(cells.cell_mv[2], 0);
	assert_int_equal(cells.cell_mv[3], 20);
	assert_int_equal(rails.pack_mv, 53328);
	assert_int_equal(rails.load_mv, 26664);
}

static void a_second_calibration_starts_from_the_first(void **state)
{
	struct calibration calibration = { 0 };

	(void)state;
	assert_true(calibration_set_pack(&calibration, 50000, 51000));
	assert_true(calibration_set_pack(&calibration, 51000, 50000));
	assert_in_range(calibration.voltage_ppm + 10, 0, 20);
}

static void a_channel_has_an_offset_of_its_own(void **state)
{
	struct calibration calibration = { 0 };
	struct port_cells cells = { .cell_mv = { 3300, 3300 } };

	(void)state;
	assert_true(calibration_set_cell(&calibration, 1, 3300, 3297));
	calibration_correct_cells(&calibration, &cells);
	assert_int_equal(cells.cell_mv[0], 3300);
	assert_int_equal(cells.cell_mv[1], 3297);
	assert_true(calibration_set_cell(&calibration, 1, 3297, 3299));
	assert_int_equal(calibration.cell_mv[1], -1);
}

static void a_current_is_told_as_a_magnitude(void **state)
{
	struct calibration calibration = { 0 };

	(void)state;
	assert_true(calibration_set_current(&calibration, -100000, 99000));
	assert_int_equal(calibration.current_ppm, -10000);
	assert_int_equal(calibration_scale(-100000, calibration.current_ppm), -99000);
	assert_int_equal(calibration_scale(-33, calibration.current_ppm), -33);
}

static void what_is_unlikely_is_refused_and_changes_nothing(void **state)
{
	struct calibration calibration = { 0 };
	const struct calibration before = calibration;

	(void)state;
	assert_false(calibration_set_pack(&calibration, 50000, 52501)); /* above 5 % */
	assert_false(calibration_set_pack(&calibration, 50000, 47499));
	assert_false(calibration_set_pack(&calibration, 0, 50000));
	assert_false(calibration_set_pack(&calibration, 50000, 0));
	assert_false(calibration_set_current(&calibration, 999, 1000));
	assert_false(calibration_set_current(&calibration, 1000, 999));
	assert_false(calibration_set_current(&calibration, 100000, 120000));
	assert_false(calibration_set_cell(&calibration, PORT_CHANNELS, 3300, 3300));
	assert_false(calibration_set_cell(&calibration, 0, 3300, 3351));
	assert_false(calibration_set_cell(&calibration, 0, 3300, 3249));
	assert_false(calibration_set_cell(&calibration, 0, 10, 3300));
	assert_memory_equal(&calibration, &before, sizeof(before));
	assert_true(calibration_set_pack(&calibration, 50000, 52500));
	assert_true(calibration_set_cell(&calibration, 0, 3300, 3350));
}

static void what_is_beyond_the_limits_is_not_sane(void **state)
{
	struct calibration calibration = { .voltage_ppm = CALIBRATION_MAX_PPM,
		.current_ppm = -CALIBRATION_MAX_PPM };

	(void)state;
	assert_true(calibration_is_sane(&calibration));
	calibration.cell_mv[31] = CALIBRATION_MAX_CELL_MV + 1;
	assert_false(calibration_is_sane(&calibration));
	calibration.cell_mv[31] = 0;
	calibration.voltage_ppm++;
	assert_false(calibration_is_sane(&calibration));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_meter_on_the_pack_corrects_every_cell),
		cmocka_unit_test(a_second_calibration_starts_from_the_first),
		cmocka_unit_test(a_channel_has_an_offset_of_its_own),
		cmocka_unit_test(a_current_is_told_as_a_magnitude),
		cmocka_unit_test(what_is_unlikely_is_refused_and_changes_nothing),
		cmocka_unit_test(what_is_beyond_the_limits_is_not_sane),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
