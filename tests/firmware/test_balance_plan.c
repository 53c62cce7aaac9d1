/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "core/balance_plan.h"

enum {
	CELLS = 16,
	MAH = 100000
};

/* 1 % of the capacity. */
#define PERCENT (INT64_C(3600000000) * MAH / 100)

static struct balance_plan plan;
static int64_t owed[PORT_CHANNELS];

static int start(void **state)
{
	(void)state;
	plan = (struct balance_plan){
		.cells = (1u << CELLS) - 1,
		.band_uv = 5000,
		.efficiency_ppm = 900000,
		.capacity_mah = MAH,
		.chemistry = BMS_CHEMISTRY_NMC,
	};
	for (size_t i = 0; i < CELLS; i++)
		plan.uv[i] = 3680000;
	return 0;
}

static int64_t total(int sign)
{
	int64_t sum = 0;

	for (size_t i = 0; i < PORT_CHANNELS; i++)
		if (owed[i] * sign > 0)
			sum += owed[i] * sign;
	return sum;
}

static void equal_cells_owe_nothing(void **state)
{
	(void)state;
	balance_plan_debts(&plan, owed);
	assert_int_equal(total(1) + total(-1), 0);
	assert_int_equal(balance_plan_spread_uv(&plan), 0);
}

static void cells_within_the_band_owe_nothing(void **state)
{
	(void)state;
	plan.uv[3] += 5000;
	balance_plan_debts(&plan, owed);
	assert_int_equal(balance_plan_spread_uv(&plan), 5000);
	assert_int_equal(total(1) + total(-1), 0);
}

static void what_is_given_arrives_with_the_losses(void **state)
{
	(void)state;
	plan.uv[3] += 30000;
	plan.uv[7] -= 25000;
	balance_plan_debts(&plan, owed);
	assert_true(owed[3] < 0 && owed[7] > 0);
	assert_in_range(total(1), total(-1) * 89 / 100, total(-1) * 91 / 100);
}

static void one_low_cell_gets_from_all_others(void **state)
{
	(void)state;
	plan.uv[7] = 3635000;
	balance_plan_debts(&plan, owed);
	for (size_t i = 0; i < CELLS; i++)
		assert_true(i == 7 ? owed[i] > 7 * PERCENT : owed[i] < 0);
}

static void one_high_cell_gives_to_all_others(void **state)
{
	(void)state;
	plan.uv[7] = 3750000;
	balance_plan_debts(&plan, owed);
	for (size_t i = 0; i < CELLS; i++)
		assert_true(i == 7 ? owed[i] < -8 * PERCENT : owed[i] > 0);
}

/* Applies the debts to the curve: the slope is 6000 uV a percent above 3680 mV and 5000 below. */
static void paid_debts_leave_the_cells_within_the_band(void **state)
{
	int32_t low = INT32_MAX, high = 0;

	(void)state;
	for (int i = 0; i < CELLS; i++)
		plan.uv[i] = 3660000 + i * 2700;
	balance_plan_debts(&plan, owed);
	for (int i = 0; i < CELLS; i++) {
		int32_t slope = plan.uv[i] > 3680000 ? 6000 : 5000;
		int32_t uv = plan.uv[i] + (int32_t)(owed[i] * slope / PERCENT);

		low = uv < low ? uv : low;
		high = uv > high ? uv : high;
	}
	assert_in_range(high - low, 3000, 7000);
}

static void a_cell_that_takes_no_part_is_left_alone(void **state)
{
	(void)state;
	plan.uv[3] += 30000;
	plan.uv[7] -= 25000;
	plan.cells &= ~(1u << 3);
	balance_plan_debts(&plan, owed);
	assert_int_equal(owed[3], 0);
	assert_true(owed[7] > 0);
	assert_int_equal(balance_plan_spread_uv(&plan), 25000);
}

static void nobody_takes_part_in_an_empty_plan(void **state)
{
	(void)state;
	plan.cells = 0;
	balance_plan_debts(&plan, owed);
	assert_int_equal(balance_plan_spread_uv(&plan), 0);
	assert_int_equal(total(1) + total(-1), 0);
}

static void on_the_plateau_voltages_are_no_debt(void **state)
{
	(void)state;
	plan.chemistry = BMS_CHEMISTRY_LFP;
	for (int i = 0; i < CELLS; i++)
		plan.uv[i] = 3300000 + i * 2500;
	balance_plan_debts(&plan, owed);
	assert_int_equal(total(1) + total(-1), 0);
}

static void at_the_knee_a_cell_on_the_plateau_counts_as_one_at_its_end(void **state)
{
	(void)state;
	plan.chemistry = BMS_CHEMISTRY_LFP;
	for (int i = 0; i < CELLS; i++)
		plan.uv[i] = 3320000;
	plan.uv[3] = 3438400;
	balance_plan_debts(&plan, owed);
	assert_true(owed[3] < -4 * PERCENT && owed[3] > -5 * PERCENT);
	assert_true(owed[4] > 0 && owed[4] < PERCENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(equal_cells_owe_nothing, start),
		cmocka_unit_test_setup(cells_within_the_band_owe_nothing, start),
		cmocka_unit_test_setup(what_is_given_arrives_with_the_losses, start),
		cmocka_unit_test_setup(one_low_cell_gets_from_all_others, start),
		cmocka_unit_test_setup(one_high_cell_gives_to_all_others, start),
		cmocka_unit_test_setup(paid_debts_leave_the_cells_within_the_band, start),
		cmocka_unit_test_setup(a_cell_that_takes_no_part_is_left_alone, start),
		cmocka_unit_test_setup(nobody_takes_part_in_an_empty_plan, start),
		cmocka_unit_test_setup(on_the_plateau_voltages_are_no_debt, start),
		cmocka_unit_test_setup(
			at_the_knee_a_cell_on_the_plateau_counts_as_one_at_its_end, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
