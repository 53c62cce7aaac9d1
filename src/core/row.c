/* SPDX-License-Identifier: MIT */
#include "bms/row.h"

const struct bms_unit_row bms_unit_rows[BMS_UNIT_COUNT] = {
#define BMS_UNIT(id, symbol, suffix, decimals, shown) { symbol, suffix, decimals, shown },
#include "bms/units.def"
#undef BMS_UNIT
};
