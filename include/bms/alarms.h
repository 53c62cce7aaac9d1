/* SPDX-License-Identifier: MIT */
/* The alarm word: rows of alarms.def. */
#ifndef BMS_ALARMS_H
#define BMS_ALARMS_H

#include <stddef.h>
#include <stdint.h>

enum bms_alarm {
#define BMS_ALARM(bit, id, key, severity, text) BMS_ALARM_##id = (bit),
#include "bms/alarms.def"
#undef BMS_ALARM
	BMS_ALARM_COUNT
};

enum bms_severity {
	BMS_SEVERITY_NOTE,
	BMS_SEVERITY_WARNING,
	BMS_SEVERITY_FAULT,
};

struct bms_alarm_row {
	const char *key;
	const char *text;
	uint8_t severity; /* enum bms_severity */
};

/* Indexed by bit; complete. */
extern const struct bms_alarm_row bms_alarm_rows[BMS_ALARM_COUNT];

#define BMS_ALARM_BIT(alarm) (UINT32_C(1) << (alarm))

#endif
