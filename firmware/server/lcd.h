/* SPDX-License-Identifier: MIT */
/* The display port: one block twice a second, one way, while the display is lit. */
#ifndef LCD_H
#define LCD_H

#include "core/board.h"

enum {
	LCD_PERIOD_US = 500000
};

struct lcd {
	const struct board *board;
	struct port *port;
	uint64_t due_us;
	bool started; /* the page is selected */
};

void lcd_init(struct lcd *lcd, const struct board *board, struct port *port);

/* Sends what is due. */
void lcd_poll(struct lcd *lcd, uint64_t now_us);

#endif
