/* SPDX-License-Identifier: MIT */
/* The board in blocks of registers and in 300-byte frames. */
#ifndef FRAMES_H
#define FRAMES_H

#include "bms/jk_frame.h"
#include "server/change.h"

/* Writes what lies in the window, in its byte order. */
void frames_encode_block(
	const struct change *change, enum bms_jk_block which, const struct bms_window *window);

/* A frame of type 06 with the details from an index on; returns how many it holds. */
size_t frames_put_details(
	const struct change *change, size_t first, uint8_t counter, uint8_t out[BMS_JK_FRAME_SIZE]);

/* A whole frame of type 01, 02, 03, 05 or 06; of a log its newest entries. */
void frames_put(
	const struct change *change, uint8_t type, uint8_t counter, uint8_t out[BMS_JK_FRAME_SIZE]);

#endif
