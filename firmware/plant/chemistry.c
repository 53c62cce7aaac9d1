/* SPDX-License-Identifier: MIT */
#include "plant/chemistry.h"

enum {
	POINTS = 21
};

/* Every 5 %, from published rest curves of prismatic and cylindrical cells; mV. */
static const double ocv_mv[BMS_CHEMISTRY_COUNT][POINTS] = {
	[BMS_CHEMISTRY_LFP] = { 2550, 2990, 3140, 3192, 3222, 3243, 3258, 3268, 3276, 3281, 3284,
		3286, 3289, 3296, 3312, 3324, 3328, 3330, 3332, 3338, 3440 },
	[BMS_CHEMISTRY_NMC] = { 2900, 3340, 3450, 3500, 3540, 3570, 3595, 3615, 3635, 3655, 3680,
		3710, 3750, 3795, 3840, 3885, 3930, 3980, 4035, 4090, 4170 },
	[BMS_CHEMISTRY_LTO] = { 1850, 2020, 2090, 2120, 2142, 2160, 2174, 2186, 2197, 2208, 2219,
		2231, 2244, 2258, 2274, 2292, 2312, 2337, 2370, 2425, 2600 },
	[BMS_CHEMISTRY_LEAD] = { 1890, 1920, 1940, 1955, 1968, 1980, 1991, 2002, 2012, 2022, 2032,
		2041, 2050, 2059, 2068, 2077, 2086, 2095, 2104, 2114, 2130 },
};

/* Beyond full and empty the voltage leaves the table at this rate, mV per 1 % of charge. */
static const double runaway_mv = 110;

static const double charger_mv[BMS_CHEMISTRY_COUNT] = {
	[BMS_CHEMISTRY_LFP] = 3500,
	[BMS_CHEMISTRY_NMC] = 4160,
	[BMS_CHEMISTRY_LTO] = 2620,
	[BMS_CHEMISTRY_LEAD] = 2400,
};

static const double hysteresis_mv[BMS_CHEMISTRY_COUNT] = {
	[BMS_CHEMISTRY_LFP] = 6,
	[BMS_CHEMISTRY_NMC] = 2,
	[BMS_CHEMISTRY_LTO] = 3,
	[BMS_CHEMISTRY_LEAD] = 8,
};

double chemistry_ocv_mv(enum bms_chemistry chemistry, double soc)
{
	const double *curve = ocv_mv[chemistry];
	double at = soc * (POINTS - 1);
	int point;

	if (soc <= 0)
		return curve[0] + soc * 100 * runaway_mv;
	if (soc >= 1)
		return curve[POINTS - 1] + (soc - 1) * 100 * runaway_mv;
	point = (int)at;
	return curve[point] + (curve[point + 1] - curve[point]) * (at - point);
}

double chemistry_hysteresis_mv(enum bms_chemistry chemistry)
{
	return hysteresis_mv[chemistry];
}

double chemistry_charger_mv(enum bms_chemistry chemistry)
{
	return charger_mv[chemistry];
}
