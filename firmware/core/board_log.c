/* SPDX-License-Identifier: MIT */
#include "core/board_log.h"

/* A probe that is not there reads as the vendor's boards say it. */
enum {
	NO_PROBE_C = 0
};

static const struct {
	uint16_t event; /* enum power_event */
	uint8_t code;   /* enum bms_jk_code */
} power_codes[] = {
	{ POWER_WENT_OFF, BMS_JK_CODE_SHUTDOWN },
	{ POWER_WENT_OFF_BY_APP, BMS_JK_CODE_OFF_BY_APP },
	{ POWER_WENT_OFF_BY_BUTTON, BMS_JK_CODE_OFF_BY_BUTTON },
	{ POWER_WENT_TO_SLEEP, BMS_JK_CODE_SLEEP },
	{ POWER_WOKE, BMS_JK_CODE_BOOT },
	{ POWER_EMERGENCY_ON, BMS_JK_CODE_EMERGENCY_ON },
	{ POWER_EMERGENCY_OFF, BMS_JK_CODE_EMERGENCY_OFF },
	{ POWER_EMERGENCY_OVER, BMS_JK_CODE_EMERGENCY_TIMEOUT },
	{ POWER_EMERGENCY_BUTTON_ON, BMS_JK_CODE_BUTTON_EMERGENCY_ON },
	{ POWER_EMERGENCY_BUTTON_OFF, BMS_JK_CODE_BUTTON_EMERGENCY_OFF },
};

static const struct {
	uint8_t slot; /* of the switch */
	uint8_t on, off;
} switch_codes[] = {
	{ BMS_SETTING_SLOT_CHARGE_SWITCH, BMS_JK_CODE_CHARGE_ON, BMS_JK_CODE_CHARGE_OFF },
	{ BMS_SETTING_SLOT_DISCHARGE_SWITCH, BMS_JK_CODE_DISCHARGE_ON, BMS_JK_CODE_DISCHARGE_OFF },
};

/* Lead-acid has no code. */
static const uint8_t preset_codes[BMS_CHEMISTRY_COUNT] = {
	[BMS_CHEMISTRY_LFP] = BMS_JK_CODE_PRESET_LFP,
	[BMS_CHEMISTRY_NMC] = BMS_JK_CODE_PRESET_NMC,
	[BMS_CHEMISTRY_LTO] = BMS_JK_CODE_PRESET_LTO,
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
	return (uint8_t)((board->feedback & PORT_RELAY_CHARGE ? BMS_JK_RECORD_CHARGE : 0) |
			 (board->feedback & PORT_RELAY_DISCHARGE ? BMS_JK_RECORD_DISCHARGE : 0) |
			 (balance_telemetry_state(&board->balance) ? BMS_JK_RECORD_BALANCING : 0) |
			 (heat_is_on(&board->heat) ? BMS_JK_RECORD_HEATING : 0));
}

static void add_detail(struct board *board, enum bms_jk_code code)
{
	const struct measure *measure = &board->measure;
	const int32_t *value = measure->value;
	bool board_probe = measure->probes.fitted & PORT_PROBE_BOARD;
	struct bms_jk_record detail = {
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
		.mos_c = board_probe ? to_c(value[MEASURE_BOARD_DC]) : NO_PROBE_C,
		.heater_da = (uint8_t)within(board->heater_ma / 100, 0, UINT8_MAX),
	};

	bms_jk_diary_add_record(&board->diary, &detail);
}

void board_log(struct board *board, enum bms_jk_code code)
{
	bms_jk_diary_add_event(&board->diary, board_runtime_s(board), code);
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
				(enum bms_jk_code)(on ? switch_codes[i].on : switch_codes[i].off));
	}
}

static void log_power(struct board *board)
{
	for (size_t i = 0; i < sizeof(power_codes) / sizeof(*power_codes); i++)
		if (board->power.events & power_codes[i].event)
			board_log(board, (enum bms_jk_code)power_codes[i].code);
}

static void log_hour(struct board *board)
{
	uint32_t now_s = board_runtime_s(board);

	if (now_s - board->diary.record_s < BMS_JK_RECORD_PERIOD_S)
		return;
	board->diary.record_s = now_s;
	add_detail(board, BMS_JK_CODE_PERIODIC);
}

void board_log_step(struct board *board)
{
	const struct measure *measure = &board->measure;
	bool heating = heat_is_on(&board->heat);
	uint8_t code;

	if (bms_jk_diary_alarms(&board->diary, board_runtime_s(board), board_alarms(board),
		    measure->highest, measure->lowest, &code))
		add_detail(board, (enum bms_jk_code)code);
	log_switches(board);
	log_power(board);
	if (heating && !board->heated)
		board_log(board, BMS_JK_CODE_HEATING);
	if (board->chemistry != board->params.chemistry && preset_codes[board->params.chemistry])
		board_log(board, (enum bms_jk_code)preset_codes[board->params.chemistry]);
	board->heated = heating;
	board->chemistry = board->params.chemistry;
	log_hour(board);
}
