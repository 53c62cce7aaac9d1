/* SPDX-License-Identifier: MIT */
/* What the firmware's tests say of commands and answers (firmware/test_ble.c) holds here too. */
#include "check.h"

#include <string.h>

#include "bms/jk_layout.h"
#include "bms/jk_log.h"
#include "bms/jk_server.h"
#include "captures_boards.h"

static struct bms_jk_server server;
static size_t sent, executed, records_left;
static uint8_t last_type, last_counter, mute;

static bool put_frame(void *userdata, uint8_t type, uint8_t counter, uint8_t out[BMS_JK_FRAME_SIZE])
{
	(void)userdata;
	memset(out, 0, BMS_JK_FRAME_SIZE);
	bms_jk_frame_seal(out, type, counter);
	return type != mute;
}

static size_t put_records(
	void *userdata, size_t first, uint8_t counter, uint8_t out[BMS_JK_FRAME_SIZE])
{
	size_t left = records_left - first;

	put_frame(userdata, BMS_JK_FRAME_DETAIL_LOG, counter, out);
	return left < BMS_JK_RECORDS_MAX ? left : BMS_JK_RECORDS_MAX;
}

static void execute(void *userdata, const struct bms_jk_command *command)
{
	(void)userdata;
	(void)command;
	executed++;
}

static void send(void *userdata, const uint8_t *bytes, size_t size)
{
	(void)userdata;
	assert_true(size == BMS_JK_FRAME_SIZE || size == BMS_JK_COMMAND_SIZE);
	sent++;
	last_type = bytes[4];
	last_counter = bytes[5];
}

static const struct bms_jk_server_operations operations = {
	.frame = put_frame,
	.records = put_records,
	.execute = execute,
	.send = send,
};

static int start(void **state)
{
	(void)state;
	bms_jk_server_init(&server, &operations, NULL, &bms_jk_relay_profile);
	sent = executed = 0;
	mute = 0;
	return 0;
}

static void hear(uint8_t number, uint64_t now_us)
{
	uint8_t bytes[BMS_JK_COMMAND_SIZE];

	bms_jk_command_build(bytes, number, NULL, 0);
	bms_jk_server_hear(&server, bytes, sizeof(bytes), now_us);
}

/* Polls exactly when the server asks for it; returns the time of the last one. */
static uint64_t run(uint64_t until_us)
{
	uint64_t now_us = 0;

	while (bms_jk_server_next_us(&server) <= until_us) {
		size_t before = sent;

		now_us = bms_jk_server_next_us(&server);
		bms_jk_server_poll(&server, now_us);
		assert_int_equal(sent, before + 1);
	}
	return now_us;
}

static void nothing_is_due_before_a_client_asks(void **state)
{
	(void)state;
	assert_true(bms_jk_server_next_us(&server) == UINT64_MAX);
	bms_jk_server_poll(&server, 1000000000);
	assert_int_equal(sent, 0);
}

static void an_answer_is_followed_by_its_acknowledgement(void **state)
{
	(void)state;
	hear(BMS_JK_COMMAND_DEVICE, 0);
	bms_jk_server_poll(&server, 0);
	assert_int_equal(last_type, BMS_JK_FRAME_DEVICE);
	bms_jk_server_poll(&server, BMS_JK_SERVER_GAP_US - 1);
	assert_int_equal(sent, 1);
	bms_jk_server_poll(&server, BMS_JK_SERVER_GAP_US);
	assert_int_equal(last_type, BMS_JK_COMMAND_ACK);
	assert_true(bms_jk_server_next_us(&server) == UINT64_MAX);
}

static void the_stream_keeps_its_rate_when_polled_as_asked(void **state)
{
	(void)state;
	hear(BMS_JK_COMMAND_SETTINGS, 0);
	assert_int_equal(run(60000000), 60000000);
	assert_int_equal(sent, 2 + 60000000 / BMS_JK_SERVER_LIVE_US);
	assert_int_equal(last_type, BMS_JK_FRAME_LIVE);
	assert_int_equal(last_counter, 120);
}

static void a_client_that_left_is_forgotten(void **state)
{
	(void)state;
	hear(BMS_JK_COMMAND_SETTINGS, 0);
	bms_jk_server_hear(&server, (const uint8_t *)"\xaa\x55", 2, 0);
	bms_jk_server_stop(&server);
	assert_true(bms_jk_server_next_us(&server) == UINT64_MAX);
	hear(BMS_JK_COMMAND_DEVICE, 1000000);
	run(10000000);
	assert_int_equal(sent, 2);
}

static void a_frame_that_cannot_be_told_is_left_out(void **state)
{
	(void)state;
	mute = BMS_JK_FRAME_SETTINGS;
	hear(BMS_JK_COMMAND_SETTINGS, 0);
	bms_jk_server_poll(&server, 0);
	assert_int_equal(sent, 0);
	bms_jk_server_poll(&server, BMS_JK_SERVER_GAP_US);
	assert_int_equal(last_type, BMS_JK_COMMAND_ACK);
}

static void pieces_of_two_clients_are_not_joined(void **state)
{
	uint8_t bytes[BMS_JK_COMMAND_SIZE];

	(void)state;
	bms_jk_command_build(bytes, 0x04, (const uint8_t *)"\1\2", 2);
	bms_jk_server_hear(&server, bytes, 10, 0);
	bms_jk_server_cut(&server);
	bms_jk_server_hear(&server, bytes + 10, sizeof(bytes) - 10, 0);
	assert_int_equal(executed, 0);
	bms_jk_server_hear(&server, bytes, sizeof(bytes), 0);
	assert_int_equal(executed, 1);
}

static void the_log_goes_out_whole_before_its_acknowledgement(void **state)
{
	(void)state;
	records_left = 2 * BMS_JK_RECORDS_MAX + 1;
	hear(BMS_JK_COMMAND_DETAIL_LOG, 0);
	run(10000000);
	assert_int_equal(sent, 3 + 1);
	assert_int_equal(last_type, BMS_JK_COMMAND_ACK);
}

static void commands_of_the_app_are_executed_when_the_board_takes_them(void **state)
{
	uint8_t bytes[BMS_JK_COMMAND_SIZE];

	(void)state;
	for (size_t i = 0; i < LENGTH(app_commands); i++) {
		size_t size = capture_bytes(app_commands[i], bytes, sizeof(bytes));

		for (size_t at = 0; at < size; at++) /* byte by byte */
			bms_jk_server_hear(&server, bytes + at, 1, 0);
	}
	run(60000000);
	assert_true(executed > 0);
	bms_jk_command_build(bytes, 0x09, (const uint8_t *)"\0\0\0\0", 4); /* not offered */
	executed = 0;
	bms_jk_server_hear(&server, bytes, sizeof(bytes), 0);
	assert_int_equal(executed, 0);
}

static void any_amount_may_come_at_once(void **state)
{
	uint8_t bytes[30 * BMS_JK_COMMAND_SIZE + 1] = { 0xaa };

	(void)state;
	for (size_t i = 0; i < 30; i++)
		bms_jk_command_build(
			bytes + 1 + i * BMS_JK_COMMAND_SIZE, 0x04, (const uint8_t *)"\1\2", 2);
	bms_jk_server_hear(&server, bytes, sizeof(bytes), 0);
	assert_int_equal(executed, 30);
	run(10000000);
	assert_int_equal(sent, BMS_JK_SERVER_QUEUE);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_due_before_a_client_asks),
		TEST(an_answer_is_followed_by_its_acknowledgement),
		TEST(the_stream_keeps_its_rate_when_polled_as_asked),
		TEST(a_client_that_left_is_forgotten),
		TEST(a_frame_that_cannot_be_told_is_left_out),
		TEST(pieces_of_two_clients_are_not_joined),
		TEST(the_log_goes_out_whole_before_its_acknowledgement),
		TEST(commands_of_the_app_are_executed_when_the_board_takes_them),
		TEST(any_amount_may_come_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
