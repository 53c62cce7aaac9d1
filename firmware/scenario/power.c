/* SPDX-License-Identifier: MIT */
/* The key, the charger, the switch; shutting down, sleeping, waking; the emergency mode. */
#include <inttypes.h>

#include "scenario/suites.h"

enum {
	EMPTY_MV = 2450, /* below power-off, above deep discharge */
	LOW_MV = 2580,   /* undervoltage */
	MIDDLE_MV = 3100,
	HOUR_MS = 3600000,
	HALF_HOUR_MS = HOUR_MS / 2,
};

static bool is_off(const struct trial *trial)
{
	return trial->rig.off;
}

static bool is_asleep(const struct trial *trial)
{
	return trial->rig.board.power.state == POWER_SLEEP;
}

static bool is_awake(const struct trial *trial)
{
	return trial->rig.board.power.state == POWER_RUN;
}

static bool is_charge_closed(const struct trial *trial)
{
	return !trial_is_charge_open(trial);
}

static void press(struct trial *trial, uint32_t ms)
{
	rig_fault(&trial->rig, PLANT_FAULT_BUTTON, 0, 1);
	rig_run_ms(&trial->rig, ms);
	rig_fault(&trial->rig, PLANT_FAULT_BUTTON, 0, 0);
	rig_run_ms(&trial->rig, 200);
}

static void begin(struct trial *trial, const struct wiring *wiring)
{
	struct rig_config config = rig_usual(trial->seed);

	if (wiring)
		config.wiring = *wiring;
	rig_init(&trial->rig, &config);
	rig_bench(&trial->rig, MIDDLE_MV);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_PLUGGED, 0, 1);
	trial_expect(trial, trial_wait_ms(trial, trial_is_closed, 15000) >= 0, "did not start");
}

static void go_off(struct trial *trial)
{
	int64_t took;

	begin(trial, NULL);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_PLUGGED, 0, 0);
	rig_run_ms(&trial->rig, 15000);
	rig_bench(&trial->rig, EMPTY_MV);
	took = trial_wait_ms(trial, is_off, 30000);
	trial_expect(trial, took >= 10000, "off after %" PRId64 " ms", took);
	rig_run_ms(&trial->rig, 100);
	trial_expect(trial, trial_is_open(trial), "off with a relay closed");
	trial_margin(trial, "off after %" PRId64 " ms", took);
}

static void low_voltage(struct trial *trial)
{
	go_off(trial);
	trial_while(trial, is_off, HOUR_MS, "woke by itself");
}

static void brief_low_voltage(struct trial *trial)
{
	begin(trial, NULL);
	rig_fault(&trial->rig, PLANT_FAULT_CELL_MV, 7, EMPTY_MV);
	rig_run_ms(&trial->rig, 9500);
	rig_bench(&trial->rig, MIDDLE_MV);
	trial_while(trial, is_awake, 20000, "shut down");
}

static void at_the_voltage(struct trial *trial)
{
	begin(trial, NULL);
	rig_fault(&trial->rig, PLANT_FAULT_CELL_MV, 7,
		(int32_t)rig_setting(&trial->rig, BMS_SETTING_SLOT_POWER_OFF_VOLTAGE));
	trial_while(trial, is_awake, 30000, "shut down at the limit");
}

static void charger_wakes(struct trial *trial)
{
	go_off(trial);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_PLUGGED, 0, 1);
	trial_expect(trial, trial_wait_ms(trial, is_charge_closed, 30000) >= 0,
		"the charger is not let in");
	trial_expect(trial, trial_is_discharge_open(trial), "discharge closed with empty cells");
}

static void button_wakes(struct trial *trial)
{
	go_off(trial);
	press(trial, 500);
	trial_expect(trial, !is_off(trial), "stayed off");
}

static void button_off(struct trial *trial)
{
	int64_t took;

	begin(trial, NULL);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_PLUGGED, 0, 0);
	rig_run_ms(&trial->rig, 3000);
	press(trial, 3300);
	took = trial_wait_ms(trial, is_off, 15000);
	trial_expect(trial, took >= 0, "stayed on");
	trial_expect(trial, trial_wait_ms(trial, trial_is_open, 100) >= 0, "a relay is closed");
	trial_margin(trial, "%" PRId64 " ms", took);
}

static void app_off(struct trial *trial)
{
	int64_t took;

	begin(trial, NULL);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_PLUGGED, 0, 0);
	rig_run_ms(&trial->rig, 3000);
	board_request(&trial->rig.board, POWER_SHUT_DOWN);
	took = trial_wait_ms(trial, is_off, 15000);
	trial_expect(trial, took >= 0, "stayed on");
	trial_expect(trial, trial_wait_ms(trial, trial_is_open, 100) >= 0, "a relay is closed");
	trial_margin(trial, "%" PRId64 " ms", took);
}

/* A shutdown waits for the current to go: the relays first, the supply after them. */
static void off_under_load(struct trial *trial)
{
	begin(trial, NULL);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_PLUGGED, 0, 0);
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_MA, 0, 40000);
	rig_run_ms(&trial->rig, 3000);
	board_request(&trial->rig.board, POWER_SHUT_DOWN);
	rig_run_ms(&trial->rig, 2000);
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_MA, 0, 0);
	trial_expect(trial, trial_wait_ms(trial, is_off, 15000) >= 0, "stayed on");
	trial_expect(trial, trial->rig.plant.relay[PLANT_DISCHARGE].broken_a < 5.5, "broke %.1f A",
		trial->rig.plant.relay[PLANT_DISCHARGE].broken_a);
	trial_margin(trial, "broke %.1f A", trial->rig.plant.relay[PLANT_DISCHARGE].broken_a);
}

static void sleep_in(struct trial *trial, uint32_t load_ma, int32_t cell_mv)
{
	begin(trial, NULL);
	rig_set(&trial->rig, BMS_SETTING_SLOT_SMART_SLEEP, 1);
	rig_set(&trial->rig, BMS_SETTING_SLOT_SMART_SLEEP_TIME, 1);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_PLUGGED, 0, 0);
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_MA, 0, (int32_t)load_ma);
	rig_bench(&trial->rig, cell_mv);
	rig_fault(&trial->rig, PLANT_FAULT_LOAD_MA, 0, (int32_t)load_ma);
}

static void sleeps(struct trial *trial)
{
	int64_t took;

	sleep_in(trial, 500, MIDDLE_MV);
	took = trial_wait_ms(trial, is_asleep, HOUR_MS + 60000);
	trial_expect(trial, took >= HOUR_MS - 30000, "asleep after %" PRId64 " ms", took);
	trial_margin(trial, "%+" PRId64 " ms", took - HOUR_MS);
}

static void current_keeps_awake(struct trial *trial)
{
	sleep_in(trial, 1500, MIDDLE_MV);
	trial_while(trial, is_awake, HOUR_MS + HALF_HOUR_MS, "slept with a load");
}

static void full_cells_keep_awake(struct trial *trial)
{
	sleep_in(trial, 0, 3520);
	trial_while(trial, is_awake, HOUR_MS + HALF_HOUR_MS, "slept with full cells");
}

static void wake_by(struct trial *trial, enum plant_fault what)
{
	sleeps(trial);
	rig_fault(&trial->rig, what, 0, 1);
	trial_expect(trial, trial_wait_ms(trial, is_awake, 5000) >= 0, "slept on");
	trial_expect(trial, trial_wait_ms(trial, trial_is_closed, 20000) >= 0, "did not close");
}

static void wakes_by_charger(struct trial *trial)
{
	wake_by(trial, PLANT_FAULT_CHARGER_PLUGGED);
}

static void wakes_by_button(struct trial *trial)
{
	wake_by(trial, PLANT_FAULT_BUTTON);
}

static void wakes_by_link(struct trial *trial)
{
	wake_by(trial, PLANT_FAULT_LINK);
}

static void key(struct trial *trial)
{
	static const struct wiring wiring = { .key_starts = true };

	begin(trial, &wiring);
	rig_fault(&trial->rig, PLANT_FAULT_ACC_ON, 0, 0);
	trial_expect(trial, trial_wait_ms(trial, trial_is_discharge_open, 8000) >= 0,
		"discharge stays on without the key");
	trial_expect(trial, !trial_is_charge_open(trial), "the key opened charge");
	rig_run_ms(&trial->rig, 5000);
	rig_fault(&trial->rig, PLANT_FAULT_ACC_ON, 0, 1);
	trial_expect(trial, trial_wait_ms(trial, trial_is_closed, 12000) >= 0,
		"the key does not start discharge");
}

static void no_key(struct trial *trial)
{
	begin(trial, NULL);
	rig_fault(&trial->rig, PLANT_FAULT_ACC_ON, 0, 0);
	trial_while(trial, trial_is_closed, 10000, "the key opened a board that has none");
}

static void plug(struct trial *trial)
{
	static const struct wiring wiring = { .plug_starts = true };
	int64_t closed, opened;

	begin(trial, &wiring);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_PLUGGED, 0, 0);
	opened = trial_wait_ms(trial, trial_is_charge_open, 20000);
	trial_expect(trial, opened >= 0, "charge stays on without a charger");
	rig_run_ms(&trial->rig, 5000);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_PLUGGED, 0, 1);
	closed = trial_wait_ms(trial, is_charge_closed, 5000);
	trial_expect(trial, closed >= 2000, "closed after %" PRId64 " ms", closed);
	trial_margin(trial, "opens %" PRId64 " ms, closes %" PRId64 " ms", opened, closed);
}

static void bouncing_plug(struct trial *trial)
{
	static const struct wiring wiring = { .plug_starts = true };

	begin(trial, &wiring);
	rig_fault(&trial->rig, PLANT_FAULT_CHARGER_PLUGGED, 0, 0);
	trial_wait_ms(trial, trial_is_charge_open, 20000);
	for (int i = 0; i < 20; i++) {
		rig_fault(&trial->rig, PLANT_FAULT_CHARGER_PLUGGED, 0, !(i & 1));
		trial_while(trial, trial_is_charge_open, 1500, "closed for a bouncing plug");
	}
}

static void emergency(struct trial *trial)
{
	begin(trial, NULL);
	rig_fault(&trial->rig, PLANT_FAULT_CELL_MV, 2, LOW_MV);
	trial_expect(trial, trial_wait_ms(trial, trial_is_discharge_open, 5000) >= 0, "no trip");
	board_request(&trial->rig.board, POWER_EMERGENCY_START);
	trial_expect(trial, trial_wait_ms(trial, trial_is_closed, 15000) >= 0,
		"an emergency closes nothing");
	rig_run_ms(&trial->rig, HALF_HOUR_MS - 60000);
	trial_expect(trial, trial_is_closed(trial), "an emergency that ends too early");
	rig_run_ms(&trial->rig, 120000);
	trial_expect(trial, trial_is_discharge_open(trial), "an emergency without end");
}

static void emergency_below_power_off(struct trial *trial)
{
	begin(trial, NULL);
	board_request(&trial->rig.board, POWER_EMERGENCY_START);
	rig_fault(&trial->rig, PLANT_FAULT_CELL_MV, 2, EMPTY_MV);
	trial_while(trial, trial_is_closed, 60000, "opened in an emergency");
}

static void emergency_stops(struct trial *trial)
{
	emergency_below_power_off(trial);
	board_request(&trial->rig.board, POWER_EMERGENCY_STOP);
	trial_expect(
		trial, trial_wait_ms(trial, trial_is_discharge_open, 5000) >= 0, "stayed closed");
}

static void emergency_is_not_blind(struct trial *trial)
{
	int32_t hard;

	begin(trial, NULL);
	hard = (int32_t)rig_setting(&trial->rig, BMS_SETTING_SLOT_CELL_OVP) + 150;
	board_request(&trial->rig.board, POWER_EMERGENCY_START);
	rig_run_ms(&trial->rig, 5000);
	rig_fault(&trial->rig, PLANT_FAULT_CELL_MV, 2, hard);
	trial_expect(trial, trial_wait_ms(trial, trial_is_charge_open, 5000) >= 0,
		"charges a cell far beyond its limit");
}

static const struct scenario scenarios[] = {
	{ "power", "low-voltage", low_voltage, 0 },
	{ "power", "brief-low-voltage", brief_low_voltage, 0 },
	{ "power", "at-the-voltage", at_the_voltage, 0 },
	{ "power", "charger-wakes", charger_wakes, 0 },
	{ "power", "button-wakes", button_wakes, 0 },
	{ "power", "button-off", button_off, 0 },
	{ "power", "app-off", app_off, 0 },
	{ "power", "off-under-load", off_under_load, 0 },
	{ "sleep", "sleeps", sleeps, 0 },
	{ "sleep", "current-keeps-awake", current_keeps_awake, 0 },
	{ "sleep", "full-cells-keep-awake", full_cells_keep_awake, 0 },
	{ "sleep", "wakes-by-charger", wakes_by_charger, 0 },
	{ "sleep", "wakes-by-button", wakes_by_button, 0 },
	{ "sleep", "wakes-by-link", wakes_by_link, 0 },
	{ "acc", "starts-discharge", key, 0 },
	{ "acc", "not-wired", no_key, 0 },
	{ "charger", "starts-charge", plug, 0 },
	{ "charger", "bouncing-plug", bouncing_plug, 0 },
	{ "emergency", "half-an-hour", emergency, 0 },
	{ "emergency", "below-power-off", emergency_below_power_off, 0 },
	{ "emergency", "stops", emergency_stops, 0 },
	{ "emergency", "not-blind", emergency_is_not_blind, 0 },
};

struct suite power_suite(void)
{
	return (struct suite){ scenarios, sizeof(scenarios) / sizeof(*scenarios) };
}
