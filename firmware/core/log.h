/* SPDX-License-Identifier: MIT */
/*
 * The board's own memory of what happened: events and details in the codes of the JK family, in
 * two journals in flash. A step has no flash at hand: what it adds waits in memory until log_keep().
 * The oldest entry makes room for the newest.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/journal.h"

enum log_code {
	LOG_PERIODIC = 0x00, /* details only */
	LOG_BOOT = 0x01,
	LOG_SHUTDOWN = 0x02,
	LOG_CHARGE_OFF = 0x03,
	LOG_CHARGE_ON = 0x04,
	LOG_DISCHARGE_OFF = 0x05,
	LOG_DISCHARGE_ON = 0x06,
	LOG_MOS_OTP = 0x0b,
	LOG_MOS_OTP_OVER = 0x0c,
	LOG_CURRENT_SENSOR = 0x0d,
	LOG_CURRENT_SENSOR_OVER = 0x0e,
	LOG_COPROCESSOR = 0x0f,
	LOG_COPROCESSOR_OVER = 0x10,
	LOG_CELL_OVP = 0x11,
	LOG_CELL_OVP_OVER = 0x12,
	LOG_PACK_OVP = 0x13,
	LOG_PACK_OVP_OVER = 0x14,
	LOG_CHARGE_OCP = 0x15,
	LOG_CHARGE_OCP_OVER = 0x16,
	LOG_CHARGE_SCP = 0x17,
	LOG_CHARGE_SCP_OVER = 0x18,
	LOG_CHARGE_OTP = 0x19,
	LOG_CHARGE_OTP_OVER = 0x1a,
	LOG_CHARGE_UTP = 0x1b,
	LOG_CHARGE_UTP_OVER = 0x1c,
	LOG_CELL_UVP = 0x1d,
	LOG_CELL_UVP_OVER = 0x1e,
	LOG_PACK_UVP = 0x1f,
	LOG_PACK_UVP_OVER = 0x20,
	LOG_DISCHARGE_OCP = 0x21,
	LOG_DISCHARGE_OCP_OVER = 0x22,
	LOG_DISCHARGE_SCP = 0x23,
	LOG_DISCHARGE_SCP_OVER = 0x24,
	LOG_DISCHARGE_OTP = 0x25,
	LOG_DISCHARGE_OTP_OVER = 0x26,
	LOG_WATCHDOG = 0x27,
	LOG_EMERGENCY_ON = 0x29,
	LOG_EMERGENCY_OFF = 0x2a,
	LOG_EMERGENCY_TIMEOUT = 0x2b,
	LOG_OFF_BY_APP = 0x2c,
	LOG_OFF_BY_BUTTON = 0x2d,
	LOG_DISCHARGE_START = 0x2e,
	LOG_SLEEP = 0x38,
	LOG_CHARGE_SWITCH = 0x39,
	LOG_DISCHARGE_SWITCH = 0x3a,
	LOG_TIME_SET = 0x3b,
	LOG_CELL_COUNT = 0x3c,
	LOG_BUTTON_EMERGENCY_ON = 0x3d,
	LOG_BUTTON_EMERGENCY_OFF = 0x3e,
	LOG_HEATING = 0x3f,
	LOG_DISCHARGE_OCP2 = 0x40,
	LOG_DISCHARGE_OCP3 = 0x41,
	LOG_SCP_RELEASE = 0x42,
	LOG_PRESET_NMC = 0x43,
	LOG_PRESET_LFP = 0x44,
	LOG_PRESET_LTO = 0x45,
	LOG_DISCHARGE_UTP = 0x48,
	LOG_DISCHARGE_UTP_OVER = 0x49,
	LOG_FIRST_CELL_OVP = 0x64, /* one code a cell */
	LOG_FIRST_CELL_UVP = 0xc8,
};

enum {
	LOG_EVENTS_WAITING = 32, /* more than a step can bring */
	LOG_DETAILS_WAITING = 8,
	LOG_EVENT_FIRST_PAGE = 4,
	LOG_EVENT_PAGES = 2, /* 254 events a page */
	LOG_DETAIL_FIRST_PAGE = LOG_EVENT_FIRST_PAGE + LOG_EVENT_PAGES,
	LOG_DETAIL_PAGES = 4,       /* 78 details a page */
	LOG_DETAIL_PERIOD_S = 3601, /* as the captured boards do */
};

struct log_event {
	uint32_t t_s; /* since the board was first switched on */
	uint8_t code; /* enum log_code */
};

enum log_detail_bit {
	LOG_DETAIL_CHARGE = 1u << 0,
	LOG_DETAIL_DISCHARGE = 1u << 1,
	LOG_DETAIL_BALANCING = 1u << 2,
	LOG_DETAIL_HEATING = 1u << 3,
};

/* In the resolution the protocol has for it. */
struct log_detail {
	uint32_t rtc_s;
	uint8_t code;            /* enum log_code */
	uint8_t bits;            /* enum log_detail_bit */
	uint8_t highest, lowest; /* cell, 0 is the first */
	uint16_t highest_mv, lowest_mv;
	uint16_t pack_cv;
	int16_t current_da;
	uint16_t remaining_dah, full_dah;
	int8_t hottest_c, coldest_c, board_c;
	uint8_t heater_da;
};

/* Entries that wait count as there. */
struct log {
	struct journal kept_events;
	struct journal kept_details;
	uint8_t events;
	uint8_t details;
	struct log_event event[LOG_EVENTS_WAITING];
	struct log_detail detail[LOG_DETAILS_WAITING];
	uint32_t detail_s; /* run time of the last periodic one */
	uint32_t alarms;   /* as seen last */
};

/* Finds what the flash holds. */
void log_load(struct log *log, struct port *port);

/* Writes what waits to the flash; what the flash does not take is lost. Before log_load() everything
 * waits. */
void log_keep(struct log *log, struct port *port);

void log_erase(struct log *log, struct port *port);

void log_event_add(struct log *log, uint32_t t_s, enum log_code code);
void log_detail_add(struct log *log, const struct log_detail *detail);

/* How many there are, and the one at an index; 0 is the oldest. False: there is none. */
size_t log_event_count(const struct log *log);
size_t log_detail_count(const struct log *log);
bool log_event_at(const struct log *log, struct port *port, size_t index, struct log_event *ret);
bool log_detail_at(const struct log *log, struct port *port, size_t index, struct log_detail *ret);

/* Writes what has changed in the alarm word. The cells are those with the extremes now. True: a
 * detail belongs to it; ret_code is the first code. */
bool log_alarms(struct log *log, uint32_t t_s, uint32_t alarms, uint8_t highest, uint8_t lowest,
	uint8_t *ret_code);

#endif
