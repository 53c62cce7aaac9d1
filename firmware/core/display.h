/* SPDX-License-Identifier: MIT */
/* When the display is lit: always, if the setting lcd_always_on says so, else for a while after
 * something that somebody may want to look at. */
#ifndef DISPLAY_H
#define DISPLAY_H

#include <stdbool.h>
#include <stdint.h>

enum {
	DISPLAY_LIT_S = 60 /* ours: no document gives the time */
};

struct display {
	uint64_t until_us;
	uint32_t alarms; /* as of the last step */
	uint8_t din;
	bool lit;
};

struct display_input {
	uint64_t now_us;
	uint32_t alarms;
	uint8_t din; /* bits of enum port_din */
	bool always;
	bool powered; /* neither off nor asleep */
};

/* A start of the board is something to look at. */
void display_init(struct display *display, uint64_t now_us);

/* True: it is lit. */
bool display_step(struct display *display, const struct display_input *input);

#endif
