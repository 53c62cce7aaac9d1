/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "bms/jk_frame.h"
#include "bms/jk_layout.h"
#include "captures_boards.h"
#include "captures_modbus.h"
#include "captures_relay.h"

enum {
	MOS = 0x8A,
	T1 = 0x9C,
	PROBE_MASK = 0xD0,
	T4 = 0xFA,
	FLAGS = 0x119,
};

/* Exactly these values, and no other. */
static void expect_values(
	const struct bms_telemetry *telemetry, const struct capture_value *values, size_t count)
{
	size_t present = 0;

	for (size_t i = 0; i < count; i++) {
		assert_true(bms_telemetry_has(telemetry, values[i].slot));
		assert_int_equal(telemetry->value[values[i].slot], values[i].value);
	}
	for (size_t slot = 0; slot < BMS_SLOTS; slot++)
		present += bms_telemetry_has(telemetry, slot);
	assert_int_equal(present, count);
}

static void expect_frame(const char *hex, const struct capture_value *values, size_t count)
{
	uint8_t frame[BMS_JK_FRAME_SIZE];
	struct bms_jk_frame parsed;
	struct bms_telemetry telemetry = { 0 };

	assert_int_equal(capture_bytes(hex, frame, sizeof(frame)), sizeof(frame));
	assert_int_equal(bms_jk_frame_parse(frame, sizeof(frame), &parsed), BMS_OK);
	assert_int_equal(parsed.type, BMS_JK_FRAME_LIVE);
	bms_jk_decode_live(&parsed.payload, &telemetry);
	expect_values(&telemetry, values, count);
}

static void the_relay_boards_live_frames_read_field_by_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(relay_live_frames); i++)
		expect_frame(relay_live_frames[i], relay_live[i].values, relay_live[i].count);
}

static void the_relay_boards_live_frames_are_written_byte_for_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(relay_live_frames); i++) {
		uint8_t frame[BMS_JK_FRAME_SIZE];
		uint8_t again[BMS_JK_FRAME_SIZE] = { 0 };
		struct bms_jk_frame parsed;
		struct bms_telemetry telemetry = { 0 };
		struct bms_window window = { again + BMS_JK_FRAME_PAYLOAD, 0, BMS_JK_PAYLOAD_SIZE,
			BMS_ORDER_LITTLE };

		capture_bytes(relay_live_frames[i], frame, sizeof(frame));
		assert_int_equal(bms_jk_frame_parse(frame, sizeof(frame), &parsed), BMS_OK);
		bms_jk_decode_live(&parsed.payload, &telemetry);
		bms_jk_encode_live(&window, &telemetry, &bms_jk_relay_profile);
		bms_jk_frame_seal(again, parsed.type, parsed.counter);
		assert_memory_equal(again, frame, sizeof(frame));
	}
}

static void a_copy_of_the_power_stage_in_the_t3_field_is_no_probe(void **state)
{
	(void)state;
	expect_frame(b2a8s20p_live_frame, b2a8s20p_live, LENGTH(b2a8s20p_live));
	expect_frame(pb2a16s15p_live_frame, pb2a16s15p_live, LENGTH(pb2a16s15p_live));
}

static void an_unflagged_t3_with_its_own_reading_is_a_probe(void **state)
{
	(void)state;
	expect_frame(pb2a16s20p_live_frame, pb2a16s20p_live, LENGTH(pb2a16s20p_live));
}

static void every_captured_modbus_reply_reads_field_by_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(modbus_reads); i++) {
		const struct modbus_read *read = &modbus_reads[i];
		uint8_t reply[BMS_JK_FRAME_SIZE];
		struct bms_telemetry telemetry = { 0 };
		struct bms_window window = { reply + 3, (uint16_t)(read->reg - BMS_JK_LIVE_BASE),
			(uint16_t)(2 * read->count), BMS_ORDER_BIG };

		capture_bytes(read->reply, reply, sizeof(reply));
		bms_jk_decode_live(&window, &telemetry);
		expect_values(&telemetry, read->values, read->value_count);
	}
}

/* Register numbers count bytes: 0x1240 x32 must begin with the last half of 0x1230 x16. */
static void overlapping_modbus_windows_hold_the_same_bytes(void **state)
{
	size_t differences = 0;

	(void)state;
	for (size_t i = 0; i + 1 < LENGTH(modbus_reads); i++) {
		const struct modbus_read *first = &modbus_reads[i];
		const struct modbus_read *second = &modbus_reads[i + 1];
		uint8_t one[BMS_JK_FRAME_SIZE];
		uint8_t two[BMS_JK_FRAME_SIZE];

		if (first->reg != 0x1230 || second->reg != 0x1240)
			continue;
		capture_bytes(first->reply, one, sizeof(one));
		capture_bytes(second->reply, two, sizeof(two));
		for (size_t byte = 0; byte < 16; byte++)
			differences += one[3 + 16 + byte] != two[3 + byte];
	}
	assert_int_equal(differences, 0);
}

static void sense_wire_resistances_agree_between_all_modbus_windows(void **state)
{
	struct bms_telemetry first = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH(modbus_reads); i++) {
		const struct modbus_read *read = &modbus_reads[i];

		for (size_t k = 0; k < read->value_count; k++) {
			const struct capture_value *value = &read->values[k];

			if (value->slot < BMS_SLOT_WIRE_MOHM ||
				value->slot > BMS_SLOT_WIRE_MOHM_LAST)
				continue;
			if (!bms_telemetry_has(&first, value->slot))
				bms_telemetry_set(&first, value->slot, value->value);
			assert_int_equal(first.value[value->slot], value->value);
		}
	}
	assert_int_equal(bms_telemetry_length(&first, BMS_FIELD_WIRE_MOHM), 16);
}

/* A whole block of registers, as zeros with what a test sets. */
struct block {
	uint8_t bytes[BMS_JK_BLOCK_SIZE];
	struct bms_window window;
	struct bms_telemetry telemetry;
};

static void block_init(struct block *block)
{
	memset(block, 0, sizeof(*block));
	block->window = (struct bms_window){ block->bytes, 0, sizeof(block->bytes), BMS_ORDER_BIG };
	bms_window_write(&block->window, PROBE_MASK, BMS_WIRE_U8, 0xFF);
}

static void block_flag(struct block *block, unsigned number)
{
	block->bytes[FLAGS + number / 8] |= (uint8_t)(1u << number % 8);
}

static bool block_has(struct block *block, size_t slot)
{
	block->telemetry = (struct bms_telemetry){ 0 };
	bms_jk_decode_live(&block->window, &block->telemetry);
	return bms_telemetry_has(&block->telemetry, slot);
}

static void a_probe_that_reads_minus_200_degrees_is_absent(void **state)
{
	struct block block;

	(void)state;
	block_init(&block);
	assert_true(block_has(&block, BMS_SLOT_PROBE_DC));
	bms_window_write(&block.window, T1, BMS_WIRE_I16, -2000);
	assert_false(block_has(&block, BMS_SLOT_PROBE_DC));
	bms_window_write(&block.window, T1, BMS_WIRE_I16, -1999);
	assert_true(block_has(&block, BMS_SLOT_PROBE_DC));
	assert_int_equal(block.telemetry.value[BMS_SLOT_PROBE_DC], -1999);
}

static void a_probe_the_state_byte_denies_is_absent(void **state)
{
	struct block block;

	(void)state;
	for (unsigned bit = 0; bit < 6; bit++) {
		size_t slot = bit == 0 ? BMS_SLOT_MOS_DC : BMS_SLOT_PROBE_DC + bit - 1;

		block_init(&block);
		assert_true(block_has(&block, slot));
		bms_window_write(&block.window, PROBE_MASK, BMS_WIRE_U8, 0xFF & ~(1u << bit));
		assert_false(block_has(&block, slot));
	}
}

/* The flag of each temperature, as the vendor's table counts. */
static const struct {
	unsigned number;
	size_t slot;
} temperature_flags[] = {
	{ 8, BMS_SLOT_MOS_DC },
	{ 13, BMS_SLOT_PROBE_DC },
	{ 14, BMS_SLOT_PROBE_DC + 1 },
	{ 59, BMS_SLOT_PROBE_DC + 2 },
	{ 60, BMS_SLOT_PROBE_DC + 3 },
	{ 61, BMS_SLOT_PROBE_DC + 4 },
};

static void zero_degrees_is_a_reading_of_the_flagged_probe_only(void **state)
{
	(void)state;
	for (size_t flagged = 0; flagged < LENGTH(temperature_flags); flagged++) {
		struct block block;

		block_init(&block);
		block_flag(&block, temperature_flags[flagged].number);
		for (size_t i = 0; i < LENGTH(temperature_flags); i++)
			assert_int_equal(
				block_has(&block, temperature_flags[i].slot), i == flagged);
	}
}

/* Flag positions of the vendor's table; those given were seen in the flags of seven boards. */
static void rows_count_as_the_vendors_table_does(void **state)
{
	static const struct {
		unsigned number;
		unsigned offset;
	} rows[] = {
#define BMS_JK_LIVE(number, offset, wire, id)                      { number, offset },
#define BMS_JK_CELLS(number, offset, wire, id, count)              { number, offset },
#define BMS_JK_TEMPERATURE(number, offset, id, index, bit, absent) { number, offset },
#define BMS_JK_CONSTANT(number, offset, value)                     { number, offset },
#include "protocol/jk_live_places.def"
	};
	static const unsigned seen[][2] = { { 8, 0x8A }, { 13, 0x9C }, { 14, 0x9E }, { 24, 0xB9 },
		{ 27, 0xC0 }, { 28, 0xC1 }, { 30, 0xC4 }, { 35, 0xCE }, { 37, 0xD1 }, { 40, 0xD4 },
		{ 48, 0xE6 }, { 49, 0xE8 }, { 50, 0xE9 }, { 52, 0xEB }, { 54, 0xED }, { 56, 0xEF },
		{ 59, 0xF8 }, { 60, 0xFA }, { 61, 0xFC }, { 63, 0x100 }, { 64, 0x104 },
		{ 65, 0x108 }, { 66, 0x10C }, { 67, 0x10D }, { 72, 0x113 } };
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		if (i > 0) {
			assert_true(rows[i].number > rows[i - 1].number);
			assert_true(rows[i].offset > rows[i - 1].offset);
		}
		for (size_t k = 0; k < LENGTH(seen); k++)
			found += rows[i].number == seen[k][0] && rows[i].offset == seen[k][1];
	}
	assert_int_equal(found, LENGTH(seen));
}

static void an_unflagged_power_stage_is_absent_only_at_zero(void **state)
{
	struct block block;

	(void)state;
	block_init(&block);
	block_flag(&block, 13);
	assert_false(block_has(&block, BMS_SLOT_MOS_DC));
	bms_window_write(&block.window, MOS, BMS_WIRE_I16, 251);
	assert_true(block_has(&block, BMS_SLOT_MOS_DC));
}

static void flags_that_are_all_zero_say_nothing(void **state)
{
	struct block block;

	(void)state;
	block_init(&block);
	assert_true(block_has(&block, BMS_SLOT_MOS_DC));
	assert_true(block_has(&block, BMS_SLOT_PROBE_DC + 3));
}

static void a_window_without_flags_shows_every_reading(void **state)
{
	struct block block;

	(void)state;
	block_init(&block);
	block_flag(&block, 14);
	block.window.size = FLAGS;
	assert_true(block_has(&block, BMS_SLOT_PROBE_DC));
	assert_int_equal(block.telemetry.value[BMS_SLOT_PROBE_DC], 0);
	assert_true(block_has(&block, BMS_SLOT_MOS_DC));
}

static void an_unflagged_probe_beside_an_unknown_power_stage_is_absent(void **state)
{
	struct block block;

	(void)state;
	block_init(&block);
	block_flag(&block, 13);
	bms_window_write(&block.window, T4, BMS_WIRE_I16, 204);
	assert_true(block_has(&block, BMS_SLOT_PROBE_DC + 3));
	/* The second half of the block, as a second read brings it. */
	block.window = (struct bms_window){ block.bytes + 0xF4, 0xF4, BMS_JK_BLOCK_SIZE - 0xF4,
		BMS_ORDER_BIG };
	assert_false(block_has(&block, BMS_SLOT_PROBE_DC + 3));
}

static void the_mask_decides_which_cells_are_real(void **state)
{
	struct block block;

	(void)state;
	block_init(&block);
	bms_window_write(&block.window, 0x40, BMS_WIRE_U32, 0x80000005);
	bms_window_write(&block.window, 0x02, BMS_WIRE_U16, 3300); /* cell 2, not in the mask */
	assert_true(block_has(&block, BMS_SLOT_CELL_MV)); /* a cell at 0 mV is a broken one */
	assert_false(block_has(&block, BMS_SLOT_CELL_MV + 1));
	assert_true(block_has(&block, BMS_SLOT_CELL_MV + 2));
	assert_true(block_has(&block, BMS_SLOT_CELL_MV_LAST));
	assert_true(block_has(&block, BMS_SLOT_WIRE_MOHM_LAST));
	assert_false(block_has(&block, BMS_SLOT_WIRE_MOHM + 1));
}

static void without_the_mask_a_cell_of_zero_is_absent(void **state)
{
	struct block block;

	(void)state;
	block_init(&block);
	bms_window_write(&block.window, 0x02, BMS_WIRE_U16, 3300);
	block.window.size = 0x40;
	assert_false(block_has(&block, BMS_SLOT_CELL_MV));
	assert_true(block_has(&block, BMS_SLOT_CELL_MV + 1));
}

static void a_switch_state_is_the_byte_as_it_came(void **state)
{
	struct block block;

	(void)state;
	block_init(&block);
	block.bytes[0xC0] = 7;
	assert_true(block_has(&block, BMS_SLOT_CHARGE_ON));
	assert_int_equal(block.telemetry.value[BMS_SLOT_CHARGE_ON], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_relay_boards_live_frames_read_field_by_field),
		cmocka_unit_test(the_relay_boards_live_frames_are_written_byte_for_byte),
		cmocka_unit_test(a_copy_of_the_power_stage_in_the_t3_field_is_no_probe),
		cmocka_unit_test(an_unflagged_t3_with_its_own_reading_is_a_probe),
		cmocka_unit_test(every_captured_modbus_reply_reads_field_by_field),
		cmocka_unit_test(overlapping_modbus_windows_hold_the_same_bytes),
		cmocka_unit_test(sense_wire_resistances_agree_between_all_modbus_windows),
		cmocka_unit_test(a_probe_that_reads_minus_200_degrees_is_absent),
		cmocka_unit_test(a_probe_the_state_byte_denies_is_absent),
		cmocka_unit_test(zero_degrees_is_a_reading_of_the_flagged_probe_only),
		cmocka_unit_test(rows_count_as_the_vendors_table_does),
		cmocka_unit_test(an_unflagged_power_stage_is_absent_only_at_zero),
		cmocka_unit_test(flags_that_are_all_zero_say_nothing),
		cmocka_unit_test(a_window_without_flags_shows_every_reading),
		cmocka_unit_test(an_unflagged_probe_beside_an_unknown_power_stage_is_absent),
		cmocka_unit_test(the_mask_decides_which_cells_are_real),
		cmocka_unit_test(without_the_mask_a_cell_of_zero_is_absent),
		cmocka_unit_test(a_switch_state_is_the_byte_as_it_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
