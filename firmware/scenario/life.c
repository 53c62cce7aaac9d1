/* SPDX-License-Identifier: MIT */
/* Days of a battery: cells that stay within their limits, clocks that turn over. */
#include <string.h>

#include "scenario/drive.h"
#include "scenario/rows.h"
#include "scenario/suites.h"

enum {
	ROW_SCENARIOS = 4,
	COARSE_US = 50000, /* a step that is late each time, as the board allows */
};

#define DAY_MS UINT32_C(86400000)

static bool is_within(const struct trial *trial, int64_t margin_mv)
{
	const struct plant *plant = &trial->rig.plant;

	for (unsigned i = 0; i < plant->config.cells; i++) {
		double high = plant->cell[i].mv -
			      (double)rig_setting(&trial->rig, BMS_SETTING_SLOT_CELL_OVP);
		double low = (double)rig_setting(&trial->rig, BMS_SETTING_SLOT_CELL_UVP) -
			     plant->cell[i].mv;

		if (high > (double)margin_mv || low > (double)margin_mv)
			return false;
	}
	return true;
}

static bool stays_within(const struct trial *trial)
{
	return is_within(trial, 30);
}

static void begin(struct trial *trial, struct rig_config *config)
{
	rig_init(&trial->rig, config);
	trial->rig.step_us = COARSE_US;
	trial_expect(trial, trial_wait_ms(trial, trial_is_closed, 15000) >= 0, "did not start");
}

/* A charger without a limit and a load without mercy: only the board is between them. */
static void hard_days(struct trial *trial)
{
	for (int chemistry = 0; chemistry < BMS_CHEMISTRY_COUNT && !trial->failed; chemistry++) {
		struct rig_config config = rig_usual(trial->seed);

		config.plant.chemistry = (enum bms_chemistry)chemistry;
		config.plant.profile = PROFILE_SOLAR;
		config.plant.soc = -1;
		config.plant.dumb_charger = true;
		config.plant.capacity_mah = 50000;
		config.plant.rated_a = 20;
		begin(trial, &config);
		trial_while(trial, stays_within, 2 * DAY_MS, bms_chemistry_names[chemistry]);
	}
}

/* A counter of 32 bits in ms turns over after 49 days. */
static void clock_turns(struct trial *trial)
{
	struct rig_config config = rig_usual(trial->seed);

	config.start_us = UINT64_C(1000) * (UINT32_MAX - 15000);
	rig_init(&trial->rig, &config);
	trial_expect(trial, trial_wait_ms(trial, trial_is_closed, 14000) >= 0, "did not start");
	trial_while(trial, trial_is_closed, 30000, "opened when the clock turned over");
}

static size_t scenarios_of(const char *row)
{
	size_t count = 0;

	for (size_t i = 0; i < suites_count; i++)
		for (size_t at = 0; at < suites[i]().count; at++)
			count += !strcmp(suites[i]().scenario[at].row, row);
	return count;
}

/* A protection that nobody has seen trip does not exist. */
static void every_row(struct trial *trial)
{
	struct suite made = rows_suite();

	for (size_t row = 0; row < protect_row_count; row++) {
		enum measure_quantity quantity = (enum measure_quantity)protect_rows[row].quantity;
		size_t count = drive_by_hand(quantity) ? scenarios_of(drive_by_hand(quantity)) : 0;

		for (size_t i = 0; i < made.count; i++)
			count += made.scenario[i].of == row;
		trial_expect(trial, count >= ROW_SCENARIOS, "%s has %zu scenarios", rows_name(row),
			count);
	}
	trial_margin(trial, "%zu rows", protect_row_count);
}

static const struct scenario scenarios[] = {
	{ "table", "every-row", every_row, 0 },
	{ "life", "hard-days", hard_days, 0 },
	{ "life", "clock-turns", clock_turns, 0 },
};

struct suite life_suite(void)
{
	return (struct suite){ scenarios, sizeof(scenarios) / sizeof(*scenarios) };
}
