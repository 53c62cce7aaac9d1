/* SPDX-License-Identifier: MIT */
#include "core/board.h"

#include "core/board_log.h"
#include "core/lamp.h"

enum {
	GOOD_SCANS = 3,
	GOOD_US = 1000000,
	GOOD_AFTER_RESET_US = 10000000,
	COMPARATOR_RANGE_PCT = 160, /* 120 mV on a shunt of 75 mV */
	COMPARATOR_OCP_PCT = 150,   /* an overcurrent is not yet a short circuit */
	SWITCHES = PORT_RELAY_CHARGE | PORT_RELAY_DISCHARGE,
};

void board_init(struct board *board, enum bms_chemistry chemistry, uint64_t now_us)
{
	*board = (struct board){ .now_us = now_us, .start_us = now_us, .kept_us = now_us };
	params_default(&board->params, chemistry);
	measure_init(&board->measure, now_us);
	protect_init(&board->protect);
	relay_init(&board->relay, now_us);
	weld_init(&board->weld, now_us);
	power_init(&board->power, now_us);
	soc_init(&board->soc, &board->params.settings);
	wire_init(&board->wire);
	balance_init(&board->balance);
	display_init(&board->display, now_us);
}

static uint8_t switches_of(const struct board *board)
{
	const struct params *params = &board->params;

	return (uint8_t)((params_setting(params, BMS_SETTING_SLOT_CHARGE_SWITCH) ? PORT_RELAY_CHARGE
										 : 0) |
			 (params_setting(params, BMS_SETTING_SLOT_DISCHARGE_SWITCH)
					 ? PORT_RELAY_DISCHARGE
					 : 0));
}

/* Counted in flash at once: the next reset may come soon. */
static void note_reset(struct board *board, struct port *port)
{
	board->was_reset = port_reset_cause(port) == PORT_RESET_WATCHDOG;
	if (!board->was_reset)
		return;
	board->counters.watchdog_resets++;
	bms_jk_diary_add_event(&board->diary, board_runtime_s(board), BMS_JK_CODE_WATCHDOG);
	board_keep(board, port, true);
}

bool board_load(struct board *board, struct port *port)
{
	bool known;

	params_load(&board->params, port);
	diary_store_load(&board->diary_store, &board->diary, port);
	known = counters_load(&board->counters, &board->counter_slots, port, board->params.record);
	board->counters.power_on_count++;
	board->soc.count = board->counters.charge;
	soc_init(&board->soc, &board->params.settings);
	note_reset(board, port);
	board->switches = switches_of(board);
	board->chemistry = board->params.chemistry;
	board->diary.record_s = board_runtime_s(board);
	bms_jk_diary_add_event(&board->diary, board_runtime_s(board), BMS_JK_CODE_BOOT);
	return known;
}

/* The relays stay open until the board has seen its battery for a while; longer after it failed. */
static bool is_ready(const struct board *board)
{
	uint64_t good_us = board->was_reset ? GOOD_AFTER_RESET_US : GOOD_US;

	return board->measure.source[MEASURE_CELLS].good >= GOOD_SCANS &&
	       board->measure.source[MEASURE_SHUNT].ever &&
	       board->measure.source[MEASURE_RAILS].ever &&
	       board->now_us - board->start_us >= good_us;
}

static uint8_t relays_wanted(const struct board *board)
{
	uint8_t want = board->switches;

	if (!power_is_on(&board->power))
		return 0;
	if (power_is_emergency(&board->power))
		return SWITCHES;
	if (board->wiring.key_starts && !board->power.key.on)
		want &= (uint8_t)~PORT_RELAY_DISCHARGE;
	if (board->wiring.plug_starts && !power_has_charger(&board->power))
		want &= (uint8_t)~PORT_RELAY_CHARGE;
	return want;
}

static uint8_t relays_allowed(const struct board *board)
{
	const struct protect *protect = &board->protect;

	if (board->power.state == POWER_OFF || (!board->drive && !is_ready(board)))
		return 0;
	return power_is_emergency(&board->power) ? protect->allowed_ever : protect->allowed;
}

/* What the contacts would have to break: the converter may not see all of it. */
static int32_t contact_ma(const struct port_shunt *shunt)
{
	int32_t now_ma = shunt->current_ma < 0 ? -shunt->current_ma : shunt->current_ma;
	int32_t peak_ma = shunt->peak_ma < 0 ? -shunt->peak_ma : shunt->peak_ma;

	if (shunt->railed)
		return INT32_MAX;
	return now_ma > peak_ma ? now_ma : peak_ma;
}

static int32_t break_ma(const struct board *board)
{
	int64_t range_ma = params_setting(&board->params, BMS_SETTING_SLOT_CURRENT_RANGE);
	int64_t pct = board->wiring.break_pct ? board->wiring.break_pct : WIRING_BREAK_PCT;
	int64_t ma = range_ma * pct / 100;

	return ma > INT32_MAX ? INT32_MAX : (int32_t)ma;
}

static void step_relays(struct board *board)
{
	const struct measure *measure = &board->measure;
	struct relay_input input = {
		.now_us = board->now_us,
		.want = relays_wanted(board),
		.allowed = relays_allowed(board),
		.current_ma = measure->shunt.current_ma,
		.contact_ma = contact_ma(&measure->shunt),
		.pack_mv = measure->rails.pack_mv,
		.load_mv = measure->rails.load_mv,
		.precharge_ms =
			(uint32_t)params_setting(&board->params, BMS_SETTING_SLOT_PRECHARGE_TIME) *
			1000,
		.break_ma = break_ma(board),
		.no_load_sense = board->wiring.no_load_sense,
		.suspect = board->weld.suspect,
	};
	struct relay_common_input common = {
		.allowed_ever = board->protect.allowed_ever,
		.driven = board->drive,
		.charger = board->power.charger.on,
	};

	if (board->wiring.common_port)
		relay_common_step(&board->relay_common, &common, &input);
	board->drive = relay_step(&board->relay, &input);
}

static void step_measure(struct board *board, const struct board_input *input)
{
	struct measure_context context = {
		.cell_count = (uint8_t)params_setting(&board->params, BMS_SETTING_SLOT_CELL_COUNT),
		.driven = board->drive,
		.settings_lost = board->params.state == SLOTS_LOST,
		.no_contacts = board->wiring.no_contacts,
		.watchdog_resets = (int32_t)board->counters.watchdog_resets,
		.calibration = board->params.calibration,
	};
	struct weld_input weld = {
		.now_us = board->now_us,
		.driven = board->drive,
		.allowed = relays_allowed(board),
		.no_load_sense = board->wiring.no_load_sense,
		.common_port = board->wiring.common_port,
	};
	struct board_input seen = *input; /* without the balancer's drop in the wires */

	wire_step(&board->wire, &seen, &board->balance.order, context.cell_count);
	measure_step(&board->measure, &seen, &context);
	weld_step(&board->weld, &board->measure, &weld);
}

/* Somebody who works a switch, the key or the plug has looked at the battery. */
static void unlatch(struct board *board)
{
	uint8_t switches = switches_of(board);
	uint8_t events = 0;

	if (board->switches & ~switches)
		events |= PROTECT_SWITCHED;
	if (board->power.events & POWER_KEY_OFF)
		events |= PROTECT_KEYED;
	if (board->power.events & POWER_CHARGER_GONE)
		events |= PROTECT_UNPLUGGED;
	if (events & PROTECT_SWITCHED ||
		board->now_us - board->start_us >= BOARD_HEALTHY_S * UINT64_C(1000000))
		board->counters.watchdog_resets = 0;
	protect_unlatch(&board->protect, events);
}

static void step_power(struct board *board)
{
	const struct measure *measure = &board->measure;
	struct power_input input = {
		.now_us = board->now_us,
		.din = board->din,
		.cells_known = measure->source[MEASURE_CELLS].ever,
		.lowest_mv = measure->value[MEASURE_CELL_MIN_MV],
		.highest_mv = measure->value[MEASURE_CELL_MAX_MV],
		.current_ma = measure->shunt.current_ma,
		.relays_open = !board->drive,
		.settings = &board->params.settings,
	};

	power_step(&board->power, &input);
	unlatch(board);
}

/* From a battery that is nearly empty only a charger may heat. */
static uint16_t step_heat(struct board *board, int32_t heater_ma)
{
	const struct protect *protect = &board->protect;
	uint32_t low = BMS_ALARM_BIT(BMS_ALARM_CELL_UVP) | BMS_ALARM_BIT(BMS_ALARM_PACK_UVP);
	struct heat_input input = {
		.now_us = board->now_us,
		.heater_ma = heater_ma,
		.wanted = params_setting(&board->params, BMS_SETTING_SLOT_HEATING_SWITCH),
		.cold = protect->alarms & BMS_ALARM_BIT(BMS_ALARM_CHARGE_UTP),
		.allowed = power_is_on(&board->power) && protect->allowed & PROTECT_HEAT &&
			   (!(protect->alarms & low) || board->power.charger.on),
	};

	board->heater_ma = heater_ma;
	return heat_step(&board->heat, &input);
}

static bool has_fault(uint32_t alarms)
{
	for (size_t i = 0; i < BMS_ALARM_COUNT; i++)
		if (alarms >> i & 1 && bms_alarm_rows[i].severity == BMS_SEVERITY_FAULT)
			return true;
	return false;
}

static enum lamp_mood mood_of(const struct board *board, bool fault)
{
	if (board->power.state == POWER_OFF)
		return LAMP_OFF;
	if (board->power.state == POWER_SLEEP)
		return LAMP_ASLEEP;
	if (power_is_emergency(&board->power))
		return LAMP_EMERGENCY;
	if (fault)
		return LAMP_FAULT;
	return board->drive & SWITCHES ? LAMP_CLOSED : LAMP_OPEN;
}

static bool step_buzzer(struct board *board, uint32_t alarms)
{
	struct buzzer_input input = {
		.settings = &board->params.settings,
		.measure = &board->measure,
		.soc_pct = soc_pct(&board->soc),
		.alarms = alarms,
		.fault = has_fault(alarms),
	};

	return buzzer_step(&board->buzzer, &input) && power_is_on(&board->power);
}

static bool step_display(struct board *board, uint32_t alarms)
{
	struct display_input input = {
		.now_us = board->now_us,
		.alarms = alarms,
		.din = board->din,
		.always = params_setting(&board->params, BMS_SETTING_SLOT_LCD_ALWAYS_ON),
		.powered = power_is_on(&board->power),
	};

	return display_step(&board->display, &input);
}

static uint8_t step_pins(struct board *board)
{
	uint32_t low = BMS_ALARM_BIT(BMS_ALARM_CELL_UVP) | BMS_ALARM_BIT(BMS_ALARM_PACK_UVP);
	uint32_t alarms = board_alarms(board);
	bool fault = has_fault(alarms);

	return (uint8_t)(lamp_pattern(mood_of(board, fault), board->now_us) |
			 (fault ? PORT_DOUT_K1 : 0) | (alarms & low ? PORT_DOUT_K2 : 0) |
			 (step_buzzer(board, alarms) ? PORT_DOUT_BUZZER : 0) |
			 (step_display(board, alarms) ? PORT_DOUT_DISPLAY : 0));
}

static int32_t comparator_ma(const struct board *board)
{
	int64_t ma = params_setting(&board->params, BMS_SETTING_SLOT_CURRENT_RANGE) *
		     COMPARATOR_RANGE_PCT / 100;
	int64_t above_ma = params_setting(&board->params, BMS_SETTING_SLOT_DISCHARGE_OCP) *
			   COMPARATOR_OCP_PCT / 100;

	if (ma < above_ma)
		ma = above_ma;
	return ma > INT32_MAX ? INT32_MAX : (int32_t)ma;
}

static void step_balance(struct board *board, const struct port_stage *stage)
{
	struct balance_input input = {
		.now_us = board->now_us,
		.settings = &board->params.settings,
		.measure = &board->measure,
		.stage = stage,
		.chemistry = board->params.chemistry,
		.allowed = board->protect.allowed & PROTECT_BALANCE && power_is_on(&board->power),
	};

	board->stage_ma = stage->current_ma;
	balance_step(&board->balance, &board->wire, &input);
}

static void step_soc(struct board *board)
{
	struct soc_input input = {
		.measure = &board->measure,
		.settings = &board->params.settings,
		.chemistry = board->params.chemistry,
		.isolated = !board->drive && !board->feedback,
	};

	soc_step(&board->soc, &input);
}

static void take_input(struct board *board, const struct board_input *input)
{
	board->now_us = input->now_us;
	board->rtc_s = input->rtc_s;
	board->feedback = board->wiring.no_contacts ? board->drive : input->relays;
	board->din = input->din;
}

void board_step(struct board *board, const struct board_input *input, struct board_output *output)
{
	const struct bms_settings *settings = &board->params.settings;
	struct watch *watch = &board->watch;

	watch_begin(watch);
	take_input(board, input);
	step_measure(board, input);
	watch_pass(watch, WATCH_MEASURE);
	protect_step(&board->protect, &board->measure, settings);
	watch_pass(watch, WATCH_PROTECT);
	step_power(board);
	watch_pass(watch, WATCH_POWER);
	step_relays(board);
	watch_pass(watch, WATCH_RELAY);
	step_balance(board, &input->stage);
	watch_pass(watch, WATCH_BALANCE);
	output->heat_permille = step_heat(board, input->heater_ma);
	watch_pass(watch, WATCH_HEAT);
	step_soc(board);
	watch_pass(watch, WATCH_SOC);
	board_log_step(board);
	board->switches = switches_of(board);
	watch_pass(watch, WATCH_LOG);
	output->relays = board->drive;
	output->stage = board->balance.order;
	output->outputs = step_pins(board);
	output->hold = board->power.state != POWER_OFF;
	output->short_ma = comparator_ma(board);
	output->feed = watch_end(watch, board->now_us, board->measure.value[MEASURE_CELLS_AGE_MS]);
}

uint32_t board_runtime_s(const struct board *board)
{
	return board->counters.runtime_s + (uint32_t)((board->now_us - board->start_us) / 1000000);
}

void board_keep(struct board *board, struct port *port, bool force)
{
	struct counters counters = {
		.charge = board->soc.count,
		.runtime_s = board_runtime_s(board),
		.power_on_count = board->counters.power_on_count,
		.watchdog_resets = board->counters.watchdog_resets,
	};

	diary_store_keep(&board->diary_store, &board->diary, port);
	if (!force && board->now_us - board->kept_us < COUNTERS_PERIOD_S * UINT64_C(1000000))
		return;
	counters_save(&counters, &board->counter_slots, port, board->params.record);
	board->kept_us = board->now_us;
}

void board_request(struct board *board, enum power_request request)
{
	power_request(&board->power, request, &board->params.settings);
}

/* Memory and flash agree, or nothing has changed. */
static bool keep_calibration(
	struct board *board, struct port *port, const struct calibration *calibration)
{
	struct calibration old = board->params.calibration;

	board->params.calibration = *calibration;
	if (params_save(&board->params, port))
		return true;
	board->params.calibration = old;
	return false;
}

bool board_calibrate_pack(struct board *board, struct port *port, int32_t truth_mv)
{
	struct calibration calibration = board->params.calibration;

	return board->measure.source[MEASURE_RAILS].ever &&
	       calibration_set_pack(&calibration, board->measure.rails.pack_mv, truth_mv) &&
	       keep_calibration(board, port, &calibration);
}

bool board_calibrate_current(struct board *board, struct port *port, int32_t truth_ma)
{
	struct calibration calibration = board->params.calibration;

	return board->measure.source[MEASURE_SHUNT].ever &&
	       calibration_set_current(&calibration, board->measure.shunt.current_ma, truth_ma) &&
	       keep_calibration(board, port, &calibration);
}

bool board_calibrate_cell(struct board *board, struct port *port, unsigned cell, int32_t truth_mv)
{
	struct calibration calibration = board->params.calibration;

	return cell < PORT_CHANNELS && board->measure.source[MEASURE_CELLS].ever &&
	       calibration_set_cell(
		       &calibration, cell, board->measure.cells.cell_mv[cell], truth_mv) &&
	       keep_calibration(board, port, &calibration);
}

void board_set_rtc(struct board *board, struct port *port, uint32_t rtc_s)
{
	port_rtc_set(port, rtc_s);
	board->rtc_s = rtc_s;
	board_log(board, BMS_JK_CODE_TIME_SET);
}

uint32_t board_alarms(const struct board *board)
{
	uint32_t alarms = board->protect.alarms;

	if (params_password_is_default(&board->params))
		alarms |= BMS_ALARM_BIT(BMS_ALARM_DEFAULT_PASSWORD);
	if (board->wire.high_mask)
		alarms |= BMS_ALARM_BIT(BMS_ALARM_WIRE_RESISTANCE);
	if (relay_start_failed(&board->relay))
		alarms |= BMS_ALARM_BIT(BMS_ALARM_DISCHARGE_START);
	return alarms;
}

void board_identity(const struct board *board, struct bms_identity *identity)
{
	*identity = board->params.identity;
	identity->number[BMS_IDENTITY_TOTAL_RUNTIME_S] = board_runtime_s(board);
	identity->number[BMS_IDENTITY_POWER_ON_COUNT] = board->counters.power_on_count;
	bms_mark_slot(identity->present, BMS_IDENTITY_TOTAL_RUNTIME_S);
	bms_mark_slot(identity->present, BMS_IDENTITY_POWER_ON_COUNT);
}
