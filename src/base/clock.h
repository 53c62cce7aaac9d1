/* SPDX-License-Identifier: MIT */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC: for logic and ages. */
uint64_t clock_monotonic_us(void);

/* CLOCK_REALTIME in Unix milliseconds: for the store's and the bus' edge only. */
int64_t clock_wall_ms(void);

#endif
