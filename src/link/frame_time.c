/* SPDX-License-Identifier: MIT */
#include "link/frame_time.h"

enum {
	BITS_PER_BYTE = 10,
	GAP_BITS_X2 = 77, /* 3.5 characters of 11 bits, as Modbus counts them */
	GAP_FIXED_ABOVE_BAUD = 19200,
	GAP_FIXED_US = 1750,
};

static uint32_t bits_time_us(unsigned baud, uint64_t bits)
{
	return (uint32_t)((bits * 1000000 + baud - 1) / baud);
}

uint32_t frame_time_us(unsigned baud, size_t bytes)
{
	return bits_time_us(baud, (uint64_t)bytes * BITS_PER_BYTE);
}

uint32_t frame_gap_us(unsigned baud)
{
	if (baud > GAP_FIXED_ABOVE_BAUD)
		return GAP_FIXED_US;
	return bits_time_us(baud * 2, GAP_BITS_X2);
}
