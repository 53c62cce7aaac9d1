/* SPDX-License-Identifier: MIT */
#include "server/frames.h"

#include <string.h>

#include "bms/jk_log.h"

void frames_encode_block(
	const struct change *change, enum bms_jk_block which, const struct bms_window *window)
{
	const struct board *board = change->board;

	if (which == BMS_JK_SETTINGS) {
		bms_jk_encode_settings(window, &board->params.settings, change->profile);
	} else if (which == BMS_JK_LIVE) {
		struct bms_telemetry telemetry;

		board_telemetry(board, &telemetry);
		bms_jk_encode_live(window, &telemetry, change->profile);
	} else {
		struct bms_identity identity;

		board_identity(board, &identity);
		bms_jk_encode_device(window, &identity, &board->params.settings, change->profile);
	}
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

static void encode_events(const struct change *change, const struct bms_window *window)
{
	const struct log *log = &change->board->log;
	struct bms_jk_event events[BMS_JK_EVENTS_MAX];
	struct log_event event;
	size_t all = log_event_count(log), count = 0;

	for (size_t i = all < BMS_JK_EVENTS_MAX ? 0 : all - BMS_JK_EVENTS_MAX; i < all; i++)
		if (log_event_at(log, change->port, i, &event))
			events[count++] = (struct bms_jk_event){ event.t_s, event.code };
	bms_jk_encode_events(window, events, count);
}

static struct bms_jk_record record_of(const struct log_detail *detail)
{
	return (struct bms_jk_record){
		.rtc_s = detail->rtc_s,
		.code = detail->code,
		.bits = detail->bits,
		.highest = detail->highest,
		.lowest = detail->lowest,
		.highest_mv = detail->highest_mv,
		.lowest_mv = detail->lowest_mv,
		.pack_cv = detail->pack_cv,
		.current_da = detail->current_da,
		.remaining_dah = detail->remaining_dah,
		.full_dah = detail->full_dah,
		.hottest_c = detail->hottest_c,
		.coldest_c = detail->coldest_c,
		.mos_c = detail->board_c,
		.heater_da = detail->heater_da,
	};
}

size_t frames_put_details(
	const struct change *change, size_t first, uint8_t counter, uint8_t out[BMS_JK_FRAME_SIZE])
{
	const struct log *log = &change->board->log;
	struct bms_jk_record records[BMS_JK_RECORDS_MAX];
	struct bms_window window = start_frame(out);
	struct log_detail detail;
	size_t count = 0;

	while (count < BMS_JK_RECORDS_MAX &&
		log_detail_at(log, change->port, first + count, &detail))
		records[count++] = record_of(&detail);
	bms_jk_encode_records(&window, (uint16_t)first, records, count);
	bms_jk_frame_seal(out, BMS_JK_FRAME_DETAIL_LOG, counter);
	return count;
}

static size_t newest_details(const struct log *log)
{
	size_t count = log_detail_count(log);

	return count > BMS_JK_RECORDS_MAX ? count - BMS_JK_RECORDS_MAX : 0;
}

static enum bms_jk_block block_of_type(uint8_t type)
{
	if (type == BMS_JK_FRAME_SETTINGS)
		return BMS_JK_SETTINGS;
	return type == BMS_JK_FRAME_LIVE ? BMS_JK_LIVE : BMS_JK_DEVICE;
}

void frames_put(
	const struct change *change, uint8_t type, uint8_t counter, uint8_t out[BMS_JK_FRAME_SIZE])
{
	struct bms_window window;

	if (type == BMS_JK_FRAME_DETAIL_LOG) {
		frames_put_details(change, newest_details(&change->board->log), counter, out);
		return;
	}
	window = start_frame(out);
	if (type == BMS_JK_FRAME_EVENT_LOG)
		encode_events(change, &window);
	else
		frames_encode_block(change, block_of_type(type), &window);
	bms_jk_frame_seal(out, type, counter);
}
