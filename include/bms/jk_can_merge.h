/* SPDX-License-Identifier: MIT */
/*
 * Makes one reading of the frames a board broadcasts at different periods. Each frame is a part with
 * an age of its own; a part that was not heard for several of its periods is absent, not old.
 * No I/O; times are monotonic microseconds, and 0 stands for never.
 */
#ifndef BMS_JK_CAN_MERGE_H
#define BMS_JK_CAN_MERGE_H

#include "bms/jk_can.h"

struct bms_jk_can_merge {
	struct bms_jk_can_options options;
	struct bms_can_frame last[BMS_JK_CAN_FRAMES];
	uint64_t heard_us[BMS_JK_CAN_FRAMES];
	uint64_t first_us; /* since the board was silent last */
	uint64_t last_us;
};

/* What became of a frame. */
enum bms_jk_can_news {
	BMS_JK_CAN_OLD,   /* says what was known */
	BMS_JK_CAN_NEW,   /* says something new */
	BMS_JK_CAN_EVENT, /* switches or alarms changed */
	BMS_JK_CAN_BAD,   /* too short */
};

void bms_jk_can_merge_init(
	struct bms_jk_can_merge *merge, const struct bms_jk_can_options *options);

/* A frame of this board, as bms_jk_can_identify() told. */
enum bms_jk_can_news bms_jk_can_merge_take(struct bms_jk_can_merge *merge, enum bms_jk_can kind,
	const struct bms_can_frame *frame, uint64_t now_us);

/*
 * The board as it is known now. False while that is not enough for a reading: its voltage is not
 * fresh, or it has only begun to talk and not said each thing once. Alarms are 0 when it talks and
 * sends no alarm frame, as it only sends these while there is one.
 */
bool bms_jk_can_merge_report(
	const struct bms_jk_can_merge *merge, uint64_t now_us, struct bms_telemetry *ret);

/* Is a part of the reading made now? */
bool bms_jk_can_merge_is_fresh(
	const struct bms_jk_can_merge *merge, enum bms_jk_can kind, uint64_t now_us);

#endif
