/* SPDX-License-Identifier: MIT */
/* The board's own logs as frames 05 (events) and 06 (records) carry them. */
#ifndef BMS_JK_LOG_H
#define BMS_JK_LOG_H

#include "bms/window.h"

enum {
	BMS_JK_EVENTS_MAX = 50,  /* in a frame */
	BMS_JK_RECORDS_MAX = 12, /* in a frame; fewer: the last one */
};

struct bms_jk_event {
	uint32_t runtime_s; /* since the board was first switched on */
	uint8_t code;
};

enum bms_jk_record_bit {
	BMS_JK_RECORD_CHARGE = 1 << 0,
	BMS_JK_RECORD_DISCHARGE = 1 << 1,
	BMS_JK_RECORD_BALANCING = 1 << 2,
	BMS_JK_RECORD_HEATING = 1 << 3,
};

/* One moment, in the units of the wire. */
struct bms_jk_record {
	uint32_t rtc_s;
	uint8_t code; /* of the event, 0: it was time for a record */
	uint8_t bits;
	uint8_t highest; /* cell, 0 is the first */
	uint8_t lowest;
	uint16_t highest_mv;
	uint16_t lowest_mv;
	uint16_t pack_cv;
	int16_t current_da;
	uint16_t remaining_dah;
	uint16_t full_dah;
	int8_t hottest_c;
	int8_t coldest_c;
	int8_t mos_c;
	uint8_t heater_da;
};

/* Payload of a frame 05: the given events, oldest first, at most BMS_JK_EVENTS_MAX. */
void bms_jk_encode_events(
	const struct bms_window *payload, const struct bms_jk_event *events, size_t count);
/* Returns how many there are. */
size_t bms_jk_decode_events(
	const struct bms_window *payload, struct bms_jk_event events[BMS_JK_EVENTS_MAX]);

/* Payload of a frame 06: records from the given index of the ring on. */
void bms_jk_encode_records(const struct bms_window *payload, uint16_t first,
	const struct bms_jk_record *records, size_t count);
size_t bms_jk_decode_records(const struct bms_window *payload, uint16_t *ret_first,
	struct bms_jk_record records[BMS_JK_RECORDS_MAX]);

#endif
