/* SPDX-License-Identifier: MIT */
/*
 * The protections. Limits the vendor's application shows are settings; the rest are constants.
 * Overcurrent releases after its time, because with the relay open there is nothing left to
 * measure. A charge that fails leaves discharge alone and the other way round: split port.
 */
#include "core/protect.h"

#define SETTING(name) \
	{ \
		PROTECT_SETTING, BMS_SETTING_SLOT_##name \
	}
#define PER_CELL(name) \
	{ \
		PROTECT_SETTING_PER_CELL, BMS_SETTING_SLOT_##name \
	}
#define CONSTANT(value) \
	{ \
		PROTECT_CONSTANT, (value) \
	}

enum {
	VOLTAGE_DELAY_MS = 2000,
	TEMPERATURE_DELAY_MS = 5000,
	TEMPERATURE_HOLD_MS = 30000,
	COUNT_DELAY_MS = 700, /* three scans */
	LOST_MS = 2000,
	LOST_SETTLE_MS = 5000,
	RELAY_DELAY_MS = 500, /* operate time, bounce and a wide margin */
	RELAY_HOLD_MS = 10000,
	WIRE_LIMIT_MOHM = 400,
};

const struct protect_row protect_rows[] = {
	{ .alarm = BMS_ALARM_CELL_OVP,
		.quantity = MEASURE_CELL_MAX_MV,
		.denies = PROTECT_CHARGE,
		.trip = SETTING(CELL_OVP),
		.release = SETTING(CELL_OVP_RELEASE),
		.delay = CONSTANT(VOLTAGE_DELAY_MS),
		.settle = CONSTANT(VOLTAGE_DELAY_MS) },
	{ .alarm = BMS_ALARM_CELL_UVP,
		.quantity = MEASURE_CELL_MIN_MV,
		.below = true,
		.denies = PROTECT_DISCHARGE | PROTECT_PRECHARGE,
		.trip = SETTING(CELL_UVP),
		.release = SETTING(CELL_UVP_RELEASE),
		.delay = CONSTANT(VOLTAGE_DELAY_MS),
		.settle = CONSTANT(VOLTAGE_DELAY_MS) },
	{ .alarm = BMS_ALARM_PACK_OVP,
		.quantity = MEASURE_PACK_MV,
		.denies = PROTECT_CHARGE,
		.trip = PER_CELL(CELL_OVP),
		.release = PER_CELL(CELL_OVP_RELEASE),
		.delay = CONSTANT(VOLTAGE_DELAY_MS),
		.settle = CONSTANT(VOLTAGE_DELAY_MS) },
	{ .alarm = BMS_ALARM_PACK_UVP,
		.quantity = MEASURE_PACK_MV,
		.below = true,
		.denies = PROTECT_DISCHARGE | PROTECT_PRECHARGE,
		.trip = PER_CELL(CELL_UVP),
		.release = PER_CELL(CELL_UVP_RELEASE),
		.delay = CONSTANT(VOLTAGE_DELAY_MS),
		.settle = CONSTANT(VOLTAGE_DELAY_MS) },
	{ .alarm = BMS_ALARM_CHARGE_OCP,
		.quantity = MEASURE_CHARGE_MA,
		.denies = PROTECT_CHARGE,
		.trip = SETTING(CHARGE_OCP),
		.release = SETTING(CHARGE_OCP),
		.delay = SETTING(CHARGE_OCP_DELAY),
		.hold = SETTING(CHARGE_OCP_RELEASE) },
	{ .alarm = BMS_ALARM_DISCHARGE_OCP,
		.quantity = MEASURE_DISCHARGE_MA,
		.denies = PROTECT_DISCHARGE | PROTECT_PRECHARGE,
		.trip = SETTING(DISCHARGE_OCP),
		.release = SETTING(DISCHARGE_OCP),
		.delay = SETTING(DISCHARGE_OCP_DELAY),
		.hold = SETTING(DISCHARGE_OCP_RELEASE) },
	{ .alarm = BMS_ALARM_CHARGE_OTP,
		.quantity = MEASURE_PROBE_MAX_DC,
		.uses_probes = true,
		.denies = PROTECT_CHARGE,
		.trip = SETTING(CHARGE_OTP),
		.release = SETTING(CHARGE_OTP_RELEASE),
		.delay = CONSTANT(TEMPERATURE_DELAY_MS),
		.hold = CONSTANT(TEMPERATURE_HOLD_MS),
		.settle = CONSTANT(TEMPERATURE_DELAY_MS) },
	{ .alarm = BMS_ALARM_CHARGE_UTP,
		.quantity = MEASURE_PROBE_MIN_DC,
		.uses_probes = true,
		.below = true,
		.denies = PROTECT_CHARGE,
		.trip = SETTING(CHARGE_UTP),
		.release = SETTING(CHARGE_UTP_RELEASE),
		.delay = CONSTANT(TEMPERATURE_DELAY_MS),
		.hold = CONSTANT(TEMPERATURE_HOLD_MS),
		.settle = CONSTANT(TEMPERATURE_DELAY_MS) },
	{ .alarm = BMS_ALARM_DISCHARGE_OTP,
		.quantity = MEASURE_PROBE_MAX_DC,
		.uses_probes = true,
		.denies = PROTECT_DISCHARGE | PROTECT_PRECHARGE,
		.trip = SETTING(DISCHARGE_OTP),
		.release = SETTING(DISCHARGE_OTP_RELEASE),
		.delay = CONSTANT(TEMPERATURE_DELAY_MS),
		.hold = CONSTANT(TEMPERATURE_HOLD_MS),
		.settle = CONSTANT(TEMPERATURE_DELAY_MS) },
	/* The relay board has no setting for it. */
	{ .alarm = BMS_ALARM_DISCHARGE_UTP,
		.quantity = MEASURE_PROBE_MIN_DC,
		.uses_probes = true,
		.below = true,
		.denies = PROTECT_DISCHARGE | PROTECT_PRECHARGE,
		.trip = CONSTANT(-300),
		.release = CONSTANT(-250),
		.delay = CONSTANT(TEMPERATURE_DELAY_MS),
		.hold = CONSTANT(TEMPERATURE_HOLD_MS),
		.settle = CONSTANT(TEMPERATURE_DELAY_MS) },
	{ .alarm = BMS_ALARM_PROBE,
		.quantity = MEASURE_PROBES_BROKEN,
		.uses_probes = true,
		.denies = PROTECT_CHARGE,
		.trip = CONSTANT(0),
		.release = CONSTANT(1),
		.delay = CONSTANT(TEMPERATURE_DELAY_MS),
		.settle = CONSTANT(TEMPERATURE_DELAY_MS) },
	{ .alarm = BMS_ALARM_CELL_COUNT,
		.quantity = MEASURE_CELL_COUNT_WRONG,
		.denies = PROTECT_ALL,
		.trip = CONSTANT(0),
		.release = CONSTANT(1),
		.delay = CONSTANT(COUNT_DELAY_MS),
		.settle = CONSTANT(COUNT_DELAY_MS) },
	{ .alarm = BMS_ALARM_WIRE_RESISTANCE,
		.quantity = MEASURE_WIRE_MAX_MOHM,
		.denies = PROTECT_BALANCE,
		.trip = CONSTANT(WIRE_LIMIT_MOHM),
		.release = CONSTANT(WIRE_LIMIT_MOHM),
		.delay = CONSTANT(COUNT_DELAY_MS),
		.settle = CONSTANT(COUNT_DELAY_MS) },
	{ .alarm = BMS_ALARM_COPROCESSOR,
		.quantity = MEASURE_CELLS_AGE_MS,
		.denies = PROTECT_ALL,
		.trip = CONSTANT(LOST_MS),
		.release = CONSTANT(LOST_MS),
		.settle = CONSTANT(LOST_SETTLE_MS) },
	{ .alarm = BMS_ALARM_CURRENT_SENSOR,
		.quantity = MEASURE_SHUNT_AGE_MS,
		.denies = PROTECT_ALL,
		.trip = CONSTANT(LOST_MS),
		.release = CONSTANT(LOST_MS),
		.settle = CONSTANT(LOST_SETTLE_MS) },
	/* A relay that does not follow its coil: with one welded, the others must stay open. */
	{ .alarm = BMS_ALARM_CHARGE_SWITCH,
		.quantity = MEASURE_CHARGE_RELAY_WRONG,
		.denies = PROTECT_RELAYS,
		.trip = CONSTANT(0),
		.release = CONSTANT(1),
		.delay = CONSTANT(RELAY_DELAY_MS),
		.hold = CONSTANT(RELAY_HOLD_MS),
		.settle = CONSTANT(RELAY_DELAY_MS) },
	{ .alarm = BMS_ALARM_DISCHARGE_SWITCH,
		.quantity = MEASURE_DISCHARGE_RELAY_WRONG,
		.denies = PROTECT_RELAYS,
		.trip = CONSTANT(0),
		.release = CONSTANT(1),
		.delay = CONSTANT(RELAY_DELAY_MS),
		.hold = CONSTANT(RELAY_HOLD_MS),
		.settle = CONSTANT(RELAY_DELAY_MS) },
	/* Settings that could not be read: the defaults may not fit this battery. The alarm word has
	 * no bit of its own for it. */
	{ .alarm = BMS_ALARM_COPROCESSOR,
		.quantity = MEASURE_SETTINGS_LOST,
		.denies = PROTECT_ALL,
		.trip = CONSTANT(0),
		.release = CONSTANT(1) },
};

const size_t protect_row_count = sizeof(protect_rows) / sizeof(*protect_rows);

_Static_assert(sizeof(protect_rows) / sizeof(*protect_rows) <= PROTECT_ROWS_MAX,
	"struct protect has a cell for each row");
