/* SPDX-License-Identifier: MIT */
/*
 * The heater: on from charge under-temperature until its release, when the setting says so. Its
 * current is measured and held below 5 A by the duty; one that cannot be held is switched off.
 */
#ifndef HEAT_H
#define HEAT_H

#include <stdbool.h>
#include <stdint.h>

enum {
	HEAT_MAX_MA = 5000,
	HEAT_AIM_MA = 4900,     /* the noise of the measurement stays below the limit */
	HEAT_RAMP_PERMILLE = 5, /* a step */
	HEAT_PERIOD_MS = 10,
	HEAT_OVER_MS = 1000,
	HEAT_REST_MS = 60000,
};

struct heat {
	uint64_t now_us;
	uint64_t ramp_us;
	uint64_t over_us;  /* since when it has drawn too much; 0: it does not */
	uint64_t fault_us; /* when it was switched off for it; 0: it was not */
	uint16_t permille;
};

struct heat_input {
	uint64_t now_us;
	int32_t heater_ma;
	bool wanted;  /* the setting */
	bool cold;    /* charge under-temperature acts */
	bool allowed; /* nothing denies it, and there is energy for it */
};

/* One step; returns the duty. */
uint16_t heat_step(struct heat *heat, const struct heat_input *input);

bool heat_is_on(const struct heat *heat);
bool heat_has_failed(const struct heat *heat);

#endif
