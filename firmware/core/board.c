/* SPDX-License-Identifier: MIT */
#include "core/board.h"

enum {
	GOOD_SCANS = 3,
	GOOD_US = 1000000
};

void board_init(struct board *board, enum bms_chemistry chemistry, uint64_t now_us)
{
	*board = (struct board){ .now_us = now_us, .start_us = now_us, .kept_us = now_us };
	params_default(&board->params, chemistry);
	measure_init(&board->measure, now_us);
	protect_init(&board->protect);
	relay_init(&board->relay, now_us);
	soc_init(&board->soc, &board->params.settings);
}

bool board_load(struct board *board, struct port *port)
{
	bool known;

	params_load(&board->params, port);
	known = counters_load(&board->counters, &board->counter_slots, port, board->params.record);
	board->counters.power_on_count++;
	board->soc.count = board->counters.charge;
	soc_init(&board->soc, &board->params.settings);
	return known;
}

/* The relays stay open until the board has seen its battery for a while. */
static bool is_ready(const struct board *board)
{
	return board->measure.source[MEASURE_CELLS].good >= GOOD_SCANS &&
	       board->measure.source[MEASURE_SHUNT].ever &&
	       board->measure.source[MEASURE_RAILS].ever &&
	       board->now_us - board->start_us >= GOOD_US;
}

static uint8_t relays_wanted(const struct board *board)
{
	uint8_t want = 0;

	if (params_setting(&board->params, BMS_SETTING_SLOT_CHARGE_SWITCH))
		want |= PORT_RELAY_CHARGE;
	if (params_setting(&board->params, BMS_SETTING_SLOT_DISCHARGE_SWITCH))
		want |= PORT_RELAY_DISCHARGE;
	return want;
}

static uint8_t step_relays(struct board *board)
{
	const struct measure *measure = &board->measure;
	struct relay_input input = {
		.now_us = board->now_us,
		.want = relays_wanted(board),
		.allowed = is_ready(board) || board->drive ? board->protect.allowed : 0,
		.current_ma = measure->shunt.current_ma,
		.pack_mv = measure->rails.pack_mv,
		.load_mv = measure->rails.load_mv,
		.precharge_ms =
			(uint32_t)params_setting(&board->params, BMS_SETTING_SLOT_PRECHARGE_TIME) *
			1000,
	};

	return relay_step(&board->relay, &input);
}

void board_step(struct board *board, const struct board_input *input, struct board_output *output)
{
	const struct bms_settings *settings = &board->params.settings;
	struct measure_context context = {
		.cell_count = (uint8_t)settings->value[BMS_SETTING_SLOT_CELL_COUNT],
		.driven = board->drive,
		.settings_lost = board->params.state == SLOTS_LOST,
	};

	board->now_us = input->now_us;
	board->rtc_s = input->rtc_s;
	board->feedback = input->relays;
	board->din = input->din;
	measure_step(&board->measure, input, &context);
	protect_step(&board->protect, &board->measure, settings);
	soc_step(&board->soc, &board->measure, settings);
	board->drive = step_relays(board);
	output->relays = board->drive;
}

static uint32_t runtime_s(const struct board *board)
{
	return board->counters.runtime_s + (uint32_t)((board->now_us - board->start_us) / 1000000);
}

void board_keep(struct board *board, struct port *port, bool force)
{
	struct counters counters = {
		.charge = board->soc.count,
		.runtime_s = runtime_s(board),
		.power_on_count = board->counters.power_on_count,
	};

	if (!force && board->now_us - board->kept_us < COUNTERS_PERIOD_S * UINT64_C(1000000))
		return;
	counters_save(&counters, &board->counter_slots, port, board->params.record);
	board->kept_us = board->now_us;
}

uint32_t board_alarms(const struct board *board)
{
	uint32_t alarms = board->protect.alarms;

	if (params_password_is_default(&board->params))
		alarms |= BMS_ALARM_BIT(BMS_ALARM_DEFAULT_PASSWORD);
	if (relay_start_failed(&board->relay))
		alarms |= BMS_ALARM_BIT(BMS_ALARM_DISCHARGE_START);
	return alarms;
}

void board_identity(const struct board *board, struct bms_identity *identity)
{
	*identity = board->params.identity;
	identity->number[BMS_IDENTITY_TOTAL_RUNTIME_S] = runtime_s(board);
	identity->number[BMS_IDENTITY_POWER_ON_COUNT] = board->counters.power_on_count;
	bms_mark_slot(identity->present, BMS_IDENTITY_TOTAL_RUNTIME_S);
	bms_mark_slot(identity->present, BMS_IDENTITY_POWER_ON_COUNT);
}
