/* SPDX-License-Identifier: MIT */
#include "core/balance.h"

#include "core/balance_plan.h"
#include "core/ocv.h"

#define S_US INT64_C(1000000)

enum {
	TEST_MA = 1000,
	TEST_US = 1000000,
	PHASE_S = 20,
	PHASE_CAREFUL_S = 10, /* with a cell near a limit */
	CAREFUL_MV = 50,
	LIMIT_MV = 20, /* no closer to a protection */
	BREAK_US = 20000,
	STALL_US = 500000,
	WINDOW_S = 20,
	WINDOWS = 4, /* each twice as long as the one before: more noise, longer averages */
	WINDOW_SCANS = 16,
	DRIFT_UV = 150,
	DRIFT_PCT_DIVISOR = 40, /* 0.025 % of charge */
	SETTLE_MAX_S = 600,
	QUIET_S = 10,
	QUIET_MA = 20000,
	QUIET_DIVISOR = 10, /* C/10 */
	RELEARN_S = 21600,
	RETRY_S = 120,
	KNEE_UV = 10000,            /* above where voltages are believed */
	MARGIN_UV = 450,            /* the plan aims this far into the band, */
	STOP_UV = 350,              /* and is content with this: cells go on relaxing */
	CAREFUL_DEBT_DIVISOR = 100, /* of the capacity: larger debts are paid in two goes */
	CAPACITOR_FULL_MV = 2400,
	CAPACITOR_EMPTY_MV = 1000,
	HEADROOM_MV = 300,
	EFFICIENCY_PPM = 850000, /* until it is known */
	EFFICIENCY_MIN_PPM = 500000,
	WASTEFUL_CYCLES = 3,
	BLIND_MS = 1500,
};

/* Half a second of the largest current: less is not owed. */
#define CRUMB_UAMS (INT64_C(1000) * BALANCE_MAX_MA * 500)

struct step {
	struct balance *balance;
	struct wire *wire;
	const struct balance_input *input;
	int64_t dt_us;
	int32_t ma; /* what may flow */
};

typedef enum balance_state (*balance_rule)(struct step *step);

static int64_t setting(const struct step *step, enum bms_setting_slot slot)
{
	return step->input->settings->value[slot];
}

static uint8_t cell_count(const struct step *step)
{
	int64_t count = setting(step, BMS_SETTING_SLOT_CELL_COUNT);

	return count < PORT_CHANNELS ? (uint8_t)count : PORT_CHANNELS;
}

static bool lasted(const struct step *step, int64_t us)
{
	return step->input->now_us - step->balance->since_us >= (uint64_t)us;
}

static int32_t cell_mv(const struct step *step, size_t cell)
{
	return step->input->measure->cells.cell_mv[cell];
}

static bool scanned(const struct step *step)
{
	return step->input->measure->source[MEASURE_CELLS].fresh;
}

static int64_t capacity_mah(const struct step *step)
{
	return setting(step, BMS_SETTING_SLOT_NOMINAL_CAPACITY);
}

static int32_t least(int64_t a, int64_t b)
{
	return (int32_t)(a < b ? a : b);
}

/* The current falls from BALANCE_DERATE_DC on to the least at BALANCE_HOT_DC. */
static int32_t current_ma(const struct step *step)
{
	int32_t ma = least(setting(step, BMS_SETTING_SLOT_BALANCE_CURRENT), BALANCE_MAX_MA);
	int32_t above = step->input->stage->temperature_dc - BALANCE_DERATE_DC;

	ma = least(ma, capacity_mah(step) / QUIET_DIVISOR);
	if (above > 0)
		ma -= (ma - BALANCE_MIN_MA) * above / (BALANCE_HOT_DC - BALANCE_DERATE_DC);
	return ma > BALANCE_MIN_MA ? ma : BALANCE_MIN_MA;
}

static bool is_hot(const struct step *step)
{
	int16_t dc = step->input->stage->temperature_dc;

	return dc >= (step->balance->locks & BALANCE_HOT ? BALANCE_COOL_DC : BALANCE_HOT_DC);
}

static bool is_cold(const struct step *step)
{
	const struct measure *measure = step->input->measure;

	return measure->source[MEASURE_PROBES].ever &&
	       !setting(step, BMS_SETTING_SLOT_PROBES_DISABLED) &&
	       measure->value[MEASURE_PROBE_MIN_DC] < 0;
}

static uint8_t locks_now(const struct step *step)
{
	const struct measure *measure = step->input->measure;
	const struct {
		bool on;
		uint8_t lock;
	} rows[] = {
		{ !setting(step, BMS_SETTING_SLOT_BALANCE_SWITCH), BALANCE_SWITCHED_OFF },
		{ !step->input->allowed, BALANCE_DENIED },
		{ is_hot(step), BALANCE_HOT },
		{ is_cold(step), BALANCE_COLD },
		{ measure->value[MEASURE_CELLS_AGE_MS] > BLIND_MS ||
				!step->input->stage->stamp.valid,
			BALANCE_BLIND },
		{ step->balance->wasteful >= WASTEFUL_CYCLES, BALANCE_WASTEFUL },
	};
	uint8_t locks = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		locks |= rows[i].on ? rows[i].lock : 0;
	return locks;
}

/* --- learning --- */

static void watch_pack(struct step *step)
{
	int32_t ma = step->input->measure->shunt.current_ma;
	int32_t limit = least(capacity_mah(step) / QUIET_DIVISOR, QUIET_MA);
	struct balance *balance = step->balance;

	if (ma > limit || ma < -limit)
		balance->quiet_us = 0;
	else if (balance->quiet_us == 0)
		balance->quiet_us = step->input->now_us;
}

static int32_t highest_mv(const struct step *step)
{
	return step->input->measure->value[MEASURE_CELL_MAX_MV];
}

static bool may_learn(const struct step *step)
{
	enum bms_chemistry chemistry = (enum bms_chemistry)step->input->chemistry;
	const struct balance *balance = step->balance;

	return balance->quiet_us &&
	       step->input->now_us - balance->quiet_us >= QUIET_S * (uint64_t)S_US &&
	       highest_mv(step) > setting(step, BMS_SETTING_SLOT_BALANCE_START_VOLTAGE) &&
	       highest_mv(step) * 1000 >= ocv_trusted_uv(chemistry) + KNEE_UV;
}

static bool spread_is_seen(const struct step *step)
{
	const int32_t *value = step->input->measure->value;
	int64_t trigger = setting(step, BMS_SETTING_SLOT_BALANCE_TRIGGER);

	if (step->balance->continuing)
		return true;
	return value[MEASURE_CELL_MAX_MV] - value[MEASURE_CELL_MIN_MV] > trigger;
}

static bool learned_within(const struct step *step, int64_t seconds)
{
	const struct balance *balance = step->balance;

	return balance->learned_us &&
	       step->input->now_us - balance->learned_us < (uint64_t)(seconds * S_US);
}

static void window_open(struct step *step)
{
	struct balance_window *window = &step->balance->window;

	window->since_us = step->input->now_us;
	window->scans = 0;
	for (size_t i = 0; i < PORT_CHANNELS; i++)
		window->sum_mv[i] = 0;
}

static void window_take(struct step *step)
{
	struct balance_window *window = &step->balance->window;

	for (size_t i = 0; i < PORT_CHANNELS; i++)
		window->sum_mv[i] += cell_mv(step, i);
	window->scans++;
}

static bool window_full(const struct step *step)
{
	const struct balance_window *window = &step->balance->window;

	return window->scans >= WINDOW_SCANS &&
	       step->input->now_us - window->since_us >= (WINDOW_S * (uint64_t)S_US)
								 << window->doublings;
}

/* Moves the averages into uv; true when no cell moved apart from the others. */
static bool window_close(struct step *step)
{
	struct balance_window *window = &step->balance->window;
	int32_t moved_uv[PORT_CHANNELS], mean_uv = 0;
	uint8_t count = cell_count(step);
	bool still = window->before_known;

	for (uint8_t i = 0; i < count; i++) {
		int32_t uv = (int32_t)((int64_t)window->sum_mv[i] * 1000 / window->scans);

		moved_uv[i] = uv - window->uv[i];
		mean_uv += moved_uv[i] / count;
		window->uv[i] = uv;
	}
	for (uint8_t i = 0; i < count; i++) {
		int32_t apart_uv = moved_uv[i] - mean_uv;
		int32_t limit_uv =
			ocv_slope_uv((enum bms_chemistry)step->input->chemistry, window->uv[i]) /
			DRIFT_PCT_DIVISOR;

		limit_uv = limit_uv > DRIFT_UV ? limit_uv : DRIFT_UV;
		still = still && apart_uv <= limit_uv && apart_uv >= -limit_uv;
	}
	if (window->before_known && window->doublings < WINDOWS - 1)
		window->doublings++;
	window->before_known = true;
	return still;
}

static uint32_t cells_in_play(const struct step *step)
{
	uint8_t count = cell_count(step);
	uint32_t all = count < 32 ? (UINT32_C(1) << count) - 1 : UINT32_MAX;

	return all & ~wire_locked_mask(step->wire, step->input->measure->open_mask);
}

/* The table's slope is not this battery's: of a large debt, an eighth waits for the next look. */
static void withhold(struct balance *balance, int64_t capacity)
{
	int64_t large = capacity * 3600 * 1000000 / CAREFUL_DEBT_DIVISOR;
	bool any = false;

	for (size_t i = 0; i < PORT_CHANNELS; i++)
		any = any || balance->owed_uams[i] > large || balance->owed_uams[i] < -large;
	for (size_t i = 0; any && i < PORT_CHANNELS; i++)
		balance->owed_uams[i] -= balance->owed_uams[i] / 8;
}

static void learn(struct step *step)
{
	struct balance *balance = step->balance;
	int32_t trigger_uv = (int32_t)setting(step, BMS_SETTING_SLOT_BALANCE_TRIGGER) * 1000;
	struct balance_plan plan = {
		.cells = cells_in_play(step),
		.band_uv = trigger_uv / 2 - MARGIN_UV,
		.efficiency_ppm = balance->efficiency_ppm,
		.capacity_mah = capacity_mah(step),
		.chemistry = step->input->chemistry,
	};
	int32_t limit_uv = balance->continuing ? trigger_uv / 2 - STOP_UV : trigger_uv;

	for (size_t i = 0; i < PORT_CHANNELS; i++) {
		plan.uv[i] = balance->window.uv[i];
		balance->owed_uams[i] = 0;
	}
	balance->learned_us = step->input->now_us;
	balance->continuing = balance_plan_spread_uv(&plan) > limit_uv;
	if (!balance->continuing)
		return;
	balance_plan_debts(&plan, balance->owed_uams);
	withhold(balance, plan.capacity_mah);
}

/* --- paying --- */

static bool near_limit(const struct step *step, int32_t margin_mv)
{
	const int32_t *value = step->input->measure->value;

	return value[MEASURE_CELL_MAX_MV] > setting(step, BMS_SETTING_SLOT_CELL_OVP) - margin_mv ||
	       value[MEASURE_CELL_MIN_MV] < setting(step, BMS_SETTING_SLOT_CELL_UVP) + margin_mv;
}

static bool can_take(const struct step *step, size_t cell)
{
	return cell_mv(step, cell) > setting(step, BMS_SETTING_SLOT_CELL_UVP) + LIMIT_MV;
}

static bool can_give(const struct step *step, size_t cell)
{
	return cell_mv(step, cell) < setting(step, BMS_SETTING_SLOT_CELL_OVP) - LIMIT_MV;
}

/* The cell that owes, or lacks, most; WIRE_NO_CELL when none does. */
static uint8_t partner(const struct step *step, bool giving)
{
	uint32_t cells = cells_in_play(step);
	int64_t most = CRUMB_UAMS;
	uint8_t best = WIRE_NO_CELL;

	for (uint8_t i = 0; i < PORT_CHANNELS; i++) {
		int64_t owed = step->balance->owed_uams[i];
		int64_t here = giving ? owed : -owed;

		if (!(cells >> i & 1) || here <= most)
			continue;
		if (giving ? !can_give(step, i) : !can_take(step, i))
			continue;
		most = here;
		best = i;
	}
	return best;
}

/* The converter charges the capacitor only while the cell is well above it. */
static bool capacitor_full(const struct step *step)
{
	int32_t ceiling = step->input->measure->value[MEASURE_CELL_MIN_MV] - HEADROOM_MV;

	return step->input->stage->capacitor_mv >= least(CAPACITOR_FULL_MV, ceiling);
}

static bool capacitor_empty(const struct step *step)
{
	return step->input->stage->capacitor_mv <= CAPACITOR_EMPTY_MV;
}

/* What was taken and given between two times the capacitor was empty. */
static void close_cycle(struct balance *balance)
{
	int64_t ppm;

	if (balance->cycle_known && balance->taken_uams > 4 * CRUMB_UAMS) {
		ppm = balance->given_uams / (balance->taken_uams / 1000000);
		balance->wasteful = ppm < EFFICIENCY_MIN_PPM ? (uint8_t)(balance->wasteful + 1) : 0;
		balance->efficiency_ppm += ((int32_t)ppm - balance->efficiency_ppm) / 8;
	}
	balance->cycle_known = true;
	balance->taken_uams = 0;
	balance->given_uams = 0;
}

static void turn(struct step *step)
{
	struct balance *balance = step->balance;

	if (balance->giving && capacitor_empty(step)) {
		close_cycle(balance);
		balance->giving = false;
	} else if (!balance->giving && capacitor_full(step)) {
		balance->giving = true;
	}
}

static void connect(struct step *step, enum port_stage_mode mode, uint8_t cell, int32_t ma)
{
	step->balance->order = (struct port_stage_order){
		.mode = (uint8_t)mode, .cell = cell, .ma = (uint16_t)ma
	};
}

static void disconnect(struct balance *balance)
{
	balance->order.mode = PORT_STAGE_OFF;
	balance->order.ma = 0;
}

static void book(struct step *step)
{
	struct balance *balance = step->balance;
	int64_t moved_uams = (int64_t)step->input->stage->current_ma * step->dt_us;

	if (balance->order.mode == PORT_STAGE_OFF)
		return;
	balance->owed_uams[balance->order.cell] -= moved_uams;
	if (moved_uams > 0)
		balance->given_uams += moved_uams;
	else
		balance->taken_uams -= moved_uams;
}

/* The next cell in the direction of the capacitor, else in the other one. */
static enum balance_state next_phase(struct step *step)
{
	struct balance *balance = step->balance;
	uint8_t cell;

	turn(step);
	cell = partner(step, balance->giving);
	if (cell == WIRE_NO_CELL && !balance->giving && !capacitor_empty(step)) {
		balance->giving = true;
		cell = partner(step, true);
	}
	if (cell == WIRE_NO_CELL)
		return BALANCE_IDLE;
	connect(step, balance->giving ? PORT_STAGE_GIVE : PORT_STAGE_TAKE, cell, step->ma);
	return balance->giving ? BALANCE_GIVE : BALANCE_TAKE;
}

/* --- states --- */

static enum balance_state settle_begin(struct step *step)
{
	step->balance->window.before_known = false;
	step->balance->window.doublings = 0;
	window_open(step);
	return BALANCE_SETTLE;
}

static uint8_t wire_to_test(const struct step *step)
{
	return wire_next_test(step->wire, cell_count(step), step->input->now_us);
}

static enum balance_state from_idle(struct step *step)
{
	struct balance *balance = step->balance;

	disconnect(balance);
	if (wire_to_test(step) != WIRE_NO_CELL)
		return BALANCE_TEST;
	if (partner(step, true) != WIRE_NO_CELL &&
		(partner(step, false) != WIRE_NO_CELL || !capacitor_empty(step)))
		return BALANCE_GAP;
	if (may_learn(step) && spread_is_seen(step) &&
		(balance->continuing || !learned_within(step, RETRY_S)))
		return settle_begin(step);
	return BALANCE_IDLE;
}

static enum balance_state from_settle(struct step *step)
{
	bool still;

	if (!may_learn(step))
		return BALANCE_IDLE;
	if (scanned(step))
		window_take(step);
	if (!window_full(step))
		return BALANCE_SETTLE;
	still = window_close(step);
	window_open(step);
	if (!still && !lasted(step, SETTLE_MAX_S * S_US))
		return BALANCE_SETTLE;
	learn(step);
	return BALANCE_IDLE;
}

/* Once a cycle the gap waits for a look at all cells without any current. */
static enum balance_state from_gap(struct step *step)
{
	const struct balance *balance = step->balance;
	const struct measure_state *cells = &step->input->measure->source[MEASURE_CELLS];

	disconnect(step->balance);
	if (!lasted(step, BREAK_US) || step->wire->doubted)
		return BALANCE_GAP;
	if (capacitor_empty(step) && cells->t_us < balance->since_us + BREAK_US)
		return BALANCE_GAP;
	if (wire_to_test(step) != WIRE_NO_CELL)
		return BALANCE_TEST;
	if (may_learn(step) && !learned_within(step, RELEARN_S))
		return settle_begin(step);
	return next_phase(step);
}

static bool stalled(const struct step *step)
{
	int32_t ma = step->input->stage->current_ma;

	return lasted(step, STALL_US) && ma < step->ma / 4 && ma > -step->ma / 4;
}

static bool phase_is_over(const struct step *step)
{
	int64_t longest_s = near_limit(step, CAREFUL_MV) ? PHASE_CAREFUL_S : PHASE_S;

	return lasted(step, longest_s * S_US) || stalled(step) || step->wire->doubted;
}

static enum balance_state from_take(struct step *step)
{
	uint8_t cell = step->balance->order.cell;

	step->balance->order.ma = (uint16_t)step->ma;
	if (step->balance->owed_uams[cell] >= 0 || capacitor_full(step) || !can_take(step, cell) ||
		phase_is_over(step))
		return BALANCE_GAP;
	return BALANCE_TAKE;
}

static enum balance_state from_give(struct step *step)
{
	uint8_t cell = step->balance->order.cell;

	step->balance->order.ma = (uint16_t)step->ma;
	if (step->balance->owed_uams[cell] <= 0 || capacitor_empty(step) || !can_give(step, cell) ||
		phase_is_over(step))
		return BALANCE_GAP;
	return BALANCE_GIVE;
}

/* A pulse, begun after a look without current and ended by a measurement. */
static enum balance_state from_test(struct step *step)
{
	struct balance *balance = step->balance;
	bool take = step->input->stage->capacitor_mv < (CAPACITOR_EMPTY_MV + CAPACITOR_FULL_MV) / 2;
	uint8_t cell = wire_to_test(step);

	if (balance->order.mode != PORT_STAGE_OFF)
		return step->wire->measured || lasted(step, TEST_US) ? BALANCE_IDLE : BALANCE_TEST;
	if (cell == WIRE_NO_CELL)
		return BALANCE_IDLE;
	if (!step->wire->clean)
		return BALANCE_TEST;
	wire_test_begins(step->wire, cell, step->input->now_us);
	connect(step, take ? PORT_STAGE_TAKE : PORT_STAGE_GIVE, cell,
		least(setting(step, BMS_SETTING_SLOT_BALANCE_CURRENT), TEST_MA));
	balance->since_us = step->input->now_us;
	return BALANCE_TEST;
}

static const balance_rule rules[BALANCE_STATES] = {
	[BALANCE_IDLE] = from_idle,
	[BALANCE_SETTLE] = from_settle,
	[BALANCE_GAP] = from_gap,
	[BALANCE_TAKE] = from_take,
	[BALANCE_GIVE] = from_give,
	[BALANCE_TEST] = from_test,
};

void balance_init(struct balance *balance)
{
	*balance = (struct balance){ .efficiency_ppm = EFFICIENCY_PPM };
}

static void enter(struct step *step, enum balance_state next)
{
	struct balance *balance = step->balance;

	if (next == balance->state)
		return;
	if (next != BALANCE_TAKE && next != BALANCE_GIVE)
		disconnect(balance);
	balance->state = (uint8_t)next;
	balance->since_us = step->input->now_us;
}

void balance_step(struct balance *balance, struct wire *wire, const struct balance_input *input)
{
	struct step step = {
		.balance = balance,
		.wire = wire,
		.input = input,
		.dt_us = (int64_t)(input->now_us - balance->stepped_us),
	};

	step.ma = current_ma(&step);
	if (balance->stepped_us)
		book(&step);
	balance->stepped_us = input->now_us;
	if (!setting(&step, BMS_SETTING_SLOT_BALANCE_SWITCH))
		balance->wasteful = 0;
	watch_pack(&step);
	balance->locks = locks_now(&step);
	enter(&step, balance->locks ? BALANCE_IDLE : rules[balance->state](&step));
}

uint8_t balance_telemetry_state(const struct balance *balance)
{
	if (balance->state != BALANCE_GAP && balance->state != BALANCE_TAKE &&
		balance->state != BALANCE_GIVE)
		return 0;
	return balance->giving ? 1 : 2;
}
