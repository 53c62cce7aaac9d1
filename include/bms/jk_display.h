/* SPDX-License-Identifier: MIT */
/* What a board writes to the serial display of older boards: one block of numbers, one way. */
#ifndef BMS_JK_DISPLAY_H
#define BMS_JK_DISPLAY_H

#include "bms/status.h"
#include "bms/telemetry.h"

enum {
	BMS_JK_DISPLAY_SIZE = 96,
	BMS_JK_DISPLAY_PAGE_SIZE = 6,
	BMS_JK_DISPLAY_CELLS = 24, /* the block has no room for a 25th */
};

/* A block that says this; what is absent is 0. */
void bms_jk_display_encode(const struct bms_telemetry *telemetry, uint8_t out[BMS_JK_DISPLAY_SIZE]);

/* Selects the page on which the display shows the block. */
void bms_jk_display_page(uint8_t out[BMS_JK_DISPLAY_PAGE_SIZE]);

/* Cells of 0 mV are absent. The flags become alarm bits. */
enum bms_status bms_jk_display_decode(
	const uint8_t *data, size_t size, struct bms_telemetry *telemetry);

#endif
