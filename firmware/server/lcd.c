/* SPDX-License-Identifier: MIT */
#include "server/lcd.h"

#include "bms/jk_display.h"

void lcd_init(struct lcd *lcd, const struct board *board, struct port *port)
{
	*lcd = (struct lcd){ .board = board, .port = port };
}

static void select_page(const struct lcd *lcd)
{
	uint8_t page[BMS_JK_DISPLAY_PAGE_SIZE];

	bms_jk_display_page(page);
	port_uart_write(lcd->port, PORT_UART_LCD, page, sizeof(page));
}

static void show(const struct lcd *lcd)
{
	struct bms_telemetry telemetry;
	uint8_t block[BMS_JK_DISPLAY_SIZE];

	board_telemetry(lcd->board, &telemetry);
	bms_jk_display_encode(&telemetry, block);
	port_uart_write(lcd->port, PORT_UART_LCD, block, sizeof(block));
}

void lcd_poll(struct lcd *lcd, uint64_t now_us)
{
	/* A display that was dark has forgotten its page. */
	lcd->started = lcd->started && lcd->board->display.lit;
	if (!lcd->board->display.lit || (lcd->started && now_us < lcd->due_us))
		return;
	if (!lcd->started)
		select_page(lcd);
	lcd->started = true;
	show(lcd);
	lcd->due_us = now_us + LCD_PERIOD_US;
}
