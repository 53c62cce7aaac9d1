/* SPDX-License-Identifier: MIT */
/* What hangs on the battery: how much the charger could give and the load would take, over time. */
#ifndef PROFILE_H
#define PROFILE_H

#include <stddef.h>

enum profile {
	PROFILE_SOLAR,
	PROFILE_IDLE,
	PROFILE_CYCLE,
	PROFILE_COUNT
};

extern const char *const profile_names[PROFILE_COUNT];

struct profile_demand {
	double charger_a; /* what the source can give */
	double load_a;
};

/* rated_a is the current the demand is scaled to. t_s counts from the start of the battery's
 * first day, 00:00. */
struct profile_demand profile_at(enum profile profile, double t_s, double rated_a);

/* Time of day at which a simulation starts, and the state of charge a pack has then. */
double profile_start_s(enum profile profile);
double profile_start_soc(enum profile profile);

#endif
