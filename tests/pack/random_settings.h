/* SPDX-License-Identifier: MIT */
/* Random settings that keep every rule. */
#ifndef TESTS_PACK_RANDOM_SETTINGS_H
#define TESTS_PACK_RANDOM_SETTINGS_H

#include "bms/settings.h"
#include "random.h"

#define SLOT(id) BMS_SETTING_SLOT_##id

static inline void random_pair(struct random *random, struct bms_settings *settings,
	size_t low_slot, size_t high_slot, int64_t min, int64_t max)
{
	int64_t low = random_between(random, min, max - 1);

	bms_settings_set(settings, low_slot, low);
	bms_settings_set(settings, high_slot, random_between(random, low + 1, max));
}

static inline void random_sorted(struct random *random, int64_t *values, int count, int64_t spread)
{
	/* Distinct and rising: rising ones of a smaller spread, pulled apart by one each. */
	for (int i = 0; i < count; i++) {
		int64_t value = 1000 + random_between(random, 0, spread);
		int place = i;

		for (; place > 0 && values[place - 1] > value; place--)
			values[place] = values[place - 1];
		values[place] = value;
	}
	for (int i = 0; i < count; i++)
		values[i] += i;
}

/* A small spread makes old and new values overlap in every way. */
static inline void random_valid_settings(
	struct random *random, struct bms_settings *settings, int64_t spread)
{
	int64_t chain[5];

	random_sorted(random, chain, 5, spread);
	bms_settings_set(settings, SLOT(POWER_OFF_VOLTAGE), chain[0]);
	bms_settings_set(settings, SLOT(CELL_UVP), chain[1]);
	bms_settings_set(settings, SLOT(CELL_UVP_RELEASE), chain[2]);
	bms_settings_set(settings, SLOT(CELL_OVP_RELEASE), chain[3]);
	bms_settings_set(settings, SLOT(CELL_OVP), chain[4]);
	random_pair(
		random, settings, SLOT(SOC0_VOLTAGE), SLOT(SOC100_VOLTAGE), chain[0] + 1, chain[4]);
	bms_settings_set(
		settings, SLOT(BALANCE_START_VOLTAGE), random_between(random, 1000, chain[4]));
	random_pair(random, settings, SLOT(CHARGE_OTP_RELEASE), SLOT(CHARGE_OTP), 300, 310);
	random_pair(random, settings, SLOT(DISCHARGE_OTP_RELEASE), SLOT(DISCHARGE_OTP), 300, 310);
	random_pair(random, settings, SLOT(MOS_OTP_RELEASE), SLOT(MOS_OTP), 300, 310);
	random_pair(random, settings, SLOT(CHARGE_UTP), SLOT(CHARGE_UTP_RELEASE), -100, -90);
}

#endif
