/* SPDX-License-Identifier: MIT */
#include "core/measure.h"

#include <string.h>

enum {
	CELL_BELIEVABLE_MV = 5500,
	PROBE_COLDEST_DC = -450, /* an open probe reads colder, a shorted one hotter */
	PROBE_HOTTEST_DC = 1250,
	SUM_TOLERANCE_MV = 500,
	SUM_TOLERANCE_PCT = 2,
	NEIGHBOUR_PCT = 160,
};

static const uint8_t sources[MEASURE_QUANTITIES] = {
	[MEASURE_CELL_MAX_MV] = MEASURE_CELLS,
	[MEASURE_CELL_MIN_MV] = MEASURE_CELLS,
	[MEASURE_CELL_COUNT_WRONG] = MEASURE_CELLS,
	[MEASURE_WIRE_MAX_MOHM] = MEASURE_CELLS,
	[MEASURE_OPEN_WIRES] = MEASURE_CELLS,
	[MEASURE_PACK_MV] = MEASURE_RAILS,
	[MEASURE_CHARGE_MA] = MEASURE_SHUNT,
	[MEASURE_DISCHARGE_MA] = MEASURE_SHUNT,
	[MEASURE_PROBE_MAX_DC] = MEASURE_PROBES,
	[MEASURE_PROBE_MIN_DC] = MEASURE_PROBES,
	[MEASURE_PROBES_BROKEN] = MEASURE_PROBES,
	[MEASURE_PROBES_LEFT] = MEASURE_PROBES,
	[MEASURE_BOARD_DC] = MEASURE_PROBES,
	[MEASURE_SHORT_CHARGE_US] = MEASURE_SHUNT,
	[MEASURE_SHORT_DISCHARGE_US] = MEASURE_SHUNT,
	[MEASURE_SHUNT_RAILED] = MEASURE_SHUNT,
	[MEASURE_CHARGE_STRAY_MA] = MEASURE_SHUNT,
	[MEASURE_DISCHARGE_STRAY_MA] = MEASURE_SHUNT,
	[MEASURE_CHARGE_ANYWAY_MA] = MEASURE_SHUNT,
	[MEASURE_DISCHARGE_ANYWAY_MA] = MEASURE_SHUNT,
	[MEASURE_LOAD_DOWN] = MEASURE_RAILS,
	[MEASURE_CELLS_AGE_MS] = MEASURE_CLOCK,
	[MEASURE_SHUNT_AGE_MS] = MEASURE_CLOCK,
	[MEASURE_PROBES_AGE_MS] = MEASURE_CLOCK,
	[MEASURE_RAILS_AGE_MS] = MEASURE_CLOCK,
	[MEASURE_CHARGE_RELAY_WRONG] = MEASURE_CLOCK,
	[MEASURE_DISCHARGE_RELAY_WRONG] = MEASURE_CLOCK,
	[MEASURE_SETTINGS_LOST] = MEASURE_CLOCK,
	[MEASURE_WATCHDOG_RESETS] = MEASURE_CLOCK,
};

enum measure_source measure_source_of(enum measure_quantity quantity)
{
	return (enum measure_source)sources[quantity];
}

/* True when a new valid sample came. */
static bool accept(struct measure_state *state, const struct port_stamp *stamp, bool believable)
{
	bool changed = !state->ever || stamp->seq != state->seq;

	state->fresh = changed && stamp->valid && believable;
	if (state->fresh) {
		state->seq = stamp->seq;
		state->t_us = stamp->t_us;
		state->good_us = stamp->t_us;
		state->good++;
		state->ever = true;
	} else if (changed && state->ever) {
		state->seq = stamp->seq;
		state->t_us = stamp->t_us;
		state->good = 0;
	}
	return state->fresh;
}

static bool cells_believable(const struct port_cells *cells)
{
	for (size_t i = 0; i < PORT_CHANNELS; i++)
		if (cells->cell_mv[i] > CELL_BELIEVABLE_MV)
			return false;
	return true;
}

/* Cells are contiguous from the first input on; a pack wired otherwise has another count. */
static bool count_is_wrong(const struct measure *measure, uint8_t cell_count)
{
	for (size_t i = 0; i < PORT_CHANNELS; i++) {
		uint16_t mv = measure->cells.cell_mv[i];

		if (i < cell_count ? mv <= MEASURE_CELL_PRESENT_MV : mv > MEASURE_CELL_ABSENT_MV)
			return true;
	}
	return false;
}

/* The rails are sampled apart from the cells, so a step in the current shows as a difference. */
static bool sum_is_wrong(const struct measure *measure)
{
	int32_t difference = measure->sum_mv - measure->rails.pack_mv;
	int32_t tolerance = SUM_TOLERANCE_MV + measure->rails.pack_mv / (100 / SUM_TOLERANCE_PCT);

	if (!measure->source[MEASURE_RAILS].ever)
		return false;
	return difference > tolerance || difference < -tolerance;
}

static void take_extremes(struct measure *measure)
{
	const uint16_t *mv = measure->cells.cell_mv;
	int32_t count = 0, wire = 0;

	measure->cell_mask = 0;
	measure->sum_mv = 0;
	measure->highest = measure->lowest = 0;
	for (uint8_t i = 0; i < PORT_CHANNELS; i++) {
		if (mv[i] <= MEASURE_CELL_PRESENT_MV)
			continue;
		measure->cell_mask |= UINT32_C(1) << i;
		measure->sum_mv += mv[i];
		if (count == 0 || mv[i] > mv[measure->highest])
			measure->highest = i;
		if (count == 0 || mv[i] < mv[measure->lowest])
			measure->lowest = i;
		if (measure->cells.wire_mohm[i] > wire)
			wire = measure->cells.wire_mohm[i];
		count++;
	}
	measure->average_mv = count > 0 ? (measure->sum_mv + count / 2) / count : 0;
	measure->value[MEASURE_WIRE_MAX_MOHM] = wire;
}

/* A cell behind an open wire reads near nothing and its neighbour reads both. */
static bool wire_looks_open(const struct measure *measure, size_t cell, uint8_t cell_count)
{
	const uint16_t *mv = measure->cells.cell_mv;
	int32_t both = measure->average_mv * NEIGHBOUR_PCT / 100;

	if (mv[cell] >= MEASURE_CELL_ABSENT_MV)
		return false;
	return (cell > 0 && mv[cell - 1] > both) || (cell + 1 < cell_count && mv[cell + 1] > both);
}

static void take_open_wires(struct measure *measure, uint8_t cell_count)
{
	int32_t open = 0;

	measure->open_mask = 0;
	for (size_t i = 0; i < cell_count && i < PORT_CHANNELS; i++) {
		if (!(measure->cells.open_mask >> i & 1) &&
			!wire_looks_open(measure, i, cell_count))
			continue;
		measure->open_mask |= UINT32_C(1) << i;
		open++;
	}
	measure->value[MEASURE_OPEN_WIRES] = open;
}

static void take_cells(struct measure *measure, uint8_t cell_count)
{
	take_extremes(measure);
	take_open_wires(measure, cell_count);
	measure->value[MEASURE_CELL_MAX_MV] = measure->cells.cell_mv[measure->highest];
	measure->value[MEASURE_CELL_MIN_MV] = measure->cells.cell_mv[measure->lowest];
	measure->value[MEASURE_CELL_COUNT_WRONG] =
		count_is_wrong(measure, cell_count) || sum_is_wrong(measure);
}

/* The count goes on from where it is when the calibration changes. */
static void take_charge(
	struct measure *measure, const struct port_shunt *shunt, int32_t ppm, bool first)
{
	int64_t delta = shunt->charge_uams - measure->raw_uams;
	int64_t count = measure->shunt.charge_uams;

	measure->raw_uams = shunt->charge_uams;
	measure->shunt = *shunt;
	measure->shunt.charge_uams =
		first ? shunt->charge_uams : count + delta + delta / 1000 * ppm / 1000;
	measure->shunt.current_ma = (int32_t)calibration_scale(shunt->current_ma, ppm);
	measure->shunt.peak_ma = (int32_t)calibration_scale(shunt->peak_ma, ppm);
}

static void take_shunt(struct measure *measure)
{
	int32_t ma = measure->shunt.current_ma;
	uint32_t us = measure->shunt.short_us;
	int32_t short_us = us > INT32_MAX ? INT32_MAX : (int32_t)us;
	bool charging = (measure->shunt.peak_ma ? measure->shunt.peak_ma : ma) > 0;

	measure->value[MEASURE_SHORT_CHARGE_US] = charging ? short_us : 0;
	measure->value[MEASURE_SHORT_DISCHARGE_US] = charging ? 0 : short_us;
	measure->value[MEASURE_SHUNT_RAILED] = measure->shunt.railed;
	measure->value[MEASURE_CHARGE_MA] = ma > 0 ? ma : 0;
	measure->value[MEASURE_DISCHARGE_MA] = ma < 0 ? -ma : 0;
}

static bool probe_believable(int16_t dc)
{
	return dc >= PROBE_COLDEST_DC && dc <= PROBE_HOTTEST_DC;
}

/* With no probe left that can be believed, the temperatures stay as they were: the broken ones
 * have their own protection. */
static void take_probes(struct measure *measure)
{
	int32_t broken = 0, left = 0;

	measure->probe_mask = 0;
	for (size_t i = 0; i < PORT_PROBES; i++) {
		int16_t dc = measure->probes.probe_dc[i];

		if (!(measure->probes.fitted >> i & 1))
			continue;
		if (!probe_believable(dc)) {
			broken++;
			continue;
		}
		measure->probe_mask |= UINT32_C(1) << i;
		if (left == 0 || dc > measure->value[MEASURE_PROBE_MAX_DC])
			measure->value[MEASURE_PROBE_MAX_DC] = dc;
		if (left == 0 || dc < measure->value[MEASURE_PROBE_MIN_DC])
			measure->value[MEASURE_PROBE_MIN_DC] = dc;
		left++;
	}
	measure->value[MEASURE_PROBES_BROKEN] = broken;
	measure->value[MEASURE_PROBES_LEFT] = left;
	if (measure->probes.fitted & PORT_PROBE_BOARD)
		measure->value[MEASURE_BOARD_DC] = measure->probes.board_dc;
}

static int32_t age_ms(const struct measure_state *state, uint64_t now_us)
{
	uint64_t age = now_us > state->good_us ? (now_us - state->good_us) / 1000 : 0;

	return age > INT32_MAX ? INT32_MAX : (int32_t)age;
}

static void take_clock(struct measure *measure, const struct board_input *input,
	const struct measure_context *context)
{
	uint8_t wrong = context->no_contacts ? 0 : input->relays ^ context->driven;
	struct measure_state *clock = &measure->source[MEASURE_CLOCK];

	clock->t_us = clock->good_us = input->now_us;
	clock->seq++;
	clock->fresh = clock->ever = true;
	measure->value[MEASURE_CELLS_AGE_MS] =
		age_ms(&measure->source[MEASURE_CELLS], input->now_us);
	measure->value[MEASURE_SHUNT_AGE_MS] =
		age_ms(&measure->source[MEASURE_SHUNT], input->now_us);
	measure->value[MEASURE_PROBES_AGE_MS] =
		age_ms(&measure->source[MEASURE_PROBES], input->now_us);
	measure->value[MEASURE_RAILS_AGE_MS] =
		age_ms(&measure->source[MEASURE_RAILS], input->now_us);
	measure->value[MEASURE_WATCHDOG_RESETS] = context->watchdog_resets;
	measure->value[MEASURE_CHARGE_RELAY_WRONG] = (wrong & PORT_RELAY_CHARGE) != 0;
	measure->value[MEASURE_DISCHARGE_RELAY_WRONG] =
		(wrong & (PORT_RELAY_DISCHARGE | PORT_RELAY_PRECHARGE)) != 0;
	measure->value[MEASURE_SETTINGS_LOST] = context->settings_lost;
}

void measure_init(struct measure *measure, uint64_t now_us)
{
	*measure = (struct measure){ 0 };
	for (size_t i = 0; i < MEASURE_SOURCES; i++)
		measure->source[i].good_us = now_us;
}

void measure_step(struct measure *measure, const struct board_input *input,
	const struct measure_context *context)
{
	struct measure_state *source = measure->source;
	bool first;

	if (accept(&source[MEASURE_RAILS], &input->rails.stamp, true)) {
		measure->rails = input->rails;
		calibration_correct_rails(&context->calibration, &measure->rails);
		measure->value[MEASURE_PACK_MV] = measure->rails.pack_mv;
	}
	if (accept(&source[MEASURE_CELLS], &input->cells.stamp, cells_believable(&input->cells))) {
		measure->cells = input->cells;
		calibration_correct_cells(&context->calibration, &measure->cells);
		take_cells(measure, context->cell_count);
	}
	first = !source[MEASURE_SHUNT].ever;
	if (accept(&source[MEASURE_SHUNT], &input->shunt.stamp, true)) {
		take_charge(measure, &input->shunt, context->calibration.current_ppm, first);
		take_shunt(measure);
	}
	if (accept(&source[MEASURE_PROBES], &input->probes.stamp, input->probes.fitted != 0)) {
		measure->probes = input->probes;
		take_probes(measure);
	}
	take_clock(measure, input, context);
}
