/* SPDX-License-Identifier: MIT */
#include "server/frames.h"

/* What the board says now, and where its parts are. */
struct view {
	struct bms_telemetry telemetry;
	struct bms_identity identity;
	struct bms_jk_board board;
};

static const struct bms_jk_board *look(const struct change *change, struct view *view)
{
	const struct board *board = change->board;

	board_telemetry(board, &view->telemetry);
	board_identity(board, &view->identity);
	view->board = (struct bms_jk_board){
		.settings = &board->params.settings,
		.telemetry = &view->telemetry,
		.identity = &view->identity,
		.diary = &board->diary,
		.profile = change->profile,
	};
	return &view->board;
}

void frames_encode_block(
	const struct change *change, enum bms_jk_block which, const struct bms_window *window)
{
	struct view view;

	bms_jk_board_encode(look(change, &view), which, window);
}

size_t frames_put_records(
	const struct change *change, size_t first, uint8_t counter, uint8_t out[BMS_JK_FRAME_SIZE])
{
	struct view view;

	return bms_jk_board_records(look(change, &view), first, counter, out);
}

void frames_put(
	const struct change *change, uint8_t type, uint8_t counter, uint8_t out[BMS_JK_FRAME_SIZE])
{
	struct view view;

	bms_jk_board_frame(look(change, &view), type, counter, out);
}
