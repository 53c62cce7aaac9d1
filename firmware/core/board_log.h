/* SPDX-License-Identifier: MIT */
/* What of a step is worth remembering. */
#ifndef BOARD_LOG_H
#define BOARD_LOG_H

#include "core/board.h"

/* An event and its detail. */
void board_log(struct board *board, enum bms_jk_code code);

/* Alarms, switches, power states, presets, and a detail an hour. */
void board_log_step(struct board *board);

#endif
