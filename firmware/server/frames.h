/* SPDX-License-Identifier: MIT */
/* The board in blocks of registers and in 300-byte frames, as it is at this moment. */
#ifndef FRAMES_H
#define FRAMES_H

#include "bms/jk_board.h"
#include "server/change.h"

/* As bms_jk_board_encode(), _records() and _frame(). */
void frames_encode_block(
	const struct change *change, enum bms_jk_block which, const struct bms_window *window);
size_t frames_put_records(
	const struct change *change, size_t first, uint8_t counter, uint8_t out[BMS_JK_FRAME_SIZE]);
void frames_put(
	const struct change *change, uint8_t type, uint8_t counter, uint8_t out[BMS_JK_FRAME_SIZE]);

#endif
