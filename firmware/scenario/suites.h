/* SPDX-License-Identifier: MIT */
/* Scenarios written by hand, a file each. */
#ifndef SUITES_H
#define SUITES_H

#include "scenario/trial.h"

struct suite charge_suite(void);
struct suite guards_suite(void);
struct suite life_suite(void);
struct suite power_suite(void);
struct suite relays_suite(void);
struct suite settings_suite(void);
struct suite wiring_suite(void);

extern struct suite (*const suites[])(void);
extern const size_t suites_count;

#endif
