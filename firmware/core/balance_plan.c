/* SPDX-License-Identifier: MIT */
#include "core/balance_plan.h"

#include "core/ocv.h"

#define PPM INT64_C(1000000)

enum {
	BISECTIONS = 24
};

struct range {
	int32_t low, high;
};

/* A cell below the voltage from which on voltages are believed lacks at least as much as one
 * there. */
static int32_t believed_uv(const struct balance_plan *plan, size_t cell)
{
	int32_t trusted_uv = ocv_trusted_uv((enum bms_chemistry)plan->chemistry);

	return plan->uv[cell] > trusted_uv ? plan->uv[cell] : trusted_uv;
}

static struct range range_of(const struct balance_plan *plan)
{
	struct range range = { INT32_MAX, INT32_MIN };

	for (size_t i = 0; i < PORT_CHANNELS; i++) {
		int32_t uv = believed_uv(plan, i);

		if (!(plan->cells >> i & 1))
			continue;
		if (uv < range.low)
			range.low = uv;
		if (uv > range.high)
			range.high = uv;
	}
	return range;
}

int32_t balance_plan_spread_uv(const struct balance_plan *plan)
{
	struct range range = range_of(plan);

	return plan->cells ? range.high - range.low : 0;
}

/* ppm a cell must get (positive) to come into the band above a level. */
static int32_t lack_ppm(const struct balance_plan *plan, size_t cell, int32_t level_uv)
{
	enum bms_chemistry chemistry = (enum bms_chemistry)plan->chemistry;
	int32_t uv = believed_uv(plan, cell);

	if (uv < level_uv)
		return ocv_ppm(chemistry, level_uv) - ocv_ppm(chemistry, uv);
	if (uv > level_uv + plan->band_uv)
		return ocv_ppm(chemistry, level_uv + plan->band_uv) - ocv_ppm(chemistry, uv);
	return 0;
}

/* What is there to give, less what is needed. */
static int64_t left_over(const struct balance_plan *plan, int32_t level_uv)
{
	int64_t lack = 0, surplus = 0;

	for (size_t i = 0; i < PORT_CHANNELS; i++) {
		int32_t ppm = plan->cells >> i & 1 ? lack_ppm(plan, i, level_uv) : 0;

		if (ppm > 0)
			lack += ppm;
		else
			surplus -= ppm;
	}
	return surplus * plan->efficiency_ppm - lack * PPM;
}

static int32_t level_of(const struct balance_plan *plan)
{
	struct range range = range_of(plan);

	if (plan->cells == 0)
		return 0;
	for (int i = 0; i < BISECTIONS; i++) {
		int32_t middle = range.low + (range.high - range.low) / 2;

		if (left_over(plan, middle) > 0)
			range.low = middle;
		else
			range.high = middle;
	}
	return range.low;
}

void balance_plan_debts(const struct balance_plan *plan, int64_t owed_uams[PORT_CHANNELS])
{
	bool needed = balance_plan_spread_uv(plan) > plan->band_uv;
	int32_t level_uv = level_of(plan);

	for (size_t i = 0; i < PORT_CHANNELS; i++) {
		bool in = needed && plan->cells >> i & 1;

		/* 1 mAh is 3.6e9 uA ms, so 1 ppm of it is 3600. */
		owed_uams[i] = in ? lack_ppm(plan, i, level_uv) * plan->capacity_mah * 3600 : 0;
	}
}
