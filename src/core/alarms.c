/* SPDX-License-Identifier: MIT */
#include "bms/alarms.h"

const struct bms_alarm_row bms_alarm_rows[BMS_ALARM_COUNT] = {
#define BMS_ALARM(bit, id, key, severity, text) [bit] = { #key, text, BMS_SEVERITY_##severity },
#include "bms/alarms.def"
#undef BMS_ALARM
};
