/* SPDX-License-Identifier: MIT */
#include "bms/jk_log.h"

enum {
	/* Frame 05 */
	EVENT_COUNT = 0,
	EVENT_NEWEST = 4,
	EVENTS = 5,
	EVENT_SIZE = 5,
	EVENT_CODE = 4,
	/* Frame 06 */
	RECORD_FIRST = 0,
	RECORD_COUNT = 2,
	RECORDS = 3,
	RECORD_SIZE = 24,
};

/* Offset in a record, how the number lies there, where it belongs. */
#define RECORD_PLACES(PLACE) \
	PLACE(0, U32, rtc_s, uint32_t) \
	PLACE(4, U8, code, uint8_t) \
	PLACE(5, U8, bits, uint8_t) \
	PLACE(6, U8, highest, uint8_t) \
	PLACE(7, U8, lowest, uint8_t) \
	PLACE(8, U16, highest_mv, uint16_t) \
	PLACE(10, U16, lowest_mv, uint16_t) \
	PLACE(12, U16, pack_cv, uint16_t) \
	PLACE(14, I16, current_da, int16_t) \
	PLACE(16, U16, remaining_dah, uint16_t) \
	PLACE(18, U16, full_dah, uint16_t) \
	PLACE(20, I8, hottest_c, int8_t) \
	PLACE(21, I8, coldest_c, int8_t) \
	PLACE(22, I8, mos_c, int8_t) \
	PLACE(23, U8, heater_da, uint8_t)

void bms_jk_encode_events(
	const struct bms_window *payload, const struct bms_jk_event *events, size_t count)
{
	bms_window_write(payload, EVENT_COUNT, BMS_WIRE_U32, (int64_t)count);
	bms_window_write(payload, EVENT_NEWEST, BMS_WIRE_U8, count ? (int64_t)count - 1 : 0);
	for (size_t i = 0; i < count && i < BMS_JK_EVENTS_MAX; i++) {
		size_t at = EVENTS + i * EVENT_SIZE;

		bms_window_write(payload, at, BMS_WIRE_U32, events[i].runtime_s);
		bms_window_write(payload, at + EVENT_CODE, BMS_WIRE_U8, events[i].code);
	}
}

size_t bms_jk_decode_events(
	const struct bms_window *payload, struct bms_jk_event events[BMS_JK_EVENTS_MAX])
{
	size_t count = (size_t)bms_window_read(payload, EVENT_COUNT, BMS_WIRE_U32);

	if (count > BMS_JK_EVENTS_MAX)
		count = BMS_JK_EVENTS_MAX;
	for (size_t i = 0; i < count; i++) {
		size_t at = EVENTS + i * EVENT_SIZE;

		events[i].runtime_s = (uint32_t)bms_window_read(payload, at, BMS_WIRE_U32);
		events[i].code = (uint8_t)bms_window_read(payload, at + EVENT_CODE, BMS_WIRE_U8);
	}
	return count;
}

void bms_jk_encode_records(const struct bms_window *payload, uint16_t first,
	const struct bms_jk_record *records, size_t count)
{
	if (count > BMS_JK_RECORDS_MAX)
		count = BMS_JK_RECORDS_MAX;
	bms_window_write(payload, RECORD_FIRST, BMS_WIRE_U16, first);
	bms_window_write(payload, RECORD_COUNT, BMS_WIRE_U8, (int64_t)count);
	for (size_t i = 0; i < count; i++) {
		size_t at = RECORDS + i * RECORD_SIZE;

#define PUT(offset, wire, member, type) \
	bms_window_write(payload, at + (offset), BMS_WIRE_##wire, records[i].member);
		RECORD_PLACES(PUT)
	}
}

size_t bms_jk_decode_records(const struct bms_window *payload, uint16_t *ret_first,
	struct bms_jk_record records[BMS_JK_RECORDS_MAX])
{
	size_t count = (size_t)bms_window_read(payload, RECORD_COUNT, BMS_WIRE_U8);

	if (count > BMS_JK_RECORDS_MAX)
		count = BMS_JK_RECORDS_MAX;
	*ret_first = (uint16_t)bms_window_read(payload, RECORD_FIRST, BMS_WIRE_U16);
	for (size_t i = 0; i < count; i++) {
		size_t at = RECORDS + i * RECORD_SIZE;

#define GET(offset, wire, member, type) \
	records[i].member = (type)bms_window_read(payload, at + (offset), BMS_WIRE_##wire);
		RECORD_PLACES(GET)
	}
	return count;
}
