/* SPDX-License-Identifier: MIT */
#include "core/board_log.h"

/* A probe that is not there reads as the vendor's boards say it. */
enum {
	NO_PROBE_C = 0
};

static const struct {
	uint16_t event; /* enum power_event */
	uint8_t code;   /* enum log_code */
} power_codes[] = {
	{ POWER_WENT_OFF, LOG_SHUTDOWN },
	{ POWER_WENT_OFF_BY_APP, LOG_OFF_BY_APP },
	{ POWER_WENT_OFF_BY_BUTTON, LOG_OFF_BY_BUTTON },
	{ POWER_WENT_TO_SLEEP, LOG_SLEEP },
	{ POWER_WOKE, LOG_BOOT },
	{ POWER_EMERGENCY_ON, LOG_EMERGENCY_ON },
	{ POWER_EMERGENCY_OFF, LOG_EMERGENCY_OFF },
	{ POWER_EMERGENCY_OVER, LOG_EMERGENCY_TIMEOUT },
	{ POWER_EMERGENCY_BUTTON_ON, LOG_BUTTON_EMERGENCY_ON },
	{ POWER_EMERGENCY_BUTTON_OFF, LOG_BUTTON_EMERGENCY_OFF },
};

static const struct {
	uint8_t slot; /* of the switch */
	uint8_t on, off;
} switch_codes[] = {
	{ BMS_SETTING_SLOT_CHARGE_SWITCH, LOG_CHARGE_ON, LOG_CHARGE_OFF },
	{ BMS_SETTING_SLOT_DISCHARGE_SWITCH, LOG_DISCHARGE_ON, LOG_DISCHARGE_OFF },
};

/* Lead-acid has no code. */
static const uint8_t preset_codes[BMS_CHEMISTRY_COUNT] = {
	[BMS_CHEMISTRY_LFP] = LOG_PRESET_LFP,
	[BMS_CHEMISTRY_NMC] = LOG_PRESET_NMC,
	[BMS_CHEMISTRY_LTO] = LOG_PRESET_LTO,
};

static int64_t within(int64_t value, int64_t low, int64_t high)
{
	if (value < low)
		return low;
	return value > high ? high : value;
}

static uint16_t to_u16(int64_t value)
{
	return (uint16_t)within(value, 0, UINT16_MAX);
}

static int8_t to_c(int32_t dc)
{
	return (int8_t)within(dc / 10, INT8_MIN, INT8_MAX);
}

static uint8_t detail_bits(const struct board *board)
{
	return (uint8_t)((board->feedback & PORT_RELAY_CHARGE ? LOG_DETAIL_CHARGE : 0) |
			 (board->feedback & PORT_RELAY_DISCHARGE ? LOG_DETAIL_DISCHARGE : 0) |
			 (balance_telemetry_state(&board->balance) ? LOG_DETAIL_BALANCING : 0) |
			 (heat_is_on(&board->heat) ? LOG_DETAIL_HEATING : 0));
}

static void add_detail(struct board *board, enum log_code code)
{
	const struct measure *measure = &board->measure;
	const int32_t *value = measure->value;
	bool board_probe = measure->probes.fitted & PORT_PROBE_BOARD;
	struct log_detail detail = {
		.rtc_s = board->rtc_s,
		.code = (uint8_t)code,
		.bits = detail_bits(board),
		.highest = measure->highest,
		.lowest = measure->lowest,
		.highest_mv = to_u16(value[MEASURE_CELL_MAX_MV]),
		.lowest_mv = to_u16(value[MEASURE_CELL_MIN_MV]),
		.pack_cv = to_u16(measure->rails.pack_mv / 10),
		.current_da =
			(int16_t)within(measure->shunt.current_ma / 100, INT16_MIN, INT16_MAX),
		.remaining_dah = to_u16(soc_remaining_mah(&board->soc) / 100),
		.full_dah = to_u16(soc_full_mah(&board->soc) / 100),
		.hottest_c = to_c(value[MEASURE_PROBE_MAX_DC]),
		.coldest_c = to_c(value[MEASURE_PROBE_MIN_DC]),
		.board_c = board_probe ? to_c(value[MEASURE_BOARD_DC]) : NO_PROBE_C,
		.heater_da = (uint8_t)within(board->heater_ma / 100, 0, UINT8_MAX),
	};

	log_detail_add(&board->log, &detail);
}

void board_log(struct board *board, enum log_code code)
{
	log_event_add(&board->log, board_runtime_s(board), code);
	add_detail(board, code);
}

static void log_switches(struct board *board)
{
	for (size_t i = 0; i < sizeof(switch_codes) / sizeof(*switch_codes); i++) {
		bool on =
			params_setting(&board->params, (enum bms_setting_slot)switch_codes[i].slot);
		bool was = board->switches >> i & 1;

		if (on != was)
			board_log(board,
				(enum log_code)(on ? switch_codes[i].on : switch_codes[i].off));
	}
}

static void log_power(struct board *board)
{
	for (size_t i = 0; i < sizeof(power_codes) / sizeof(*power_codes); i++)
		if (board->power.events & power_codes[i].event)
			board_log(board, (enum log_code)power_codes[i].code);
}

static void log_hour(struct board *board)
{
	uint32_t now_s = board_runtime_s(board);

	if (now_s - board->log.detail_s < LOG_DETAIL_PERIOD_S)
		return;
	board->log.detail_s = now_s;
	add_detail(board, LOG_PERIODIC);
}

void board_log_step(struct board *board)
{
	const struct measure *measure = &board->measure;
	bool heating = heat_is_on(&board->heat);
	uint8_t code;

	if (log_alarms(&board->log, board_runtime_s(board), board_alarms(board), measure->highest,
		    measure->lowest, &code))
		add_detail(board, (enum log_code)code);
	log_switches(board);
	log_power(board);
	if (heating && !board->heated)
		board_log(board, LOG_HEATING);
	if (board->chemistry != board->params.chemistry && preset_codes[board->params.chemistry])
		board_log(board, (enum log_code)preset_codes[board->params.chemistry]);
	board->heated = heating;
	board->chemistry = board->params.chemistry;
	log_hour(board);
}
