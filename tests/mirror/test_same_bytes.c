/* SPDX-License-Identifier: MIT */
/*
 * The mirror and the board give the same bytes for the same state. The board is our firmware on
 * the bench, asked over its Bluetooth UART; the mirror is fed with what the daemon understood of
 * the same board's registers.
 */
#include "check.h"

#include <string.h>

#include "bench.h"
#include "bms/modbus_rtu.h"
#include "capture.h"
#include "captures_boards.h"
#include "fake_port.h"
#include "mirror/mirror.h"
#include "server/ble.h"
#include "server/jk_modbus_server.h"

enum {
	HEARD_MAX = 32,
};

struct heard {
	size_t count;
	size_t size[HEARD_MAX];
	uint8_t bytes[HEARD_MAX][BMS_JK_FRAME_SIZE];
};

static struct port port;
static struct bench bench;
static struct ble ble;
static struct jk_modbus_server server;
static struct pack pack;
static struct mirror mirror;
static struct heard board_said, mirror_said;
static uint64_t now_us;

static void keep(struct heard *heard, const uint8_t *bytes, size_t size)
{
	if (heard->count == HEARD_MAX)
		return;
	assert_true(size <= BMS_JK_FRAME_SIZE);
	memcpy(heard->bytes[heard->count], bytes, size);
	heard->size[heard->count++] = size;
}

static void on_send(void *userdata, const uint8_t *bytes, size_t size)
{
	(void)userdata;
	keep(&mirror_said, bytes, size);
}

static const struct mirror_callbacks callbacks = { .send = on_send };

/* What function 3 answers, in two reads as boards allow. */
static void read_block(uint16_t base, uint8_t block[BMS_JK_BLOCK_SIZE])
{
	size_t done = 0;

	while (done < BMS_JK_BLOCK_SIZE) {
		uint8_t request[BMS_MODBUS_FRAME_MAX], answer[JK_MODBUS_ANSWER_MAX];
		size_t left = (BMS_JK_BLOCK_SIZE - done) / 2;
		uint16_t count =
			(uint16_t)(left < BMS_MODBUS_READ_MAX ? left : BMS_MODBUS_READ_MAX);
		size_t size = bms_modbus_read_request(request, 1, (uint16_t)(base + done), count);

		size = jk_modbus_server_answer(&server, request, size, answer);
		assert_int_equal(size, 5 + 2 * count);
		memcpy(block + done, answer + 3, 2u * count);
		done += 2u * count;
	}
}

static struct bms_window window_of(uint8_t block[BMS_JK_BLOCK_SIZE])
{
	return (struct bms_window){ block, 0, BMS_JK_BLOCK_SIZE, BMS_ORDER_BIG };
}

static void read_board(void)
{
	char reason[PLAUSIBILITY_REASON_SIZE];
	uint8_t block[BMS_JK_BLOCK_SIZE];
	struct bms_window window = window_of(block);
	struct bms_telemetry report = { 0 };

	read_block(BMS_JK_SETTINGS_BASE, block);
	bms_jk_decode_settings(&window, &pack.settings);
	read_block(BMS_JK_DEVICE_BASE, block);
	bms_jk_decode_device(&window, &pack.identity, &pack.settings);
	read_block(BMS_JK_LIVE_BASE, block);
	bms_jk_decode_live(&window, &report);
	assert_true(pack_take_reading(&pack, &report, now_us, 0, reason));
	pack.settings_us = now_us;
}

/* A persona with the board's own name and secrets, so that every byte can be compared. */
static void start_mirror(void)
{
	struct mirror_options options = { 0 };
	const struct bms_identity *own = &bench.board.params.identity;

	memcpy(options.persona.name, own->text[BMS_IDENTITY_NAME], BMS_IDENTITY_TEXT_SIZE);
	memcpy(options.persona.pin, own->text[BMS_IDENTITY_PIN], BMS_IDENTITY_TEXT_SIZE);
	memcpy(options.persona.settings_password, own->text[BMS_IDENTITY_SETTINGS_PASSWORD],
		BMS_IDENTITY_TEXT_SIZE);
	pack_init(&pack, "shed", UINT64_C(3600) * 1000000);
	read_board();
	mirror_init(&mirror, &pack, &options, &callbacks, NULL);
}

static int start(void **state)
{
	(void)state;
	fake_port_init(&port);
	bench_init(&bench);
	params_save(&bench.board.params, &port);
	bench_close(&bench);
	ble_init(&ble, &bench.board, &port);
	jk_modbus_server_init(&server, &bench.board, &port);
	board_said = mirror_said = (struct heard){ 0 };
	now_us = 1000000;
	return 0;
}

/* The same commands to both; the board's own state stands still meanwhile. */
static void ask_both(const char *hex)
{
	static const struct mirror_client phone = { .address = "11:22:33:44:55:66" };
	uint8_t bytes[BMS_JK_COMMAND_SIZE];
	size_t size = capture_bytes(hex, bytes, sizeof(bytes));

	memcpy(port.in + port.in_size, bytes, size);
	port.in_size += size;
	mirror_hear(&mirror, &phone, bytes, size, now_us);
}

static void run_both(unsigned ms)
{
	for (uint64_t end_us = now_us + (uint64_t)ms * 1000; now_us < end_us; now_us += 10000) {
		port.out_size = 0;
		ble_poll(&ble, now_us);
		if (port.out_size > 0)
			keep(&board_said, port.out, port.out_size);
		mirror_poll(&mirror, now_us);
	}
}

static void expect_same(size_t frames)
{
	assert_true(board_said.count >= frames);
	assert_int_equal(mirror_said.count, board_said.count);
	for (size_t i = 0; i < board_said.count; i++) {
		assert_int_equal(mirror_said.size[i], board_said.size[i]);
		assert_memory_equal(mirror_said.bytes[i], board_said.bytes[i], board_said.size[i]);
	}
}

static void ask_everything(void)
{
	start_mirror();
	ask_both(app_commands[0]);
	ask_both(app_commands[1]);
	run_both(2200);
	expect_same(2 + 2 + 3);
}

static void a_board_at_rest(void **state)
{
	(void)state;
	ask_everything();
}

static void a_board_with_alarms_probes_and_current(void **state)
{
	(void)state;
	bench_set_cells(&bench, 3280);
	bench.input.cells.cell_mv[7] = 3655;
	bench_set_probes(&bench, -123);
	bench.input.shunt.current_ma = -87654;
	bench_run(&bench, 20000);
	assert_true(board_alarms(&bench.board) != 0);
	ask_everything();
}

static void a_board_whose_settings_were_all_changed(void **state)
{
	struct dice dice = { .state = 20261125 };

	(void)state;
	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++) {
		const struct bms_setting_row *row = &bms_setting_rows[bms_setting_of_slot(slot)];

		if (slot != BMS_SETTING_SLOT_DEVICE_ADDRESS && slot != BMS_SETTING_SLOT_CELL_COUNT)
			bench.board.params.settings.value[slot] =
				dice_between(&dice, row->min, row->max);
	}
	ask_everything();
}

static void a_board_with_long_texts(void **state)
{
	struct bms_identity *identity = &bench.board.params.identity;

	(void)state;
	memcpy(identity->text[BMS_IDENTITY_NAME], "sixteen letters!", 16);
	memcpy(identity->text[BMS_IDENTITY_PIN], "1234567890123456", 16);
	memcpy(identity->text[BMS_IDENTITY_USER_DATA], "", 1);
	ask_everything();
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_board_at_rest),
		TEST(a_board_with_alarms_probes_and_current),
		TEST(a_board_whose_settings_were_all_changed),
		TEST(a_board_with_long_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
