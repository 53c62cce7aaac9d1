/* SPDX-License-Identifier: MIT */
/* What the ports tell of a board. A value the board does not know is absent. */
#include "core/board.h"

enum {
	FACTOR_NOMINAL = 1000,
	MCU_ID = 6, /* as the captured relay board says */
	/* Bit 0 is the power stage, which a relay board does not have. The captured board sets the
	 * bits above its three probes. */
	PROBES_NOT_FLAGGED = 0xf0,
};

#define VOLTAGE_FACTOR_PPB INT64_C(3000000000)

static void set(struct bms_telemetry *telemetry, size_t slot, int64_t value)
{
	bms_telemetry_set(telemetry, slot, value);
}

static void fill_cells(const struct measure *measure, struct bms_telemetry *telemetry)
{
	if (!measure->source[MEASURE_CELLS].ever)
		return;
	for (size_t i = 0; i < PORT_CHANNELS; i++) {
		if (!(measure->cell_mask >> i & 1))
			continue;
		set(telemetry, BMS_SLOT_CELL_MV + i, measure->cells.cell_mv[i]);
		set(telemetry, BMS_SLOT_WIRE_MOHM + i, measure->cells.wire_mohm[i]);
	}
	set(telemetry, BMS_SLOT_CELL_MASK, measure->cell_mask);
	set(telemetry, BMS_SLOT_CELL_AVERAGE_MV, measure->average_mv);
	set(telemetry, BMS_SLOT_CELL_DELTA_MV,
		measure->value[MEASURE_CELL_MAX_MV] - measure->value[MEASURE_CELL_MIN_MV]);
	set(telemetry, BMS_SLOT_CELL_HIGHEST, measure->highest);
	set(telemetry, BMS_SLOT_CELL_LOWEST, measure->lowest);
}

static void fill_pack(const struct measure *measure, struct bms_telemetry *telemetry)
{
	int64_t pack_mv = measure->rails.pack_mv, ma = measure->shunt.current_ma;

	if (!measure->source[MEASURE_RAILS].ever || !measure->source[MEASURE_SHUNT].ever)
		return;
	set(telemetry, BMS_SLOT_PACK_MV, pack_mv);
	set(telemetry, BMS_SLOT_PACK_CV, pack_mv / 10);
	set(telemetry, BMS_SLOT_CURRENT_MA, ma);
	set(telemetry, BMS_SLOT_POWER_MW, pack_mv * (ma < 0 ? -ma : ma) / 1000);
}

static void fill_probes(const struct board *board, struct bms_telemetry *telemetry)
{
	const struct measure *measure = &board->measure;

	for (size_t i = 0; i < PORT_PROBES; i++)
		if (measure->probe_mask >> i & 1)
			set(telemetry, BMS_SLOT_PROBE_DC + i, measure->probes.probe_dc[i]);
	set(telemetry, BMS_SLOT_PROBE_MASK, PROBES_NOT_FLAGGED | measure->probe_mask << 1);
}

static void fill_charge(const struct soc *soc, struct bms_telemetry *telemetry)
{
	set(telemetry, BMS_SLOT_SOC_PCT, soc_pct(soc));
	set(telemetry, BMS_SLOT_SOH_PCT, soc_health_pct(soc));
	set(telemetry, BMS_SLOT_REMAINING_MAH, soc_remaining_mah(soc));
	set(telemetry, BMS_SLOT_FULL_MAH, soc_full_mah(soc));
	set(telemetry, BMS_SLOT_CYCLES, soc_cycles(soc));
	set(telemetry, BMS_SLOT_CYCLED_MAH, soc_cycled_mah(soc));
}

/* The one relay of a common port lets charge through as long as nothing denies it. */
static bool charge_is_on(const struct board *board)
{
	if (board->wiring.common_port)
		return board->feedback & PORT_RELAY_DISCHARGE &&
		       board->protect.allowed & PROTECT_CHARGE;
	return board->feedback & PORT_RELAY_CHARGE;
}

static void fill_switches(const struct board *board, struct bms_telemetry *telemetry)
{
	set(telemetry, BMS_SLOT_PRECHARGE_ON, (board->feedback & PORT_RELAY_PRECHARGE) != 0);
	set(telemetry, BMS_SLOT_CHARGE_ON, charge_is_on(board));
	set(telemetry, BMS_SLOT_DISCHARGE_ON, (board->feedback & PORT_RELAY_DISCHARGE) != 0);
	set(telemetry, BMS_SLOT_ACC_ON, (board->din & PORT_DIN_ACC) != 0);
	set(telemetry, BMS_SLOT_CHARGER_PLUGGED, (board->din & PORT_DIN_CHARGER) != 0);
	set(telemetry, BMS_SLOT_HEATER_ON, heat_is_on(&board->heat));
	set(telemetry, BMS_SLOT_HEATER_MA, board->heater_ma);
	set(telemetry, BMS_SLOT_RELAY_ON, 0);
}

/* The pulses that test the wires are not balancing. */
static void fill_balance(const struct board *board, struct bms_telemetry *telemetry)
{
	uint8_t state = balance_telemetry_state(&board->balance);

	set(telemetry, BMS_SLOT_BALANCE_STATE, state);
	set(telemetry, BMS_SLOT_BALANCE_MA, state ? board->stage_ma : 0);
	set(telemetry, BMS_SLOT_WIRE_HIGH_MASK, board->wire.high_mask | board->measure.open_mask);
}

static void fill_protection(const struct board *board, struct bms_telemetry *telemetry)
{
	static const struct {
		uint8_t alarm, slot;
	} timers[] = {
		{ BMS_ALARM_DISCHARGE_OCP, BMS_SLOT_DISCHARGE_OCP_TIMER_S },
		{ BMS_ALARM_DISCHARGE_SCP, BMS_SLOT_DISCHARGE_SCP_TIMER_S },
		{ BMS_ALARM_CHARGE_OCP, BMS_SLOT_CHARGE_OCP_TIMER_S },
		{ BMS_ALARM_CHARGE_SCP, BMS_SLOT_CHARGE_SCP_TIMER_S },
		{ BMS_ALARM_CELL_UVP, BMS_SLOT_UVP_TIMER_S },
		{ BMS_ALARM_CELL_OVP, BMS_SLOT_OVP_TIMER_S },
	};

	set(telemetry, BMS_SLOT_ALARM_BITS, board_alarms(board));
	set(telemetry, BMS_SLOT_OUTPUT_BITS, board->buzzer.on);
	set(telemetry, BMS_SLOT_USER_ALARM, 0);
	set(telemetry, BMS_SLOT_USER_ALARM2, 0);
	for (size_t i = 0; i < sizeof(timers) / sizeof(*timers); i++)
		set(telemetry, timers[i].slot,
			protect_release_s(&board->protect, (enum bms_alarm)timers[i].alarm,
				&board->params.settings, board->now_us));
}

/* The type numbers are the vendor's; lead-acid has none. */
static void fill_battery_type(const struct board *board, struct bms_telemetry *telemetry)
{
	static const int8_t types[BMS_CHEMISTRY_COUNT] = {
		[BMS_CHEMISTRY_LFP] = 0,
		[BMS_CHEMISTRY_NMC] = 1,
		[BMS_CHEMISTRY_LTO] = 2,
		[BMS_CHEMISTRY_LEAD] = -1,
	};

	if (types[board->params.chemistry] >= 0)
		set(telemetry, BMS_SLOT_BATTERY_TYPE, types[board->params.chemistry]);
}

static void fill_times(const struct board *board, struct bms_telemetry *telemetry)
{
	int32_t current_ppm = board->params.calibration.current_ppm;
	struct bms_identity identity;

	board_identity(board, &identity);
	set(telemetry, BMS_SLOT_RUNTIME_S, identity.number[BMS_IDENTITY_TOTAL_RUNTIME_S]);
	set(telemetry, BMS_SLOT_TICKS_DS, (int64_t)((board->now_us - board->start_us) / 100000));
	set(telemetry, BMS_SLOT_RTC_S, board->rtc_s);
	set(telemetry, BMS_SLOT_LOG_COUNT, (int64_t)bms_jk_diary_record_count(&board->diary));
	set(telemetry, BMS_SLOT_SLEEP_S, power_sleep_s(&board->power, &board->params.settings));
	set(telemetry, BMS_SLOT_EMERGENCY_S, power_emergency_s(&board->power));
	set(telemetry, BMS_SLOT_STARTED, 1);
	set(telemetry, BMS_SLOT_MCU_ID, MCU_ID);
	set(telemetry, BMS_SLOT_CHARGE_FACTOR, FACTOR_NOMINAL + current_ppm / 1000);
	set(telemetry, BMS_SLOT_DISCHARGE_FACTOR, FACTOR_NOMINAL + current_ppm / 1000);
	set(telemetry, BMS_SLOT_VOLTAGE_FACTOR_PPB,
		calibration_scale(VOLTAGE_FACTOR_PPB, board->params.calibration.voltage_ppm));
}

void board_telemetry(const struct board *board, struct bms_telemetry *telemetry)
{
	*telemetry = (struct bms_telemetry){ 0 };
	fill_cells(&board->measure, telemetry);
	fill_pack(&board->measure, telemetry);
	fill_probes(board, telemetry);
	fill_charge(&board->soc, telemetry);
	fill_switches(board, telemetry);
	fill_balance(board, telemetry);
	fill_protection(board, telemetry);
	fill_battery_type(board, telemetry);
	fill_times(board, telemetry);
}
