/* SPDX-License-Identifier: MIT */
/*
 * Which readings are worth a row: those in which something moved further than its band from the
 * last row, and one a minute. The cells' band follows their measured noise: both the row and the
 * reading have it, so that at five standard deviations one of 25 cells still leaves the band every
 * hundred readings, and at six every thousand.
 */
#ifndef STORE_DEADBAND_H
#define STORE_DEADBAND_H

#include "bms/telemetry.h"

enum {
	DEADBAND_HEARTBEAT_MS = 60000, /* a row at least this often */
	DEADBAND_CELL_MV = 5,          /* the least band of a cell */
	DEADBAND_CELL_MAX_MV = 20,     /* the widest, however noisy the board */
};

struct deadband {
	bool has_row;
	int64_t row_ms;
	struct bms_telemetry row;     /* as last kept */
	struct bms_telemetry reading; /* as last seen, for the noise */
	int64_t noise_uv;             /* mean step of a cell without what all cells share */
};

void deadband_init(struct deadband *deadband);

/* Whether this reading becomes a row; if so it is the one that the next are compared with. */
bool deadband_admit(
	struct deadband *deadband, int64_t time_ms, const struct bms_telemetry *telemetry);

/* Makes this reading the kept one, whatever moved. */
void deadband_keep(
	struct deadband *deadband, int64_t time_ms, const struct bms_telemetry *telemetry);

/* The band of a cell now. */
int64_t deadband_cell_mv(const struct deadband *deadband);

#endif
