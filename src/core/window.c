/* SPDX-License-Identifier: MIT */
#include "bms/window.h"

/* A single at or above its limit, infinity and not-a-number all read as the limit: no board
 * corrects by a factor of 8, or measures a million volts. */
static const struct {
	uint8_t size;
	bool is_signed;
	uint8_t limit_log2; /* of a single */
	int32_t scale;      /* of a single; 0: an integer */
} wires[] = {
	[BMS_WIRE_U8] = { 1, false },
	[BMS_WIRE_I8] = { 1, true },
	[BMS_WIRE_U16] = { 2, false },
	[BMS_WIRE_I16] = { 2, true },
	[BMS_WIRE_U32] = { 4, false },
	[BMS_WIRE_I32] = { 4, true },
	[BMS_WIRE_F32_PPB] = { 4, true, 3, 1000000000 },
	[BMS_WIRE_F32_MILLI] = { 4, true, 20, 1000 },
};

size_t bms_wire_size(enum bms_wire wire)
{
	return wires[wire].size;
}

static int64_t f32_limit(enum bms_wire wire)
{
	return (int64_t)wires[wire].scale << wires[wire].limit_log2;
}

int64_t bms_wire_min(enum bms_wire wire)
{
	if (wires[wire].scale)
		return -f32_limit(wire);
	return wires[wire].is_signed ? -(INT64_C(1) << (wires[wire].size * 8 - 1)) : 0;
}

int64_t bms_wire_max(enum bms_wire wire)
{
	if (wires[wire].scale)
		return f32_limit(wire);
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

/* A single's bits to billionths or thousandths, in integers: the core has no floats. */
static int64_t scaled_from_f32(uint32_t bits, enum bms_wire wire)
{
	int exponent = (int)(bits >> 23 & 0xFF) - 127 - 23;
	int64_t mantissa = (bits & 0x7FFFFF) | 0x800000;
	int64_t value = 0;

	if (exponent >= wires[wire].limit_log2 - 23)
		value = f32_limit(wire);
	else if (bits & 0x7FFFFFFF)
		value = shift_right_rounded(mantissa * wires[wire].scale, -exponent);
	return bits >> 31 ? -value : value;
}

/* The single nearest to so many billionths or thousandths. */
static uint32_t f32_from_scaled(int64_t value, enum bms_wire wire)
{
	uint32_t sign = value < 0 ? UINT32_C(1) << 31 : 0;
	uint64_t scale = (uint64_t)wires[wire].scale;
	uint64_t scaled = (uint64_t)(value < 0 ? -value : value) << 30;
	uint32_t exponent = 127 - 30;

	scaled = (scaled + scale / 2) / scale;
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

	if (wires[wire].scale)
		return scaled_from_f32(bits, wire);
	if (wires[wire].is_signed && value > bms_wire_max(wire))
		value -= INT64_C(1) << (wires[wire].size * 8);
	return value;
}

void bms_window_write(
	const struct bms_window *window, size_t offset, enum bms_wire wire, int64_t value)
{
	uint8_t *at = window->data + (offset - window->start);
	size_t size = wires[wire].size;
	uint32_t bits = wires[wire].scale ? f32_from_scaled(value, wire) : (uint32_t)value;

	for (size_t i = 0; i < size; i++) {
		at[window->order == BMS_ORDER_BIG ? size - 1 - i : i] = (uint8_t)bits;
		bits >>= 8;
	}
}
