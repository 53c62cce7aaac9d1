/* SPDX-License-Identifier: MIT */
#include "core/soc.h"

enum {
	ANCHOR_US = 10000000
}; /* a load step must not look like an empty cell */

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
	if (value < low)
		return low;
	return value > high ? high : value;
}

void soc_init(struct soc *soc, const struct bms_settings *settings)
{
	soc->full_uams = settings->value[BMS_SETTING_SLOT_NOMINAL_CAPACITY] * SOC_UAMS_PER_MAH;
	soc->count.remaining_uams = clamp(soc->count.remaining_uams, 0, soc->full_uams);
	soc->started = false;
}

void soc_set_permille(struct soc *soc, uint16_t permille)
{
	soc->count.remaining_uams = clamp(soc->full_uams / 1000 * permille, 0, soc->full_uams);
}

static void count_charge(struct soc *soc, const struct measure *measure)
{
	int64_t delta = measure->shunt.charge_uams - soc->last_uams;

	soc->last_uams = measure->shunt.charge_uams;
	if (!soc->started) {
		soc->started = true;
		return;
	}
	if (delta < 0)
		soc->count.discharged_uams -= delta;
	soc->count.remaining_uams = clamp(soc->count.remaining_uams + delta, 0, soc->full_uams);
}

static bool lasted(uint64_t *since_us, bool condition, uint64_t now_us)
{
	if (!condition)
		*since_us = 0;
	else if (*since_us == 0)
		*since_us = now_us;
	return condition && now_us - *since_us >= ANCHOR_US;
}

static void anchor(
	struct soc *soc, const struct measure *measure, const struct bms_settings *settings)
{
	uint64_t t_us = measure->source[MEASURE_CELLS].t_us;
	int32_t highest_mv = measure->value[MEASURE_CELL_MAX_MV];
	int32_t lowest_mv = measure->value[MEASURE_CELL_MIN_MV];
	bool full = highest_mv >= settings->value[BMS_SETTING_SLOT_SOC100_VOLTAGE];
	bool empty = lowest_mv <= settings->value[BMS_SETTING_SLOT_SOC0_VOLTAGE];

	if (lasted(&soc->full_us, full && !empty, t_us))
		soc->count.remaining_uams = soc->full_uams;
	if (lasted(&soc->empty_us, empty && !full, t_us))
		soc->count.remaining_uams = 0;
}

void soc_step(struct soc *soc, const struct measure *measure, const struct bms_settings *settings)
{
	int64_t full = settings->value[BMS_SETTING_SLOT_NOMINAL_CAPACITY] * SOC_UAMS_PER_MAH;

	if (full != soc->full_uams) {
		uint8_t pct = soc_pct(soc);

		soc->full_uams = full;
		soc_set_permille(soc, (uint16_t)(pct * 10));
	}
	if (measure->source[MEASURE_SHUNT].fresh)
		count_charge(soc, measure);
	if (measure->source[MEASURE_CELLS].fresh)
		anchor(soc, measure, settings);
}

/* Rounded to the nearest, but 100 % is only full. */
uint8_t soc_pct(const struct soc *soc)
{
	int64_t one = soc->full_uams / 100;
	int64_t pct = one > 0 ? (soc->count.remaining_uams + one / 2) / one : 0;

	if (pct >= 100)
		return soc->count.remaining_uams + one / 100 >= soc->full_uams ? 100 : 99;
	return (uint8_t)pct;
}

int64_t soc_remaining_mah(const struct soc *soc)
{
	return soc->count.remaining_uams / SOC_UAMS_PER_MAH;
}

int64_t soc_full_mah(const struct soc *soc)
{
	return soc->full_uams / SOC_UAMS_PER_MAH;
}

int64_t soc_cycled_mah(const struct soc *soc)
{
	return soc->count.discharged_uams / SOC_UAMS_PER_MAH;
}

uint32_t soc_cycles(const struct soc *soc)
{
	return soc->full_uams > 0 ? (uint32_t)(soc->count.discharged_uams / soc->full_uams) : 0;
}
