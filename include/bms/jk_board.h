/* SPDX-License-Identifier: MIT */
/*
 * A board in blocks of registers and in 300-byte frames: what our firmware tells of itself, and
 * what the daemon tells in the name of a board it reads.
 */
#ifndef BMS_JK_BOARD_H
#define BMS_JK_BOARD_H

#include "bms/jk_diary.h"
#include "bms/jk_frame.h"
#include "bms/jk_layout.h"

/* Borrowed, all of it. */
struct bms_jk_board {
	const struct bms_settings *settings;
	const struct bms_telemetry *telemetry;
	const struct bms_identity *identity;
	const struct bms_jk_diary *diary;
	const struct bms_jk_profile *profile;
};

/* Writes what lies in the window, in its byte order. */
void bms_jk_board_encode(
	const struct bms_jk_board *board, enum bms_jk_block which, const struct bms_window *window);

/* A whole frame of type 01, 02, 03, 05 or 06; of a log its newest entries. */
void bms_jk_board_frame(const struct bms_jk_board *board, uint8_t type, uint8_t counter,
	uint8_t out[BMS_JK_FRAME_SIZE]);

/* A frame of type 06 with the records from an index on; returns how many it holds. */
size_t bms_jk_board_records(const struct bms_jk_board *board, size_t first, uint8_t counter,
	uint8_t out[BMS_JK_FRAME_SIZE]);

#endif
