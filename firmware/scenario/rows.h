/* SPDX-License-Identifier: MIT */
/* Scenarios made from the protection table: the same questions to each of its rows. */
#ifndef ROWS_H
#define ROWS_H

#include "scenario/trial.h"

struct suite rows_suite(void);

/* The name of a row: its alarm, numbered if there is more than one of it. */
const char *rows_name(size_t row);

#endif
