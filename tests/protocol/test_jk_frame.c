/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "bms/checksum.h"
#include "bms/jk_frame.h"
#include "captures_boards.h"
#include "captures_relay.h"

struct captured {
	uint8_t type;
	uint8_t counter;
	const char *hex;
};

static struct captured captured_frame(size_t index)
{
	const struct captured frames[] = {
		{ BMS_JK_FRAME_DEVICE, 0x00, relay_device_frame },
		{ BMS_JK_FRAME_SETTINGS, 0x9E, relay_settings_frame },
		{ BMS_JK_FRAME_LIVE, 0x95, relay_live_frames[0] },
		{ BMS_JK_FRAME_LIVE, 0xE2, relay_live_frames[1] },
		{ BMS_JK_FRAME_LIVE, 0x9F, relay_live_frames[2] },
	};

	return frames[index];
}

enum {
	CAPTURED_FRAMES = 5,
};

static void captured_frames_are_taken_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < CAPTURED_FRAMES; i++) {
		struct captured captured = captured_frame(i);
		uint8_t frame[BMS_JK_FRAME_SIZE];
		struct bms_jk_frame parsed;

		assert_int_equal(capture_bytes(captured.hex, frame, sizeof(frame)), sizeof(frame));
		assert_int_equal(bms_jk_frame_parse(frame, sizeof(frame), &parsed), BMS_OK);
		assert_int_equal(parsed.type, captured.type);
		assert_int_equal(parsed.counter, captured.counter);
		assert_ptr_equal(parsed.payload.data, frame + BMS_JK_FRAME_PAYLOAD);
		assert_int_equal(parsed.payload.start, 0);
		assert_int_equal(parsed.payload.size, BMS_JK_FRAME_SIZE - 7);
		assert_int_equal(parsed.payload.order, BMS_ORDER_LITTLE);
	}
}

static void sealing_a_captured_payload_gives_the_captured_frame(void **state)
{
	(void)state;
	for (size_t i = 0; i < CAPTURED_FRAMES; i++) {
		struct captured captured = captured_frame(i);
		uint8_t frame[BMS_JK_FRAME_SIZE];
		uint8_t sealed[BMS_JK_FRAME_SIZE];

		capture_bytes(captured.hex, frame, sizeof(frame));
		memset(sealed, 0xEE, sizeof(sealed));
		memcpy(sealed + BMS_JK_FRAME_PAYLOAD, frame + BMS_JK_FRAME_PAYLOAD,
			BMS_JK_FRAME_SIZE - BMS_JK_FRAME_PAYLOAD - 1);
		bms_jk_frame_seal(sealed, captured.type, captured.counter);
		assert_memory_equal(sealed, frame, sizeof(frame));
	}
}

static void a_frame_of_another_length_is_refused(void **state)
{
	uint8_t frame[BMS_JK_FRAME_SIZE + 1] = { 0 };
	struct bms_jk_frame parsed;

	(void)state;
	capture_bytes(relay_live_frames[0], frame, sizeof(frame));
	for (size_t size = 0; size < BMS_JK_FRAME_SIZE; size++)
		assert_int_equal(bms_jk_frame_parse(frame, size, &parsed), BMS_SHORT);
	assert_int_equal(bms_jk_frame_parse(frame, sizeof(frame), &parsed), BMS_LONG);
}

static void a_frame_with_any_one_bit_wrong_is_refused(void **state)
{
	uint8_t frame[BMS_JK_FRAME_SIZE];
	struct bms_jk_frame parsed = { .type = 0xEE };

	(void)state;
	capture_bytes(relay_live_frames[0], frame, sizeof(frame));
	for (size_t bit = 0; bit < sizeof(frame) * 8; bit++) {
		frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(bms_jk_frame_parse(frame, sizeof(frame), &parsed), BMS_OK);
		frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(parsed.type, 0xEE);
}

/* The 8-bit sum lets one spliced frame in about 270 through; here the sum is made right. */
static void a_frame_with_another_one_inside_is_implausible_whatever_its_sum(void **state)
{
	uint8_t frame[BMS_JK_FRAME_SIZE];
	uint8_t other[BMS_JK_FRAME_SIZE];
	struct bms_jk_frame parsed;

	(void)state;
	capture_bytes(relay_live_frames[1], other, sizeof(other));
	for (size_t cut = 4; cut + 4 < BMS_JK_FRAME_SIZE; cut++) {
		capture_bytes(relay_live_frames[0], frame, sizeof(frame));
		memcpy(frame + cut, other, sizeof(frame) - cut);
		frame[BMS_JK_FRAME_SIZE - 1] = bms_sum8(frame, BMS_JK_FRAME_SIZE - 1);
		assert_int_equal(
			bms_jk_frame_parse(frame, sizeof(frame), &parsed), BMS_IMPLAUSIBLE);
	}
}

static void an_acknowledgement_inside_a_frame_is_implausible(void **state)
{
	uint8_t frame[BMS_JK_FRAME_SIZE];
	struct bms_jk_frame parsed;

	(void)state;
	capture_bytes(relay_live_frames[0], frame, sizeof(frame));
	capture_bytes(board_ack, frame + 100, BMS_JK_COMMAND_SIZE);
	frame[BMS_JK_FRAME_SIZE - 1] = bms_sum8(frame, BMS_JK_FRAME_SIZE - 1);
	assert_int_equal(bms_jk_frame_parse(frame, sizeof(frame), &parsed), BMS_IMPLAUSIBLE);
}

static void a_frame_of_a_type_we_do_not_know_is_unknown(void **state)
{
	uint8_t frame[BMS_JK_FRAME_SIZE] = { 0 };
	struct bms_jk_frame parsed;
	size_t known = 0;

	(void)state;
	for (unsigned type = 0; type <= UINT8_MAX; type++) {
		enum bms_status status;

		bms_jk_frame_seal(frame, (uint8_t)type, 0);
		status = bms_jk_frame_parse(frame, sizeof(frame), &parsed);
		known += status == BMS_OK;
		assert_true(status == BMS_OK || status == BMS_UNKNOWN);
	}
	assert_int_equal(known, 5);
}

static void other_headers_are_unknown(void **state)
{
	uint8_t bytes[BMS_JK_FRAME_SIZE] = { 'A', 'T', '\r', '\n' };
	struct bms_jk_frame frame;
	struct bms_jk_command command;

	(void)state;
	assert_int_equal(bms_jk_frame_parse(bytes, sizeof(bytes), &frame), BMS_UNKNOWN);
	/* Known at the fourth byte, so that a reader need not wait for the rest. */
	assert_int_equal(bms_jk_frame_parse(bytes, 4, &frame), BMS_UNKNOWN);
	assert_int_equal(bms_jk_command_parse(bytes, BMS_JK_COMMAND_SIZE, &command), BMS_UNKNOWN);
}

static void the_apps_commands_are_taken_apart(void **state)
{
	static const struct {
		uint8_t command;
		uint8_t size;
		uint8_t first;
	} expected[] = {
		{ 0x97, 0, 0x97 },
		{ 0x96, 0, 0xE9 },
		{ 0x96, 0, 0xD0 },
		{ 0x25, 4, 0x04 },
		{ 0x25, 4, 0x05 },
	};

	(void)state;
	assert_int_equal(LENGTH(app_commands), LENGTH(expected));
	for (size_t i = 0; i < LENGTH(expected); i++) {
		uint8_t bytes[BMS_JK_COMMAND_SIZE];
		struct bms_jk_command command;

		capture_bytes(app_commands[i], bytes, sizeof(bytes));
		assert_int_equal(bms_jk_command_parse(bytes, sizeof(bytes), &command), BMS_OK);
		assert_int_equal(command.command, expected[i].command);
		assert_int_equal(command.size, expected[i].size);
		assert_int_equal(command.value[0], expected[i].first);
		assert_ptr_equal(command.value, bytes + 6);
	}
}

static void a_boards_acknowledgement_is_a_command(void **state)
{
	uint8_t bytes[BMS_JK_COMMAND_SIZE];
	struct bms_jk_command command;

	(void)state;
	capture_bytes(board_ack, bytes, sizeof(bytes));
	assert_int_equal(bms_jk_command_parse(bytes, sizeof(bytes), &command), BMS_OK);
	assert_int_equal(command.command, BMS_JK_COMMAND_ACK);
	assert_int_equal(command.size, 1);
	assert_int_equal(command.value[0], 1);
}

static void a_command_whose_value_does_not_fit_is_refused(void **state)
{
	uint8_t bytes[BMS_JK_COMMAND_SIZE] = { 0xAA, 0x55, 0x90, 0xEB, 0x9F, 13 };
	struct bms_jk_command command;

	(void)state;
	bytes[19] = bms_sum8(bytes, 19);
	assert_int_equal(bms_jk_command_parse(bytes, sizeof(bytes), &command), BMS_OK);
	bytes[5] = 14;
	bytes[19] = bms_sum8(bytes, 19);
	assert_int_equal(bms_jk_command_parse(bytes, sizeof(bytes), &command), BMS_BAD_LENGTH);
}

static void a_command_that_is_cut_grown_or_damaged_is_refused(void **state)
{
	uint8_t bytes[BMS_JK_COMMAND_SIZE + 1] = { 0 };
	struct bms_jk_command command;

	(void)state;
	capture_bytes(app_commands[3], bytes, sizeof(bytes));
	assert_int_equal(bms_jk_command_parse(bytes, 19, &command), BMS_SHORT);
	assert_int_equal(bms_jk_command_parse(bytes, 21, &command), BMS_LONG);
	bytes[7] ^= 0x40;
	assert_int_equal(bms_jk_command_parse(bytes, 20, &command), BMS_BAD_SUM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured_frames_are_taken_apart),
		cmocka_unit_test(sealing_a_captured_payload_gives_the_captured_frame),
		cmocka_unit_test(a_frame_of_another_length_is_refused),
		cmocka_unit_test(a_frame_with_any_one_bit_wrong_is_refused),
		cmocka_unit_test(a_frame_with_another_one_inside_is_implausible_whatever_its_sum),
		cmocka_unit_test(an_acknowledgement_inside_a_frame_is_implausible),
		cmocka_unit_test(a_frame_of_a_type_we_do_not_know_is_unknown),
		cmocka_unit_test(other_headers_are_unknown),
		cmocka_unit_test(the_apps_commands_are_taken_apart),
		cmocka_unit_test(a_boards_acknowledgement_is_a_command),
		cmocka_unit_test(a_command_whose_value_does_not_fit_is_refused),
		cmocka_unit_test(a_command_that_is_cut_grown_or_damaged_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
