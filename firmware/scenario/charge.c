/* SPDX-License-Identifier: MIT */
/* Charge: moved between the cells, and counted. */
#include <inttypes.h>
#include <math.h>

#include "scenario/suites.h"

enum {
	TESTS_MS = 40000, /* every wire has had its pulse */
	HOUR_MS = 3600000,
	DAY_MS = 24 * HOUR_MS,
	LONG_STEP_US = 50000,
	SMALL_MAH = 4000,
	HIGH_MOHM = 700,
	WIRE = 6, /* between cells 5 and 6, counted from 0 */
};

/* Nothing but the balancer works: the switches are off. */
static void rest(
	struct trial *trial, enum bms_chemistry chemistry, double soc, double spread, uint64_t seed)
{
	struct rig_config config = rig_usual(seed);

	config.plant.chemistry = chemistry;
	config.plant.capacity_mah = SMALL_MAH;
	config.plant.soc = soc;
	config.plant.soc_spread = spread;
	rig_init(&trial->rig, &config);
	rig_set(&trial->rig, BMS_SETTING_SLOT_CHARGE_SWITCH, 0);
	rig_set(&trial->rig, BMS_SETTING_SLOT_DISCHARGE_SWITCH, 0);
}

static double spread_mv(const struct trial *trial)
{
	const struct plant *plant = &trial->rig.plant;
	double low = 1e9, high = 0;

	for (unsigned i = 0; i < plant->config.cells; i++) {
		low = fmin(low, plant->cell[i].emf_mv);
		high = fmax(high, plant->cell[i].emf_mv);
	}
	return high - low;
}

static double soc_spread(const struct trial *trial)
{
	const struct plant *plant = &trial->rig.plant;
	double low = 1, high = 0;

	for (unsigned i = 0; i < plant->config.cells; i++) {
		low = fmin(low, plant->cell[i].charge_c / plant->cell[i].capacity_c);
		high = fmax(high, plant->cell[i].charge_c / plant->cell[i].capacity_c);
	}
	return high - low;
}

static double moved_c(const struct trial *trial, unsigned cell)
{
	const struct balancer *balancer = &trial->rig.plant.balancer;

	return balancer->taken_c[cell] + balancer->given_c[cell];
}

static bool is_balancing(const struct trial *trial)
{
	return balance_telemetry_state(&trial->rig.board.balance) != 0;
}

static bool is_disconnected(const struct trial *trial)
{
	return trial->rig.plant.balancer.connected < 0;
}

static bool is_balanced(const struct trial *trial)
{
	const struct balance *balance = &trial->rig.board.balance;

	return balance->learned_us && !balance->continuing;
}

static bool has_wire_alarm(const struct trial *trial)
{
	return rig_alarmed(&trial->rig, BMS_ALARM_WIRE_RESISTANCE);
}

static bool has_no_wire_alarm(const struct trial *trial)
{
	return !has_wire_alarm(trial);
}

static void expect_one_hot(struct trial *trial)
{
	trial_expect(trial, trial->rig.plant.balancer.violations == 0,
		"two cells were connected %u times", trial->rig.plant.balancer.violations);
}

/* Five batteries: what is left differs from one to the next. */
static void nmc(struct trial *trial)
{
	double worst = 0, longest = 0;

	for (uint64_t seed = trial->seed; seed < trial->seed + 5 && !trial->failed; seed++) {
		int64_t took;

		rest(trial, BMS_CHEMISTRY_NMC, 0.6, 0.02, seed);
		took = trial_wait_ms(trial, is_balanced, 12 * HOUR_MS);
		trial_expect(trial, took >= 0, "not balanced after 12 h");
		rig_run_ms(&trial->rig, HOUR_MS / 2);
		trial_expect(trial, spread_mv(trial) <= 5, "%.1f mV are left", spread_mv(trial));
		expect_one_hot(trial);
		worst = fmax(worst, spread_mv(trial));
		longest = fmax(longest, (double)took / HOUR_MS);
	}
	trial_margin(trial, "%.1f mV of 5 are left after %.1f h", worst, longest);
}

static void plateau(struct trial *trial)
{
	double before;

	rest(trial, BMS_CHEMISTRY_LFP, 0.75, 0.03, trial->seed);
	rig_set(&trial->rig, BMS_SETTING_SLOT_BALANCE_TRIGGER, 3);
	before = soc_spread(trial);
	rig_run_ms(&trial->rig, 6 * HOUR_MS);
	trial_expect(trial, soc_spread(trial) < before + 0.001, "%.2f %% became %.2f %%",
		before * 100, soc_spread(trial) * 100);
	trial_margin(trial, "%.2f %% stay %.2f %%", before * 100, soc_spread(trial) * 100);
}

/* No protection may see the drop in the wires. */
static void unseen(struct trial *trial)
{
	double worst = 0;

	rest(trial, BMS_CHEMISTRY_NMC, 0.6, 0.03, trial->seed);
	rig_run_ms(&trial->rig, TESTS_MS);
	trial_expect(trial, trial_wait_ms(trial, is_balancing, 300000) >= 0, "did not begin");
	for (unsigned i = 0; i < 60000; i++) {
		const struct rig *rig = &trial->rig;
		unsigned cell = i % rig->plant.config.cells;
		double apart = rig->board.measure.cells.cell_mv[cell] - rig->plant.cell[cell].mv;

		rig_step(&trial->rig);
		worst = fmax(worst, fabs(apart));
	}
	trial_expect(trial, worst < 10, "a reading is wrong by %.1f mV", worst);
	trial_margin(trial, "%.1f mV at worst", worst);
}

static void begin_balancing(struct trial *trial)
{
	rest(trial, BMS_CHEMISTRY_NMC, 0.6, 0.03, trial->seed);
	trial_expect(trial, trial_wait_ms(trial, is_balancing, 600000) >= 0, "did not begin");
	rig_run_ms(&trial->rig, 2000);
	trial_expect(trial, !is_disconnected(trial), "nothing is connected");
}

static void switched_off(struct trial *trial)
{
	begin_balancing(trial);
	rig_set(&trial->rig, BMS_SETTING_SLOT_BALANCE_SWITCH, 0);
	rig_run_ms(&trial->rig, 20);
	trial_while(trial, is_disconnected, 60000, "connected while switched off");
}

static void scan_lost(struct trial *trial)
{
	begin_balancing(trial);
	rig_fault(&trial->rig, PLANT_FAULT_CELLS_FROZEN, 0, 1);
	rig_run_ms(&trial->rig, 2000);
	trial_while(trial, is_disconnected, 60000, "connected without a scan");
	rig_heal(&trial->rig, PLANT_FAULT_CELLS_FROZEN);
	trial_expect(trial, trial_wait_ms(trial, is_balancing, 120000) >= 0, "did not go on");
}

static void too_cold(struct trial *trial)
{
	begin_balancing(trial);
	rig_fault(&trial->rig, PLANT_FAULT_PROBE_DC, 0, -20);
	rig_run_ms(&trial->rig, 1000);
	trial_while(trial, is_disconnected, 60000, "connected while too cold");
}

static void reset_while_balancing(struct trial *trial)
{
	for (unsigned at = 0; at < 4000; at += 70) {
		begin_balancing(trial);
		rig_run_ms(&trial->rig, at);
		rig_reset(&trial->rig, PORT_RESET_WATCHDOG);
		rig_run_ms(&trial->rig, 2000);
		expect_one_hot(trial);
	}
}

static double true_mohm(const struct trial *trial, unsigned cell)
{
	const double *ohm = trial->rig.plant.balancer.config.wire_ohm;

	return (ohm[cell] + ohm[cell + 1] + trial->rig.plant.cell[cell].ohm) * 1000;
}

static void measured_wires(struct trial *trial)
{
	double worst = 0;

	rest(trial, BMS_CHEMISTRY_LFP, 0.75, 0.002, trial->seed);
	rig_run_ms(&trial->rig, TESTS_MS);
	for (unsigned i = 0; i < trial->rig.plant.config.cells; i++)
		worst = fmax(worst,
			fabs(wire_mohm(&trial->rig.board.wire, i) / true_mohm(trial, i) - 1));
	trial_expect(trial, worst < 0.15, "a wire is wrong by %.0f %%", worst * 100);
	trial_margin(trial, "%.0f %% at worst", worst * 100);
}

/* The wire is shared: both its cells are high, and their neighbours are not connected. */
static void high_wire(struct trial *trial)
{
	double before[4], worst = 0;

	rest(trial, BMS_CHEMISTRY_NMC, 0.6, 0.03, trial->seed);
	rig_fault(&trial->rig, PLANT_FAULT_WIRE_MOHM, WIRE, HIGH_MOHM);
	rig_run_ms(&trial->rig, TESTS_MS);
	trial_expect(trial, has_wire_alarm(trial), "no alarm");
	trial_expect(trial, trial->rig.board.wire.high_mask == 3u << (WIRE - 1), "mask %" PRIx32,
		trial->rig.board.wire.high_mask);
	for (unsigned i = 0; i < 4; i++)
		before[i] = moved_c(trial, WIRE - 2 + i);
	rig_run_ms(&trial->rig, 500000);
	for (unsigned i = 0; i < 4; i++)
		worst = fmax(worst, moved_c(trial, WIRE - 2 + i) - before[i]);
	trial_expect(trial, worst < 0.01, "%.2f C through a locked wire", worst);
	trial_expect(trial, is_balancing(trial), "the other cells are not balanced");
}

static void repaired_wire(struct trial *trial)
{
	int64_t took;

	rest(trial, BMS_CHEMISTRY_NMC, 0.6, 0.03, trial->seed);
	rig_fault(&trial->rig, PLANT_FAULT_WIRE_MOHM, WIRE, HIGH_MOHM);
	rig_run_ms(&trial->rig, TESTS_MS);
	rig_heal(&trial->rig, PLANT_FAULT_WIRE_MOHM);
	took = trial_wait_ms(trial, has_no_wire_alarm, 2 * WIRE_RETEST_S * 1000);
	trial_expect(trial, took >= 0, "still an alarm");
	trial_margin(trial, "%" PRId64 " s", took / 1000);
}

/* A wire that comes loose later is found by the pulses of ordinary balancing. */
static void loose_wire(struct trial *trial)
{
	begin_balancing(trial);
	rig_fault(&trial->rig, PLANT_FAULT_WIRE_MOHM, trial->rig.plant.balancer.order.cell,
		HIGH_MOHM);
	trial_expect(trial, trial_wait_ms(trial, has_wire_alarm, 600000) >= 0, "no alarm");
}

static void low_wire(struct trial *trial)
{
	rest(trial, BMS_CHEMISTRY_NMC, 0.6, 0.03, trial->seed);
	rig_fault(&trial->rig, PLANT_FAULT_WIRE_MOHM, WIRE, 60);
	trial_while(trial, has_no_wire_alarm, 600000, "an alarm for a good wire");
}

/* --- counting --- */

/* Of a pack in series: the first empty cell ends the discharge, the first full one the charge. */
static double pack_soc(const struct plant *plant)
{
	double left_c = plant->cell[0].charge_c, room_c = plant->cell[0].capacity_c - left_c;

	for (unsigned i = 1; i < plant->config.cells; i++) {
		const struct plant_cell *cell = &plant->cell[i];

		left_c = fmin(left_c, cell->charge_c);
		room_c = fmin(room_c, cell->capacity_c - cell->charge_c);
	}
	left_c = fmax(left_c, 0);
	return left_c / (left_c + fmax(room_c, 0));
}

static double apart_pct(const struct trial *trial)
{
	const struct soc *soc = &trial->rig.board.soc;
	double told = (double)soc->count.remaining_uams / (double)soc->full_uams;

	return fabs(told - pack_soc(&trial->rig.plant)) * 100;
}

static double live(struct trial *trial, int32_t charger_ma, int32_t load_ma, uint32_t ms)
{
	uint64_t end_us = trial->rig.now_us + (uint64_t)ms * 1000;
	double worst = 0;

	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_MA, 0, charger_ma);
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_MA, 0, load_ma);
	while (trial->rig.now_us < end_us) {
		rig_step(&trial->rig);
		worst = fmax(worst, apart_pct(trial));
	}
	return worst;
}

static double cycle(struct trial *trial)
{
	double worst = live(trial, 0, 40000, 2 * HOUR_MS);

	worst = fmax(worst, live(trial, 0, 10000, 3 * HOUR_MS));
	trial_expect(trial, soc_pct(&trial->rig.board.soc) == 0, "not empty");
	worst = fmax(worst, live(trial, 40000, 0, 4 * HOUR_MS));
	trial_expect(trial, soc_pct(&trial->rig.board.soc) == 100, "not full");
	return worst;
}

/* The shunt is off by half a percent. The first cycle teaches what the battery holds, in the
 * shunt's own measure; the second is compared. */
static void full_cycle(struct trial *trial)
{
	struct rig_config config = rig_usual(trial->seed);
	double first, second;

	config.plant.soc = 0.9;
	rig_init(&trial->rig, &config);
	rig_set(&trial->rig, BMS_SETTING_SLOT_CHARGE_OCP, 60000);
	rig_fault(&trial->rig, PLANT_FAULT_SHUNT_GAIN_PPM, 0, 5000);
	live(trial, 25000, 0, 3 * HOUR_MS);
	trial_expect(trial, soc_pct(&trial->rig.board.soc) == 100, "not full");
	first = cycle(trial);
	second = cycle(trial);
	trial_expect(trial, second <= 1.0, "wrong by %.2f %%", second);
	trial_margin(trial, "%.2f %%, after learning %.2f %% of 1 %%", first, second);
}

/* 5 uV of the shunt are found with the relays open, 1 uV comes later: 1 uV is 7 mA. */
static void seven_days(struct trial *trial)
{
	struct rig_config config = rig_usual(trial->seed);
	double worst = 0;

	config.plant.soc = 0.8;
	rig_init(&trial->rig, &config);
	trial->rig.step_us = LONG_STEP_US;
	rig_set(&trial->rig, BMS_SETTING_SLOT_CHARGE_SWITCH, 0);
	rig_set(&trial->rig, BMS_SETTING_SLOT_DISCHARGE_SWITCH, 0);
	rig_fault(&trial->rig, PLANT_FAULT_SHUNT_OFFSET_MA, 0, 33);
	rig_fault(&trial->rig, PLANT_FAULT_SHUNT_GAIN_PPM, 0, 5000);
	rig_run_ms(&trial->rig, 30000);
	rig_set(&trial->rig, BMS_SETTING_SLOT_CHARGE_SWITCH, 1);
	rig_set(&trial->rig, BMS_SETTING_SLOT_DISCHARGE_SWITCH, 1);
	rig_run_ms(&trial->rig, 20000);
	rig_fault(&trial->rig, PLANT_FAULT_SHUNT_OFFSET_MA, 0, 40);
	for (int day = 0; day < 7; day++) {
		worst = fmax(worst, live(trial, 0, 4000, DAY_MS / 2));
		worst = fmax(worst, live(trial, 4000, 0, DAY_MS / 2));
	}
	trial_expect(trial, worst <= 3.0, "wrong by %.2f %%", worst);
	trial_margin(trial, "%.2f %% at worst of 3 %%", worst);
}

static void kept_through_a_reset(struct trial *trial)
{
	int64_t before;

	trial_begin(trial, NULL);
	live(trial, 0, 20000, HOUR_MS / 2);
	before = soc_remaining_mah(&trial->rig.board.soc);
	rig_reset(&trial->rig, PORT_RESET_POWER);
	rig_run_ms(&trial->rig, 1000);
	trial_expect(trial, before - soc_remaining_mah(&trial->rig.board.soc) > -2000,
		"lost more than the last minutes");
	trial_expect(trial, apart_pct(trial) < 2.5, "wrong by %.2f %%", apart_pct(trial));
}

static const struct scenario scenarios[] = {
	{ "balance", "nmc", nmc, 0 },
	{ "balance", "plateau", plateau, 0 },
	{ "balance", "unseen", unseen, 0 },
	{ "balance", "switched-off", switched_off, 0 },
	{ "balance", "scan-lost", scan_lost, 0 },
	{ "balance", "too-cold", too_cold, 0 },
	{ "balance", "reset", reset_while_balancing, 0 },
	{ "wire", "measured", measured_wires, 0 },
	{ "wire", "high", high_wire, 0 },
	{ "wire", "repaired", repaired_wire, 0 },
	{ "wire", "loose", loose_wire, 0 },
	{ "wire", "low", low_wire, 0 },
	{ "soc", "full-cycle", full_cycle, 0 },
	{ "soc", "seven-days", seven_days, 0 },
	{ "soc", "reset", kept_through_a_reset, 0 },
};

struct suite charge_suite(void)
{
	return (struct suite){ scenarios, sizeof(scenarios) / sizeof(*scenarios) };
}
