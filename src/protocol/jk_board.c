/* SPDX-License-Identifier: MIT */
#include "bms/jk_board.h"

#include <string.h>

void bms_jk_board_encode(
	const struct bms_jk_board *board, enum bms_jk_block which, const struct bms_window *window)
{
	if (which == BMS_JK_SETTINGS)
		bms_jk_encode_settings(window, board->settings, board->profile);
	else if (which == BMS_JK_LIVE)
		bms_jk_encode_live(window, board->telemetry, board->profile);
	else
		bms_jk_encode_device(window, board->identity, board->settings, board->profile);
}

static struct bms_window start_frame(uint8_t out[BMS_JK_FRAME_SIZE])
{
	memset(out, 0, BMS_JK_FRAME_SIZE);
	return (struct bms_window){
		.data = out + BMS_JK_FRAME_PAYLOAD,
		.size = BMS_JK_PAYLOAD_SIZE,
		.order = BMS_ORDER_LITTLE,
	};
}

static void encode_events(const struct bms_jk_diary *diary, const struct bms_window *window)
{
	struct bms_jk_event events[BMS_JK_EVENTS_MAX];
	size_t all = bms_jk_diary_event_count(diary);
	size_t count = all < BMS_JK_EVENTS_MAX ? all : BMS_JK_EVENTS_MAX;

	for (size_t i = 0; i < count; i++)
		events[i] = *bms_jk_diary_event(diary, all - count + i);
	bms_jk_encode_events(window, events, count);
}

size_t bms_jk_board_records(const struct bms_jk_board *board, size_t first, uint8_t counter,
	uint8_t out[BMS_JK_FRAME_SIZE])
{
	struct bms_jk_record records[BMS_JK_RECORDS_MAX];
	struct bms_window window = start_frame(out);
	const struct bms_jk_record *record;
	size_t count = 0;

	while (count < BMS_JK_RECORDS_MAX &&
		(record = bms_jk_diary_record(board->diary, first + count)))
		records[count++] = *record;
	bms_jk_encode_records(&window, (uint16_t)first, records, count);
	bms_jk_frame_seal(out, BMS_JK_FRAME_DETAIL_LOG, counter);
	return count;
}

static size_t newest_records(const struct bms_jk_diary *diary)
{
	size_t count = bms_jk_diary_record_count(diary);

	return count > BMS_JK_RECORDS_MAX ? count - BMS_JK_RECORDS_MAX : 0;
}

static enum bms_jk_block block_of_type(uint8_t type)
{
	if (type == BMS_JK_FRAME_SETTINGS)
		return BMS_JK_SETTINGS;
	return type == BMS_JK_FRAME_LIVE ? BMS_JK_LIVE : BMS_JK_DEVICE;
}

void bms_jk_board_frame(const struct bms_jk_board *board, uint8_t type, uint8_t counter,
	uint8_t out[BMS_JK_FRAME_SIZE])
{
	struct bms_window window;

	if (type == BMS_JK_FRAME_DETAIL_LOG) {
		bms_jk_board_records(board, newest_records(board->diary), counter, out);
		return;
	}
	window = start_frame(out);
	if (type == BMS_JK_FRAME_EVENT_LOG)
		encode_events(board->diary, &window);
	else
		bms_jk_board_encode(board, block_of_type(type), &window);
	bms_jk_frame_seal(out, type, counter);
}
