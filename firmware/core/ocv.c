/* SPDX-License-Identifier: MIT */
#include "core/ocv.h"

enum {
	POINTS = 21,
	POINT_PPM = 50000,
	POINT_PCT = 5,
};

/* Every 5 % from empty to full, mV at 25 C, from published rest curves. */
static const int16_t curve_mv[BMS_CHEMISTRY_COUNT][POINTS] = {
	[BMS_CHEMISTRY_LFP] = { 2550, 2990, 3140, 3192, 3222, 3243, 3258, 3268, 3276, 3281, 3284,
		3286, 3289, 3296, 3312, 3324, 3328, 3330, 3332, 3338, 3440 },
	[BMS_CHEMISTRY_NMC] = { 2900, 3340, 3450, 3500, 3540, 3570, 3595, 3615, 3635, 3655, 3680,
		3710, 3750, 3795, 3840, 3885, 3930, 3980, 4035, 4090, 4170 },
	[BMS_CHEMISTRY_LTO] = { 1850, 2020, 2090, 2120, 2142, 2160, 2174, 2186, 2197, 2208, 2219,
		2231, 2244, 2258, 2274, 2292, 2312, 2337, 2370, 2425, 2600 },
	[BMS_CHEMISTRY_LEAD] = { 1890, 1920, 1940, 1955, 1968, 1980, 1991, 2002, 2012, 2022, 2032,
		2041, 2050, 2059, 2068, 2077, 2086, 2095, 2104, 2114, 2130 },
};

static const int16_t trusted_mv[BMS_CHEMISTRY_COUNT] = {
	[BMS_CHEMISTRY_LFP] = 3338,
	[BMS_CHEMISTRY_NMC] = 3340,
	[BMS_CHEMISTRY_LTO] = 2020,
	[BMS_CHEMISTRY_LEAD] = 1920,
};

static int32_t point_uv(enum bms_chemistry chemistry, int point)
{
	return curve_mv[chemistry][point] * 1000;
}

/* The segment a voltage lies in, 0 .. POINTS - 2. */
static int segment_at(enum bms_chemistry chemistry, int32_t uv)
{
	int segment = POINTS - 2;

	while (segment > 0 && uv < point_uv(chemistry, segment))
		segment--;
	return segment;
}

int32_t ocv_ppm(enum bms_chemistry chemistry, int32_t uv)
{
	int segment = segment_at(chemistry, uv);
	int32_t low = point_uv(chemistry, segment), high = point_uv(chemistry, segment + 1);

	if (uv <= low)
		return segment * POINT_PPM;
	if (uv >= high)
		return (segment + 1) * POINT_PPM;
	return segment * POINT_PPM + (int32_t)((int64_t)(uv - low) * POINT_PPM / (high - low));
}

int32_t ocv_uv(enum bms_chemistry chemistry, int32_t ppm)
{
	int segment = ppm / POINT_PPM;
	int32_t low, high;

	if (ppm <= 0)
		return point_uv(chemistry, 0);
	if (segment >= POINTS - 1)
		return point_uv(chemistry, POINTS - 1);
	low = point_uv(chemistry, segment);
	high = point_uv(chemistry, segment + 1);
	return low + (int32_t)((int64_t)(high - low) * (ppm % POINT_PPM) / POINT_PPM);
}

int32_t ocv_slope_uv(enum bms_chemistry chemistry, int32_t uv)
{
	int segment = segment_at(chemistry, uv);

	return (point_uv(chemistry, segment + 1) - point_uv(chemistry, segment)) / POINT_PCT;
}

int32_t ocv_trusted_uv(enum bms_chemistry chemistry)
{
	return trusted_mv[chemistry] * 1000;
}
