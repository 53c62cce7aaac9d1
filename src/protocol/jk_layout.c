/* SPDX-License-Identifier: MIT */
#include "bms/jk_layout.h"

uint16_t bms_jk_block_base(enum bms_jk_block block)
{
	return (uint16_t)(BMS_JK_SETTINGS_BASE + (unsigned)block * BMS_JK_BLOCK_STRIDE);
}

enum bms_jk_block bms_jk_block_of_register(uint16_t reg)
{
	if (reg < BMS_JK_SETTINGS_BASE || reg >= BMS_JK_ACTIONS_BASE)
		return BMS_JK_BLOCKS;
	return (enum bms_jk_block)((reg - BMS_JK_SETTINGS_BASE) / BMS_JK_BLOCK_STRIDE);
}
