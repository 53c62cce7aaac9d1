/* SPDX-License-Identifier: MIT */
/* What cmocka wants included before it, and numbers that look random but are the same every run. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

/* xorshift64*; any seed but 0. */
struct dice {
	uint64_t state;
};

static inline uint64_t dice_roll(struct dice *dice)
{
	dice->state ^= dice->state >> 12;
	dice->state ^= dice->state << 25;
	dice->state ^= dice->state >> 27;
	return dice->state * UINT64_C(0x2545F4914F6CDD1D);
}

/* From low to high, both included; now and then exactly an end. */
static inline int64_t dice_between(struct dice *dice, int64_t low, int64_t high)
{
	uint64_t roll = dice_roll(dice);

	if (roll % 16 == 0)
		return low;
	if (roll % 16 == 1)
		return high;
	return low + (int64_t)((roll >> 8) % (uint64_t)(high - low + 1));
}

#endif
