/* SPDX-License-Identifier: MIT */
#include "bms/jk_layout.h"
#include "pack/plan.h"

static enum bms_status registers_fit(const struct bms_settings *board, size_t slot, int64_t value)
{
	struct bms_jk_write write;

	return bms_jk_write_setting(board, slot, value, &write);
}

const struct plan_carrier plan_carrier_jk_registers = {
	.has_place = bms_jk_has_place,
	.fits = registers_fit,
};

static bool has_none(size_t slot)
{
	(void)slot;
	return false;
}

static enum bms_status fits_none(const struct bms_settings *board, size_t slot, int64_t value)
{
	(void)board, (void)slot, (void)value;
	return BMS_UNKNOWN;
}

const struct plan_carrier plan_carrier_none = {
	.has_place = has_none,
	.fits = fits_none,
};
