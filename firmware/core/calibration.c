/* SPDX-License-Identifier: MIT */
#include "core/calibration.h"

#define MILLION INT64_C(1000000)

static int64_t divide_nearest(int64_t value, int64_t by)
{
	return (value + (value < 0 ? -by : by) / 2) / by;
}

int64_t calibration_scale(int64_t value, int32_t ppm)
{
	return value + divide_nearest(value * ppm, MILLION);
}

static uint16_t to_mv(int64_t value)
{
	if (value < 0)
		return 0;
	return value > UINT16_MAX ? UINT16_MAX : (uint16_t)value;
}

/* An input without a cell stays at what it reads. */
void calibration_correct_cells(const struct calibration *calibration, struct port_cells *cells)
{
	for (size_t i = 0; i < PORT_CHANNELS; i++) {
		int64_t mv = calibration_scale(cells->cell_mv[i], calibration->voltage_ppm);

		if (cells->cell_mv[i] > CALIBRATION_MAX_CELL_MV)
			cells->cell_mv[i] = to_mv(mv + calibration->cell_mv[i]);
	}
}

void calibration_correct_rails(const struct calibration *calibration, struct port_rails *rails)
{
	rails->pack_mv = (int32_t)calibration_scale(rails->pack_mv, calibration->voltage_ppm);
	rails->load_mv = (int32_t)calibration_scale(rails->load_mv, calibration->voltage_ppm);
}

static bool is_near(int64_t value, int64_t limit)
{
	return value <= limit && value >= -limit;
}

/* The new deviation, with the present one still in what the board says. */
static bool ppm_set(int32_t *ppm, int64_t told, int64_t truth)
{
	int64_t factor = divide_nearest((MILLION + *ppm) * truth, told);

	if (!is_near(factor - MILLION, CALIBRATION_MAX_PPM))
		return false;
	*ppm = (int32_t)(factor - MILLION);
	return true;
}

bool calibration_set_pack(struct calibration *calibration, int32_t told_mv, int32_t truth_mv)
{
	if (told_mv < CALIBRATION_MIN_PACK_MV || truth_mv < CALIBRATION_MIN_PACK_MV)
		return false;
	return ppm_set(&calibration->voltage_ppm, told_mv, truth_mv);
}

/* People tell a magnitude: a meter's clamp may be the wrong way round. */
bool calibration_set_current(struct calibration *calibration, int32_t told_ma, int32_t truth_ma)
{
	int64_t told = told_ma < 0 ? -(int64_t)told_ma : told_ma;
	int64_t truth = truth_ma < 0 ? -(int64_t)truth_ma : truth_ma;

	if (told < CALIBRATION_MIN_MA || truth < CALIBRATION_MIN_MA)
		return false;
	return ppm_set(&calibration->current_ppm, told, truth);
}

bool calibration_set_cell(
	struct calibration *calibration, unsigned channel, int32_t told_mv, int32_t truth_mv)
{
	int64_t offset;

	if (channel >= PORT_CHANNELS || told_mv <= CALIBRATION_MAX_CELL_MV)
		return false;
	offset = (int64_t)calibration->cell_mv[channel] + truth_mv - told_mv;
	if (!is_near(offset, CALIBRATION_MAX_CELL_MV))
		return false;
	calibration->cell_mv[channel] = (int16_t)offset;
	return true;
}

bool calibration_is_sane(const struct calibration *calibration)
{
	bool sane = is_near(calibration->voltage_ppm, CALIBRATION_MAX_PPM) &&
		    is_near(calibration->current_ppm, CALIBRATION_MAX_PPM);

	for (size_t i = 0; i < PORT_CHANNELS; i++)
		sane = sane && is_near(calibration->cell_mv[i], CALIBRATION_MAX_CELL_MV);
	return sane;
}
