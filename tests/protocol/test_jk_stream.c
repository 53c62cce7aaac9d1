/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "bms/jk_command.h"
#include "bms/jk_stream.h"
#include "captures_boards.h"
#include "captures_relay.h"

enum {
	AIR_MAX = 64 * BMS_JK_FRAME_SIZE,
	ITEMS_MAX = 64,
};

/* What a module sent, and what came out of the stream. */
struct air {
	uint8_t bytes[AIR_MAX];
	size_t size;
	struct bms_jk_stream stream;
	uint8_t items[ITEMS_MAX][BMS_JK_FRAME_SIZE];
	enum bms_jk_item kinds[ITEMS_MAX];
	size_t count;
};

static struct air air;

static void begin(void)
{
	memset(&air, 0, sizeof(air));
}

static void say(const void *bytes, size_t size)
{
	assert_true(air.size + size <= sizeof(air.bytes));
	memcpy(air.bytes + air.size, bytes, size);
	air.size += size;
}

static void say_hex(const char *hex, size_t from, size_t to)
{
	uint8_t bytes[BMS_JK_FRAME_SIZE];

	capture_bytes(hex, bytes, sizeof(bytes));
	say(bytes + from, to - from);
}

static void say_frame(size_t index)
{
	say_hex(relay_live_frames[index], 0, BMS_JK_FRAME_SIZE);
}

static void hear(const uint8_t *data, size_t size)
{
	while (size > 0) {
		struct bms_jk_frame frame;
		size_t used;
		enum bms_jk_item item = bms_jk_stream_take(&air.stream, data, size, &used, &frame);

		assert_true(used > 0 && used <= size);
		data += used;
		size -= used;
		if (item == BMS_JK_ITEM_NONE)
			continue;
		assert_true(air.count < ITEMS_MAX);
		air.kinds[air.count] = item;
		memcpy(air.items[air.count++], air.stream.bytes, BMS_JK_FRAME_SIZE);
	}
}

/* Everything said, in pieces of this size. */
static void hear_in_pieces(size_t piece)
{
	for (size_t at = 0; at < air.size; at += piece)
		hear(air.bytes + at, air.size - at < piece ? air.size - at : piece);
}

static void expect_frame(size_t item, size_t index)
{
	uint8_t bytes[BMS_JK_FRAME_SIZE];

	assert_true(item < air.count);
	assert_int_equal(air.kinds[item], BMS_JK_ITEM_FRAME);
	capture_bytes(relay_live_frames[index], bytes, sizeof(bytes));
	assert_memory_equal(air.items[item], bytes, sizeof(bytes));
}

static void frames_come_out_whatever_the_size_of_the_pieces(void **state)
{
	static const size_t pieces[] = { 1, 3, 7, 20, 22, 128, 150, 182, 244, 300, 301, 512, 900 };

	(void)state;
	for (size_t i = 0; i < LENGTH(pieces); i++) {
		begin();
		for (size_t k = 0; k < 3; k++)
			say_frame(k);
		hear_in_pieces(pieces[i]);
		assert_int_equal(air.count, 3);
		for (size_t k = 0; k < 3; k++)
			expect_frame(k, k);
		assert_int_equal(air.stream.skipped, 0);
	}
}

/* Old modules notify 128, 128 and 64 bytes: the acknowledgement is glued on. */
static void an_acknowledgement_glued_to_a_frame_is_its_own_item(void **state)
{
	(void)state;
	begin();
	say_frame(0);
	say_hex(board_ack, 0, BMS_JK_COMMAND_SIZE);
	say_frame(1);
	hear_in_pieces(128);
	assert_int_equal(air.count, 3);
	expect_frame(0, 0);
	assert_int_equal(air.kinds[1], BMS_JK_ITEM_ACK);
	expect_frame(2, 1);
}

static void chatter_between_frames_is_skipped_and_counted(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 40; piece++) {
		begin();
		say("AT\r\n", 4);
		say_frame(0);
		say("AT\r\n", 4);
		say("AT\r\n", 4);
		say_frame(1);
		hear_in_pieces(piece);
		assert_int_equal(air.count, 2);
		expect_frame(0, 0);
		expect_frame(1, 1);
		assert_int_equal(air.stream.skipped, 12);
		assert_int_equal(air.stream.cut + air.stream.damaged, 0);
	}
}

/* From here on a connection begins anywhere. */
static void a_frame_heard_from_its_middle_costs_no_other(void **state)
{
	(void)state;
	for (size_t from = 1; from < BMS_JK_FRAME_SIZE; from++) {
		begin();
		say_hex(relay_live_frames[0], from, BMS_JK_FRAME_SIZE);
		say_frame(1);
		hear_in_pieces(20);
		assert_int_equal(air.count, 1);
		expect_frame(0, 1);
	}
}

/* A frame cut after any byte, and the next one whole: the next one is there at its last byte. */
static void a_frame_cut_anywhere_gives_way_to_the_next(void **state)
{
	(void)state;
	for (size_t to = 1; to < BMS_JK_FRAME_SIZE; to++) {
		begin();
		say_hex(relay_live_frames[0], 0, to);
		say_frame(1);
		hear_in_pieces(22);
		assert_int_equal(air.count, 1);
		expect_frame(0, 1);
		assert_int_equal(air.stream.cut + air.stream.skipped > 0, 1);
	}
}

/* A lost piece of 20 bytes anywhere in the middle: the sum, or the next header, tells. */
static void a_frame_that_lost_a_piece_is_not_told_and_costs_no_other(void **state)
{
	(void)state;
	for (size_t lost = 20; lost < 280; lost += 20) {
		begin();
		say_hex(relay_live_frames[0], 0, lost);
		say_hex(relay_live_frames[0], lost + 20, BMS_JK_FRAME_SIZE);
		say_frame(1);
		say_frame(2);
		hear_in_pieces(20);
		assert_int_equal(air.count, 2);
		expect_frame(0, 1);
		expect_frame(1, 2);
	}
}

static void a_damaged_frame_is_counted_and_costs_no_other(void **state)
{
	(void)state;
	begin();
	say_frame(0);
	air.bytes[100] ^= 1;
	say_frame(1);
	hear_in_pieces(128);
	assert_int_equal(air.count, 1);
	expect_frame(0, 1);
	assert_int_equal(air.stream.damaged, 1);
}

static void after_a_reset_nothing_of_the_last_connection_is_left(void **state)
{
	(void)state;
	begin();
	say_hex(relay_live_frames[0], 0, 200);
	hear_in_pieces(20);
	bms_jk_stream_reset(&air.stream);
	air.size = 0;
	say_hex(relay_live_frames[0], 200, BMS_JK_FRAME_SIZE);
	say_frame(1);
	hear_in_pieces(20);
	assert_int_equal(air.count, 1);
	expect_frame(0, 1);
}

/* What only looks like the client's own command is none of the board's. */
static void a_command_that_is_no_acknowledgement_is_skipped(void **state)
{
	(void)state;
	begin();
	say_hex(app_commands[0], 0, BMS_JK_COMMAND_SIZE);
	say_frame(1);
	hear_in_pieces(20);
	assert_int_equal(air.count, 1);
	expect_frame(0, 1);
}

/* Random bytes never come out, and never stop what follows. */
static void noise_never_comes_out_as_a_frame(void **state)
{
	struct dice dice = { 7 };

	(void)state;
	begin();
	for (size_t round = 0; round < 2000; round++) {
		uint8_t noise[256];

		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (uint8_t)dice_roll(&dice);
		hear(noise, (size_t)dice_between(&dice, 1, sizeof(noise)));
	}
	assert_int_equal(air.count, 0);
	say_frame(0);
	hear_in_pieces(20);
	assert_int_equal(air.count, 1);
	expect_frame(0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_come_out_whatever_the_size_of_the_pieces),
		cmocka_unit_test(an_acknowledgement_glued_to_a_frame_is_its_own_item),
		cmocka_unit_test(chatter_between_frames_is_skipped_and_counted),
		cmocka_unit_test(a_frame_heard_from_its_middle_costs_no_other),
		cmocka_unit_test(a_frame_cut_anywhere_gives_way_to_the_next),
		cmocka_unit_test(a_frame_that_lost_a_piece_is_not_told_and_costs_no_other),
		cmocka_unit_test(a_damaged_frame_is_counted_and_costs_no_other),
		cmocka_unit_test(after_a_reset_nothing_of_the_last_connection_is_left),
		cmocka_unit_test(a_command_that_is_no_acknowledgement_is_skipped),
		cmocka_unit_test(noise_never_comes_out_as_a_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
