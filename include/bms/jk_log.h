/* SPDX-License-Identifier: MIT */
/* The board's own logs as frames 05 (events) and 06 (records) carry them. */
#ifndef BMS_JK_LOG_H
#define BMS_JK_LOG_H

#include "bms/window.h"

enum {
	BMS_JK_EVENTS_MAX = 50,  /* in a frame */
	BMS_JK_RECORDS_MAX = 12, /* in a frame; fewer: the last one */
};

/* What happened. */
enum bms_jk_code {
	BMS_JK_CODE_PERIODIC = 0x00, /* of records only */
	BMS_JK_CODE_BOOT = 0x01,
	BMS_JK_CODE_SHUTDOWN = 0x02,
	BMS_JK_CODE_CHARGE_OFF = 0x03,
	BMS_JK_CODE_CHARGE_ON = 0x04,
	BMS_JK_CODE_DISCHARGE_OFF = 0x05,
	BMS_JK_CODE_DISCHARGE_ON = 0x06,
	BMS_JK_CODE_MOS_OTP = 0x0b,
	BMS_JK_CODE_MOS_OTP_OVER = 0x0c,
	BMS_JK_CODE_CURRENT_SENSOR = 0x0d,
	BMS_JK_CODE_CURRENT_SENSOR_OVER = 0x0e,
	BMS_JK_CODE_COPROCESSOR = 0x0f,
	BMS_JK_CODE_COPROCESSOR_OVER = 0x10,
	BMS_JK_CODE_CELL_OVP = 0x11,
	BMS_JK_CODE_CELL_OVP_OVER = 0x12,
	BMS_JK_CODE_PACK_OVP = 0x13,
	BMS_JK_CODE_PACK_OVP_OVER = 0x14,
	BMS_JK_CODE_CHARGE_OCP = 0x15,
	BMS_JK_CODE_CHARGE_OCP_OVER = 0x16,
	BMS_JK_CODE_CHARGE_SCP = 0x17,
	BMS_JK_CODE_CHARGE_SCP_OVER = 0x18,
	BMS_JK_CODE_CHARGE_OTP = 0x19,
	BMS_JK_CODE_CHARGE_OTP_OVER = 0x1a,
	BMS_JK_CODE_CHARGE_UTP = 0x1b,
	BMS_JK_CODE_CHARGE_UTP_OVER = 0x1c,
	BMS_JK_CODE_CELL_UVP = 0x1d,
	BMS_JK_CODE_CELL_UVP_OVER = 0x1e,
	BMS_JK_CODE_PACK_UVP = 0x1f,
	BMS_JK_CODE_PACK_UVP_OVER = 0x20,
	BMS_JK_CODE_DISCHARGE_OCP = 0x21,
	BMS_JK_CODE_DISCHARGE_OCP_OVER = 0x22,
	BMS_JK_CODE_DISCHARGE_SCP = 0x23,
	BMS_JK_CODE_DISCHARGE_SCP_OVER = 0x24,
	BMS_JK_CODE_DISCHARGE_OTP = 0x25,
	BMS_JK_CODE_DISCHARGE_OTP_OVER = 0x26,
	BMS_JK_CODE_WATCHDOG = 0x27,
	BMS_JK_CODE_EMERGENCY_ON = 0x29,
	BMS_JK_CODE_EMERGENCY_OFF = 0x2a,
	BMS_JK_CODE_EMERGENCY_TIMEOUT = 0x2b,
	BMS_JK_CODE_OFF_BY_APP = 0x2c,
	BMS_JK_CODE_OFF_BY_BUTTON = 0x2d,
	BMS_JK_CODE_DISCHARGE_START = 0x2e,
	BMS_JK_CODE_SLEEP = 0x38,
	BMS_JK_CODE_CHARGE_SWITCH = 0x39,
	BMS_JK_CODE_DISCHARGE_SWITCH = 0x3a,
	BMS_JK_CODE_TIME_SET = 0x3b,
	BMS_JK_CODE_CELL_COUNT = 0x3c,
	BMS_JK_CODE_BUTTON_EMERGENCY_ON = 0x3d,
	BMS_JK_CODE_BUTTON_EMERGENCY_OFF = 0x3e,
	BMS_JK_CODE_HEATING = 0x3f,
	BMS_JK_CODE_DISCHARGE_OCP2 = 0x40,
	BMS_JK_CODE_DISCHARGE_OCP3 = 0x41,
	BMS_JK_CODE_SCP_RELEASE = 0x42,
	BMS_JK_CODE_PRESET_NMC = 0x43,
	BMS_JK_CODE_PRESET_LFP = 0x44,
	BMS_JK_CODE_PRESET_LTO = 0x45,
	BMS_JK_CODE_DISCHARGE_UTP = 0x48,
	BMS_JK_CODE_DISCHARGE_UTP_OVER = 0x49,
	BMS_JK_CODE_FIRST_CELL_OVP = 0x64, /* one code a cell, from here on */
	BMS_JK_CODE_FIRST_CELL_UVP = 0xc8,
};

struct bms_jk_event {
	uint32_t runtime_s; /* since the board was first switched on */
	uint8_t code;       /* enum bms_jk_code */
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
	uint8_t code; /* enum bms_jk_code of the event it belongs to */
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
