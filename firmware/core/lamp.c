/* SPDX-License-Identifier: MIT */
#include "core/lamp.h"

#include "port/port.h"

/* On for so long at the beginning of each period; 0: never, a full period: always. */
struct rhythm {
	uint16_t on_ms, period_ms;
};

static const struct {
	struct rhythm run, fault;
} patterns[LAMP_MOODS] = {
	[LAMP_OFF] = { { 0, 1000 }, { 0, 1000 } },
	[LAMP_ASLEEP] = { { 50, 5000 }, { 0, 1000 } },
	[LAMP_OPEN] = { { 500, 1000 }, { 0, 1000 } },
	[LAMP_CLOSED] = { { 1000, 1000 }, { 0, 1000 } },
	[LAMP_EMERGENCY] = { { 100, 200 }, { 100, 200 } },
	[LAMP_FAULT] = { { 500, 1000 }, { 250, 500 } },
};

static bool is_lit(const struct rhythm *rhythm, uint64_t now_us)
{
	return now_us / 1000 % rhythm->period_ms < rhythm->on_ms;
}

uint8_t lamp_pattern(enum lamp_mood mood, uint64_t now_us)
{
	return (uint8_t)((is_lit(&patterns[mood].run, now_us) ? PORT_DOUT_RUN_LED : 0) |
			 (is_lit(&patterns[mood].fault, now_us) ? PORT_DOUT_FAULT_LED : 0));
}
