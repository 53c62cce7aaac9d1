/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <math.h>
#include <string.h>

#include "bms/window.h"

static void a_window_holds_what_lies_wholly_inside(void **state)
{
	uint8_t bytes[8] = { 0 };
	struct bms_window window = { bytes, 0x10, sizeof(bytes), BMS_ORDER_BIG };

	(void)state;
	assert_true(bms_window_holds(&window, 0x10, 8));
	assert_true(bms_window_holds(&window, 0x14, 4));
	assert_true(bms_window_holds(&window, 0x17, 1));
	assert_true(bms_window_holds(&window, 0x18, 0));
	assert_false(bms_window_holds(&window, 0x15, 4));
	assert_false(bms_window_holds(&window, 0x0F, 1));
	assert_false(bms_window_holds(&window, 0x18, 1));
	assert_false(bms_window_holds(&window, 0x10, 9));
}

static void sizes_that_would_wrap_around_are_outside(void **state)
{
	uint8_t bytes[8] = { 0 };
	struct bms_window window = { bytes, 0x10, sizeof(bytes), BMS_ORDER_BIG };

	(void)state;
	assert_false(bms_window_holds(&window, 0x14, SIZE_MAX));
	assert_false(bms_window_holds(&window, SIZE_MAX, 2));
	assert_false(bms_window_holds(&window, SIZE_MAX - 1, SIZE_MAX));
}

static void an_empty_window_holds_nothing(void **state)
{
	struct bms_window window = { NULL, 0, 0, BMS_ORDER_LITTLE };

	(void)state;
	assert_false(bms_window_holds(&window, 0, 1));
}

static void numbers_are_read_in_either_byte_order(void **state)
{
	uint8_t bytes[4] = { 0x01, 0x02, 0x03, 0xFE };
	struct bms_window big = { bytes, 0, sizeof(bytes), BMS_ORDER_BIG };
	struct bms_window little = { bytes, 0, sizeof(bytes), BMS_ORDER_LITTLE };

	(void)state;
	assert_int_equal(bms_window_read(&big, 0, BMS_WIRE_U16), 0x0102);
	assert_int_equal(bms_window_read(&little, 0, BMS_WIRE_U16), 0x0201);
	assert_int_equal(bms_window_read(&big, 0, BMS_WIRE_U32), 0x010203FE);
	assert_int_equal(bms_window_read(&little, 0, BMS_WIRE_U32), 0xFE030201);
	assert_int_equal(bms_window_read(&little, 0, BMS_WIRE_I32), -33357311);
	assert_int_equal(bms_window_read(&big, 2, BMS_WIRE_I16), 0x03FE);
	assert_int_equal(bms_window_read(&little, 2, BMS_WIRE_I16), -509);
	assert_int_equal(bms_window_read(&big, 3, BMS_WIRE_U8), 0xFE);
	assert_int_equal(bms_window_read(&big, 3, BMS_WIRE_I8), -2);
}

static void offsets_count_from_the_start_of_the_block(void **state)
{
	uint8_t bytes[2] = { 0x12, 0x34 };
	struct bms_window window = { bytes, 0x9C, sizeof(bytes), BMS_ORDER_BIG };

	(void)state;
	assert_int_equal(bms_window_read(&window, 0x9C, BMS_WIRE_U16), 0x1234);
	bms_window_write(&window, 0x9D, BMS_WIRE_U8, 0x56);
	assert_memory_equal(bytes, "\x12\x56", 2);
}

static void the_ends_of_every_wire_format_survive(void **state)
{
	(void)state;
	for (unsigned wire = BMS_WIRE_U8; wire < BMS_WIRE_F32_PPB; wire++) {
		const int64_t ends[] = { bms_wire_min((enum bms_wire)wire),
			bms_wire_max((enum bms_wire)wire), 0, 1 };

		for (size_t i = 0; i < 2 * LENGTH(ends); i++) {
			uint8_t bytes[4] = { 0 };
			struct bms_window window = { bytes, 0, sizeof(bytes),
				i % 2 ? BMS_ORDER_BIG : BMS_ORDER_LITTLE };

			bms_window_write(&window, 0, (enum bms_wire)wire, ends[i / 2]);
			assert_int_equal(
				bms_window_read(&window, 0, (enum bms_wire)wire), ends[i / 2]);
		}
	}
}

static void wire_formats_have_their_size_and_range(void **state)
{
	static const struct {
		enum bms_wire wire;
		size_t size;
		int64_t min;
		int64_t max;
	} expected[] = {
		{ BMS_WIRE_U8, 1, 0, UINT8_MAX },
		{ BMS_WIRE_I8, 1, INT8_MIN, INT8_MAX },
		{ BMS_WIRE_U16, 2, 0, UINT16_MAX },
		{ BMS_WIRE_I16, 2, INT16_MIN, INT16_MAX },
		{ BMS_WIRE_U32, 4, 0, UINT32_MAX },
		{ BMS_WIRE_I32, 4, INT32_MIN, INT32_MAX },
		{ BMS_WIRE_F32_PPB, 4, INT64_C(-8000000000), INT64_C(8000000000) },
		{ BMS_WIRE_F32_MILLI, 4, INT64_C(-1048576000), INT64_C(1048576000) },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(expected); i++) {
		assert_int_equal(bms_wire_size(expected[i].wire), expected[i].size);
		assert_int_equal(bms_wire_min(expected[i].wire), expected[i].min);
		assert_int_equal(bms_wire_max(expected[i].wire), expected[i].max);
	}
}

static void writing_touches_no_other_byte(void **state)
{
	uint8_t bytes[6];
	struct bms_window window = { bytes, 0, sizeof(bytes), BMS_ORDER_BIG };

	(void)state;
	memset(bytes, 0xEE, sizeof(bytes));
	bms_window_write(&window, 2, BMS_WIRE_I16, -2);
	assert_memory_equal(bytes, "\xEE\xEE\xFF\xFE\xEE\xEE", 6);
}

static int64_t scaled_of_bits(uint32_t bits, enum bms_wire wire)
{
	uint8_t bytes[4];
	struct bms_window window = { bytes, 0, sizeof(bytes), BMS_ORDER_LITTLE };

	bms_window_write(&window, 0, BMS_WIRE_U32, bits);
	return bms_window_read(&window, 0, wire);
}

static int64_t ppb_of_bits(uint32_t bits)
{
	return scaled_of_bits(bits, BMS_WIRE_F32_PPB);
}

static uint32_t bits_of_scaled(int64_t value, enum bms_wire wire)
{
	uint8_t bytes[4];
	struct bms_window window = { bytes, 0, sizeof(bytes), BMS_ORDER_LITTLE };

	bms_window_write(&window, 0, wire, value);
	return (uint32_t)bms_window_read(&window, 0, BMS_WIRE_U32);
}

static uint32_t bits_of_ppb(int64_t ppb)
{
	return bits_of_scaled(ppb, BMS_WIRE_F32_PPB);
}

static void singles_read_as_billionths(void **state)
{
	(void)state;
	assert_int_equal(ppb_of_bits(0x00000000), 0);
	assert_int_equal(ppb_of_bits(0x3F800000), 1000000000);
	assert_int_equal(ppb_of_bits(0xBF800000), -1000000000);
	assert_int_equal(ppb_of_bits(0x3F000000), 500000000);
	/* The voltage corrections of the relay board, 3.0006504 and 3.0023928. */
	assert_int_equal(ppb_of_bits(0x40400AA8), INT64_C(3000650406));
	assert_int_equal(ppb_of_bits(0x40402734), INT64_C(3002392769));
}

static void singles_without_a_number_read_as_the_limit(void **state)
{
	const uint32_t odd[] = { 0x41000000, 0x7F800000, 0x7FC00000, 0x7F7FFFFF };

	(void)state;
	for (size_t i = 0; i < LENGTH(odd); i++) {
		assert_int_equal(ppb_of_bits(odd[i]), INT64_C(8000000000));
		assert_int_equal(ppb_of_bits(odd[i] | UINT32_C(1) << 31), INT64_C(-8000000000));
	}
	assert_int_equal(ppb_of_bits(1), 0);
}

/* The processor's own floats are the judge. */
static void singles_agree_with_the_processor(void **state)
{
	struct dice dice = { 5 };

	(void)state;
	for (unsigned round = 0; round < 100000; round++) {
		uint32_t bits = (uint32_t)dice_roll(&dice);
		float value;

		memcpy(&value, &bits, sizeof(value));
		if (!isfinite(value) || fabsf(value) >= 8.0f)
			continue;
		assert_int_equal(ppb_of_bits(bits), llround((double)value * 1e9));
	}
}

/* From 1/32 up two singles are almost four billionths apart, so none is lost on the way. */
static void singles_come_back_bit_for_bit(void **state)
{
	struct dice dice = { 6 };

	(void)state;
	for (unsigned round = 0; round < 100000; round++) {
		uint32_t exponent = (uint32_t)dice_between(&dice, 127 - 5, 127 + 2);
		uint32_t bits = (uint32_t)(dice_roll(&dice) & 0x807FFFFF) | exponent << 23;

		assert_int_equal(bits_of_ppb(ppb_of_bits(bits)), bits);
	}
	assert_int_equal(bits_of_ppb(0), 0);
}

/* Cells of the oldest boards, 3.3497 V and 3.3541 V, and a balance current of 2 A. */
static void singles_read_as_thousandths(void **state)
{
	const enum bms_wire wire = BMS_WIRE_F32_MILLI;
	struct dice dice = { 8 };

	(void)state;
	assert_int_equal(scaled_of_bits(0x40566187, wire), 3350);
	assert_int_equal(scaled_of_bits(0x4056A99A, wire), 3354);
	assert_int_equal(scaled_of_bits(0x40000000, wire), 2000);
	assert_int_equal(scaled_of_bits(0xC0000000, wire), -2000);
	assert_int_equal(scaled_of_bits(0x49800000, wire), 1048576000);
	assert_int_equal(scaled_of_bits(0x7FC00000, wire), 1048576000);
	for (unsigned round = 0; round < 100000; round++) {
		int64_t milli = dice_between(&dice, -4000000, 4000000);

		assert_int_equal(scaled_of_bits(bits_of_scaled(milli, wire), wire), milli);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_holds_what_lies_wholly_inside),
		cmocka_unit_test(sizes_that_would_wrap_around_are_outside),
		cmocka_unit_test(an_empty_window_holds_nothing),
		cmocka_unit_test(numbers_are_read_in_either_byte_order),
		cmocka_unit_test(offsets_count_from_the_start_of_the_block),
		cmocka_unit_test(the_ends_of_every_wire_format_survive),
		cmocka_unit_test(wire_formats_have_their_size_and_range),
		cmocka_unit_test(writing_touches_no_other_byte),
		cmocka_unit_test(singles_read_as_billionths),
		cmocka_unit_test(singles_without_a_number_read_as_the_limit),
		cmocka_unit_test(singles_agree_with_the_processor),
		cmocka_unit_test(singles_come_back_bit_for_bit),
		cmocka_unit_test(singles_read_as_thousandths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
