/* SPDX-License-Identifier: MIT */
#include "scenario/drive.h"

enum {
	FORCED_CELL = 3,
	FORCED_PROBE = 1,
	SHUNT_END_MA = 150000, /* less than trips or could not be broken */
	SETTLED_MS = 3000,
};

static void force_cell(struct rig *rig, int32_t mv)
{
	rig_fault(rig, PLANT_FAULT_CELL_MV, FORCED_CELL, mv);
}

static int32_t within(int64_t value, int64_t low, int64_t high)
{
	if (value < low)
		return (int32_t)low;
	return (int32_t)(value > high ? high : value);
}

/* No cell may be beyond its own limit, so the last mV are the rail's alone. */
static void force_pack(struct rig *rig, int32_t mv)
{
	int32_t cell = within(mv / (int32_t)rig->plant.config.cells,
		rig_setting(rig, BMS_SETTING_SLOT_CELL_UVP),
		rig_setting(rig, BMS_SETTING_SLOT_CELL_OVP));

	for (unsigned i = 0; i < rig->plant.config.cells; i++)
		rig_fault(rig, PLANT_FAULT_CELL_MV, i, cell);
	rig_fault(rig, PLANT_FAULT_PACK_MV, 0, mv);
}

static void force_charge(struct rig *rig, int32_t ma)
{
	rig_fault(rig, PLANT_FAULT_CHARGER_MA, 0, ma);
}

static void force_discharge(struct rig *rig, int32_t ma)
{
	rig_fault(rig, PLANT_FAULT_LOAD_MA, 0, ma);
}

static void force_probe(struct rig *rig, int32_t dc)
{
	rig_fault(rig, PLANT_FAULT_PROBE_DC, FORCED_PROBE, dc);
}

static void force_board(struct rig *rig, int32_t dc)
{
	rig_fault(rig, PLANT_FAULT_BOARD_DC, 0, dc);
}

static void force_broken_probes(struct rig *rig, int32_t count)
{
	for (int32_t i = 0; i < PORT_PROBES; i++)
		rig_fault(rig, PLANT_FAULT_PROBE_OPEN, (unsigned)i, i < count);
}

static void force_probes_left(struct rig *rig, int32_t count)
{
	for (int32_t i = 0; i < PORT_PROBES; i++)
		rig_fault(rig, PLANT_FAULT_PROBE_SHORT, (unsigned)i, i >= count);
}

static void force_count(struct rig *rig, int32_t wrong)
{
	rig_fault(rig, PLANT_FAULT_CELL_MV, rig->plant.config.cells - 1,
		wrong ? 100 : rig->plant.faults.value[PLANT_FAULT_SLOT_CELL_MV]);
}

static void force_open_wires(struct rig *rig, int32_t count)
{
	rig_fault(rig, PLANT_FAULT_WIRE_OPEN, 0, count > 0);
}

static void force_shunt_end(struct rig *rig, int32_t railed)
{
	rig_fault(rig, PLANT_FAULT_SHUNT_FULL_MA, 0, SHUNT_END_MA);
	rig_fault(rig, PLANT_FAULT_SHUNT_MA, 0, railed ? -SHUNT_END_MA : 0);
}

static void force_freeze(struct rig *rig, enum plant_fault fault, int32_t age_ms)
{
	rig_fault(rig, fault, 0, age_ms > 0);
}

static void force_cells_age(struct rig *rig, int32_t age_ms)
{
	force_freeze(rig, PLANT_FAULT_CELLS_FROZEN, age_ms);
}

static void force_shunt_age(struct rig *rig, int32_t age_ms)
{
	force_freeze(rig, PLANT_FAULT_SHUNT_INVALID, age_ms);
}

static void force_probes_age(struct rig *rig, int32_t age_ms)
{
	force_freeze(rig, PLANT_FAULT_PROBES_FROZEN, age_ms);
}

static void force_rails_age(struct rig *rig, int32_t age_ms)
{
	force_freeze(rig, PLANT_FAULT_RAILS_FROZEN, age_ms);
}

/* Every relay open by the switches, and one of them welded. */
static void prepare_weld(struct rig *rig, unsigned relay)
{
	rig_set(rig, BMS_SETTING_SLOT_CHARGE_SWITCH, 0);
	rig_set(rig, BMS_SETTING_SLOT_DISCHARGE_SWITCH, 0);
	rig_run_ms(rig, SETTLED_MS);
	rig_fault(rig, PLANT_FAULT_RELAY_WELDED, relay, 1);
}

static void prepare_charge_weld(struct rig *rig)
{
	prepare_weld(rig, PLANT_CHARGE);
}

static void prepare_discharge_weld(struct rig *rig)
{
	prepare_weld(rig, PLANT_DISCHARGE);
}

/* A cell beyond its limit denies one direction, which flows nevertheless: through a weld, or for
 * somebody at the wrong port. */
static void prepare_charge_anyway(struct rig *rig)
{
	rig_fault(rig, PLANT_FAULT_RELAY_WELDED, PLANT_CHARGE, 1);
	force_cell(rig, (int32_t)rig_setting(rig, BMS_SETTING_SLOT_CELL_OVP) + 5);
	rig_run_ms(rig, SETTLED_MS);
}

static void prepare_discharge_anyway(struct rig *rig)
{
	rig_fault(rig, PLANT_FAULT_LOAD_MV, 0, 0);
	force_cell(rig, (int32_t)rig_setting(rig, BMS_SETTING_SLOT_CELL_UVP) - 5);
	rig_run_ms(rig, SETTLED_MS);
}

static void force_load_at_charge(struct rig *rig, int32_t ma)
{
	rig_fault(rig, PLANT_FAULT_SHUNT_MA, 0, -ma);
}

static void force_stuck_charge(struct rig *rig, int32_t stuck)
{
	rig_fault(rig, PLANT_FAULT_RELAY_STUCK, PLANT_CHARGE, stuck);
}

static void force_stuck_discharge(struct rig *rig, int32_t stuck)
{
	rig_fault(rig, PLANT_FAULT_RELAY_STUCK, PLANT_DISCHARGE, stuck);
}

/* A main contact that does not close, on a board that only the load's voltage tells. */
static void force_load_down(struct rig *rig, int32_t down)
{
	rig_fault(rig, PLANT_FAULT_RELAY_STUCK, PLANT_DISCHARGE, down);
	rig_fault(rig, PLANT_FAULT_LOAD_MV, 0, down ? 0 : PLANT_FAULT_OFF);
}

static const struct wiring without_contacts = { .no_contacts = true };

static const struct drive drives[MEASURE_QUANTITIES] = {
	[MEASURE_CELL_MAX_MV] = { force_cell, .blind = PLANT_FAULT_CELLS_FROZEN },
	[MEASURE_CELL_MIN_MV] = { force_cell, .blind = PLANT_FAULT_CELLS_INVALID },
	[MEASURE_CELL_COUNT_WRONG] = { force_count, .blind = PLANT_FAULT_CELLS_FROZEN,
		.is_flag = true },
	[MEASURE_OPEN_WIRES] = { force_open_wires, .blind = PLANT_FAULT_CELLS_FROZEN,
		.is_flag = true },
	[MEASURE_PACK_MV] = { force_pack, .blind = PLANT_FAULT_RAILS_FROZEN },
	[MEASURE_CHARGE_MA] = { force_charge, .blind = PLANT_FAULT_SHUNT_FROZEN,
		.ends_itself = true },
	[MEASURE_DISCHARGE_MA] = { force_discharge, .blind = PLANT_FAULT_SHUNT_INVALID,
		.ends_itself = true },
	[MEASURE_PROBE_MAX_DC] = { force_probe, .blind = PLANT_FAULT_PROBES_FROZEN },
	[MEASURE_PROBE_MIN_DC] = { force_probe, .blind = PLANT_FAULT_PROBES_FROZEN },
	[MEASURE_PROBES_BROKEN] = { force_broken_probes, .blind = PLANT_FAULT_PROBES_FROZEN,
		.is_flag = true },
	[MEASURE_PROBES_LEFT] = { force_probes_left, .blind = PLANT_FAULT_PROBES_FROZEN },
	[MEASURE_BOARD_DC] = { force_board, .blind = PLANT_FAULT_PROBES_FROZEN },
	[MEASURE_SHUNT_RAILED] = { force_shunt_end, .blind = PLANT_FAULT_SHUNT_FROZEN,
		.is_flag = true, .is_unknown = true },
	[MEASURE_CHARGE_STRAY_MA] = { force_charge, .prepare = prepare_charge_weld,
		.blind = PLANT_FAULT_SHUNT_FROZEN },
	[MEASURE_DISCHARGE_STRAY_MA] = { force_discharge, .prepare = prepare_discharge_weld,
		.blind = PLANT_FAULT_SHUNT_FROZEN },
	[MEASURE_CHARGE_ANYWAY_MA] = { force_charge, .prepare = prepare_charge_anyway,
		.wiring = &without_contacts, .blind = PLANT_FAULT_SHUNT_FROZEN,
		.ends_itself = true },
	[MEASURE_DISCHARGE_ANYWAY_MA] = { force_load_at_charge, .prepare = prepare_discharge_anyway,
		.wiring = &without_contacts, .blind = PLANT_FAULT_SHUNT_FROZEN,
		.ends_itself = true },
	[MEASURE_LOAD_DOWN] = { force_load_down, .wiring = &without_contacts,
		.blind = PLANT_FAULT_COUNT, .is_flag = true, .ends_itself = true },
	[MEASURE_CELLS_AGE_MS] = { force_cells_age, .blind = PLANT_FAULT_COUNT, .is_age = true },
	[MEASURE_SHUNT_AGE_MS] = { force_shunt_age, .blind = PLANT_FAULT_COUNT, .is_age = true },
	[MEASURE_PROBES_AGE_MS] = { force_probes_age, .blind = PLANT_FAULT_COUNT, .is_age = true },
	[MEASURE_RAILS_AGE_MS] = { force_rails_age, .blind = PLANT_FAULT_COUNT, .is_age = true },
	[MEASURE_CHARGE_RELAY_WRONG] = { force_stuck_charge, .blind = PLANT_FAULT_COUNT,
		.is_flag = true, .ends_itself = true },
	[MEASURE_DISCHARGE_RELAY_WRONG] = { force_stuck_discharge, .blind = PLANT_FAULT_COUNT,
		.is_flag = true, .ends_itself = true },
};

const struct drive *drive_of(enum measure_quantity quantity)
{
	return drives[quantity].force ? &drives[quantity] : NULL;
}

const char *drive_by_hand(enum measure_quantity quantity)
{
	static const char *const rows[MEASURE_QUANTITIES] = {
		[MEASURE_WIRE_MAX_MOHM] = "wire",
		[MEASURE_SHORT_DISCHARGE_US] = "short",
		[MEASURE_SHORT_CHARGE_US] = "charge-short",
		[MEASURE_SETTINGS_LOST] = "settings",
		[MEASURE_WATCHDOG_RESETS] = "watchdog",
	};

	return rows[quantity];
}
