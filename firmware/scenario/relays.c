/* SPDX-License-Identifier: MIT */
/* The order of the contacts: start, pre-charge, opening, and relays that do not do as told. */
#include <inttypes.h>

#include "scenario/suites.h"

enum {
	NEAR_PCT = 90,
	INRUSH_MAX_A = 300, /* of a load brought up to 90 %, through 20 mOhm */
	TRIES_MS = 200000,
	QUICK_MS = 100,
};

static bool is_precharging(const struct trial *trial)
{
	return rig_contacts(&trial->rig) & PORT_RELAY_PRECHARGE;
}

static bool is_feeding(const struct trial *trial)
{
	return rig_contacts(&trial->rig) & PORT_RELAY_DISCHARGE;
}

static bool is_not_feeding(const struct trial *trial)
{
	return !is_feeding(trial);
}

static bool has_charge_alarm(const struct trial *trial)
{
	return rig_alarmed(&trial->rig, BMS_ALARM_CHARGE_SWITCH);
}

static bool has_discharge_alarm(const struct trial *trial)
{
	return rig_alarmed(&trial->rig, BMS_ALARM_DISCHARGE_SWITCH);
}

static bool has_start_alarm(const struct trial *trial)
{
	return rig_alarmed(&trial->rig, BMS_ALARM_DISCHARGE_START);
}

static bool has_no_relay_alarm(const struct trial *trial)
{
	return !has_charge_alarm(trial) && !has_discharge_alarm(trial) && !has_start_alarm(trial);
}

/* Not started: the scenario says what is wrong before the relays first close. */
static void prepare(struct trial *trial, uint32_t precharge_s)
{
	struct rig_config config = rig_usual(trial->seed);

	config.precharge_s = precharge_s;
	rig_init(&trial->rig, &config);
}

static void first_second(struct trial *trial)
{
	int64_t took;

	prepare(trial, 5);
	trial_while(trial, trial_is_open, 990, "a relay closed before the battery was known");
	took = trial_wait_ms(trial, trial_is_closed, 10000);
	trial_expect(trial, took >= 0, "the relays did not close");
	trial_margin(trial, "closed after %" PRId64 " ms", took + 990);
}

static void no_cells(struct trial *trial)
{
	prepare(trial, 5);
	rig_fault(&trial->rig, PLANT_FAULT_CELLS_FROZEN, 0, 1);
	trial_while(trial, trial_is_open, 20000, "a relay closed without a scan of the cells");
}

static void no_shunt(struct trial *trial)
{
	prepare(trial, 5);
	rig_fault(&trial->rig, PLANT_FAULT_SHUNT_FROZEN, 0, 1);
	trial_while(trial, trial_is_open, 20000, "a relay closed without the shunt");
}

static void no_rails(struct trial *trial)
{
	prepare(trial, 5);
	rig_fault(&trial->rig, PLANT_FAULT_RAILS_FROZEN, 0, 1);
	trial_while(trial, trial_is_open, 20000, "a relay closed without knowing the load");
}

static void precharge_first(struct trial *trial)
{
	const struct plant *plant = &trial->rig.plant;
	double before_v;

	prepare(trial, 5);
	trial_expect(trial, trial_wait_ms(trial, is_precharging, 5000) >= 0, "no pre-charge");
	trial_expect(trial, !is_feeding(trial), "the main relay closed with the pre-charge relay");
	trial_expect(trial, trial_wait_ms(trial, is_feeding, 10000) >= 0, "did not close");
	before_v = plant_pack_v(plant);
	trial_expect(trial, is_precharging(trial), "the pre-charge relay opened first");
	trial_expect(trial, plant->load_v > before_v * NEAR_PCT / 100, "the load was not up");
	trial_expect(trial, trial_wait_ms(trial, trial_is_closed, 2000) >= 0,
		"the pre-charge relay did not open");
	trial_expect(trial, plant->relay[PLANT_DISCHARGE].inrush_a < INRUSH_MAX_A,
		"closed into %.0f A", plant->relay[PLANT_DISCHARGE].inrush_a);
	trial_margin(trial, "closed into %.0f A", plant->relay[PLANT_DISCHARGE].inrush_a);
}

static void shorted_load(struct trial *trial)
{
	prepare(trial, 5);
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_SHORT_MOHM, 0, 0);
	trial_while(trial, is_not_feeding, TRIES_MS, "closed into a short circuit");
	trial_expect(trial, has_start_alarm(trial), "no alarm");
	trial_expect(trial, trial->rig.plant.relay[PLANT_CHARGE].contact, "charge is open too");
}

static void stuck_precharge(struct trial *trial)
{
	prepare(trial, 5);
	rig_fault(&trial->rig, PLANT_FAULT_RELAY_STUCK, PLANT_PRECHARGE, 1);
	trial_while(trial, is_not_feeding, TRIES_MS, "closed without pre-charge");
	trial_expect(trial, has_start_alarm(trial) || has_discharge_alarm(trial), "no alarm");
}

static void large_load(struct trial *trial)
{
	int64_t took;

	prepare(trial, 5);
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_UF, 0, 18000);
	took = trial_wait_ms(trial, is_feeding, 15000);
	trial_expect(trial, took >= 0, "did not close");
	trial_expect(trial, trial->rig.plant.relay[PLANT_DISCHARGE].inrush_a < INRUSH_MAX_A,
		"closed into %.0f A", trial->rig.plant.relay[PLANT_DISCHARGE].inrush_a);
	trial_margin(trial, "closed after %" PRId64 " ms", took);
}

static void hopeless_load(struct trial *trial)
{
	prepare(trial, 5);
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_UF, 0, 300000);
	trial_while(trial, is_not_feeding, 12000, "closed into an empty capacitor");
	trial_expect(trial, has_start_alarm(trial), "no alarm");
}

static void repaired_load(struct trial *trial)
{
	int64_t took;

	prepare(trial, 5);
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_SHORT_MOHM, 0, 0);
	trial_expect(trial, trial_wait_ms(trial, has_start_alarm, 10000) >= 0, "no alarm");
	rig_heal(&trial->rig, PLANT_FAULT_LOAD_SHORT_MOHM);
	took = trial_wait_ms(trial, is_feeding, 70000);
	trial_expect(trial, took >= 0, "not tried again");
	trial_margin(trial, "again after %" PRId64 " ms", took);
}

static void without_precharge(struct trial *trial)
{
	prepare(trial, 0);
	trial_expect(trial, trial_wait_ms(trial, trial_is_closed, 5000) >= 0, "did not close");
	trial_expect(trial, trial->rig.plant.relay[PLANT_PRECHARGE].broken_a == 0,
		"the pre-charge relay was used");
}

static void switch_off(struct trial *trial)
{
	int64_t took;

	trial_begin(trial, NULL);
	rig_set(&trial->rig, BMS_SETTING_SLOT_DISCHARGE_SWITCH, 0);
	took = trial_wait_ms(trial, trial_is_discharge_open, 8000);
	trial_expect(trial, took >= 0, "discharge stayed closed");
	trial_expect(trial, !trial_is_charge_open(trial), "charge opened too");
	rig_set(&trial->rig, BMS_SETTING_SLOT_CHARGE_SWITCH, 0);
	trial_expect(trial, trial_wait_ms(trial, trial_is_open, 8000) >= 0, "charge stayed closed");
	trial_margin(trial, "%" PRId64 " ms", took);
}

/* A load that lets go in time is not cut off. */
static void soft_opening(struct trial *trial)
{
	trial_begin(trial, NULL);
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_MA, 0, 60000);
	rig_run_ms(&trial->rig, 3000);
	rig_set(&trial->rig, BMS_SETTING_SLOT_DISCHARGE_SWITCH, 0);
	rig_run_ms(&trial->rig, 1000);
	trial_expect(trial, is_feeding(trial), "did not wait for the current to go");
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_MA, 0, 0);
	trial_expect(trial, trial_wait_ms(trial, is_not_feeding, 1000) >= 0, "stayed closed");
	trial_expect(trial, trial->rig.plant.relay[PLANT_DISCHARGE].broken_a < 5.5, "broke %.1f A",
		trial->rig.plant.relay[PLANT_DISCHARGE].broken_a);
	trial_margin(trial, "broke %.1f A", trial->rig.plant.relay[PLANT_DISCHARGE].broken_a);
}

static void stubborn_load(struct trial *trial)
{
	int64_t took;

	trial_begin(trial, NULL);
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_MA, 0, 60000);
	rig_run_ms(&trial->rig, 3000);
	rig_set(&trial->rig, BMS_SETTING_SLOT_DISCHARGE_SWITCH, 0);
	took = trial_wait_ms(trial, is_not_feeding, 8000);
	trial_expect(trial, took >= 0, "waits for ever");
	trial_margin(trial, "%" PRId64 " ms", took);
}

/* A switch that flutters must not make the relay do so. */
static void fluttering_switch(struct trial *trial)
{
	unsigned closings = 0;
	bool was = true;

	trial_begin(trial, NULL);
	for (int i = 0; i < 300; i++) {
		rig_set(&trial->rig, BMS_SETTING_SLOT_CHARGE_SWITCH, i & 1);
		rig_run_ms(&trial->rig, QUICK_MS);
		closings += !was && !trial_is_charge_open(trial);
		was = !trial_is_charge_open(trial);
	}
	trial_expect(trial, closings <= 16, "closed %u times in 30 s", closings);
	trial_margin(trial, "%u closings in 30 s", closings);
}

static void bouncing_contacts(struct trial *trial)
{
	prepare(trial, 5);
	for (unsigned i = 0; i < PLANT_RELAYS; i++)
		rig_fault(&trial->rig, PLANT_FAULT_RELAY_BOUNCE_MS, i, 60);
	trial_expect(trial, trial_wait_ms(trial, trial_is_closed, 8000) >= 0, "did not close");
	trial_while(trial, has_no_relay_alarm, 3000, "an alarm");
}

static void slow_contacts(struct trial *trial)
{
	prepare(trial, 5);
	for (unsigned i = 0; i < PLANT_RELAYS; i++) {
		rig_fault(&trial->rig, PLANT_FAULT_RELAY_OPERATE_MS, i, 100);
		rig_fault(&trial->rig, PLANT_FAULT_RELAY_RELEASE_MS, i, 50);
	}
	trial_expect(trial, trial_wait_ms(trial, trial_is_closed, 8000) >= 0, "did not close");
	trial_while(trial, has_no_relay_alarm, 3000, "an alarm");
}

static void welded_discharge(struct trial *trial)
{
	int64_t took;

	trial_begin(trial, NULL);
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_MA, 0, 20000);
	rig_fault(&trial->rig, PLANT_FAULT_RELAY_WELDED, PLANT_DISCHARGE, 1);
	rig_set(&trial->rig, BMS_SETTING_SLOT_DISCHARGE_SWITCH, 0);
	rig_set(&trial->rig, BMS_SETTING_SLOT_CHARGE_SWITCH, 0);
	took = trial_wait_ms(trial, has_discharge_alarm, 10000);
	trial_expect(trial, took >= 0, "no alarm");
	trial_margin(trial, "%" PRId64 " ms", took);
}

static void welded_charge(struct trial *trial)
{
	int64_t took;

	trial_begin(trial, NULL);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_MA, 0, 20000);
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_MA, 0, 0);
	rig_run_ms(&trial->rig, 5000);
	rig_fault(&trial->rig, PLANT_FAULT_RELAY_WELDED, PLANT_CHARGE, 1);
	rig_set(&trial->rig, BMS_SETTING_SLOT_DISCHARGE_SWITCH, 0);
	rig_set(&trial->rig, BMS_SETTING_SLOT_CHARGE_SWITCH, 0);
	took = trial_wait_ms(trial, has_charge_alarm, 10000);
	trial_expect(trial, took >= 0, "no alarm");
	trial_margin(trial, "%" PRId64 " ms", took);
}

/* With one relay welded the other must not be closed into whatever welded it. */
static void weld_opens_the_rest(struct trial *trial)
{
	welded_charge(trial);
	rig_set(&trial->rig, BMS_SETTING_SLOT_DISCHARGE_SWITCH, 1);
	trial_while(trial, is_not_feeding, 20000, "discharge closed beside a welded charge relay");
}

static void stuck_charge(struct trial *trial)
{
	int64_t took;

	trial_begin(trial, NULL);
	rig_fault(&trial->rig, PLANT_FAULT_RELAY_STUCK, PLANT_CHARGE, 1);
	took = trial_wait_ms(trial, has_charge_alarm, 3000);
	trial_expect(trial, took >= 0, "no alarm");
	trial_margin(trial, "%" PRId64 " ms", took);
}

/* Whatever the relays were doing, a reset opens them and the start is a normal one. */
static void reset_anywhere(struct trial *trial)
{
	unsigned at;

	for (at = 0; at < 500 && !trial->failed; at += 7) {
		prepare(trial, 5);
		rig_run_ms(&trial->rig, at * RIG_STEP_MS);
		rig_reset(&trial->rig, PORT_RESET_POWER);
		rig_run_ms(&trial->rig, 50);
		trial_expect(trial, trial_is_open(trial), "closed after a reset at %u ms", at * 10);
		trial_expect(trial, trial_wait_ms(trial, trial_is_closed, 12000) >= 0,
			"did not start again after a reset at %u ms", at * RIG_STEP_MS);
	}
	trial_margin(trial, "%u places", at / 7);
}

static const struct scenario scenarios[] = {
	{ "relay", "first-second", first_second, 0 },
	{ "relay", "no-cells", no_cells, 0 },
	{ "relay", "no-shunt", no_shunt, 0 },
	{ "relay", "no-rails", no_rails, 0 },
	{ "relay", "switch-off", switch_off, 0 },
	{ "relay", "soft-opening", soft_opening, 0 },
	{ "relay", "stubborn-load", stubborn_load, 0 },
	{ "relay", "fluttering-switch", fluttering_switch, 0 },
	{ "relay", "bouncing-contacts", bouncing_contacts, 0 },
	{ "relay", "slow-contacts", slow_contacts, 0 },
	{ "relay", "reset-anywhere", reset_anywhere, 0 },
	{ "precharge", "first", precharge_first, 0 },
	{ "precharge", "shorted-load", shorted_load, 0 },
	{ "precharge", "stuck", stuck_precharge, 0 },
	{ "precharge", "large-load", large_load, 0 },
	{ "precharge", "hopeless-load", hopeless_load, 0 },
	{ "precharge", "repaired-load", repaired_load, 0 },
	{ "precharge", "off", without_precharge, 0 },
	{ "weld", "discharge", welded_discharge, 0 },
	{ "weld", "charge", welded_charge, 0 },
	{ "weld", "opens-the-rest", weld_opens_the_rest, 0 },
	{ "weld", "stuck-charge", stuck_charge, 0 },
};

struct suite relays_suite(void)
{
	return (struct suite){ scenarios, sizeof(scenarios) / sizeof(*scenarios) };
}
