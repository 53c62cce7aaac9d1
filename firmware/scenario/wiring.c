/* SPDX-License-Identifier: MIT */
/* Sense wires, the balancer that uses them, and charger and load on one port. */
#include <inttypes.h>

#include "scenario/suites.h"

enum {
	BAD_WIRE = 5,
	BAD_MOHM = 900,
	LOOSE_MOHM = 250, /* 2 A through it make half a volt */
	HOUR_MS = 3600000,
	MIDDLE_MV = 3300,
};

static bool has_wire_alarm(const struct trial *trial)
{
	return rig_alarmed(&trial->rig, BMS_ALARM_WIRE_RESISTANCE);
}

static bool is_balancing(const struct trial *trial)
{
	return trial->rig.plant.balancer.connected >= 0;
}

static bool is_not_balancing(const struct trial *trial)
{
	return !is_balancing(trial);
}

static bool has_no_overvoltage(const struct trial *trial)
{
	return !rig_alarmed(&trial->rig, BMS_ALARM_CELL_OVP);
}

static bool never_two(const struct trial *trial)
{
	return trial->rig.plant.balancer.violations == 0;
}

/* Real cells, far apart, so that there is something to balance. */
static void begin_at(struct trial *trial, double soc)
{
	struct rig_config config = rig_usual(trial->seed);

	config.plant.chemistry = BMS_CHEMISTRY_NMC;
	config.plant.soc = soc;
	config.plant.soc_spread = 0.02;
	rig_init(&trial->rig, &config);
	trial_expect(trial, trial_wait_ms(trial, trial_is_closed, 15000) >= 0, "did not start");
}

static void begin(struct trial *trial)
{
	begin_at(trial, 0.5);
}

static void one_at_a_time(struct trial *trial)
{
	begin(trial);
	trial_while(trial, never_two, HOUR_MS, "two cells connected");
	trial_expect(trial, trial->rig.board.wire.pulse > 0, "nothing was balanced");
	trial_margin(trial, "%u pulses", trial->rig.board.wire.pulse);
}

static void bad_wire(struct trial *trial)
{
	int64_t took;

	begin(trial);
	rig_fault(&trial->rig, PLANT_FAULT_WIRE_MOHM, BAD_WIRE, BAD_MOHM);
	took = trial_wait_ms(trial, has_wire_alarm, 2 * HOUR_MS);
	trial_expect(trial, took >= 0, "no alarm");
	trial_expect(trial, trial_is_closed(trial), "opened for a bad wire");
	trial_margin(trial, "%" PRId64 " s", took / 1000);
}

/* Its cells and those that share a wire with them are left alone, but for a test now and then. */
static void bad_wire_locks(struct trial *trial)
{
	const struct balancer *stage = &trial->rig.plant.balancer;
	double before_c, moved_c = 0;

	bad_wire(trial);
	before_c = stage->taken_c[BAD_WIRE] + stage->given_c[BAD_WIRE];
	rig_run_ms(&trial->rig, HOUR_MS);
	moved_c = stage->taken_c[BAD_WIRE] + stage->given_c[BAD_WIRE] - before_c;
	trial_expect(trial, moved_c < 60, "%.0f C through a bad wire", moved_c);
	trial_margin(trial, "%.1f C in an hour", moved_c);
}

/* What the board learns of its wires must not make it see voltages that are not there. */
static void dead_stage(struct trial *trial)
{
	begin(trial);
	rig_run_ms(&trial->rig, 600000);
	rig_fault(&trial->rig, PLANT_FAULT_STAGE_DEAD, 0, 1);
	trial_while(trial, has_no_overvoltage, HOUR_MS, "sees overvoltage");
	rig_fault(&trial->rig, PLANT_FAULT_STAGE_DEAD, 0, 0);
	trial_while(trial, has_no_overvoltage, HOUR_MS, "sees overvoltage, later,");
}

static bool sees_no_limit(const struct trial *trial)
{
	return has_no_overvoltage(trial) && !rig_alarmed(&trial->rig, BMS_ALARM_CELL_UVP) &&
	       !rig_alarmed(&trial->rig, BMS_ALARM_COPROCESSOR);
}

/* For a second, so that the wires' drop has been measured and is corrected. */
static bool is_paying(const struct trial *trial)
{
	const struct balance *balance = &trial->rig.board.balance;

	return (balance->state == BALANCE_TAKE || balance->state == BALANCE_GIVE) &&
	       trial->rig.now_us - balance->since_us > 1000000;
}

/* Under the balancing current, the moment it goes bad: each of its cells would look more than a
 * volt away from what it is. The hard row needs 200 ms. */
static void goes_bad_unseen(struct trial *trial)
{
	for (unsigned i = 0; i < 20 && !trial->failed; i++) {
		begin_at(trial, 0.85);
		rig_run_ms(&trial->rig, 60000 + i * 970);
		trial_expect(
			trial, trial_wait_ms(trial, is_paying, 600000) >= 0, "does not balance");
		rig_fault(&trial->rig, PLANT_FAULT_WIRE_MOHM,
			trial->rig.plant.balancer.order.cell + (i & 1), LOOSE_MOHM);
		trial_while(trial, sees_no_limit, 120000, "a cell looks beyond its limits");
	}
	trial_margin(trial, "20 wires");
}

static void open_wire(struct trial *trial)
{
	int64_t took;

	begin(trial);
	rig_fault(&trial->rig, PLANT_FAULT_WIRE_OPEN, BAD_WIRE, 1);
	took = trial_wait_ms(trial, trial_is_charge_open, 5000);
	trial_expect(trial, took >= 0, "charges on with a broken wire");
	rig_run_ms(&trial->rig, 1000);
	trial_while(trial, is_not_balancing, 60000, "balances with a broken wire");
	trial_margin(trial, "%" PRId64 " ms", took);
}

static void balance_low(struct trial *trial)
{
	begin(trial);
	rig_set(&trial->rig, BMS_SETTING_SLOT_BALANCE_START_VOLTAGE, 4200);
	rig_run_ms(&trial->rig, 60000);
	trial_while(trial, is_not_balancing, 600000, "balances below the start voltage");
}

static void hot_board(struct trial *trial)
{
	begin(trial);
	trial_expect(trial, trial_wait_ms(trial, is_balancing, 600000) >= 0, "does not balance");
	rig_fault(&trial->rig, PLANT_FAULT_BOARD_DC, 0,
		(int32_t)rig_setting(&trial->rig, BMS_SETTING_SLOT_MOS_OTP) + 1);
	rig_run_ms(&trial->rig, 6000);
	trial_while(trial, is_not_balancing, 60000, "balances on a hot board");
}

/* One relay for both directions, and a bench in place of the cells. */
static void begin_common(struct trial *trial)
{
	struct rig_config config = rig_usual(trial->seed);

	config.wiring.common_port = true;
	config.plant.common_port = true;
	rig_init(&trial->rig, &config);
	rig_bench(&trial->rig, MIDDLE_MV);
	rig_set(&trial->rig, BMS_SETTING_SLOT_BALANCE_SWITCH, 0);
	trial_expect(trial,
		trial_wait_ms(trial, trial_is_closed, 15000) >= 0 ||
			!trial_is_discharge_open(trial),
		"did not start");
}

static bool is_through(const struct trial *trial)
{
	return !trial_is_discharge_open(trial);
}

static void full_may_discharge(struct trial *trial)
{
	begin_common(trial);
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_MA, 0, 10000);
	rig_fault(&trial->rig, PLANT_FAULT_CELL_MV, 3,
		(int32_t)rig_setting(&trial->rig, BMS_SETTING_SLOT_CELL_OVP) + 5);
	trial_while(trial, is_through, 30000, "a full cell stops discharge");
	trial_expect(trial, rig_alarmed(&trial->rig, BMS_ALARM_CELL_OVP), "no alarm");
}

static void full_may_not_charge(struct trial *trial)
{
	int64_t took;

	begin_common(trial);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_MA, 0, 10000);
	rig_fault(&trial->rig, PLANT_FAULT_CELL_MV, 3,
		(int32_t)rig_setting(&trial->rig, BMS_SETTING_SLOT_CELL_OVP) + 5);
	took = trial_wait_ms(trial, trial_is_discharge_open, 10000);
	trial_expect(trial, took >= 0, "charges on");
	rig_fault(&trial->rig, PLANT_FAULT_CELL_MV, 3, MIDDLE_MV);
	trial_expect(trial, trial_wait_ms(trial, is_through, 30000) >= 0, "never closes again");
	trial_margin(trial, "%" PRId64 " ms", took);
}

static void empty_waits_for_charge(struct trial *trial)
{
	begin_common(trial);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_PLUGGED, 0, 0);
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_MA, 0, 10000);
	rig_fault(&trial->rig, PLANT_FAULT_CELL_MV, 3,
		(int32_t)rig_setting(&trial->rig, BMS_SETTING_SLOT_CELL_UVP) - 5);
	trial_expect(
		trial, trial_wait_ms(trial, trial_is_discharge_open, 5000) >= 0, "discharges on");
	trial_while(trial, trial_is_discharge_open, 60000, "closed without a charger");
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_MA, 0, 0);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_PLUGGED, 0, 1);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_MA, 0, 10000);
	trial_expect(
		trial, trial_wait_ms(trial, is_through, 30000) >= 0, "no charge for empty cells");
	trial_while(trial, is_through, 60000, "charge is cut off");
}

static void charger_that_gives_nothing(struct trial *trial)
{
	int64_t took;

	begin_common(trial);
	rig_fault(&trial->rig, PLANT_FAULT_CELL_MV, 3,
		(int32_t)rig_setting(&trial->rig, BMS_SETTING_SLOT_CELL_UVP) - 5);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_PLUGGED, 0, 1);
	rig_run_ms(&trial->rig, 5000);
	trial_expect(trial, trial_wait_ms(trial, is_through, 30000) >= 0, "does not try");
	took = trial_wait_ms(trial, trial_is_discharge_open, 40000);
	trial_expect(trial, took >= 0, "empty cells hang on a charger that gives nothing");
	trial_margin(trial, "%" PRId64 " ms", took);
}

static const struct scenario scenarios[] = {
	{ "balance", "one-at-a-time", one_at_a_time, 0 },
	{ "balance", "below-start", balance_low, 0 },
	{ "balance", "hot-board", hot_board, 0 },
	{ "balance", "dead-stage", dead_stage, 0 },
	{ "wire", "bad-stays-closed", bad_wire, 0 },
	{ "wire", "locked-out", bad_wire_locks, 0 },
	{ "wire", "goes-bad-unseen", goes_bad_unseen, 0 },
	{ "wire", "open", open_wire, 0 },
	{ "common-port", "full-discharges", full_may_discharge, 0 },
	{ "common-port", "full-not-charged", full_may_not_charge, 0 },
	{ "common-port", "empty", empty_waits_for_charge, 0 },
	{ "common-port", "idle-charger", charger_that_gives_nothing, 0 },
};

struct suite wiring_suite(void)
{
	return (struct suite){ scenarios, sizeof(scenarios) / sizeof(*scenarios) };
}
