/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "core/ocv.h"

static void a_voltage_of_the_curve_gives_its_charge_and_back(void **state)
{
	(void)state;
	assert_int_equal(ocv_ppm(BMS_CHEMISTRY_NMC, 3680000), 500000);
	assert_int_equal(ocv_uv(BMS_CHEMISTRY_NMC, 500000), 3680000);
	assert_int_equal(ocv_ppm(BMS_CHEMISTRY_LFP, 3338000), 950000);
	assert_int_equal(ocv_ppm(BMS_CHEMISTRY_LTO, 2600000), 1000000);
	assert_int_equal(ocv_ppm(BMS_CHEMISTRY_LEAD, 1890000), 0);
}

static void every_charge_comes_back_from_its_voltage(void **state)
{
	(void)state;
	for (int chemistry = 0; chemistry < BMS_CHEMISTRY_COUNT; chemistry++)
		for (int32_t ppm = 0; ppm <= 1000000; ppm += 1237) {
			int32_t uv = ocv_uv((enum bms_chemistry)chemistry, ppm);

			assert_in_range(ocv_ppm((enum bms_chemistry)chemistry, uv) + 200,
				(uintmax_t)ppm, (uintmax_t)ppm + 400);
		}
}

static void beyond_its_ends_the_curve_stays_at_full_and_empty(void **state)
{
	(void)state;
	assert_int_equal(ocv_ppm(BMS_CHEMISTRY_LFP, 1000000), 0);
	assert_int_equal(ocv_ppm(BMS_CHEMISTRY_LFP, 3650000), 1000000);
	assert_int_equal(ocv_uv(BMS_CHEMISTRY_LFP, -1), 2550000);
	assert_int_equal(ocv_uv(BMS_CHEMISTRY_LFP, 1000001), 3440000);
}

static void the_knee_is_steep_and_the_plateau_flat(void **state)
{
	(void)state;
	assert_int_equal(ocv_slope_uv(BMS_CHEMISTRY_LFP, 3400000), 20400);
	assert_int_equal(ocv_slope_uv(BMS_CHEMISTRY_LFP, 3329000), 400);
	assert_int_equal(ocv_slope_uv(BMS_CHEMISTRY_NMC, 3640000), 4000);
}

static void a_plateau_is_not_trusted(void **state)
{
	(void)state;
	for (int chemistry = 0; chemistry < BMS_CHEMISTRY_COUNT; chemistry++) {
		enum bms_chemistry of = (enum bms_chemistry)chemistry;

		for (int32_t uv = ocv_trusted_uv(of); uv < ocv_uv(of, 1000000); uv += 1000)
			assert_true(ocv_slope_uv(of, uv) >= 1800);
	}
	assert_true(ocv_trusted_uv(BMS_CHEMISTRY_LFP) > ocv_uv(BMS_CHEMISTRY_LFP, 900000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_voltage_of_the_curve_gives_its_charge_and_back),
		cmocka_unit_test(every_charge_comes_back_from_its_voltage),
		cmocka_unit_test(beyond_its_ends_the_curve_stays_at_full_and_empty),
		cmocka_unit_test(the_knee_is_steep_and_the_plateau_flat),
		cmocka_unit_test(a_plateau_is_not_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
