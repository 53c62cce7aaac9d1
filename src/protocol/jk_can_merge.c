/* SPDX-License-Identifier: MIT */
#include "bms/jk_can_merge.h"

#include <string.h>

enum {
	PERIODS_FRESH = 4,        /* as many frames may be lost, less one */
	LEAST_FRESH_US = 1000000, /* the vendor's documents name longer periods than we captured */
	SETTLE_US = 3000000,      /* what a board has not said by then it does not say */
	SILENT_US = 5000000,
	BURST_US = 100000, /* the frames of the cells follow the first one closely */
};

/* What every board sends, by the captures; cells come in the rarest frames. */
static const uint8_t expected[] = { BMS_JK_CAN_PACK, BMS_JK_CAN_CAPACITY, BMS_JK_CAN_SWITCHES,
	BMS_JK_CAN_PROBES, BMS_JK_CAN_CELLS_1 };

void bms_jk_can_merge_init(struct bms_jk_can_merge *merge, const struct bms_jk_can_options *options)
{
	*merge = (struct bms_jk_can_merge){ .options = *options };
}

static bool is_event(enum bms_jk_can kind)
{
	return kind == BMS_JK_CAN_SWITCHES || kind == BMS_JK_CAN_ALARMS ||
	       kind == BMS_JK_CAN_ERRORS;
}

static uint64_t fresh_us(enum bms_jk_can kind)
{
	uint64_t fresh = (uint64_t)bms_jk_can_rows[kind].period_ms * 1000 * PERIODS_FRESH;

	return fresh > LEAST_FRESH_US ? fresh : LEAST_FRESH_US;
}

bool bms_jk_can_merge_is_fresh(
	const struct bms_jk_can_merge *merge, enum bms_jk_can kind, uint64_t now_us)
{
	uint64_t heard_us = merge->heard_us[kind];

	return heard_us && (now_us < heard_us || now_us - heard_us <= fresh_us(kind));
}

enum bms_jk_can_news bms_jk_can_merge_take(struct bms_jk_can_merge *merge, enum bms_jk_can kind,
	const struct bms_can_frame *frame, uint64_t now_us)
{
	bool is_known = bms_jk_can_merge_is_fresh(merge, kind, now_us);
	bool is_same =
		is_known && memcmp(merge->last[kind].data, frame->data, BMS_CAN_DATA_MAX) == 0;

	if (frame->size < BMS_CAN_DATA_MAX)
		return BMS_JK_CAN_BAD;
	if (!merge->last_us || now_us > merge->last_us + SILENT_US)
		merge->first_us = now_us;
	merge->last[kind] = *frame;
	merge->heard_us[kind] = now_us;
	merge->last_us = now_us;
	if (is_same)
		return BMS_JK_CAN_OLD;
	return is_event(kind) ? BMS_JK_CAN_EVENT : BMS_JK_CAN_NEW;
}

static bool has_settled(const struct bms_jk_can_merge *merge, uint64_t now_us)
{
	if (now_us >= merge->first_us + SETTLE_US)
		return true;
	for (size_t i = 0; i < sizeof(expected); i++)
		if (merge->heard_us[expected[i]] < merge->first_us)
			return false;
	return now_us >= merge->heard_us[BMS_JK_CAN_CELLS_1] + BURST_US;
}

static void take_part(const struct bms_jk_can_merge *merge, enum bms_jk_can kind, uint64_t now_us,
	struct bms_telemetry *telemetry)
{
	if (bms_jk_can_merge_is_fresh(merge, kind, now_us))
		(void)bms_jk_can_decode(&merge->last[kind], &merge->options, telemetry);
}

bool bms_jk_can_merge_report(
	const struct bms_jk_can_merge *merge, uint64_t now_us, struct bms_telemetry *ret)
{
	struct bms_telemetry report = { 0 };

	if (!bms_jk_can_merge_is_fresh(merge, BMS_JK_CAN_PACK, now_us) ||
		!has_settled(merge, now_us))
		return false;
	bms_telemetry_set(&report, BMS_SLOT_ALARM_BITS, 0);
	/* The word says more than the levels, which come after it. */
	take_part(merge, BMS_JK_CAN_ERRORS, now_us, &report);
	for (int kind = 0; kind < BMS_JK_CAN_FRAMES; kind++)
		if (kind != BMS_JK_CAN_ERRORS)
			take_part(merge, (enum bms_jk_can)kind, now_us, &report);
	*ret = report;
	return true;
}
