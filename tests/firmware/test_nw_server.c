/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "bench.h"
#include "captures_nw.h"
#include "fake_port.h"
#include "server/nw_server.h"

static struct port port;
static struct bench bench;
static struct nw_server server;
static uint64_t now_us;
static uint8_t answer[BMS_NW_FRAME_MAX];
static size_t answer_size;
static struct bms_nw_frame reply;
static struct bms_nw_report said;

static int start(void **state)
{
	(void)state;
	fake_port_init(&port);
	bench_init(&bench);
	params_save(&bench.board.params, &port);
	bench_close(&bench);
	nw_server_init(&server, &bench.board, &port);
	now_us = 1000000;
	return 0;
}

static int64_t setting(enum bms_setting_slot slot)
{
	return params_setting(&bench.board.params, slot);
}

static void ask(const uint8_t *request, size_t size)
{
	answer_size = nw_server_answer(&server, request, size, now_us, answer);
	memset(&said, 0, sizeof(said));
	if (answer_size == 0)
		return;
	assert_int_equal(bms_nw_parse(answer, answer_size, &reply), BMS_OK);
	assert_int_equal(reply.source, BMS_NW_FROM_BMS);
	assert_int_equal(reply.type, BMS_NW_REPLY);
	if (reply.info_size > 1)
		assert_int_equal(bms_nw_decode(reply.info, reply.info_size, &said), BMS_OK);
}

static void send(uint8_t command, const void *info, size_t size)
{
	uint8_t request[BMS_NW_FRAME_MAX];

	memcpy(request + BMS_NW_INFO, info, size);
	ask(request, bms_nw_seal(request, command, BMS_NW_FROM_PC, BMS_NW_REQUEST, size));
}

static void write_id(uint8_t id, unsigned value, size_t size)
{
	uint8_t info[5] = { id };

	for (size_t i = 0; i < size; i++)
		info[1 + i] = (uint8_t)(value >> 8 * (size - 1 - i));
	send(BMS_NW_WRITE, info, 1 + size);
}

static void the_documents_read_all_request_is_answered_with_every_id(void **state)
{
	uint8_t request[21];

	(void)state;
	capture_bytes("4e5700130000000006030000000000006800000129", request, sizeof(request));
	ask(request, sizeof(request));
	assert_int_equal(reply.command, BMS_NW_READ_ALL);
	assert_int_equal(said.cells, BENCH_CELLS);
	assert_int_equal(said.cell_mv[BENCH_CELLS - 1], 3300);
	assert_int_equal(said.number[BMS_NW_PACK_CV], 3300 * BENCH_CELLS / 10);
	assert_int_equal(said.number[BMS_NW_SOC_PCT], 50);
	assert_int_equal(said.number[BMS_NW_PROBE1_C], 25);
	assert_int_equal(said.number[BMS_NW_CELL_OVP], 3600);
	assert_int_equal(said.number[BMS_NW_STATUS], 3);
	for (size_t i = 0; i < BMS_NW_NUMBERS; i++)
		assert_true(said.has_number[i]);
}

/* Clients exist that count bytes: ids and widths must be those of the captured board. */
static void the_answer_has_the_captured_boards_ids_in_its_order(void **state)
{
	uint8_t captured[BMS_NW_FRAME_MAX];
	struct bms_nw_frame theirs;
	size_t size = capture_bytes(nw_14_cells, captured, sizeof(captured));
	size_t shift = 2 * 3; /* two cells more */

	(void)state;
	assert_int_equal(bms_nw_parse(captured, size, &theirs), BMS_OK);
	send(BMS_NW_READ_ALL, "", 1);
	assert_int_equal(reply.info_size, theirs.info_size + shift);
	for (size_t at = 44; at < theirs.info_size;) {
		struct bms_nw_report one = { 0 };
		size_t width = 1;

		assert_int_equal(reply.info[at + shift], theirs.info[at]);
		while (bms_nw_decode(theirs.info + at, width, &one) != BMS_OK)
			width++;
		at += width;
	}
}

static void single_ids_are_read(void **state)
{
	(void)state;
	send(BMS_NW_READ, "\x83", 1);
	assert_int_equal(reply.info_size, 3);
	assert_int_equal(said.number[BMS_NW_PACK_CV], 5280);
	send(BMS_NW_READ, "\x79", 1);
	assert_int_equal(said.cells, BENCH_CELLS);
	send(BMS_NW_READ, "\x77", 1);
	assert_int_equal(answer_size, 0);
}

static void anybody_may_switch_charge_and_discharge(void **state)
{
	uint8_t captured[22]; /* charge on, from a forum; its type is 2 */

	(void)state;
	write_id(0xAB, 0, 1);
	assert_int_equal(setting(BMS_SETTING_SLOT_CHARGE_SWITCH), 0);
	assert_int_equal(said.number[BMS_NW_CHARGE_SWITCH], 0);
	write_id(0xAC, 0, 1);
	assert_int_equal(setting(BMS_SETTING_SLOT_DISCHARGE_SWITCH), 0);
	capture_bytes("4e570014000000000203"
		      "02ab010000000068000001d4",
		captured, sizeof(captured));
	ask(captured, sizeof(captured));
	assert_int_equal(setting(BMS_SETTING_SLOT_CHARGE_SWITCH), 1);
}

static void a_switch_write_opens_the_relay(void **state)
{
	(void)state;
	assert_true(bench.output.relays & PORT_RELAY_CHARGE);
	write_id(0xAB, 0, 1);
	bench_run(&bench, 5000);
	assert_false(bench.output.relays & PORT_RELAY_CHARGE);
	assert_true(bench.output.relays & PORT_RELAY_DISCHARGE);
}

static void other_writes_need_the_password(void **state)
{
	(void)state;
	write_id(0x90, 3610, 2);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_OVP), 3600);
	assert_int_equal(said.number[BMS_NW_CELL_OVP], 3600);
	send(BMS_NW_PASSWORD, "654321", 6);
	write_id(0x90, 3610, 2);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_OVP), 3600);
	send(BMS_NW_PASSWORD, "123456", 6);
	write_id(0x90, 3610, 2);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_OVP), 3610);
	assert_int_equal(said.number[BMS_NW_CELL_OVP], 3610);
}

static void an_empty_password_opens_nothing(void **state)
{
	(void)state;
	memset(bench.board.params.identity.text[BMS_IDENTITY_SETTINGS_PASSWORD], 0, 8);
	send(BMS_NW_PASSWORD, "", 0);
	write_id(0x90, 3610, 2);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_OVP), 3600);
}

static void a_password_is_good_for_a_minute(void **state)
{
	(void)state;
	send(BMS_NW_PASSWORD, "123456", 6);
	now_us += NW_UNLOCKED_US - 1;
	write_id(0x90, 3610, 2);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_OVP), 3610);
	now_us += 1;
	write_id(0x90, 3620, 2);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_OVP), 3610);
}

static void a_wrong_password_locks_again(void **state)
{
	(void)state;
	send(BMS_NW_PASSWORD, "123456", 6);
	send(BMS_NW_PASSWORD, "12345", 5);
	write_id(0x90, 3610, 2);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_OVP), 3600);
}

static void values_the_board_refuses_elsewhere_are_refused_here(void **state)
{
	static const struct {
		uint8_t id;
		unsigned value;
		size_t size;
	} cases[] = {
		{ 0x90, 9999, 2 }, /* outside its limits */
		{ 0x93, 3590, 2 }, /* undervoltage above its release */
		{ 0x85, 50, 1 },   /* not a setting */
		{ 0xAB, 2, 1 },    /* neither on nor off */
		{ 0x90, 36, 1 },   /* half a number */
	};
	struct bms_settings before;

	(void)state;
	before = bench.board.params.settings;
	send(BMS_NW_PASSWORD, "123456", 6);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		write_id(cases[i].id, cases[i].value, cases[i].size);
		assert_true(answer_size > 0);
		assert_memory_equal(&before, &bench.board.params.settings, sizeof(before));
	}
}

static void numbers_come_in_the_protocols_units(void **state)
{
	(void)state;
	send(BMS_NW_PASSWORD, "123456", 6);
	write_id(0x97, 800, 2);
	assert_int_equal(setting(BMS_SETTING_SLOT_DISCHARGE_OCP), 800000);
	write_id(0xA5, 0xFFFB, 2); /* -5, above its release */
	assert_int_equal(setting(BMS_SETTING_SLOT_CHARGE_UTP), -200);
	write_id(0xA5, 0xFFE7, 2);
	assert_int_equal(setting(BMS_SETTING_SLOT_CHARGE_UTP), -250);
}

static void a_battery_type_is_a_preset(void **state)
{
	(void)state;
	write_id(0xAF, 1, 1);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_OVP), 3600);
	send(BMS_NW_PASSWORD, "123456", 6);
	write_id(0xAF, 1, 1);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_OVP), 4200);
	assert_int_equal(bench.board.params.chemistry, BMS_CHEMISTRY_NMC);
}

static void the_password_is_never_told(void **state)
{
	(void)state;
	send(BMS_NW_READ_ALL, "", 1);
	for (size_t i = 0; i + 6 <= answer_size; i++)
		assert_memory_not_equal(answer + i, "123456", 6);
}

static void damaged_frames_and_other_boards_replies_are_not_answered(void **state)
{
	uint8_t request[BMS_NW_FRAME_MAX];
	size_t size = capture_bytes(nw_4_cells, request, sizeof(request));

	(void)state;
	ask(request, size);
	assert_int_equal(answer_size, 0);
	size = bms_nw_seal(request, BMS_NW_READ_ALL, BMS_NW_FROM_PC, BMS_NW_REQUEST, 0);
	request[size - 1] ^= 1;
	ask(request, size);
	assert_int_equal(answer_size, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_documents_read_all_request_is_answered_with_every_id),
		TEST(the_answer_has_the_captured_boards_ids_in_its_order),
		TEST(single_ids_are_read),
		TEST(anybody_may_switch_charge_and_discharge),
		TEST(a_switch_write_opens_the_relay),
		TEST(other_writes_need_the_password),
		TEST(an_empty_password_opens_nothing),
		TEST(a_password_is_good_for_a_minute),
		TEST(a_wrong_password_locks_again),
		TEST(values_the_board_refuses_elsewhere_are_refused_here),
		TEST(numbers_come_in_the_protocols_units),
		TEST(a_battery_type_is_a_preset),
		TEST(the_password_is_never_told),
		TEST(damaged_frames_and_other_boards_replies_are_not_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
