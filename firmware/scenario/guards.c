/* SPDX-License-Identifier: MIT */
/* Short circuits and what the contacts can break, the heater, the watchdog, calibration. */
#include <inttypes.h>

#include "scenario/suites.h"

enum {
	MIDDLE_MV = 3300,
	SOFT_PCT = 112, /* of the comparator's level */
	WEAK_PCT = 88,
	BREAK_PCT = 500, /* of the shunt's range: contacts that can break it */
	SHUNT_FULL_MA = 10000000,
	HARD_MOHM = 1,
	HOT_MS = 10800000,
};

static bool is_fed(const struct trial *trial)
{
	return !trial_is_discharge_open(trial);
}

static bool has_short_alarm(const struct trial *trial)
{
	return rig_alarmed(&trial->rig, BMS_ALARM_DISCHARGE_SCP);
}

static bool has_no_short_alarm(const struct trial *trial)
{
	return !has_short_alarm(trial);
}

static void begin_with(struct trial *trial, uint16_t break_pct)
{
	struct rig_config config = rig_usual(trial->seed);

	config.wiring.break_pct = break_pct;
	rig_init(&trial->rig, &config);
	rig_bench(&trial->rig, MIDDLE_MV);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_PLUGGED, 0, 1);
	trial_expect(trial, trial_wait_ms(trial, trial_is_closed, 15000) >= 0, "did not start");
}

static void begin(struct trial *trial)
{
	begin_with(trial, 0);
}

/* A short of so much of the comparator's level that contacts and fuse can bear. */
static void short_load(struct trial *trial, int32_t pct)
{
	int64_t level_ma = trial->rig.output.short_ma;
	int64_t pack_mv = (int64_t)MIDDLE_MV * trial->rig.plant.config.cells;

	rig_fault(&trial->rig, PLANT_FAULT_SHUNT_FULL_MA, 0, SHUNT_FULL_MA);
	rig_fault(&trial->rig, PLANT_FAULT_FUSE_HOLDS, 0, 1);
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_SHORT_MOHM, 0,
		(int32_t)(pack_mv * 100000 / (level_ma * pct)));
}

/* The fuse is there for it; the contact parts without current. */
static void fuse_first(struct trial *trial)
{
	const struct plant *plant = &trial->rig.plant;

	begin(trial);
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_SHORT_MOHM, 0, HARD_MOHM);
	trial_expect(trial, trial_wait_ms(trial, trial_is_open, 4000) >= 0, "stayed closed");
	trial_expect(trial, plant->fuse_blown, "the fuse had no chance");
	trial_expect(trial, plant->relay[PLANT_DISCHARGE].broken_a < 1, "broke %.0f A",
		plant->relay[PLANT_DISCHARGE].broken_a);
	trial_expect(trial, has_short_alarm(trial), "no alarm");
	trial_margin(trial, "broke %.0f A", plant->relay[PLANT_DISCHARGE].broken_a);
}

static void fuse_fails(struct trial *trial)
{
	int64_t took;

	begin(trial);
	rig_fault(&trial->rig, PLANT_FAULT_FUSE_HOLDS, 0, 1);
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_SHORT_MOHM, 0, HARD_MOHM);
	took = trial_wait_ms(trial, trial_is_open, 4000);
	trial_expect(trial, took >= 2500 && took <= 3200, "opened after %" PRId64 " ms", took);
	trial_margin(trial, "%" PRId64 " ms", took);
}

static void soft_short(struct trial *trial)
{
	int64_t took;

	begin_with(trial, BREAK_PCT);
	short_load(trial, SOFT_PCT);
	took = trial_wait_ms(trial, trial_is_open, 1000);
	trial_expect(trial, took >= 0 && took <= 50, "opened after %" PRId64 " ms", took);
	trial_expect(trial, has_short_alarm(trial), "no alarm");
	trial_margin(trial, "%" PRId64 " ms", took);
}

static void no_short(struct trial *trial)
{
	begin_with(trial, BREAK_PCT);
	short_load(trial, WEAK_PCT);
	trial_while(trial, has_no_short_alarm, 2000, "tripped below its level");
}

/* Behind the resistor a short is no danger, and stays there. */
static void short_releases(struct trial *trial)
{
	int64_t took;

	begin_with(trial, BREAK_PCT);
	short_load(trial, SOFT_PCT);
	trial_expect(trial, trial_wait_ms(trial, trial_is_open, 1000) >= 0, "stayed closed");
	rig_heal(&trial->rig, PLANT_FAULT_LOAD_SHORT_MOHM);
	took = trial_wait_ms(trial, is_fed, 60000);
	trial_expect(trial, took >= 4500, "fed again after %" PRId64 " ms", took);
	trial_expect(trial, !has_short_alarm(trial), "the alarm stays");
	trial_margin(trial, "%" PRId64 " ms", took);
}

static void second_short(struct trial *trial)
{
	soft_short(trial);
	rig_heal(&trial->rig, PLANT_FAULT_LOAD_SHORT_MOHM);
	trial_expect(trial, trial_wait_ms(trial, trial_is_closed, 60000) >= 0, "not tried again");
	short_load(trial, SOFT_PCT);
	trial_expect(trial, trial_wait_ms(trial, trial_is_open, 1000) >= 0, "stayed closed");
	rig_heal(&trial->rig, PLANT_FAULT_LOAD_SHORT_MOHM);
	trial_while(trial, trial_is_open, 120000, "tried a third time");
	trial_expect(trial, rig_alarmed(&trial->rig, BMS_ALARM_SCP_RELEASE), "no alarm");
}

/* So much of the comparator's level out of the charge port. */
static void begin_charging(struct trial *trial, int32_t pct)
{
	begin_with(trial, BREAK_PCT);
	rig_fault(&trial->rig, PLANT_FAULT_SHUNT_FULL_MA, 0, SHUNT_FULL_MA);
	rig_fault(&trial->rig, PLANT_FAULT_FUSE_HOLDS, 0, 1);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_MA, 0, trial->rig.output.short_ma / 100 * pct);
}

static bool has_charge_short_alarm(const struct trial *trial)
{
	return rig_alarmed(&trial->rig, BMS_ALARM_CHARGE_SCP);
}

static bool has_no_charge_short_alarm(const struct trial *trial)
{
	return !has_charge_short_alarm(trial);
}

static void charge_short(struct trial *trial)
{
	int64_t took;

	begin_charging(trial, SOFT_PCT);
	took = trial_wait_ms(trial, trial_is_open, 1000);
	trial_expect(trial, took >= 0 && took <= 50, "opened after %" PRId64 " ms", took);
	trial_expect(trial, has_charge_short_alarm(trial), "no alarm");
	trial_margin(trial, "%" PRId64 " ms", took);
}

static void no_charge_short(struct trial *trial)
{
	begin_charging(trial, WEAK_PCT);
	trial_while(trial, has_no_charge_short_alarm, 2000, "tripped below its level");
}

static void charge_short_releases(struct trial *trial)
{
	int64_t took;

	charge_short(trial);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_MA, 0, 0);
	took = trial_wait_ms(trial, trial_is_closed, 60000);
	trial_expect(trial, took >= 4500, "closed again after %" PRId64 " ms", took);
	trial_expect(trial, !has_charge_short_alarm(trial), "the alarm stays");
	trial_margin(trial, "%" PRId64 " ms", took);
}

/* Latched the second time, until the charger is unplugged. */
static void second_charge_short(struct trial *trial)
{
	charge_short_releases(trial);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_MA, 0,
		trial->rig.output.short_ma / 100 * SOFT_PCT);
	trial_expect(trial, trial_wait_ms(trial, trial_is_open, 1000) >= 0, "stayed closed");
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_MA, 0, 0);
	trial_while(trial, trial_is_open, 120000, "tried a third time");
	trial_expect(trial, rig_alarmed(&trial->rig, BMS_ALARM_SCP_RELEASE), "no alarm");
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_PLUGGED, 0, 0);
	trial_expect(trial, trial_wait_ms(trial, trial_is_closed, 60000) >= 0,
		"unplugging does not end it");
}

/* 10 degrees below zero, nothing to charge before the cells are warm. */
static void begin_cold(struct trial *trial)
{
	begin(trial);
	rig_set(&trial->rig, BMS_SETTING_SLOT_CHARGE_UTP, 0);
	rig_set(&trial->rig, BMS_SETTING_SLOT_CHARGE_UTP_RELEASE, 20);
	rig_set(&trial->rig, BMS_SETTING_SLOT_HEATING_SWITCH, 1);
	rig_heal(&trial->rig, PLANT_FAULT_PROBE_DC);
	rig_fault(&trial->rig, PLANT_FAULT_AMBIENT_DC, 0, -100);
	trial->rig.plant.core_c = -10;
}

static bool is_heating(const struct trial *trial)
{
	return trial->rig.plant.heater_a > 1;
}

static bool is_within_5_a(const struct trial *trial)
{
	return trial->rig.plant.heater_a <= 5.0;
}

static bool is_not_heating(const struct trial *trial)
{
	return trial->rig.plant.heater_a == 0;
}

static void heats(struct trial *trial)
{
	int64_t took;

	begin_cold(trial);
	trial_expect(trial, trial_wait_ms(trial, is_heating, 20000) >= 0, "does not heat");
	trial_while(trial, trial_is_charge_open, 60000, "charges while it is too cold");
	trial_expect(trial, !trial_is_discharge_open(trial), "discharge is open too");
	took = trial_wait_ms(trial, trial_is_closed, HOT_MS);
	trial_expect(trial, took >= 0, "never warm");
	trial_expect(trial, trial_wait_ms(trial, is_not_heating, 60000) >= 0, "heats on");
	trial_margin(trial, "%" PRId64 " min", took / 60000);
}

static void strong_heater(struct trial *trial)
{
	begin_cold(trial);
	rig_fault(&trial->rig, PLANT_FAULT_HEATER_MA, 0, 9000);
	trial_expect(trial, trial_wait_ms(trial, is_heating, 20000) >= 0, "does not heat");
	trial_while(trial, is_within_5_a, 60000, "more than 5 A");
	trial_margin(trial, "%.2f A", trial->rig.plant.heater_a);
}

static void unwanted_heater(struct trial *trial)
{
	begin_cold(trial);
	rig_set(&trial->rig, BMS_SETTING_SLOT_HEATING_SWITCH, 0);
	trial_while(trial, is_not_heating, 60000, "heats although it is switched off");
}

static void blind_heater(struct trial *trial)
{
	begin_cold(trial);
	trial_expect(trial, trial_wait_ms(trial, is_heating, 20000) >= 0, "does not heat");
	for (unsigned i = 0; i < PORT_PROBES; i++)
		rig_fault(&trial->rig, PLANT_FAULT_PROBE_OPEN, i, 1);
	trial_expect(
		trial, trial_wait_ms(trial, is_not_heating, 10000) >= 0, "heats without a probe");
}

static void heater_on_empty(struct trial *trial)
{
	begin_cold(trial);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_PLUGGED, 0, 0);
	rig_fault(&trial->rig, PLANT_FAULT_CELL_MV, 1, 2580);
	rig_run_ms(&trial->rig, 10000);
	trial_while(trial, is_not_heating, 60000, "empties the cells by heating");
}

static void one_reset(struct trial *trial)
{
	int64_t took;

	begin(trial);
	rig_reset(&trial->rig, PORT_RESET_WATCHDOG);
	rig_run_ms(&trial->rig, 50);
	trial_while(trial, trial_is_open, 9500, "closed soon after a reset");
	took = trial_wait_ms(trial, trial_is_closed, 15000);
	trial_expect(trial, took >= 0, "one reset stops it for good");
	trial_margin(trial, "%" PRId64 " ms", took + 9550);
}

static void many_resets(struct trial *trial)
{
	begin(trial);
	for (int i = 0; i < 3; i++) {
		rig_reset(&trial->rig, PORT_RESET_WATCHDOG);
		rig_run_ms(&trial->rig, 20000);
	}
	trial_while(trial, trial_is_open, 60000, "trusted after three resets");
	rig_set(&trial->rig, BMS_SETTING_SLOT_DISCHARGE_SWITCH, 0);
	rig_run_ms(&trial->rig, 2000);
	rig_set(&trial->rig, BMS_SETTING_SLOT_DISCHARGE_SWITCH, 1);
	trial_expect(trial, trial_wait_ms(trial, trial_is_closed, 30000) >= 0,
		"somebody's hand does not help");
}

static void old_resets(struct trial *trial)
{
	begin(trial);
	for (int i = 0; i < 4; i++) {
		rig_reset(&trial->rig, PORT_RESET_WATCHDOG);
		rig_run_ms(&trial->rig, 1200000);
	}
	trial_expect(trial, trial_is_closed(trial), "resets are never forgotten");
}

static void late_steps(struct trial *trial)
{
	begin(trial);
	trial->rig.step_us = 50000;
	trial_while(trial, trial_is_closed, 60000, "opened");
	trial->rig.step_us = 300000;
	rig_step(&trial->rig);
	trial_expect(trial, trial->rig.coils == 0, "the coils hold although the step is late");
}

static void calibrates_current(struct trial *trial)
{
	struct board *board = &trial->rig.board;

	begin(trial);
	rig_fault(&trial->rig, PLANT_FAULT_SHUNT_GAIN_PPM, 0, 30000);
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_MA, 0, 20000);
	rig_run_ms(&trial->rig, 1000);
	trial_expect(trial, board_calibrate_current(board, &trial->rig.port, -20000), "refused");
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_MA, 0, 80000);
	rig_run_ms(&trial->rig, 1000);
	trial_expect(trial,
		board->measure.shunt.current_ma > -80100 &&
			board->measure.shunt.current_ma < -79900,
		"80 A read as %" PRId32 " mA", board->measure.shunt.current_ma);
	trial_margin(trial, "%+" PRId32 " mA", board->measure.shunt.current_ma + 80000);
}

static void calibrates_cell(struct trial *trial)
{
	struct board *board = &trial->rig.board;

	begin(trial);
	rig_fault(&trial->rig, PLANT_FAULT_CELL_OFFSET_MV, 4, 25);
	rig_run_ms(&trial->rig, 1000);
	trial_expect(trial, board_calibrate_cell(board, &trial->rig.port, 4, MIDDLE_MV), "refused");
	rig_reset(&trial->rig, PORT_RESET_POWER);
	rig_run_ms(&trial->rig, 1000);
	trial_expect(trial, board->measure.cells.cell_mv[4] == MIDDLE_MV, "read as %u mV",
		board->measure.cells.cell_mv[4]);
}

static void calibrates_pack(struct trial *trial)
{
	int32_t truth = MIDDLE_MV * 16, read;
	struct board *board = &trial->rig.board;

	begin(trial);
	rig_fault(&trial->rig, PLANT_FAULT_PACK_MV, 0, truth + truth / 100);
	rig_run_ms(&trial->rig, 1000);
	trial_expect(trial, board_calibrate_pack(board, &trial->rig.port, truth), "refused");
	rig_run_ms(&trial->rig, 1000);
	read = board->measure.rails.pack_mv;
	trial_expect(trial, read >= truth - 5 && read <= truth + 5, "read as %" PRId32 " mV", read);
	trial_margin(trial, "%+" PRId32 " mV", read - truth);
}

/* Each channel is wrong in its own way, and noise is as it is; a meter shows the truth once. */
static void calibrates_channels(struct trial *trial)
{
	static const int32_t levels[] = { 2700, MIDDLE_MV, 3590 };
	struct board *board = &trial->rig.board;
	int32_t worst = 0;

	begin(trial);
	rig_fault(&trial->rig, PLANT_FAULT_NOISE_PCT, 0, 100);
	for (unsigned i = 0; i < trial->rig.plant.config.cells; i++)
		rig_fault(&trial->rig, PLANT_FAULT_CELL_OFFSET_MV, i, (int32_t)(i * 37 % 81) - 40);
	rig_run_ms(&trial->rig, 1000);
	for (unsigned i = 0; i < trial->rig.plant.config.cells; i++)
		trial_expect(trial, board_calibrate_cell(board, &trial->rig.port, i, MIDDLE_MV),
			"refused");
	rig_reset(&trial->rig, PORT_RESET_POWER);
	for (size_t level = 0; level < sizeof(levels) / sizeof(*levels); level++) {
		for (unsigned i = 0; i < trial->rig.plant.config.cells; i++)
			rig_fault(&trial->rig, PLANT_FAULT_CELL_MV, i, levels[level]);
		rig_run_ms(&trial->rig, 600);
		for (unsigned i = 0; i < trial->rig.plant.config.cells; i++) {
			int32_t apart = board->measure.cells.cell_mv[i] - levels[level];

			worst = apart > worst || -apart > worst ? (apart < 0 ? -apart : apart)
								: worst;
		}
	}
	trial_expect(trial, worst <= 5, "a channel is wrong by %" PRId32 " mV", worst);
	trial_margin(trial, "%" PRId32 " mV at worst of 5", worst);
}

/* A channel that is wrong by more than a converter can be is a wiring fault. */
static void refuses_unlikely(struct trial *trial)
{
	struct board *board = &trial->rig.board;

	begin(trial);
	trial_expect(trial,
		!board_calibrate_cell(
			board, &trial->rig.port, 4, MIDDLE_MV + CALIBRATION_MAX_CELL_MV + 1),
		"51 mV are believed");
	trial_expect(trial,
		!board_calibrate_cell(board, &trial->rig.port, PORT_CHANNELS, MIDDLE_MV),
		"a channel that does not exist");
	trial_expect(trial, board->params.calibration.cell_mv[4] == 0, "half applied");
	trial_expect(trial,
		board_calibrate_cell(
			board, &trial->rig.port, 4, MIDDLE_MV + CALIBRATION_MAX_CELL_MV),
		"50 mV are refused");
}

/* --- pins --- */

static bool has_pin(const struct trial *trial, enum port_dout pin)
{
	return trial->rig.output.outputs & pin;
}

/* Share of the time a pin is on, in percent. */
static int pin_pct(struct trial *trial, enum port_dout pin)
{
	int on = 0;

	for (int i = 0; i < 1000; i++) {
		rig_step(&trial->rig);
		on += has_pin(trial, pin);
	}
	return on / 10;
}

static void expect_pins(struct trial *trial, const char *when, int run, int fault, int k1, int k2)
{
	static const enum port_dout pins[] = { PORT_DOUT_RUN_LED, PORT_DOUT_FAULT_LED, PORT_DOUT_K1,
		PORT_DOUT_K2 };
	const int wanted[] = { run, fault, k1, k2 };

	for (size_t i = 0; i < sizeof(pins) / sizeof(*pins); i++) {
		int pct = pin_pct(trial, pins[i]);

		trial_expect(trial, pct == wanted[i], "%s: pin %#x is on %d %% of the time", when,
			(unsigned)pins[i], pct);
	}
}

static void lamps(struct trial *trial)
{
	begin(trial);
	expect_pins(trial, "closed", 100, 0, 0, 0);
	rig_set(&trial->rig, BMS_SETTING_SLOT_CHARGE_SWITCH, 0);
	rig_set(&trial->rig, BMS_SETTING_SLOT_DISCHARGE_SWITCH, 0);
	rig_run_ms(&trial->rig, 10000);
	expect_pins(trial, "open", 50, 0, 0, 0);
	board_request(&trial->rig.board, POWER_EMERGENCY_START);
	rig_run_ms(&trial->rig, 10000);
	expect_pins(trial, "emergency", 50, 50, 0, 0);
}

static void fault_pins(struct trial *trial)
{
	begin(trial);
	rig_fault(&trial->rig, PLANT_FAULT_CELLS_FROZEN, 0, 1);
	rig_run_ms(&trial->rig, 5000);
	expect_pins(trial, "fault", 50, 50, 100, 0);
	rig_heal(&trial->rig, PLANT_FAULT_CELLS_FROZEN);
	trial_expect(
		trial, trial_wait_ms(trial, trial_is_closed, 60000) >= 0, "did not start again");
	expect_pins(trial, "healed", 100, 0, 0, 0);
}

static void low_pin(struct trial *trial)
{
	int32_t uvp;

	begin(trial);
	uvp = (int32_t)rig_setting(&trial->rig, BMS_SETTING_SLOT_CELL_UVP);
	rig_fault(&trial->rig, PLANT_FAULT_CELL_MV, 3, uvp - 1);
	rig_run_ms(&trial->rig, 4000);
	expect_pins(trial, "low", has_pin(trial, PORT_DOUT_K1) ? 50 : 100,
		has_pin(trial, PORT_DOUT_K1) ? 50 : 0, has_pin(trial, PORT_DOUT_K1) ? 100 : 0, 100);
	rig_fault(&trial->rig, PLANT_FAULT_CELL_MV, 3, MIDDLE_MV);
	rig_run_ms(&trial->rig, 15000);
	expect_pins(trial, "high", 100, 0, 0, 0);
}

static void dark_when_off(struct trial *trial)
{
	begin(trial);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_PLUGGED, 0, 0);
	rig_run_ms(&trial->rig, 3000);
	board_request(&trial->rig.board, POWER_SHUT_DOWN);
	rig_run_ms(&trial->rig, 15000);
	trial_expect(trial, trial->rig.off, "stayed on");
	trial_expect(trial, trial->rig.output.outputs == 0, "pins %#x are on",
		trial->rig.output.outputs);
}

static const struct scenario scenarios[] = {
	{ "short", "fuse-first", fuse_first, 0 },
	{ "short", "fuse-fails", fuse_fails, 0 },
	{ "short", "soft", soft_short, 0 },
	{ "short", "below-level", no_short, 0 },
	{ "short", "releases", short_releases, 0 },
	{ "short", "second-time", second_short, 0 },
	{ "charge-short", "opens", charge_short, 0 },
	{ "charge-short", "below-level", no_charge_short, 0 },
	{ "charge-short", "releases", charge_short_releases, 0 },
	{ "charge-short", "second-time", second_charge_short, 0 },
	{ "heater", "heats", heats, 0 },
	{ "heater", "too-strong", strong_heater, 0 },
	{ "heater", "not-wanted", unwanted_heater, 0 },
	{ "heater", "blind", blind_heater, 0 },
	{ "heater", "empty-cells", heater_on_empty, 0 },
	{ "watchdog", "one-reset", one_reset, 0 },
	{ "watchdog", "many-resets", many_resets, 0 },
	{ "watchdog", "old-resets", old_resets, 0 },
	{ "watchdog", "late-steps", late_steps, 0 },
	{ "calibration", "current", calibrates_current, 0 },
	{ "calibration", "cell", calibrates_cell, 0 },
	{ "calibration", "pack", calibrates_pack, 0 },
	{ "calibration", "channels", calibrates_channels, 0 },
	{ "calibration", "unlikely", refuses_unlikely, 0 },
	{ "pins", "lamps", lamps, 0 },
	{ "pins", "fault", fault_pins, 0 },
	{ "pins", "low-cells", low_pin, 0 },
	{ "pins", "off", dark_when_off, 0 },
};

struct suite guards_suite(void)
{
	return (struct suite){ scenarios, sizeof(scenarios) / sizeof(*scenarios) };
}
