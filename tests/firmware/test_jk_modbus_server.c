/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "bench.h"
#include "bms/checksum.h"
#include "captures_relay.h"
#include "captures_writes.h"
#include "fake_port.h"
#include "server/jk_modbus_server.h"

enum {
	UNIT = 1,
	EXCEPTION_SIZE = 5,
	READ_OVERHEAD = 5
};

static struct port port;
static struct bench bench;
static struct jk_modbus_server server;
static uint8_t answer[JK_MODBUS_ANSWER_MAX];
static size_t answer_size;

static int start(void **state)
{
	(void)state;
	fake_port_init(&port);
	bench_init(&bench);
	board_load(&bench.board, &port);
	params_save(&bench.board.params, &port);
	bench_close(&bench);
	jk_modbus_server_init(&server, &bench.board, &port);
	return 0;
}

static int64_t setting(enum bms_setting_slot slot)
{
	return params_setting(&bench.board.params, slot);
}

static void ask(const uint8_t *request, size_t size)
{
	answer_size = jk_modbus_server_answer(&server, request, size, answer);
}

static void read_registers(uint16_t reg, uint16_t count)
{
	uint8_t request[BMS_MODBUS_FRAME_MAX];

	ask(request, bms_modbus_read_request(request, UNIT, reg, count));
}

static void write_bytes(uint16_t reg, const void *bytes, uint8_t size)
{
	uint8_t request[BMS_MODBUS_FRAME_MAX];

	ask(request, bms_modbus_write_request(request, UNIT, reg, bytes, size));
}

static void write_u32(uint16_t reg, uint32_t value)
{
	uint8_t bytes[] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
		(uint8_t)value };

	write_bytes(reg, bytes, sizeof(bytes));
}

static void expect_exception(uint8_t function, uint8_t code)
{
	assert_int_equal(answer_size, EXCEPTION_SIZE);
	assert_int_equal(answer[0], UNIT);
	assert_int_equal(answer[1], function | BMS_MODBUS_ERROR);
	assert_int_equal(answer[2], code);
	assert_int_equal(bms_crc16_modbus(answer, answer_size), 0);
}

static void expect_acknowledged(size_t at, uint16_t reg, uint16_t count)
{
	struct bms_modbus_frame frame;

	assert_int_equal(answer_size, at + 8);
	assert_int_equal(bms_modbus_parse_reply(answer + at, answer_size - at, &frame), BMS_OK);
	assert_int_equal(frame.function, BMS_MODBUS_WRITE);
	assert_int_equal(frame.exception, 0);
	assert_int_equal(frame.reg, reg);
	assert_int_equal(frame.count, count);
}

/* The examples are of an NMC pack, and in the document's order they keep every rule. */
static void the_vendors_write_examples_are_answered_byte_for_byte(void **state)
{
	size_t as_printed = 0;

	(void)state;
	params_apply_preset(&bench.board.params.settings, BMS_CHEMISTRY_NMC);
	for (size_t i = 0; i < LENGTH(modbus_writes); i++) {
		const struct modbus_write *write = &modbus_writes[i];
		uint8_t request[32], reply[8];
		size_t size = capture_bytes(write->request, request, sizeof(request));

		assert_int_equal(capture_bytes(write->reply, reply, sizeof(reply)), 8);
		ask(request, size);
		expect_acknowledged(0, write->reg, 2);
		assert_int_equal(setting(write->slot), write->value);
		if (write->wrong_reply)
			continue;
		assert_memory_equal(answer, reply, sizeof(reply));
		as_printed++;
	}
	assert_int_equal(LENGTH(modbus_writes), 53);
	assert_int_equal(as_printed, 51);
}

static void an_lfp_board_refuses_the_nmc_examples_that_break_its_rules(void **state)
{
	(void)state;
	write_u32(0x1018, 4170); /* SOC 100 % above overvoltage protection */
	expect_exception(BMS_MODBUS_WRITE, BMS_MODBUS_BAD_DATA);
	assert_int_equal(setting(BMS_SETTING_SLOT_SOC100_VOLTAGE), 3500);
}

/* A payload of a little-endian frame as a board's registers say it: every field turned. */
static void turn_settings(const char *hex, uint8_t block[BMS_JK_BLOCK_SIZE])
{
	uint8_t frame[BMS_JK_FRAME_SIZE];
	const uint8_t *payload = frame + BMS_JK_FRAME_PAYLOAD;

	assert_int_equal(capture_bytes(hex, frame, sizeof(frame)), sizeof(frame));
	memset(block, 0, BMS_JK_BLOCK_SIZE);
	memcpy(block, payload, BMS_JK_PAYLOAD_SIZE);
	for (size_t at = 0; at < 0x114; at += 4)
		for (size_t i = 0; i < 4; i++)
			block[at + i] = payload[at + 3 - i];
	block[0x114] = payload[0x115];
	block[0x115] = payload[0x114];
}

static void read_block(uint16_t base, uint8_t block[BMS_JK_BLOCK_SIZE])
{
	for (uint16_t at = 0; at < BMS_JK_BLOCK_SIZE; at += 2 * 49) {
		read_registers(base + at, 49);
		assert_int_equal(answer_size, READ_OVERHEAD + 2 * 49);
		memcpy(block + at, answer + 3, 2 * 49);
	}
}

static void load_captured_settings(void)
{
	for (size_t i = 0; i < LENGTH(relay_settings); i++)
		bms_settings_set(&bench.board.params.settings, relay_settings[i].slot,
			relay_settings[i].value);
	for (size_t i = 0; i < LENGTH(relay_device_settings); i++)
		bms_settings_set(&bench.board.params.settings, relay_device_settings[i].slot,
			relay_device_settings[i].value);
}

static void the_settings_block_is_the_relay_boards_byte_for_byte(void **state)
{
	uint8_t expected[BMS_JK_BLOCK_SIZE], block[BMS_JK_BLOCK_SIZE];

	(void)state;
	load_captured_settings();
	turn_settings(relay_settings_frame, expected);
	read_block(BMS_JK_SETTINGS_BASE, block);
	assert_memory_equal(block, expected, sizeof(block));
}

static void load_captured_identity(void)
{
	struct board *board = &bench.board;

	for (size_t i = 0; i < LENGTH(relay_texts); i++) {
		char *text = board->params.identity.text[relay_texts[i].text];

		memset(text, 0, BMS_IDENTITY_TEXT_SIZE);
		strcpy(text, relay_texts[i].value);
	}
	board->counters.runtime_s = 619502;
	board->start_us = board->now_us;
	board->counters.power_on_count = 9;
}

/* Only the two numbers, the buzzer's limits and the bitmaps after them depend on byte order. */
static void the_device_block_is_the_relay_boards_byte_for_byte(void **state)
{
	static const uint16_t turned[] = { 0x20, 0x24, 0xe8, 0xec };
	uint8_t frame[BMS_JK_FRAME_SIZE], expected[BMS_JK_BLOCK_SIZE] = { 0 };
	const uint8_t *payload = frame + BMS_JK_FRAME_PAYLOAD;
	uint8_t block[BMS_JK_BLOCK_SIZE];

	(void)state;
	load_captured_settings();
	load_captured_identity();
	capture_bytes(relay_device_frame, frame, sizeof(frame));
	memcpy(expected, payload, BMS_JK_PAYLOAD_SIZE);
	for (size_t i = 0; i < LENGTH(turned); i++)
		for (size_t k = 0; k < 4; k++)
			expected[turned[i] + k] = payload[turned[i] + 3 - k];
	read_block(BMS_JK_DEVICE_BASE, block);
	assert_memory_equal(block, expected, sizeof(block));
}

/* A bench that stands where the captured board stood: 25 cells, relays open, no probes. */
static void load_captured_live(const uint8_t *payload)
{
	struct board_input *input = &bench.input;

	bench_init(&bench);
	load_captured_settings();
	for (size_t i = 0; i < 25; i++) {
		input->cells.cell_mv[i] = (uint16_t)(payload[2 * i] | payload[2 * i + 1] << 8);
		input->cells.wire_mohm[i] =
			(uint16_t)(payload[0x4a + 2 * i] | payload[0x4b + 2 * i] << 8);
	}
	input->rails.pack_mv = 91098;
	input->probes.fitted = 0;
	input->rtc_s = 172954051;
	bench_run(&bench, 1000);
	bench.board.soc.full_uams = 330000 * SOC_UAMS_PER_MAH;
	bench.board.soc.count.remaining_uams = 328304 * SOC_UAMS_PER_MAH;
	bench.board.soc.count.discharged_uams = 1783 * SOC_UAMS_PER_MAH;
	bench.board.counters.runtime_s = 228643;
	bench.board.start_us = bench.board.now_us;
	server.change.board = &bench.board;
}

/* Bytes that are this unit's own, not the layout's: its alarms (charge switch abnormal, cell full),
 * calibration, time since its start and log. */
static bool is_of_the_unit(size_t at)
{
	static const struct {
		uint16_t first, last;
	} ranges[] = { { 0xa0, 0xa3 }, { 0xd6, 0xd7 }, { 0xdc, 0xdf }, { 0xf0, 0xf3 },
		{ 0x104, 0x107 } };

	for (size_t i = 0; i < LENGTH(ranges); i++)
		if (at >= ranges[i].first && at <= ranges[i].last)
			return true;
	return false;
}

static void the_live_frame_is_the_relay_boards_byte_for_byte(void **state)
{
	uint8_t frame[BMS_JK_FRAME_SIZE];
	const uint8_t *payload = frame + BMS_JK_FRAME_PAYLOAD;

	(void)state;
	capture_bytes(relay_live_frames[0], frame, sizeof(frame));
	load_captured_live(payload);
	write_bytes(0x1620, "\0", 2);
	expect_acknowledged(BMS_JK_FRAME_SIZE, 0x1620, 1);
	for (size_t at = 0; at < BMS_JK_PAYLOAD_SIZE; at++)
		if (!is_of_the_unit(at) && answer[BMS_JK_FRAME_PAYLOAD + at] != payload[at])
			fail_msg("byte %#zx: %#x, captured %#x", at,
				answer[BMS_JK_FRAME_PAYLOAD + at], payload[at]);
}

static void every_action_frame_is_well_formed_and_acknowledged(void **state)
{
	static const struct {
		uint16_t reg;
		uint8_t type;
		uint16_t base;
	} frames[] = {
		{ 0x161C, BMS_JK_FRAME_DEVICE, BMS_JK_DEVICE_BASE },
		{ 0x161E, BMS_JK_FRAME_SETTINGS, BMS_JK_SETTINGS_BASE },
		{ 0x1620, BMS_JK_FRAME_LIVE, BMS_JK_LIVE_BASE },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(frames); i++) {
		struct bms_jk_frame frame;

		for (int again = 0; again < 3; again++) {
			write_bytes(frames[i].reg, "\0", 2);
			expect_acknowledged(BMS_JK_FRAME_SIZE, frames[i].reg, 1);
			assert_int_equal(
				bms_jk_frame_parse(answer, BMS_JK_FRAME_SIZE, &frame), BMS_OK);
			assert_int_equal(frame.type, frames[i].type);
			assert_int_equal(frame.counter, 0);
		}
	}
	server.counts_frames = true;
	write_bytes(0x1620, "\0", 2);
	write_bytes(0x1620, "\0", 2);
	assert_int_equal(answer[5], 1);
}

static void the_captured_trigger_exchange_ends_with_the_captured_acknowledgement(void **state)
{
	/* Seen on a bus of three PB boards: jblance/mpp-solar utils/20240221_084414.log. */
	static const uint8_t request[] = { 0x01, 0x10, 0x16, 0x20, 0x00, 0x01, 0x02, 0x00, 0x00,
		0xd6, 0xf1 };
	static const uint8_t reply[] = { 0x01, 0x10, 0x16, 0x20, 0x00, 0x01, 0x04, 0x4b };

	(void)state;
	ask(request, sizeof(request));
	assert_int_equal(answer_size, BMS_JK_FRAME_SIZE + sizeof(reply));
	assert_memory_equal(answer + BMS_JK_FRAME_SIZE, reply, sizeof(reply));
}

static void reads_are_answered_up_to_122_registers_inside_a_block(void **state)
{
	(void)state;
	read_registers(0x1200, 122);
	assert_int_equal(answer_size, READ_OVERHEAD + 244);
	read_registers(0x1200 + BMS_JK_BLOCK_SIZE - 2, 1);
	assert_int_equal(answer_size, READ_OVERHEAD + 2);
	read_registers(0x1200, 123);
	expect_exception(BMS_MODBUS_READ, BMS_MODBUS_BAD_REGISTER);
	read_registers(0x1200, 0);
	expect_exception(BMS_MODBUS_READ, BMS_MODBUS_BAD_REGISTER);
	read_registers(0x1201, 1);
	expect_exception(BMS_MODBUS_READ, BMS_MODBUS_BAD_REGISTER);
	read_registers(0x1200 + BMS_JK_BLOCK_SIZE - 2, 2);
	expect_exception(BMS_MODBUS_READ, BMS_MODBUS_BAD_REGISTER);
	read_registers(0x1200 + BMS_JK_BLOCK_SIZE, 1);
	expect_exception(BMS_MODBUS_READ, BMS_MODBUS_BAD_REGISTER);
}

static void reads_outside_the_three_blocks_are_refused(void **state)
{
	static const uint16_t outside[] = { 0x0000, 0x0ffe, 0x1600, 0x1620, 0x1800, 0xfffe };

	(void)state;
	for (size_t i = 0; i < LENGTH(outside); i++) {
		read_registers(outside[i], 1);
		expect_exception(BMS_MODBUS_READ, BMS_MODBUS_BAD_REGISTER);
	}
}

static void overlapping_reads_show_the_same_bytes(void **state)
{
	uint8_t whole[2 * 122];

	(void)state;
	read_registers(0x1200, 122);
	memcpy(whole, answer + 3, sizeof(whole));
	for (uint16_t at = 0; at < 2 * 100; at += 2) {
		read_registers(0x1200 + at, 22);
		assert_memory_equal(answer + 3, whole + at, 44);
	}
}

static void other_functions_are_refused(void **state)
{
	(void)state;
	for (unsigned function = 1; function < 128; function++) {
		uint8_t request[8] = { UNIT, (uint8_t)function, 0x12, 0x00, 0x00, 0x01 };
		uint16_t crc = bms_crc16_modbus(request, 6);

		request[6] = (uint8_t)crc;
		request[7] = (uint8_t)(crc >> 8);
		if (function == BMS_MODBUS_READ || function == BMS_MODBUS_WRITE)
			continue;
		ask(request, sizeof(request));
		expect_exception((uint8_t)function, BMS_MODBUS_BAD_FUNCTION);
	}
}

static void every_damaged_byte_of_a_request_is_met_with_silence(void **state)
{
	uint8_t request[BMS_MODBUS_FRAME_MAX], damaged[BMS_MODBUS_FRAME_MAX];
	size_t size =
		bms_modbus_write_request(request, UNIT, 0x1004, (const uint8_t *)"\0\0\x0a\x32", 4);

	(void)state;
	for (size_t at = 0; at < size; at++)
		for (unsigned by = 1; by < 256; by++) {
			memcpy(damaged, request, size);
			damaged[at] ^= (uint8_t)by;
			ask(damaged, size);
			assert_int_equal(answer_size, 0);
		}
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_UVP), 2600);
	ask(request, size);
	assert_int_equal(answer_size, 8);
}

static void requests_for_others_and_for_all_are_ignored(void **state)
{
	uint8_t request[BMS_MODBUS_FRAME_MAX];

	(void)state;
	for (unsigned unit = 0; unit < 256; unit++) {
		if (unit == UNIT)
			continue;
		ask(request, bms_modbus_read_request(request, (uint8_t)unit, 0x1200, 1));
		assert_int_equal(answer_size, 0);
		ask(request, bms_modbus_write_request(
				     request, (uint8_t)unit, 0x1074, (const uint8_t *)"\0\0\0", 4));
		assert_int_equal(answer_size, 0);
	}
	assert_int_equal(setting(BMS_SETTING_SLOT_DISCHARGE_SWITCH), 1);
}

static void values_outside_their_limits_are_refused_and_change_nothing(void **state)
{
	static const struct {
		uint16_t reg;
		uint32_t value;
	} writes[] = {
		{ 0x1004, 999 },
		{ 0x1004, 4501 },
		{ 0x1004, UINT32_MAX },
		{ 0x1030, 1 },
		{ 0x106C, 33 },
		{ 0x1070, 2 },
		{ 0x1108, 0 },
		{ 0x1108, 248 },
		{ 0x105C, (uint32_t)-451 },
		{ 0x110C, 301 },
	};
	struct bms_settings before = bench.board.params.settings;
	unsigned saves = port.saves;

	(void)state;
	for (size_t i = 0; i < LENGTH(writes); i++) {
		write_u32(writes[i].reg, writes[i].value);
		expect_exception(BMS_MODBUS_WRITE, BMS_MODBUS_BAD_DATA);
	}
	assert_memory_equal(&bench.board.params.settings, &before, sizeof(before));
	assert_int_equal(port.saves, saves);
}

static void one_more_than_every_settings_largest_value_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < BMS_SETTING_COUNT; i++) {
		const struct bms_setting_row *row = &bms_setting_rows[i];
		struct bms_settings before = bench.board.params.settings;
		struct bms_jk_write write;
		enum bms_status status =
			bms_jk_write_setting(&before, row->slot, (int64_t)row->max + 1, &write);

		/* A bit and a full byte have no value outside. */
		if (status != BMS_OK || row->unit == BMS_UNIT_BOOL || row->max == UINT8_MAX)
			continue;
		write_bytes(write.reg, write.data, write.size);
		expect_exception(BMS_MODBUS_WRITE, BMS_MODBUS_BAD_DATA);
		assert_memory_equal(&bench.board.params.settings, &before, sizeof(before));
	}
}

static void a_write_that_breaks_a_rule_is_refused(void **state)
{
	(void)state;
	write_u32(0x1004, 2650); /* undervoltage at its release */
	expect_exception(BMS_MODBUS_WRITE, BMS_MODBUS_BAD_DATA);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_UVP), 2600);
}

static void two_settings_that_only_fit_together_may_be_written_together(void **state)
{
	static const uint8_t both[] = { 0, 0, 0x0b, 0xb8, 0, 0, 0x0c, 0x1c }; /* 3000, 3100 */

	(void)state;
	write_u32(0x1004, 3000);
	expect_exception(BMS_MODBUS_WRITE, BMS_MODBUS_BAD_DATA);
	write_bytes(0x1004, both, sizeof(both));
	expect_acknowledged(0, 0x1004, 4);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_UVP), 3000);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_UVP_RELEASE), 3100);
}

static void one_bad_value_among_many_refuses_them_all(void **state)
{
	static const uint8_t both[] = { 0, 0, 0x0a, 0x29, 0xff, 0xff, 0xff, 0xff };

	(void)state;
	write_bytes(0x1004, both, sizeof(both));
	expect_exception(BMS_MODBUS_WRITE, BMS_MODBUS_BAD_DATA);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_UVP), 2600);
}

static void an_odd_board_can_be_repaired_one_write_at_a_time(void **state)
{
	(void)state;
	bench_set(&bench, BMS_SETTING_SLOT_CELL_UVP, 2900); /* above its release */
	write_u32(0x1028, 2450);
	expect_acknowledged(0, 0x1028, 2);
	write_u32(0x1004, 2610);
	expect_acknowledged(0, 0x1004, 2);
}

static void half_a_number_and_a_shared_register_can_be_written(void **state)
{
	(void)state;
	write_bytes(0x1006, "\x0a\x2a", 2); /* low half of undervoltage: 2602 */
	expect_acknowledged(0, 0x1006, 1);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_UVP), 2602);
	write_bytes(0x1114, "\0\x11", 2); /* heating and LCD */
	expect_acknowledged(0, 0x1114, 1);
	assert_int_equal(setting(BMS_SETTING_SLOT_HEATING_SWITCH), 1);
	assert_int_equal(setting(BMS_SETTING_SLOT_LCD_ALWAYS_ON), 1);
	assert_int_equal(setting(BMS_SETTING_SLOT_SMART_SLEEP), 0);
}

static void read_only_and_unmapped_registers_refuse_writes(void **state)
{
	static const uint16_t refused[] = { 0x1200, 0x1290, 0x1400, 0x1410, 0x1490, 0x1450, 0x1120,
		0x0ffe, 0x1005, 0x1000 + BMS_JK_BLOCK_SIZE, 0x1602, 0x1608, 0x1614, 0x1626, 0x1628,
		0x1700, 0xfffe };

	(void)state;
	for (size_t i = 0; i < LENGTH(refused); i++) {
		write_bytes(refused[i], "\0", 2);
		expect_exception(BMS_MODBUS_WRITE, BMS_MODBUS_BAD_REGISTER);
	}
}

static void texts_are_written_and_must_be_printable(void **state)
{
	(void)state;
	write_bytes(0x1470, "secret\0\0\0\0\0", 12);
	expect_acknowledged(0, 0x1470, 6);
	assert_string_equal(
		bench.board.params.identity.text[BMS_IDENTITY_SETTINGS_PASSWORD], "secret");
	assert_false(params_password_is_default(&bench.board.params));
	write_bytes(0x1428, "shed\x01\0\0\0\0\0\0\0\0\0\0", 16);
	expect_exception(BMS_MODBUS_WRITE, BMS_MODBUS_BAD_DATA);
	assert_string_equal(bench.board.params.identity.text[BMS_IDENTITY_NAME], "JK_B2A25SRP");
	write_bytes(0x1428, "0123456789abcdef", 16);
	read_registers(0x1428, 8);
	assert_memory_equal(answer + 3, "0123456789abcdef", 16);
}

static void only_protocols_on_offer_can_be_chosen(void **state)
{
	(void)state;
	write_bytes(0x14B2, "\x01\x06", 2); /* JK Modbus and JK 500 kbit/s */
	expect_acknowledged(0, 0x14B2, 1);
	assert_int_equal(setting(BMS_SETTING_SLOT_CAN_PROTOCOL), 6);
	write_bytes(0x14B2, "\x05\x06", 2);
	expect_exception(BMS_MODBUS_WRITE, BMS_MODBUS_BAD_DATA);
	write_bytes(0x14B2, "\x01\x04", 2);
	expect_exception(BMS_MODBUS_WRITE, BMS_MODBUS_BAD_DATA);
	assert_int_equal(setting(BMS_SETTING_SLOT_UART1_PROTOCOL), 1);
}

static void a_new_address_counts_from_the_next_request_on(void **state)
{
	uint8_t request[BMS_MODBUS_FRAME_MAX];

	(void)state;
	write_u32(0x1108, 7);
	expect_acknowledged(0, 0x1108, 2);
	read_registers(0x1200, 1);
	assert_int_equal(answer_size, 0);
	ask(request, bms_modbus_read_request(request, 7, 0x1200, 1));
	assert_int_equal(answer_size, READ_OVERHEAD + 2);
	assert_int_equal(answer[0], 7);
}

static void presets_and_the_clock_are_actions(void **state)
{
	(void)state;
	write_bytes(0x160A, "\0", 2);
	expect_acknowledged(0, 0x160A, 1);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_OVP), 4200);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_COUNT), BENCH_CELLS);
	write_bytes(0x160E, "\0", 2);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_OVP), 2700);
	write_bytes(0x160C, "\0", 2);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_OVP), 3600);
	write_u32(0x1612, 172954051);
	expect_acknowledged(0, 0x1612, 2);
	assert_int_equal(port.rtc_s, 172954051);
	write_bytes(0x1612, "\0", 2);
	expect_exception(BMS_MODBUS_WRITE, BMS_MODBUS_BAD_DATA);
}

static void a_write_that_changes_nothing_wears_no_flash(void **state)
{
	unsigned saves;

	(void)state;
	write_u32(0x1004, 2610);
	saves = port.saves;
	write_u32(0x1004, 2610);
	expect_acknowledged(0, 0x1004, 2);
	assert_int_equal(port.saves, saves);
}

static void a_write_the_flash_does_not_take_is_refused(void **state)
{
	(void)state;
	port.power = 100;
	write_u32(0x1004, 2610);
	expect_exception(BMS_MODBUS_WRITE, BMS_MODBUS_BAD_DATA);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_UVP), 2600);
}

static void a_byte_count_that_contradicts_the_registers_is_refused(void **state)
{
	uint8_t request[] = { UNIT, 0x10, 0x10, 0x04, 0x00, 0x03, 0x04, 0, 0, 0x0a, 0x28, 0, 0 };
	uint16_t crc = bms_crc16_modbus(request, sizeof(request) - 2);

	(void)state;
	request[sizeof(request) - 2] = (uint8_t)crc;
	request[sizeof(request) - 1] = (uint8_t)(crc >> 8);
	ask(request, sizeof(request));
	expect_exception(BMS_MODBUS_WRITE, BMS_MODBUS_BAD_DATA);
}

static void noise_is_never_answered_wrongly(void **state)
{
	struct dice dice = { 42 };
	uint8_t noise[64];

	(void)state;
	for (int i = 0; i < 50000; i++) {
		size_t size = (size_t)dice_between(&dice, 0, sizeof(noise));

		for (size_t at = 0; at < size; at++)
			noise[at] = (uint8_t)dice_roll(&dice);
		if (size)
			noise[0] = UNIT;
		if (size > 1 && i % 2)
			noise[1] = i % 4 == 1 ? BMS_MODBUS_READ : BMS_MODBUS_WRITE;
		ask(noise, size);
		assert_true(answer_size == 0 || bms_crc16_modbus(noise, 8) == 0 ||
			    bms_crc16_modbus(noise, size) == 0);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_vendors_write_examples_are_answered_byte_for_byte),
		TEST(an_lfp_board_refuses_the_nmc_examples_that_break_its_rules),
		TEST(the_settings_block_is_the_relay_boards_byte_for_byte),
		TEST(the_device_block_is_the_relay_boards_byte_for_byte),
		TEST(the_live_frame_is_the_relay_boards_byte_for_byte),
		TEST(every_action_frame_is_well_formed_and_acknowledged),
		TEST(the_captured_trigger_exchange_ends_with_the_captured_acknowledgement),
		TEST(reads_are_answered_up_to_122_registers_inside_a_block),
		TEST(reads_outside_the_three_blocks_are_refused),
		TEST(overlapping_reads_show_the_same_bytes),
		TEST(other_functions_are_refused),
		TEST(every_damaged_byte_of_a_request_is_met_with_silence),
		TEST(requests_for_others_and_for_all_are_ignored),
		TEST(values_outside_their_limits_are_refused_and_change_nothing),
		TEST(one_more_than_every_settings_largest_value_is_refused),
		TEST(a_write_that_breaks_a_rule_is_refused),
		TEST(two_settings_that_only_fit_together_may_be_written_together),
		TEST(one_bad_value_among_many_refuses_them_all),
		TEST(an_odd_board_can_be_repaired_one_write_at_a_time),
		TEST(half_a_number_and_a_shared_register_can_be_written),
		TEST(read_only_and_unmapped_registers_refuse_writes),
		TEST(texts_are_written_and_must_be_printable),
		TEST(only_protocols_on_offer_can_be_chosen),
		TEST(a_new_address_counts_from_the_next_request_on),
		TEST(presets_and_the_clock_are_actions),
		TEST(a_write_that_changes_nothing_wears_no_flash),
		TEST(a_write_the_flash_does_not_take_is_refused),
		TEST(a_byte_count_that_contradicts_the_registers_is_refused),
		TEST(noise_is_never_answered_wrongly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
