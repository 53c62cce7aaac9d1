/* SPDX-License-Identifier: MIT */
#include "core/wire.h"

#include <string.h>

enum {
	RAMP_US = 150000,   /* until the converter's current is steady */
	RELEASE_US = 20000, /* until a disconnected cell reads true */
	NO_CURRENT_US = 500000,
	PULSE_MIN_MA = 150,
	AVERAGE = 8,
	MEDIAN_MIN = 4,             /* loops known before a median means something */
	MEDIAN_FLOOR_UOHM = 100000, /* short wires differ more than threefold */
	CAPACITOR_LOW_MV = 950,     /* outside, the stage itself may stop the current */
	CAPACITOR_HIGH_MV = 2350,
};

void wire_init(struct wire *wire)
{
	*wire = (struct wire){ .cell = WIRE_NO_CELL };
}

static int32_t loop_limit_uohm(const struct wire *wire)
{
	int32_t known[PORT_CHANNELS], limit = WIRE_LIMIT_MOHM * 1000, relative;
	size_t count = 0;

	for (size_t i = 0; i < PORT_CHANNELS; i++) {
		size_t at = count;

		if (wire->loop[i].pulses == 0)
			continue;
		for (; at > 0 && known[at - 1] > wire->loop[i].uohm; at--)
			known[at] = known[at - 1];
		known[at] = wire->loop[i].uohm;
		count++;
	}
	if (count < MEDIAN_MIN)
		return limit;
	relative = known[count / 2] * WIRE_LIMIT_RATIO;
	if (relative < MEDIAN_FLOOR_UOHM)
		relative = MEDIAN_FLOOR_UOHM;
	return relative < limit ? relative : limit;
}

/* Judged by the pulse itself: the average would take several to follow a broken wire. */
static void judge(struct wire *wire, size_t cell, int32_t uohm)
{
	struct wire_loop *loop = &wire->loop[cell];
	bool above = uohm > loop_limit_uohm(wire);

	loop->doubts = above == loop->high ? 0 : (uint8_t)(loop->doubts + 1);
	if (loop->doubts < WIRE_CONFIRMATIONS)
		return;
	loop->high = above;
	loop->doubts = 0;
	loop->uohm = uohm;
	wire->high_mask = (wire->high_mask & ~(UINT32_C(1) << cell)) | (uint32_t)above << cell;
}

/* A wire that has changed is not the one that was averaged: its readings are corrected with what
 * it is now, or they would look like cells beyond their limits. */
static void average(int32_t *value, int32_t sample)
{
	bool changed = sample / 2 > *value || sample < *value / 2;

	*value = changed ? sample : *value + (sample - *value) / AVERAGE;
}

static void take_loop(struct wire *wire, size_t cell, int32_t uohm)
{
	struct wire_loop *loop = &wire->loop[cell];

	if (loop->pulses < WIRE_CONFIRMATIONS)
		loop->uohm = uohm;
	else if (uohm < WIRE_OPEN_MOHM * 1000)
		average(&loop->uohm, uohm);
	if (loop->pulses < UINT8_MAX)
		loop->pulses++;
	wire->pulse++;
	wire->measured = true;
	judge(wire, cell, uohm);
}

/* Cells without a wire at the bus: what moves them is the pack's own current. */
static int32_t drift_mv(const struct wire *wire, const uint16_t *mv, uint8_t cell_count)
{
	int32_t sum = 0, count = 0;

	for (uint8_t i = 0; i < cell_count; i++) {
		if (i + 1 >= wire->cell && i <= wire->cell + 1)
			continue;
		sum += mv[i] - wire->quiet_mv[i];
		count++;
	}
	return count > 0 ? sum / count : 0;
}

static int32_t step_uohm(
	const struct wire *wire, const uint16_t *mv, size_t cell, int32_t drift, int32_t ma)
{
	return (int32_t)((int64_t)(mv[cell] - wire->quiet_mv[cell] - drift) * 1000000 / ma);
}

static int32_t positive(int32_t value)
{
	return value > 1 ? value : 1;
}

static void take_pulse(struct wire *wire, const struct board_input *input, uint8_t cell_count)
{
	const uint16_t *mv = input->cells.cell_mv;
	int32_t ma = input->stage.current_ma, drift = drift_mv(wire, mv, cell_count);
	uint8_t cell = wire->cell;

	wire->uohm[1] = positive(step_uohm(wire, mv, cell, drift, ma));
	take_loop(wire, cell, wire->uohm[1]);
	if (cell > 0) {
		wire->uohm[0] = positive(-step_uohm(wire, mv, cell - 1u, drift, ma));
		average(&wire->loop[cell].low_uohm, wire->uohm[0]);
	}
	if (cell + 1 < cell_count) {
		wire->uohm[2] = positive(-step_uohm(wire, mv, cell + 1u, drift, ma));
		average(&wire->loop[cell + 1].low_uohm, wire->uohm[2]);
	}
}

static int32_t drop_mv(int32_t uohm, int32_t ma)
{
	return (int32_t)((int64_t)uohm * ma / 1000000);
}

static uint16_t plus(uint16_t mv, int32_t more_mv)
{
	int32_t sum = mv + more_mv;

	return sum < 0 ? 0 : (uint16_t)sum;
}

/* The connected cell and those that share a wire with it. */
static void correct(const struct wire *wire, uint16_t *mv, int32_t ma, uint8_t cell_count)
{
	uint8_t cell = wire->cell;

	mv[cell] = plus(mv[cell], -drop_mv(wire->uohm[1], ma));
	if (cell > 0)
		mv[cell - 1] = plus(mv[cell - 1], drop_mv(wire->uohm[0], ma));
	if (cell + 1 < cell_count)
		mv[cell + 1] = plus(mv[cell + 1], drop_mv(wire->uohm[2], ma));
}

/* Until the current is steady, and during the first pulse of a wire. */
static void hold(const struct wire *wire, uint16_t *mv, uint8_t cell_count)
{
	uint8_t cell = wire->cell;

	for (uint8_t i = cell > 0 ? cell - 1 : 0; i <= cell + 1 && i < cell_count; i++)
		mv[i] = wire->idle_mv[i];
}

/* A cell has gone where only a wire could have taken it. */
static bool contradicts(const struct wire *wire, const uint16_t *mv, uint8_t cell_count)
{
	int32_t drift = drift_mv(wire, mv, cell_count);
	uint8_t cell = wire->cell;

	for (uint8_t i = cell > 0 ? cell - 1 : 0; i <= cell + 1 && i < cell_count; i++) {
		int32_t apart = mv[i] - wire->quiet_mv[i] - drift;

		if (apart > WIRE_DOUBT_MV || apart < -WIRE_DOUBT_MV)
			return true;
	}
	return false;
}

static bool carries_nothing(const struct wire *wire, const struct board_input *input)
{
	int32_t ma = input->stage.current_ma;

	return input->stage.capacitor_mv > CAPACITOR_LOW_MV &&
	       input->stage.capacitor_mv < CAPACITOR_HIGH_MV && ma < wire->ma / 8 &&
	       ma > -wire->ma / 8;
}

static bool flows(const struct board_input *input)
{
	return input->stage.current_ma >= PULSE_MIN_MA || input->stage.current_ma <= -PULSE_MIN_MA;
}

static void look_under_current(struct wire *wire, struct board_input *input, uint8_t cell_count)
{
	uint64_t since_us = wire->changed_us;
	bool steady = input->cells.stamp.t_us >= since_us + RAMP_US;

	if (steady && flows(input) && wire->clean && !wire->measured)
		take_pulse(wire, input, cell_count);
	if (input->cells.stamp.t_us >= since_us + NO_CURRENT_US && !wire->measured &&
		carries_nothing(wire, input))
		take_loop(wire, wire->cell, WIRE_OPEN_MOHM * 1000);
	if (steady && wire->uohm[1] > 0) {
		correct(wire, input->cells.cell_mv, input->stage.current_ma, cell_count);
		wire->doubted = contradicts(wire, input->cells.cell_mv, cell_count);
	}
	if (!steady || wire->uohm[1] == 0 || wire->doubted)
		hold(wire, input->cells.cell_mv, cell_count);
}

/* What is known of a connection before its own pulse; 0: nothing. */
static void expect(struct wire *wire, const struct bms_settings *settings)
{
	const struct wire_loop *loop = &wire->loop[wire->cell];
	int32_t set = (int32_t)settings->value[BMS_SETTING_SLOT_WIRE_RESISTANCE + wire->cell];
	int32_t own = loop->pulses > 0 ? loop->uohm : set;

	wire->uohm[0] = loop->low_uohm > 0 ? loop->low_uohm : own / 2;
	wire->uohm[1] = own;
	wire->uohm[2] = loop[1].low_uohm > 0 ? loop[1].low_uohm : own / 2;
}

static void follow_order(struct wire *wire, const struct port_stage_order *driven, uint64_t now_us,
	const struct bms_settings *settings)
{
	bool off = driven->mode == PORT_STAGE_OFF;

	if (driven->mode == wire->mode && (off || driven->cell == wire->cell))
		return;
	wire->mode = driven->mode;
	wire->ma = driven->ma;
	wire->changed_us = now_us;
	wire->measured = false;
	if (off) {
		wire->clean = false;
		return;
	}
	wire->cell = driven->cell;
	expect(wire, settings);
}

/* What a pulse has measured goes where the front end would have said it. A single pulse that
 * contradicts the ones before says nothing yet. */
static void tell(const struct wire *wire, struct port_cells *cells)
{
	for (size_t i = 0; i < PORT_CHANNELS; i++)
		if (wire->loop[i].pulses > 0 && wire->loop[i].doubts == 0)
			cells->wire_mohm[i] = wire_mohm(wire, i);
}

static void take_quiet(struct wire *wire, const struct port_cells *cells)
{
	wire->clean = true;
	wire->doubted = false;
	memcpy(wire->quiet_mv, cells->cell_mv, sizeof(wire->quiet_mv));
}

void wire_step(struct wire *wire, struct board_input *input, const struct port_stage_order *driven,
	const struct bms_settings *settings)
{
	uint8_t cell_count = (uint8_t)settings->value[BMS_SETTING_SLOT_CELL_COUNT];
	struct port_cells *cells = &input->cells;

	follow_order(wire, driven, input->now_us, settings);
	if (cells->stamp.seq == wire->seq || !cells->stamp.valid || cell_count > PORT_CHANNELS)
		return;
	wire->seq = cells->stamp.seq;
	if (wire->cell != WIRE_NO_CELL && cells->stamp.t_us < wire->changed_us + RELEASE_US)
		hold(wire, cells->cell_mv, cell_count);
	else if (wire->mode != PORT_STAGE_OFF)
		look_under_current(wire, input, cell_count);
	else
		take_quiet(wire, cells);
	memcpy(wire->idle_mv, cells->cell_mv, sizeof(wire->idle_mv));
	tell(wire, cells);
}

static bool wants_test(const struct wire_loop *loop, uint64_t now_us)
{
	if (loop->pulses == 0 || (loop->doubts > 0 && loop->tries < WIRE_TRIES))
		return loop->tries < WIRE_TRIES;
	return loop->high && now_us - loop->tested_us >= WIRE_RETEST_S * UINT64_C(1000000);
}

uint8_t wire_next_test(const struct wire *wire, uint8_t cell_count, uint64_t now_us)
{
	for (uint8_t i = 0; i < cell_count && i < PORT_CHANNELS; i++)
		if (wants_test(&wire->loop[i], now_us))
			return i;
	return WIRE_NO_CELL;
}

void wire_test_begins(struct wire *wire, uint8_t cell, uint64_t now_us)
{
	struct wire_loop *loop = &wire->loop[cell];

	if (loop->high && now_us - loop->tested_us >= WIRE_RETEST_S * UINT64_C(1000000))
		loop->tries = 0;
	if (loop->tries < WIRE_TRIES)
		loop->tries++;
	loop->tested_us = now_us;
}

uint16_t wire_mohm(const struct wire *wire, size_t cell)
{
	int32_t mohm = (wire->loop[cell].uohm + 500) / 1000;

	return mohm > WIRE_OPEN_MOHM ? WIRE_OPEN_MOHM : (uint16_t)mohm;
}

uint32_t wire_locked_mask(const struct wire *wire, uint32_t open_mask)
{
	uint32_t cells = wire->high_mask | open_mask;

	return cells | cells << 1 | cells >> 1;
}
