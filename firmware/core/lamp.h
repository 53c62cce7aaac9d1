/* SPDX-License-Identifier: MIT */
/* The two lamps: what the board is doing, and that something is wrong. */
#ifndef LAMP_H
#define LAMP_H

#include <stdint.h>

enum lamp_mood {
	LAMP_OFF,       /* dark */
	LAMP_ASLEEP,    /* a blink every five seconds */
	LAMP_OPEN,      /* blinks slowly: on, no relay closed */
	LAMP_CLOSED,    /* steady */
	LAMP_EMERGENCY, /* blinks fast */
	LAMP_FAULT,     /* blinks slowly, and the fault lamp faster */
	LAMP_MOODS
};

/* Bits of enum port_dout. */
uint8_t lamp_pattern(enum lamp_mood mood, uint64_t now_us);

#endif
