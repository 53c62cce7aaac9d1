/* SPDX-License-Identifier: MIT */
#include "figures.h"

#include <stdio.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

double figure_median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

static bool figure_gate(const char *name, double value, const char *unit, const char *relation,
	double limit, bool met)
{
	printf("%s  %-46s %9.2f %s (%s %.2f)\n", met ? "PASS" : "MISS", name, value, unit, relation,
		limit);
	fflush(stdout);
	return met;
}

bool figure_at_most(const char *name, double value, const char *unit, double limit)
{
	return figure_gate(name, value, unit, "at most", limit, value <= limit);
}

bool figure_at_least(const char *name, double value, const char *unit, double limit)
{
	return figure_gate(name, value, unit, "at least", limit, value >= limit);
}

void figure_show(const char *name, double value, const char *unit)
{
	printf("      %-46s %9.2f %s\n", name, value, unit);
	fflush(stdout);
}
