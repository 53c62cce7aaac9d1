/* SPDX-License-Identifier: MIT */
/* Cells of a chemistry: open circuit voltage against state of charge. */
#ifndef CHEMISTRY_H
#define CHEMISTRY_H

#include "bms/settings.h"

/* At 25 C, at rest. soc is 0..1; beyond, the voltage runs off as a cell's does. */
double chemistry_ocv_mv(enum bms_chemistry chemistry, double soc);

/* A rest after charging lies above the curve by this, one after discharging below. */
double chemistry_hysteresis_mv(enum bms_chemistry chemistry);

/* What a charger set up for this chemistry holds, per cell. */
double chemistry_charger_mv(enum bms_chemistry chemistry);

#endif
