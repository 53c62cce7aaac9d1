/* SPDX-License-Identifier: MIT */
/* JK CAN V2: the frames a board broadcasts, both directions, and the one it listens to. No I/O. */
#ifndef BMS_JK_CAN_H
#define BMS_JK_CAN_H

#include "bms/settings.h"
#include "bms/status.h"
#include "bms/telemetry.h"

enum {
	BMS_CAN_DATA_MAX = 8,
	BMS_JK_CAN_ADDRESS_MAX = 11,        /* standard ids of the next frame begin behind it */
	BMS_JK_CAN_CONTROL_ID = 0x18F0F428, /* CTRL_INFO, what a board listens to */
};

struct bms_can_frame {
	uint32_t id;
	bool extended;
	uint8_t size;
	uint8_t data[BMS_CAN_DATA_MAX];
};

enum bms_jk_can {
#define BMS_JK_CAN_FRAME(id, ...) BMS_JK_CAN_##id,
#include "bms/jk_can.def"
	BMS_JK_CAN_FRAMES
};

struct bms_jk_can_row {
	uint32_t id;
	bool extended;
	uint8_t order; /* enum bms_order */
	uint16_t period_ms;
};

extern const struct bms_jk_can_row bms_jk_can_rows[BMS_JK_CAN_FRAMES];

/* What the sources disagree on, so that an installation can choose. */
struct bms_jk_can_options {
	uint8_t address;
	/* Current of 02F4: working clients read it as charge, the vendor's first document says
	 * discharge. As charge it cannot say more than 400 A of discharge, as discharge 1000 A. */
	bool discharge_positive;
	/* Errors of 18F328F4 from charge over-temperature on stand one bit higher, as in the
	 * document's example and against its table. */
	bool errors_shifted;
};

/* False, and nothing written: the board does not send this frame now. Alarm frames are sent while
 * there is an alarm, cell frames as far as there are cells. */
bool bms_jk_can_encode(enum bms_jk_can frame, const struct bms_telemetry *telemetry,
	const struct bms_settings *settings, const struct bms_jk_can_options *options,
	struct bms_can_frame *ret);

/* Adds what a frame says. BMS_UNKNOWN: not a frame of this board. */
enum bms_status bms_jk_can_decode(const struct bms_can_frame *frame,
	const struct bms_jk_can_options *options, struct bms_telemetry *telemetry);

/* Switches asked for by CTRL_INFO: the settings' slots and the wanted values, as many as returned,
 * at most three. */
size_t bms_jk_can_control(const struct bms_can_frame *frame, size_t slots[3], int64_t wanted[3]);

#endif
