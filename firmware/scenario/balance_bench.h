/* SPDX-License-Identifier: MIT */
/* How near the balancer comes to the least time any balancer with its current could take. */
#ifndef BALANCE_BENCH_H
#define BALANCE_BENCH_H

#include <stdint.h>
#include <stdio.h>

/* Prints a table, and the worst ratio of time and bound in the last line. The seed makes the cells.
 * 0, or 1 when a goal is missed. */
int balance_bench(FILE *out, uint64_t seed);

#endif
