/* SPDX-License-Identifier: MIT */
/* Repeatable random numbers for property tests: a failing run is found again by its seed. */
#ifndef TESTS_PACK_RANDOM_H
#define TESTS_PACK_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
	uint64_t state; /* not 0 */
};

/* xorshift64* */
static inline uint32_t random_next(struct random *random)
{
	random->state ^= random->state >> 12;
	random->state ^= random->state << 25;
	random->state ^= random->state >> 27;
	return (uint32_t)(random->state * UINT64_C(0x2545F4914F6CDD1D) >> 32);
}

/* From low to high, both included. */
static inline int64_t random_between(struct random *random, int64_t low, int64_t high)
{
	return low + (int64_t)(random_next(random) % (uint64_t)(high - low + 1));
}

/* True once in so many. */
static inline bool random_once_in(struct random *random, uint32_t times)
{
	return random_next(random) % times == 0;
}

#endif
