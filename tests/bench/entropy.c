/* SPDX-License-Identifier: MIT */
#include "entropy.h"

#include <math.h>

enum {
	STREAM_CELLS = 0,
	STREAM_WIRES = STREAM_CELLS + BATTERY_CELLS,
	STREAM_PACK = STREAM_WIRES + BATTERY_CELLS,
	STREAM_CURRENT,
	STREAM_REMAINING,
	STREAM_OTHERS, /* the fields below, one each */
};

/* What hardly ever changes is predicted to stay. */
static const size_t other_slots[] = { BMS_SLOT_MOS_DC, BMS_SLOT_PROBE_DC, BMS_SLOT_PROBE_DC + 1,
	BMS_SLOT_SOC_PCT };

static void count(struct entropy *entropy, size_t stream, int64_t residual)
{
	int64_t symbol = residual + ENTROPY_SYMBOLS / 2;

	if (symbol < 0)
		symbol = 0;
	if (symbol >= ENTROPY_SYMBOLS)
		symbol = ENTROPY_SYMBOLS - 1;
	entropy->counts[stream][symbol]++;
}

/* A load that switches is followed at once, noise is averaged away. */
static void add_current(struct entropy *entropy, int64_t ma)
{
	double error = (double)ma - entropy->current_ma;

	count(entropy, STREAM_CURRENT, llround(error));
	entropy->current_ma += fabs(error) > 250 ? error : error / 8;
}

static double resistance(const struct entropy *entropy)
{
	return entropy->steps_squares > 0 ? entropy->steps_products / entropy->steps_squares : 0;
}

static double mean_of_cells(const struct bms_telemetry *telemetry)
{
	double sum = 0;

	for (size_t cell = 0; cell < BATTERY_CELLS; cell++)
		sum += (double)telemetry->value[BMS_SLOT_CELL_MV + cell] * 1000;
	return sum / BATTERY_CELLS;
}

static void learn_resistance(struct entropy *entropy, double mean_uv, int64_t ma)
{
	double step_ma = (double)(ma - entropy->previous.value[BMS_SLOT_CURRENT_MA]);

	if (fabs(step_ma) < 250)
		return;
	entropy->steps_products += step_ma * (mean_uv - entropy->mean_uv);
	entropy->steps_squares += step_ma * step_ma;
}

static int64_t add_cells(struct entropy *entropy, const struct bms_telemetry *telemetry)
{
	int64_t ma = telemetry->value[BMS_SLOT_CURRENT_MA], sum_mv = 0;
	double mean_uv = mean_of_cells(telemetry);

	if (entropy->has_previous)
		learn_resistance(entropy, mean_uv, ma);

	double load_uv = resistance(entropy) * (double)ma;

	for (size_t cell = 0; cell < BATTERY_CELLS; cell++) {
		double predicted_uv = entropy->common_uv + load_uv + entropy->offset_uv[cell];
		int64_t mv = telemetry->value[BMS_SLOT_CELL_MV + cell];

		count(entropy, STREAM_CELLS + cell, mv - llround(predicted_uv / 1000));
		entropy->offset_uv[cell] +=
			((double)mv * 1000 - mean_uv - entropy->offset_uv[cell]) / 256;
		sum_mv += mv;
	}
	entropy->common_uv += (mean_uv - load_uv - entropy->common_uv) / 16;
	entropy->mean_uv = mean_uv;
	return sum_mv;
}

static void add_rest(struct entropy *entropy, const struct bms_telemetry *telemetry)
{
	const struct bms_telemetry *previous = &entropy->previous;
	int64_t before_mah = entropy->charge_mas / 3600;
	size_t others = sizeof(other_slots) / sizeof(*other_slots);

	/* Counted from nothing, so that the first guess of each hour of charge may be one off. */
	count(entropy, STREAM_REMAINING,
		telemetry->value[BMS_SLOT_REMAINING_MAH] - previous->value[BMS_SLOT_REMAINING_MAH] -
			(entropy->charge_mas + telemetry->value[BMS_SLOT_CURRENT_MA]) / 3600 +
			before_mah);
	entropy->charge_mas += telemetry->value[BMS_SLOT_CURRENT_MA];
	for (size_t i = 0; i < others; i++)
		count(entropy, STREAM_OTHERS + i,
			telemetry->value[other_slots[i]] - previous->value[other_slots[i]]);
	for (size_t cell = 0; cell < BATTERY_CELLS; cell++)
		count(entropy, STREAM_WIRES + cell,
			telemetry->value[BMS_SLOT_WIRE_MOHM + cell] -
				previous->value[BMS_SLOT_WIRE_MOHM + cell]);
}

void entropy_add(struct entropy *entropy, const struct bms_telemetry *telemetry)
{
	int64_t sum_mv;

	add_current(entropy, telemetry->value[BMS_SLOT_CURRENT_MA]);
	sum_mv = add_cells(entropy, telemetry);
	count(entropy, STREAM_PACK, telemetry->value[BMS_SLOT_PACK_MV] - sum_mv);
	add_rest(entropy, telemetry);
	entropy->previous = *telemetry;
	entropy->has_previous = true;
	entropy->samples++;
}

static double streams_bytes(const struct entropy *entropy, size_t from, size_t to)
{
	double bits = 0, all = (double)entropy->samples;

	for (size_t stream = from; stream < to; stream++)
		for (size_t symbol = 0; symbol < ENTROPY_SYMBOLS; symbol++) {
			double n = (double)entropy->counts[stream][symbol];

			if (n > 0)
				bits -= n / all * log2(n / all);
		}
	return bits / 8;
}

double entropy_of_cells(const struct entropy *entropy)
{
	return streams_bytes(entropy, STREAM_CELLS, STREAM_CELLS + BATTERY_CELLS);
}

double entropy_bound(const struct entropy *entropy)
{
	return streams_bytes(entropy, 0, ENTROPY_STREAMS);
}
