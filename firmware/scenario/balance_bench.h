/* SPDX-License-Identifier: MIT */
/* How near the balancer comes to the least time any balancer with its current could take. */
#ifndef BALANCE_BENCH_H
#define BALANCE_BENCH_H

#include <stdio.h>

/* Prints a table, and the worst ratio of time and bound in the last line. 0, or 1 when a goal is
 * missed. */
int balance_bench(FILE *out);

#endif
