/* SPDX-License-Identifier: MIT */
/* What a query costs SQLite: processor time when the file is in memory, and bytes of it that have to
 * be read at least once. */
#ifndef TESTS_QUERY_COST_H
#define TESTS_QUERY_COST_H

#include <stdint.h>

struct query_cost {
	double cpu_s;
	double bytes;
	int64_t rows;
	double sum; /* of all columns, so that answers can be compared */
};

/* On a connection of its own, prepared and run once for the bytes and so often for the time, of which
 * the least counts. Ends the program if it fails. */
void query_cost(const char *path, const char *sql, unsigned times, struct query_cost *ret);

#endif
