/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "bench.h"
#include "bms/jk_display.h"
#include "fake_port.h"
#include "server/lcd.h"

static struct port port;
static struct bench bench;
static struct lcd lcd;

static int start(void **state)
{
	(void)state;
	fake_port_init(&port);
	bench_init(&bench);
	bench_close(&bench);
	lcd_init(&lcd, &bench.board, &port);
	return 0;
}

static void the_page_is_selected_once_and_the_block_follows(void **state)
{
	static const uint8_t page[] = { 0xA5, 0x5A, 0x03, 0x80, 0x01, 0x00 };

	(void)state;
	lcd_poll(&lcd, 5000000);
	assert_int_equal(port.out_size, sizeof(page) + BMS_JK_DISPLAY_SIZE);
	assert_memory_equal(port.out, page, sizeof(page));
	port.out_size = 0;
	lcd_poll(&lcd, 5000000 + LCD_PERIOD_US);
	assert_int_equal(port.out_size, BMS_JK_DISPLAY_SIZE);
}

static void a_block_comes_twice_a_second(void **state)
{
	unsigned blocks = 0;

	(void)state;
	for (uint64_t now_us = 0; now_us < 10000000; now_us += 10000) {
		port.out_size = 0;
		lcd_poll(&lcd, now_us);
		blocks += port.out_size > 0;
	}
	assert_int_equal(blocks, 20);
}

static void the_block_says_what_the_board_measures(void **state)
{
	struct bms_telemetry told = { 0 };

	(void)state;
	lcd_poll(&lcd, 0);
	assert_int_equal(bms_jk_display_decode(
				 port.out + BMS_JK_DISPLAY_PAGE_SIZE, BMS_JK_DISPLAY_SIZE, &told),
		BMS_OK);
	assert_int_equal(told.value[BMS_SLOT_PACK_MV], 3300 * BENCH_CELLS);
	assert_int_equal(told.value[BMS_SLOT_CELL_MV + BENCH_CELLS - 1], 3300);
	assert_false(bms_telemetry_has(&told, BMS_SLOT_CELL_MV + BENCH_CELLS));
	assert_int_equal(told.value[BMS_SLOT_SOC_PCT], 50);
	assert_int_equal(told.value[BMS_SLOT_PROBE_DC], 250);
	assert_int_equal(told.value[BMS_SLOT_CHARGE_ON], 1);
}

static void a_dark_display_is_told_nothing_and_a_lit_one_its_page_again(void **state)
{
	(void)state;
	lcd_poll(&lcd, 0);
	bench_run(&bench, (DISPLAY_LIT_S + 1) * 1000);
	assert_false(bench.output.outputs & PORT_DOUT_DISPLAY);
	port.out_size = 0;
	lcd_poll(&lcd, 70000000);
	assert_int_equal(port.out_size, 0);
	bench_set(&bench, BMS_SETTING_SLOT_LCD_ALWAYS_ON, 1);
	bench_run(&bench, 100);
	assert_true(bench.output.outputs & PORT_DOUT_DISPLAY);
	lcd_poll(&lcd, 70000001);
	assert_int_equal(port.out_size, BMS_JK_DISPLAY_PAGE_SIZE + BMS_JK_DISPLAY_SIZE);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_page_is_selected_once_and_the_block_follows),
		TEST(a_block_comes_twice_a_second),
		TEST(the_block_says_what_the_board_measures),
		TEST(a_dark_display_is_told_nothing_and_a_lit_one_its_page_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
