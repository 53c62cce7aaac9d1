/* SPDX-License-Identifier: MIT */
/* Medians, lines for people, gates. */
#ifndef TESTS_FIGURES_H
#define TESTS_FIGURES_H

#include <stdbool.h>
#include <stddef.h>

/* Sorts the values. */
double figure_median(double *values, size_t count);

/* "PASS  name 12.3 unit (at most 15)"; returns whether the gate is met. */
bool figure_at_most(const char *name, double value, const char *unit, double limit);
bool figure_at_least(const char *name, double value, const char *unit, double limit);
void figure_show(const char *name, double value, const char *unit);

#endif
