/* SPDX-License-Identifier: MIT */
/*
 * A board's memory of what happened: a ring of events and a ring of records, in the codes of the JK
 * family. The oldest entry makes room for the newest. Plain memory; whoever has a flash copies it
 * there.
 */
#ifndef BMS_JK_DIARY_H
#define BMS_JK_DIARY_H

#include <stdbool.h>

#include "bms/jk_log.h"

enum {
	BMS_JK_DIARY_EVENTS = 128,
	BMS_JK_DIARY_RECORDS = 64,
	BMS_JK_RECORD_PERIOD_S = 3601, /* as the captured boards do */
};

struct bms_jk_diary {
	struct bms_jk_event event[BMS_JK_DIARY_EVENTS];
	struct bms_jk_record record[BMS_JK_DIARY_RECORDS];
	uint32_t events; /* written in all */
	uint32_t records;
	uint32_t record_s; /* run time of the last periodic one */
	uint32_t alarms;   /* as seen last */
};

void bms_jk_diary_add_event(struct bms_jk_diary *diary, uint32_t runtime_s, enum bms_jk_code code);
void bms_jk_diary_add_record(struct bms_jk_diary *diary, const struct bms_jk_record *record);

/* How many there are, and the one at an index; 0 is the oldest. NULL: there is none. */
size_t bms_jk_diary_event_count(const struct bms_jk_diary *diary);
size_t bms_jk_diary_record_count(const struct bms_jk_diary *diary);
const struct bms_jk_event *bms_jk_diary_event(const struct bms_jk_diary *diary, size_t index);
const struct bms_jk_record *bms_jk_diary_record(const struct bms_jk_diary *diary, size_t index);

/* Writes what has changed in the alarm word. The cells are those with the extremes now. True: a
 * record belongs to it; ret_code is the first code. */
bool bms_jk_diary_alarms(struct bms_jk_diary *diary, uint32_t runtime_s, uint32_t alarms,
	uint8_t highest, uint8_t lowest, uint8_t *ret_code);

#endif
