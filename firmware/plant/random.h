/* SPDX-License-Identifier: MIT */
/* Numbers that look random and are the same for the same seed. */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdint.h>

uint64_t random_next(uint64_t *state);

/* 0 up to, not including, 1. */
double random_uniform(uint64_t *state);

/* low up to and including high. */
int32_t random_between(uint64_t *state, int32_t low, int32_t high);

/* Near enough to a normal distribution for sensors: mean 0, deviation 1, never beyond 3.5. */
double random_normal(uint64_t *state);

#endif
