/* SPDX-License-Identifier: MIT */
/*
 * What the voltage of a cell at rest says about its charge. On a plateau it says nothing, so each
 * chemistry has a voltage from which on it is believed. Charge is in ppm of the capacity, voltage
 * in microvolts: 5 mV of LFP at the knee are 2500 ppm, on the plateau 120000.
 */
#ifndef OCV_H
#define OCV_H

#include "bms/settings.h"

/* Beyond the table's ends, the end's value. */
int32_t ocv_ppm(enum bms_chemistry chemistry, int32_t uv);
int32_t ocv_uv(enum bms_chemistry chemistry, int32_t ppm);

/* Microvolts a percent of charge, at this voltage. */
int32_t ocv_slope_uv(enum bms_chemistry chemistry, int32_t uv);

/* From here up a difference of voltages is a difference of charge. */
int32_t ocv_trusted_uv(enum bms_chemistry chemistry);

#endif
