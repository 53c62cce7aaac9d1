/* SPDX-License-Identifier: MIT */
/* What the 20-byte commands of the Bluetooth protocol (JK02) mean. */
#ifndef BMS_JK_COMMAND_H
#define BMS_JK_COMMAND_H

#include "bms/jk_frame.h"
#include "bms/jk_layout.h"

enum {
	BMS_JK_COMMAND_CALIBRATE_VOLTAGE = 0x64,
	BMS_JK_COMMAND_SHUT_DOWN = 0x65,
	BMS_JK_COMMAND_RESTART = 0x66,
	BMS_JK_COMMAND_CALIBRATE_CURRENT = 0x67,
	BMS_JK_COMMAND_PRESET_NMC = 0x68,
	BMS_JK_COMMAND_PRESET_LFP = 0x69,
	BMS_JK_COMMAND_PRESET_LTO = 0x6A,
	BMS_JK_COMMAND_EMERGENCY = 0x6B,
	BMS_JK_COMMAND_CLOCK = 0x6C,
	BMS_JK_COMMAND_SETTINGS = 0x96,
	BMS_JK_COMMAND_DEVICE = 0x97,
	BMS_JK_COMMAND_USER_DATA = 0x9F,
	BMS_JK_COMMAND_EVENT_LOG = 0xA1,
	BMS_JK_COMMAND_DETAIL_LOG = 0xA7,

	BMS_JK_COMMAND_VALUE_MAX = 13,
};

/* A command with its checksum; unused bytes of the value are 0. */
void bms_jk_command_build(
	uint8_t out[BMS_JK_COMMAND_SIZE], uint8_t command, const uint8_t *value, uint8_t size);

/* What boards answer to every command, whatever they did with it. */
void bms_jk_acknowledge(uint8_t out[BMS_JK_COMMAND_SIZE]);

/* Does the profile's board take the command? */
bool bms_jk_profile_accepts(const struct bms_jk_profile *profile, uint8_t command);

/* The value's first four bytes, least significant first; missing ones are 0. */
uint32_t bms_jk_command_u32(const struct bms_jk_command *command);

/*
 * The setting a command writes and the value. BMS_UNKNOWN: it writes none, or one value a cell,
 * whose form nobody has captured. BMS_BAD_LENGTH: no value, or more than four bytes.
 */
enum bms_status bms_jk_command_setting(
	const struct bms_jk_command *command, size_t *ret_slot, int64_t *ret_value);

#endif
