/* SPDX-License-Identifier: MIT */
#include "core/display.h"

#include "port/port.h"

#define LIT_US (DISPLAY_LIT_S * UINT64_C(1000000))

void display_init(struct display *display, uint64_t now_us)
{
	*display = (struct display){ .until_us = now_us + LIT_US };
}

/* Somebody is there, or should be: the button, the key, a charger, a new alarm. */
static bool is_called(const struct display *display, const struct display_input *input)
{
	uint8_t people = PORT_DIN_BUTTON | PORT_DIN_ACC | PORT_DIN_CHARGER;

	return (input->din & ~display->din & people) || (input->alarms & ~display->alarms);
}

bool display_step(struct display *display, const struct display_input *input)
{
	if (is_called(display, input))
		display->until_us = input->now_us + LIT_US;
	display->alarms = input->alarms;
	display->din = input->din;
	display->lit = input->powered && (input->always || input->now_us < display->until_us);
	return display->lit;
}
