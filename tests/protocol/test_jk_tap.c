/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "bms/jk_tap.h"
#include "captures_bus.h"

enum {
	PIECES = LENGTH(bus_master_and_slave),
	ROOM = 8192,
	HEARD_MAX = 64,
};

/* A heard thing by value. */
struct note {
	enum bms_jk_heard_kind kind;
	uint8_t unit;
	uint16_t reg;
	uint8_t frame[BMS_JK_FRAME_SIZE];
};

static struct bms_jk_tap tap;
static uint8_t line[ROOM];
static size_t line_size;
static struct note notes[HEARD_MAX];
static size_t note_count;

static int start_empty(void **state)
{
	(void)state;
	bms_jk_tap_init(&tap);
	line_size = 0;
	note_count = 0;
	return 0;
}

static void put(const char *hex)
{
	line_size += capture_bytes(hex, line + line_size, sizeof(line) - line_size);
}

static void put_all(void)
{
	for (size_t i = 0; i < PIECES; i++)
		put(bus_master_and_slave[i]);
}

static void note_heard(void)
{
	struct bms_jk_heard heard;

	while (bms_jk_tap_next(&tap, &heard)) {
		struct note *note = &notes[note_count++];

		assert_true(note_count < HEARD_MAX);
		note->kind = heard.kind;
		note->unit = heard.unit;
		note->reg = heard.reg;
		if (heard.kind == BMS_JK_HEARD_FRAME)
			memcpy(note->frame, heard.data, sizeof(note->frame));
	}
}

static void hear(size_t piece)
{
	for (size_t at = 0; at < line_size;) {
		size_t size = line_size - at < piece ? line_size - at : piece;

		at += bms_jk_tap_push(&tap, line + at, size);
		note_heard();
	}
}

static void assert_note(size_t index, enum bms_jk_heard_kind kind, uint8_t unit, uint16_t reg)
{
	assert_true(index < note_count);
	assert_int_equal(notes[index].kind, kind);
	assert_int_equal(notes[index].unit, unit);
	assert_int_equal(notes[index].reg, reg);
}

static void assert_whole_bus(void)
{
	assert_int_equal(note_count, 6);
	assert_note(0, BMS_JK_HEARD_REQUEST, 15, 0x1620);
	assert_note(1, BMS_JK_HEARD_FRAME, 0, 0x1620);
	assert_note(2, BMS_JK_HEARD_FRAME, 0, 0x161E);
	assert_note(3, BMS_JK_HEARD_REQUEST, 1, 0x1620);
	assert_note(4, BMS_JK_HEARD_FRAME, 1, 0x1620);
	assert_note(5, BMS_JK_HEARD_REQUEST, 1, 0x161E);
}

static void master_and_slave_are_told_apart_by_their_acknowledgements(void **state)
{
	uint8_t frame[BMS_JK_FRAME_SIZE];

	(void)state;
	put_all();
	hear(ROOM);
	assert_whole_bus();
	assert_int_equal(tap.counters.noise_bytes, 0);
	assert_int_equal(tap.counters.unaddressed, 0);
	capture_bytes(bus_master_and_slave[1], frame, sizeof(frame));
	assert_memory_equal(notes[1].frame, frame, sizeof(frame));
}

static void pieces_of_any_size_give_the_same(void **state)
{
	for (size_t piece = 1; piece < 400; piece += piece < 20 ? 1 : 37) {
		start_empty(state);
		put_all();
		hear(piece);
		assert_whole_bus();
	}
}

static void zeros_behind_frames_and_acknowledgements_are_tolerated(void **state)
{
	(void)state;
	for (size_t i = 0; i < PIECES; i++) {
		put(bus_master_and_slave[i]);
		put("00");
	}
	hear(64);
	assert_whole_bus();
	assert_int_equal(tap.counters.noise_bytes, 0);
}

static void noise_before_a_frame_does_not_cost_the_frame(void **state)
{
	(void)state;
	put("55aaeb9002ff13");
	put_all();
	hear(50);
	/* The request hides behind what looks like the start of a frame, and is found again. */
	assert_whole_bus();
	assert_int_equal(tap.counters.bad_frames, 1);
}

static void a_spoilt_byte_costs_its_frame_and_no_other(void **state)
{
	(void)state;
	put_all();
	line[11 + 100] ^= 1; /* in the master's live frame */
	hear(50);
	assert_note(0, BMS_JK_HEARD_REQUEST, 15, 0x1620);
	assert_note(1, BMS_JK_HEARD_ACK, 0, 0x1620);
	assert_note(2, BMS_JK_HEARD_FRAME, 0, 0x161E);
	assert_int_equal(note_count, 6);
}

static void a_frame_whose_acknowledgement_was_lost_has_no_address(void **state)
{
	(void)state;
	put(bus_master_and_slave[1]);
	put(bus_master_and_slave[3]);
	put(bus_master_and_slave[4]);
	hear(50);
	assert_int_equal(note_count, 1);
	assert_note(0, BMS_JK_HEARD_FRAME, 0, 0x161E);
	assert_int_equal(tap.counters.unaddressed, 1);
}

static void an_acknowledgement_of_another_frame_lends_no_address(void **state)
{
	(void)state;
	put(bus_master_and_slave[1]); /* live */
	put(bus_master_and_slave[4]); /* acknowledges settings */
	hear(50);
	assert_int_equal(note_count, 1);
	assert_note(0, BMS_JK_HEARD_ACK, 0, 0x161E);
	assert_int_equal(tap.counters.unaddressed, 1);
}

/* The exchange of the vendor's register map: 40 registers of the live block. */
static void an_answer_to_a_read_is_known_by_the_question_before_it(void **state)
{
	uint8_t data[80] = { 0x01, 0x25 };
	struct bms_jk_heard heard;

	(void)state;
	line_size = bms_modbus_read_request(line, 3, 0x128A, 40);
	line_size += bms_modbus_read_reply(line + line_size, 3, data, sizeof(data));
	assert_int_equal(bms_jk_tap_push(&tap, line, line_size), line_size);
	assert_true(bms_jk_tap_next(&tap, &heard));
	assert_int_equal(heard.kind, BMS_JK_HEARD_REQUEST);
	assert_true(bms_jk_tap_next(&tap, &heard));
	assert_int_equal(heard.kind, BMS_JK_HEARD_READ);
	assert_int_equal(heard.unit, 3);
	assert_int_equal(heard.reg, 0x128A);
	assert_int_equal(heard.size, sizeof(data));
	assert_memory_equal(heard.data, data, sizeof(data));
	assert_false(bms_jk_tap_next(&tap, &heard));
}

static void an_answer_without_its_question_is_noise(void **state)
{
	uint8_t data[80] = { 0x01, 0x25 };

	(void)state;
	line_size = bms_modbus_read_reply(line, 3, data, sizeof(data));
	hear(ROOM);
	bms_jk_tap_silence(&tap);
	note_heard();
	assert_int_equal(note_count, 0);
	assert_true(tap.counters.noise_bytes > 0);
}

static void silence_ends_the_wait_for_the_rest_of_a_frame(void **state)
{
	struct bms_jk_heard heard;

	(void)state;
	put(bus_master_and_slave[1]);
	line_size = 200;
	put(bus_master_and_slave[5]);
	hear(ROOM);
	assert_int_equal(note_count, 0);
	bms_jk_tap_silence(&tap);
	assert_true(bms_jk_tap_next(&tap, &heard));
	assert_int_equal(heard.kind, BMS_JK_HEARD_REQUEST);
	assert_int_equal(heard.unit, 1);
}

static void hammer(struct dice *dice, unsigned per_mille)
{
	line_size = 0;
	put_all();
	for (size_t i = 0; i < line_size; i++)
		if (dice_roll(dice) % 1000 < per_mille)
			line[i] ^= (uint8_t)(1u << dice_roll(dice) % 8);
}

static bool is_of_the_bus(const uint8_t *frame)
{
	uint8_t known[BMS_JK_FRAME_SIZE];

	for (size_t i = 0; i < PIECES; i++)
		if (capture_bytes(bus_master_and_slave[i], known, sizeof(known)) == sizeof(known) &&
			memcmp(known, frame, sizeof(known)) == 0)
			return true;
	return false;
}

/* The 8-bit sum alone lets through what two flips cancel out; plausibility judges the rest. */
static void noise_makes_up_no_address_and_hardly_a_frame(void **state)
{
	struct dice dice = { 7 };
	size_t heard = 0;
	size_t wrong = 0;

	for (unsigned round = 0; round < 2000; round++) {
		start_empty(state);
		hammer(&dice, 2);
		hear(33);
		bms_jk_tap_silence(&tap);
		note_heard();
		for (size_t i = 0; i < note_count; i++) {
			assert_true(
				notes[i].unit == 0 || notes[i].unit == 1 || notes[i].unit == 15);
			if (notes[i].kind != BMS_JK_HEARD_FRAME)
				continue;
			heard++;
			wrong += !is_of_the_bus(notes[i].frame);
		}
	}
	assert_true(heard > 2000);
	assert_true(wrong * 100 < heard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define SENTENCE(name) cmocka_unit_test_setup(name, start_empty)
		SENTENCE(master_and_slave_are_told_apart_by_their_acknowledgements),
		SENTENCE(pieces_of_any_size_give_the_same),
		SENTENCE(zeros_behind_frames_and_acknowledgements_are_tolerated),
		SENTENCE(noise_before_a_frame_does_not_cost_the_frame),
		SENTENCE(a_spoilt_byte_costs_its_frame_and_no_other),
		SENTENCE(a_frame_whose_acknowledgement_was_lost_has_no_address),
		SENTENCE(an_acknowledgement_of_another_frame_lends_no_address),
		SENTENCE(an_answer_to_a_read_is_known_by_the_question_before_it),
		SENTENCE(an_answer_without_its_question_is_noise),
		SENTENCE(silence_ends_the_wait_for_the_rest_of_a_frame),
		SENTENCE(noise_makes_up_no_address_and_hardly_a_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
