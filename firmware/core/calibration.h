/* SPDX-License-Identifier: MIT */
/*
 * What a meter in somebody's hand said about this board. All cells go through one converter, so
 * the pack's voltage corrects them together; what is left of a channel is its own. Deviations from
 * nominal: a board without calibration has zeros.
 */
#ifndef CALIBRATION_H
#define CALIBRATION_H

#include "port/port.h"

enum {
	CALIBRATION_MAX_PPM = 50000, /* beyond, the meter or the wiring is wrong */
	CALIBRATION_MAX_CELL_MV = 50,
	CALIBRATION_MIN_PACK_MV = 5000,
	CALIBRATION_MIN_MA = 1000, /* less says nothing about a factor */
};

struct calibration {
	int32_t voltage_ppm;
	int32_t current_ppm;
	int16_t cell_mv[PORT_CHANNELS];
};

/* A reading corrected by a deviation, rounded to the nearest. */
int64_t calibration_scale(int64_t value, int32_t ppm);

void calibration_correct_cells(const struct calibration *calibration, struct port_cells *cells);
void calibration_correct_rails(const struct calibration *calibration, struct port_rails *rails);

/* The board says told, the meter says truth. False: too small, or too far apart; nothing changes. */
bool calibration_set_pack(struct calibration *calibration, int32_t told_mv, int32_t truth_mv);
bool calibration_set_current(struct calibration *calibration, int32_t told_ma, int32_t truth_ma);
bool calibration_set_cell(
	struct calibration *calibration, unsigned channel, int32_t told_mv, int32_t truth_mv);

/* Within the limits above? What comes out of the flash is asked first. */
bool calibration_is_sane(const struct calibration *calibration);

#endif
