/* SPDX-License-Identifier: MIT */
#include "store/deadband.h"

#include <stdlib.h>

/* A field moved when it differs from the row by the absolute band and by the share of the row's
 * value. Stored fields without a band here count as moved when they differ at all. */
static const struct {
	enum bms_field field;
	int64_t absolute;
	int64_t permille;
} bands[] = {
	{ BMS_FIELD_PACK_MV, 500, 10 },
	{ BMS_FIELD_CURRENT_MA, 500, 10 },
	{ BMS_FIELD_MOS_DC, 10, 0 },
	{ BMS_FIELD_PROBE_DC, 10, 0 },
	{ BMS_FIELD_BALANCE_MA, 100, 0 },
	/* Moves with the state of charge, which has its own row. */
	{ BMS_FIELD_REMAINING_MAH, 1000, 10 },
};

enum {
	NOISE_WEIGHT = 256,        /* readings over which the noise is averaged */
	NOISE_STEP_MAX_UV = 20000, /* of one cell in one reading: a load step is not noise */
};

void deadband_init(struct deadband *deadband)
{
	*deadband = (struct deadband){ 0 };
}

/*
 * The steps of two readings have a standard deviation of sqrt(2) sigma and a mean size of
 * 1.128 sigma, so that 6 sigma is 5.32 times the mean step.
 */
int64_t deadband_cell_mv(const struct deadband *deadband)
{
	int64_t band = (deadband->noise_uv * 532 + 50000) / 100000;

	if (band < DEADBAND_CELL_MV)
		return DEADBAND_CELL_MV;
	return band < DEADBAND_CELL_MAX_MV ? band : DEADBAND_CELL_MAX_MV;
}

static bool cell_in_both(
	const struct bms_telemetry *a, const struct bms_telemetry *b, size_t cell, int64_t *step)
{
	size_t slot = BMS_SLOT_CELL_MV + cell;

	if (!bms_telemetry_has(a, slot) || !bms_telemetry_has(b, slot))
		return false;
	*step = b->value[slot] - a->value[slot];
	return true;
}

/* What all cells did together is load, not noise, and is taken off first. */
static void measure_noise(struct deadband *deadband, const struct bms_telemetry *telemetry)
{
	int64_t step, sum = 0, size = 0, cells = 0;

	for (size_t cell = 0; cell < BMS_CELLS_MAX; cell++)
		if (cell_in_both(&deadband->reading, telemetry, cell, &step)) {
			sum += step;
			cells++;
		}
	for (size_t cell = 0; cell < BMS_CELLS_MAX; cell++)
		if (cell_in_both(&deadband->reading, telemetry, cell, &step)) {
			int64_t own = llabs(step * 1000 - sum * 1000 / cells);

			size += own < NOISE_STEP_MAX_UV ? own : NOISE_STEP_MAX_UV;
		}
	if (cells >= 4)
		deadband->noise_uv += (size / cells - deadband->noise_uv) / NOISE_WEIGHT;
	deadband->reading = *telemetry;
}

static int64_t band_of(const struct deadband *deadband, enum bms_field field, int64_t value)
{
	if (field == BMS_FIELD_CELL_MV)
		return deadband_cell_mv(deadband);
	for (size_t i = 0; i < sizeof(bands) / sizeof(*bands); i++)
		if (bands[i].field == field) {
			int64_t share = llabs(value) * bands[i].permille / 1000;

			return share > bands[i].absolute ? share : bands[i].absolute;
		}
	return 1;
}

static bool field_moved(const struct deadband *deadband, enum bms_field field,
	const struct bms_telemetry *telemetry)
{
	const struct bms_field_row *row = &bms_field_rows[field];

	for (size_t slot = row->slot; slot < (size_t)row->slot + row->count; slot++) {
		bool has = bms_telemetry_has(telemetry, slot);
		int64_t kept = deadband->row.value[slot];

		if (has != bms_telemetry_has(&deadband->row, slot))
			return true;
		if (has && telemetry->value[slot] != kept &&
			llabs(telemetry->value[slot] - kept) >= band_of(deadband, field, kept))
			return true;
	}
	return false;
}

static bool anything_moved(const struct deadband *deadband, const struct bms_telemetry *telemetry)
{
	for (size_t field = 0; field < BMS_FIELD_COUNT; field++) {
		uint8_t keep = bms_field_rows[field].keep;

		if (keep == BMS_KEEP_LIVE || keep == BMS_KEEP_WIRE)
			continue;
		if (field_moved(deadband, (enum bms_field)field, telemetry))
			return true;
	}
	return false;
}

void deadband_keep(
	struct deadband *deadband, int64_t time_ms, const struct bms_telemetry *telemetry)
{
	deadband->has_row = true;
	deadband->row_ms = time_ms;
	deadband->row = *telemetry;
}

bool deadband_admit(
	struct deadband *deadband, int64_t time_ms, const struct bms_telemetry *telemetry)
{
	measure_noise(deadband, telemetry);
	/* A clock that went back starts afresh, so that no hole opens until it catches up. */
	if (deadband->has_row && time_ms >= deadband->row_ms &&
		time_ms - deadband->row_ms < DEADBAND_HEARTBEAT_MS &&
		!anything_moved(deadband, telemetry))
		return false;
	deadband_keep(deadband, time_ms, telemetry);
	return true;
}
