/* SPDX-License-Identifier: MIT */
/* 300-byte frames (board to client) and 20-byte commands (client to board). No I/O. */
#ifndef BMS_JK_FRAME_H
#define BMS_JK_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "bms/status.h"
#include "bms/window.h"

enum {
	BMS_JK_FRAME_SIZE = 300,
	BMS_JK_COMMAND_SIZE = 20,
	BMS_JK_FRAME_PAYLOAD = 6, /* offset of the payload */

	BMS_JK_FRAME_SETTINGS = 0x01,
	BMS_JK_FRAME_LIVE = 0x02,
	BMS_JK_FRAME_DEVICE = 0x03,
	BMS_JK_FRAME_EVENT_LOG = 0x05,
	BMS_JK_FRAME_DETAIL_LOG = 0x06,

	BMS_JK_COMMAND_ACK = 0xC8,
};

struct bms_jk_frame {
	uint8_t type;
	uint8_t counter;
	struct bms_window payload; /* view, little-endian, starts at offset 0 */
};

/* Header, length, checksum, and no second header inside: the 8-bit sum lets one splice in about
 * 270 through (measured). */
enum bms_status bms_jk_frame_parse(const uint8_t *data, size_t size, struct bms_jk_frame *ret);

/* Writes header, type, counter and, last, the checksum around a payload that is already at
 * out + BMS_JK_FRAME_PAYLOAD. */
void bms_jk_frame_seal(uint8_t out[BMS_JK_FRAME_SIZE], uint8_t type, uint8_t counter);

/*
 * On RS485 a write to one of these registers asks for a frame, which comes before the
 * acknowledgement of the write. 0: no frame is asked for there, or by none.
 */
uint8_t bms_jk_frame_of_trigger(uint16_t reg);
uint16_t bms_jk_trigger_of_frame(uint8_t type);

struct bms_jk_command {
	uint8_t command;
	uint8_t size;         /* of the value */
	const uint8_t *value; /* view, 13 bytes */
};

/* Command or acknowledgement of 20 bytes, which header says which. */
enum bms_status bms_jk_command_parse(const uint8_t *data, size_t size, struct bms_jk_command *ret);

#endif
