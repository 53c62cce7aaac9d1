/* SPDX-License-Identifier: MIT */
#include "scenario/suites.h"

struct suite (*const suites[])(void) = {
	relays_suite,
	power_suite,
	guards_suite,
	settings_suite,
	wiring_suite,
	life_suite,
	charge_suite,
};

const size_t suites_count = sizeof(suites) / sizeof(*suites);
