/* SPDX-License-Identifier: MIT */
#include "bms/window.h"

static const struct {
	uint8_t size;
	bool is_signed;
} wires[] = {
	[BMS_WIRE_U8] = { 1, false },
	[BMS_WIRE_I8] = { 1, true },
	[BMS_WIRE_U16] = { 2, false },
	[BMS_WIRE_I16] = { 2, true },
	[BMS_WIRE_U32] = { 4, false },
	[BMS_WIRE_I32] = { 4, true },
	[BMS_WIRE_F32_PPB] = { 4, true },
};

/* 8 and above, infinity and not-a-number all read as the limit: no board corrects by that much. */
#define F32_PPB_LIMIT INT64_C(8000000000)

size_t bms_wire_size(enum bms_wire wire)
{
	return wires[wire].size;
}

int64_t bms_wire_min(enum bms_wire wire)
{
	if (wire == BMS_WIRE_F32_PPB)
		return -F32_PPB_LIMIT;
	return wires[wire].is_signed ? -(INT64_C(1) << (wires[wire].size * 8 - 1)) : 0;
}

int64_t bms_wire_max(enum bms_wire wire)
{
	if (wire == BMS_WIRE_F32_PPB)
		return F32_PPB_LIMIT;
	return (INT64_C(1) << (wires[wire].size * 8 - wires[wire].is_signed)) - 1;
}

bool bms_window_holds(const struct bms_window *window, size_t offset, size_t size)
{
	return offset >= window->start && offset - window->start <= window->size &&
	       size <= window->size - (offset - window->start);
}

/* value / 2^shift, rounded half up, for a positive value. */
static int64_t shift_right_rounded(int64_t value, int shift)
{
	if (shift > 62)
		return 0;
	return (value + (INT64_C(1) << (shift - 1))) >> shift;
}

/* A single's bits to billionths, in integers: the core has no floats. */
static int64_t ppb_from_f32(uint32_t bits)
{
	int exponent = (int)(bits >> 23 & 0xFF) - 127 - 23;
	int64_t mantissa = (bits & 0x7FFFFF) | 0x800000;
	int64_t ppb = 0;

	if (exponent > -21)
		ppb = F32_PPB_LIMIT;
	else if (bits & 0x7FFFFFFF)
		ppb = shift_right_rounded(mantissa * 1000000000, -exponent);
	return bits >> 31 ? -ppb : ppb;
}

/* The single nearest to so many billionths. */
static uint32_t f32_from_ppb(int64_t ppb)
{
	uint32_t sign = ppb < 0 ? UINT32_C(1) << 31 : 0;
	uint64_t scaled = (uint64_t)(ppb < 0 ? -ppb : ppb) << 30;
	uint32_t exponent = 127 - 30;

	scaled = (scaled + 500000000) / 1000000000;
	if (scaled == 0)
		return sign;
	for (; scaled >= UINT64_C(1) << 25; exponent++)
		scaled >>= 1;
	for (; scaled < UINT64_C(1) << 24; exponent--)
		scaled <<= 1;
	scaled = (scaled + 1) >> 1; /* 24 bits, rounded; a carry lands in the exponent */
	return sign | (((exponent + 24) << 23) + (uint32_t)(scaled - 0x800000));
}

static uint32_t read_bytes(const struct bms_window *window, size_t offset, size_t size)
{
	const uint8_t *at = window->data + (offset - window->start);
	uint32_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | at[window->order == BMS_ORDER_BIG ? i : size - 1 - i];
	return value;
}

int64_t bms_window_read(const struct bms_window *window, size_t offset, enum bms_wire wire)
{
	uint32_t bits = read_bytes(window, offset, wires[wire].size);
	int64_t value = bits;

	if (wire == BMS_WIRE_F32_PPB)
		return ppb_from_f32(bits);
	if (wires[wire].is_signed && value > bms_wire_max(wire))
		value -= INT64_C(1) << (wires[wire].size * 8);
	return value;
}

void bms_window_write(
	const struct bms_window *window, size_t offset, enum bms_wire wire, int64_t value)
{
	uint8_t *at = window->data + (offset - window->start);
	size_t size = wires[wire].size;
	uint32_t bits = wire == BMS_WIRE_F32_PPB ? f32_from_ppb(value) : (uint32_t)value;

	for (size_t i = 0; i < size; i++) {
		at[window->order == BMS_ORDER_BIG ? size - 1 - i : i] = (uint8_t)bits;
		bits >>= 8;
	}
}
