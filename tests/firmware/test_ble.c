/* SPDX-License-Identifier: MIT */
/* Commands are the vendor's app's: noise in the unused bytes. Source: syssi/esphome-jk-bms at
 * 2fa4323, docs/pb2a16s15p-discharge-precharge-time/btsnoop_hci.log. */
#include "check.h"

#include <string.h>

#include "bench.h"
#include "bms/jk_command.h"
#include "capture.h"
#include "fake_port.h"
#include "server/ble.h"

static const char app_device[] = "aa5590eb970097a25553bef1fcf9796b521413f3";
static const char app_settings[] = "aa5590eb9600e9e22d518e1f56085727a705d462";
static const char app_precharge_4_s[] = "aa5590eb25040400000036d5244a688ead955fb7";

enum {
	POLL_US = 10000,
	HEARD_MAX = 64
};

/* What the module would make one notification of. */
struct heard {
	uint64_t t_us;
	size_t size;
	uint8_t bytes[BMS_JK_FRAME_SIZE];
};

static struct port port;
static struct bench bench;
static struct ble ble;
static uint64_t now_us;
static struct heard heard[HEARD_MAX];
static size_t heard_count;

static int start(void **state)
{
	(void)state;
	fake_port_init(&port);
	bench_init(&bench);
	params_save(&bench.board.params, &port);
	bench_close(&bench);
	ble_init(&ble, &bench.board, &port);
	now_us = 1000000;
	heard_count = 0;
	return 0;
}

static void poll_once(void)
{
	now_us += POLL_US;
	port.out_size = 0;
	ble_poll(&ble, now_us);
	if (port.out_size == 0 || heard_count == HEARD_MAX)
		return;
	heard[heard_count].t_us = now_us;
	heard[heard_count].size = port.out_size;
	assert_true(port.out_size <= BMS_JK_FRAME_SIZE);
	memcpy(heard[heard_count++].bytes, port.out, port.out_size);
}

static void wait_ms(unsigned ms)
{
	for (unsigned passed = 0; passed < ms; passed += POLL_US / 1000)
		poll_once();
}

static void put(const uint8_t *bytes, size_t size)
{
	memcpy(port.in + port.in_size, bytes, size);
	port.in_size += size;
}

static void send(const char *hex)
{
	uint8_t bytes[BMS_JK_COMMAND_SIZE];

	put(bytes, capture_bytes(hex, bytes, sizeof(bytes)));
}

static void command(uint8_t number, uint32_t value, uint8_t size)
{
	uint8_t bytes[BMS_JK_COMMAND_SIZE];
	uint8_t data[] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
		(uint8_t)(value >> 24) };

	bms_jk_command_build(bytes, number, data, size);
	put(bytes, sizeof(bytes));
	wait_ms(200);
}

static int64_t setting(enum bms_setting_slot slot)
{
	return params_setting(&bench.board.params, slot);
}

static struct bms_jk_frame frame_at(size_t index)
{
	struct bms_jk_frame frame;

	assert_true(index < heard_count);
	assert_int_equal(bms_jk_frame_parse(heard[index].bytes, heard[index].size, &frame), BMS_OK);
	return frame;
}

static void expect_acknowledged(size_t index)
{
	uint8_t expected[BMS_JK_COMMAND_SIZE];

	assert_true(index < heard_count);
	capture_bytes("aa5590ebc8010100000000000000000000000044", expected, sizeof(expected));
	assert_int_equal(heard[index].size, sizeof(expected));
	assert_memory_equal(heard[index].bytes, expected, sizeof(expected));
}

static void a_board_is_silent_until_it_is_asked(void **state)
{
	(void)state;
	wait_ms(5000);
	assert_int_equal(heard_count, 0);
}

static void the_apps_first_request_gets_the_device_and_an_acknowledgement(void **state)
{
	struct bms_identity identity = { 0 };
	struct bms_settings settings = { 0 };
	struct bms_jk_frame frame;

	(void)state;
	send(app_device);
	wait_ms(2000);
	assert_int_equal(heard_count, 2);
	frame = frame_at(0);
	assert_int_equal(frame.type, BMS_JK_FRAME_DEVICE);
	bms_jk_decode_device(&frame.payload, &identity, &settings);
	assert_string_equal(identity.text[BMS_IDENTITY_MODEL], "JK_B2A25SRP");
	expect_acknowledged(1);
}

static void the_apps_second_request_starts_the_stream(void **state)
{
	(void)state;
	send(app_settings);
	wait_ms(10000);
	assert_int_equal(frame_at(0).type, BMS_JK_FRAME_SETTINGS);
	expect_acknowledged(1);
	assert_in_range(heard_count, 2 + 18, 2 + 20);
	for (size_t i = 2; i < heard_count; i++) {
		assert_int_equal(frame_at(i).type, BMS_JK_FRAME_LIVE);
		assert_int_equal(frame_at(i).counter, i - 1);
	}
}

static void the_stream_says_what_the_board_measures(void **state)
{
	struct bms_telemetry told = { 0 };
	struct bms_jk_frame frame;

	(void)state;
	send(app_settings);
	wait_ms(1000);
	frame = frame_at(2);
	bms_jk_decode_live(&frame.payload, &told);
	assert_int_equal(told.value[BMS_SLOT_PACK_MV], 3300 * BENCH_CELLS);
	assert_int_equal(told.value[BMS_SLOT_CELL_MV], 3300);
	assert_int_equal(told.value[BMS_SLOT_SOC_PCT], 50);
	/* Clients know the 32-cell layout by its flags. */
	assert_int_equal(heard[2].bytes[287], 0xFE);
}

/* Clients clear their buffer only when a notification begins with the header. */
static void every_frame_is_followed_by_silence_and_nothing_is_glued(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		send(app_device);
		send(app_settings);
		wait_ms(500);
	}
	wait_ms(5000);
	for (size_t i = 0; i < heard_count; i++)
		assert_true(
			heard[i].size == BMS_JK_FRAME_SIZE || heard[i].size == BMS_JK_COMMAND_SIZE);
	for (size_t i = 1; i < heard_count; i++)
		assert_true(heard[i].t_us - heard[i - 1].t_us >= BMS_JK_SERVER_GAP_US);
}

static void the_apps_captured_write_changes_the_setting(void **state)
{
	(void)state;
	send(app_precharge_4_s);
	wait_ms(500);
	assert_int_equal(setting(BMS_SETTING_SLOT_PRECHARGE_TIME), 4);
	assert_int_equal(heard_count, 1);
	expect_acknowledged(0);
	assert_int_equal(ble.change.writes, 1);
}

static void commands_write_settings_by_number(void **state)
{
	(void)state;
	command(0x04, 3650, 4);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_OVP), 3650);
	command(0x18, (uint32_t)-250, 4);
	assert_int_equal(setting(BMS_SETTING_SLOT_CHARGE_UTP), -250);
	command(0x27, 1, 4);
	assert_int_equal(setting(BMS_SETTING_SLOT_HEATING_SWITCH), 1);
	command(0x39, 48, 1);
	assert_int_equal(setting(BMS_SETTING_SLOT_SMART_SLEEP_TIME), 48);
	command(0xA5, 1, 1);
	assert_int_equal(setting(BMS_SETTING_SLOT_UART1_PROTOCOL), 1);
	assert_int_equal(heard_count, 5);
}

static void what_the_board_does_not_take_is_acknowledged_and_ignored(void **state)
{
	static const struct {
		uint8_t number;
		uint32_t value;
		uint8_t size;
	} cases[] = {
		{ 0x04, 9999, 4 }, /* outside its limits */
		{ 0x02, 3590, 4 }, /* above its release */
		{ 0x09, 3450, 4 }, /* not offered by this board */
		{ 0x65, 0, 4 },    /* shutting down: not offered */
		{ 0x9D, 0, 0 },    /* factory values: not offered */
		{ 0x23, 100, 4 },  /* a value a cell, in no known form */
		{ 0xA5, 7, 1 },    /* a protocol it does not have */
		{ 0xFF, 0, 0 },    /* the boot loader */
	};
	struct bms_settings before = bench.board.params.settings;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		heard_count = 0;
		command(cases[i].number, cases[i].value, cases[i].size);
		assert_int_equal(heard_count, 1);
		expect_acknowledged(0);
		assert_memory_equal(
			before.value, bench.board.params.settings.value, sizeof(before.value));
	}
}

/* As captured: 6C 04 3F 2C 1F 0B. */
static void the_app_sets_the_clock(void **state)
{
	(void)state;
	command(BMS_JK_COMMAND_CLOCK, 0x0B1F2C3F, 4);
	assert_int_equal(port.rtc_s, 0x0B1F2C3F);
}

static void presets_are_applied(void **state)
{
	(void)state;
	command(BMS_JK_COMMAND_PRESET_NMC, 0, 4);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_OVP), 4200);
	command(BMS_JK_COMMAND_PRESET_LTO, 0, 4);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_OVP), 2700);
	command(BMS_JK_COMMAND_PRESET_LFP, 0, 4);
	assert_int_equal(setting(BMS_SETTING_SLOT_CELL_OVP), 3600);
}

static void user_data_is_a_text(void **state)
{
	uint8_t bytes[BMS_JK_COMMAND_SIZE];

	(void)state;
	bms_jk_command_build(bytes, BMS_JK_COMMAND_USER_DATA, (const uint8_t *)"shed, left", 10);
	put(bytes, sizeof(bytes));
	wait_ms(200);
	assert_string_equal(bench.board.params.identity.text[BMS_IDENTITY_USER_DATA], "shed, left");
}

static void a_command_may_come_in_pieces_and_behind_noise(void **state)
{
	uint8_t bytes[BMS_JK_COMMAND_SIZE];

	(void)state;
	capture_bytes(app_precharge_4_s, bytes, sizeof(bytes));
	for (size_t split = 0; split <= sizeof(bytes); split++) {
		uint32_t writes = ble.change.writes;

		put((const uint8_t *)"AT\r\n\xaa\x55", 6);
		put(bytes, split);
		wait_ms(30);
		put(bytes + split, sizeof(bytes) - split);
		wait_ms(100);
		assert_int_equal(ble.change.writes, writes + 1);
	}
}

static void a_damaged_command_is_not_acknowledged(void **state)
{
	uint8_t bytes[BMS_JK_COMMAND_SIZE];

	(void)state;
	capture_bytes(app_precharge_4_s, bytes, sizeof(bytes));
	bytes[6] ^= 1;
	put(bytes, sizeof(bytes));
	wait_ms(500);
	assert_int_equal(heard_count, 0);
	assert_int_equal(setting(BMS_SETTING_SLOT_PRECHARGE_TIME), 1);
}

static void a_flood_of_requests_loses_answers_but_nothing_else(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 100; i++)
		send(app_device);
	wait_ms(10000);
	assert_in_range(heard_count, 4, BMS_JK_SERVER_QUEUE);
	heard_count = 0;
	send(app_device);
	wait_ms(1000);
	assert_int_equal(frame_at(0).type, BMS_JK_FRAME_DEVICE);
	expect_acknowledged(1);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_board_is_silent_until_it_is_asked),
		TEST(the_apps_first_request_gets_the_device_and_an_acknowledgement),
		TEST(the_apps_second_request_starts_the_stream),
		TEST(the_stream_says_what_the_board_measures),
		TEST(every_frame_is_followed_by_silence_and_nothing_is_glued),
		TEST(the_apps_captured_write_changes_the_setting),
		TEST(commands_write_settings_by_number),
		TEST(what_the_board_does_not_take_is_acknowledged_and_ignored),
		TEST(the_app_sets_the_clock),
		TEST(presets_are_applied),
		TEST(user_data_is_a_text),
		TEST(a_command_may_come_in_pieces_and_behind_noise),
		TEST(a_damaged_command_is_not_acknowledged),
		TEST(a_flood_of_requests_loses_answers_but_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
