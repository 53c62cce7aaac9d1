/* SPDX-License-Identifier: MIT */
#include "scenario/trial.h"

#include <stdarg.h>
#include <stdio.h>

enum {
	CLOSING_MS = 12000
};

bool trial_expect(struct trial *trial, bool right, const char *format, ...)
{
	va_list arguments;

	if (right || trial->failed)
		return right;
	trial->failed = true;
	va_start(arguments, format);
	vsnprintf(trial->why, sizeof(trial->why), format, arguments);
	va_end(arguments);
	return false;
}

void trial_margin(struct trial *trial, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(trial->margin, sizeof(trial->margin), format, arguments);
	va_end(arguments);
}

int64_t trial_wait_ms(struct trial *trial, trial_condition condition, uint32_t limit_ms)
{
	uint64_t from_us = trial->rig.now_us;

	while (!condition(trial)) {
		if (trial->rig.now_us - from_us >= limit_ms * UINT64_C(1000))
			return -1;
		rig_step(&trial->rig);
	}
	return (int64_t)(trial->rig.now_us - from_us) / 1000;
}

bool trial_while(struct trial *trial, trial_condition condition, uint32_t ms, const char *what)
{
	uint64_t from_us = trial->rig.now_us;

	while (trial->rig.now_us - from_us < ms * UINT64_C(1000)) {
		rig_step(&trial->rig);
		if (!trial_expect(trial, condition(trial), "%s after %llu ms", what,
			    (unsigned long long)(trial->rig.now_us - from_us) / 1000))
			return false;
	}
	return true;
}

void trial_begin(struct trial *trial, const struct rig_config *config)
{
	struct rig_config usual = rig_usual(trial->seed);

	rig_init(&trial->rig, config ? config : &usual);
	trial_expect(trial, trial_wait_ms(trial, trial_is_closed, CLOSING_MS) >= 0,
		"the relays of a healthy board did not close");
}

bool trial_is_closed(const struct trial *trial)
{
	return rig_contacts(&trial->rig) == (PORT_RELAY_CHARGE | PORT_RELAY_DISCHARGE);
}

bool trial_is_open(const struct trial *trial)
{
	return rig_contacts(&trial->rig) == 0;
}

bool trial_is_discharge_open(const struct trial *trial)
{
	return !(rig_contacts(&trial->rig) & (PORT_RELAY_DISCHARGE | PORT_RELAY_PRECHARGE));
}

bool trial_is_charge_open(const struct trial *trial)
{
	return !(rig_contacts(&trial->rig) & PORT_RELAY_CHARGE);
}
