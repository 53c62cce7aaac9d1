/* SPDX-License-Identifier: MIT */
/*
 * Halves of two captured frames joined as a lost piece joins them, kept only when the 8-bit sum
 * fits: what a reader that trusts the sum takes for a frame. Each goes the way of every frame, and
 * what is accepted is compared with the two frames it was made of.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

#include "bms/jk_dialect.h"
#include "captures_24s.h"
#include "captures_boards.h"
#include "captures_relay.h"
#include "pack/plausibility.h"

enum {
	SPLICES = 10000,
	HEADER_SIZE = 4,
};

static const uint64_t elapsed_us = 500000; /* two live frames on the air */

struct source {
	const char *hex;
	enum bms_jk_dialect dialect;
	uint8_t bytes[BMS_JK_FRAME_SIZE];
	uint8_t sums[BMS_JK_FRAME_SIZE + 1]; /* of the bytes before */
	bool is_live;
	struct bms_telemetry telemetry; /* of a live frame */
};

static struct source sources[] = {
	{ .dialect = BMS_JK_DIALECT_32S, .hex = relay_device_frame },
	{ .dialect = BMS_JK_DIALECT_32S, .hex = relay_settings_frame },
	{ .dialect = BMS_JK_DIALECT_32S, .hex = b2a8s20p_live_frame },
	{ .dialect = BMS_JK_DIALECT_32S, .hex = pb2a16s20p_live_frame },
	{ .dialect = BMS_JK_DIALECT_32S, .hex = pb2a16s15p_live_frame },
	{ .dialect = BMS_JK_DIALECT_32S, .hex = pb2a16s20p_device_frame },
	{ .dialect = BMS_JK_DIALECT_32S }, /* the relay board's live frames */
	{ .dialect = BMS_JK_DIALECT_32S },
	{ .dialect = BMS_JK_DIALECT_32S },
	{ .dialect = BMS_JK_DIALECT_24S, .hex = old_device_frame },
	{ .dialect = BMS_JK_DIALECT_24S, .hex = old_settings_frame },
	{ .dialect = BMS_JK_DIALECT_24S, .hex = old_live_frame },
	{ .dialect = BMS_JK_DIALECT_24S, .hex = bd6a17s6p_device_frame },
	{ .dialect = BMS_JK_DIALECT_24S, .hex = bd6a17s6p_settings_frame },
	{ .dialect = BMS_JK_DIALECT_24S, .hex = bd6a17s6p_live_frame },
	{ .dialect = BMS_JK_DIALECT_24S, .hex = b2a20s20p_live_frame },
	{ .dialect = BMS_JK_DIALECT_24S, .hex = b2a24s20p_live_frame },
	{ .dialect = BMS_JK_DIALECT_24S, .hex = b2a24s20p_cold_frame },
};

struct tally {
	unsigned second_header;
	unsigned other_type; /* settings and device frames: believed when read twice */
	unsigned implausible;
	unsigned accepted;
	unsigned torn; /* of them with a value of neither frame */
};

static void load(struct source *source)
{
	struct bms_jk_frame frame;

	assert_int_equal(capture_bytes(source->hex, source->bytes, sizeof(source->bytes)),
		sizeof(source->bytes));
	for (size_t i = 0; i < sizeof(source->bytes); i++)
		source->sums[i + 1] = (uint8_t)(source->sums[i] + source->bytes[i]);
	assert_int_equal(bms_jk_frame_parse(source->bytes, sizeof(source->bytes), &frame), BMS_OK);
	source->is_live = frame.type == BMS_JK_FRAME_LIVE;
	if (source->is_live)
		bms_jk_dialect_decode_live(source->dialect, &frame.payload, &source->telemetry);
}

static int load_all(void **state)
{
	const char *const *relay = relay_live_frames;

	(void)state;
	for (size_t i = 0; i < LENGTH(sources); i++) {
		if (!sources[i].hex)
			sources[i].hex = *relay++;
		load(&sources[i]);
	}
	return 0;
}

/* Bytes of one frame up to head, then those of another from tail on; true when the sum fits and
 * the result is neither of the two. */
static bool splice(const struct source *one, size_t head, const struct source *two, size_t tail,
	uint8_t out[BMS_JK_FRAME_SIZE])
{
	size_t end = tail + BMS_JK_FRAME_SIZE - 1 - head; /* of what is summed up */
	uint8_t sum = (uint8_t)(one->sums[head] + two->sums[end] - two->sums[tail]);

	if (sum != two->bytes[end])
		return false;
	memcpy(out, one->bytes, head);
	memcpy(out + head, two->bytes + tail, BMS_JK_FRAME_SIZE - head);
	return memcmp(out, one->bytes, BMS_JK_FRAME_SIZE) != 0 &&
	       memcmp(out, two->bytes, BMS_JK_FRAME_SIZE) != 0;
}

static bool is_of(const struct source *source, const struct bms_telemetry *report, size_t slot)
{
	return source->is_live && bms_telemetry_has(&source->telemetry, slot) &&
	       source->telemetry.value[slot] == report->value[slot];
}

/* What the history keeps and people act on has to be of one of the two; fields that are only
 * shown (the board's clocks and timers) are counted. */
static bool check_values(
	const struct source *one, const struct source *two, const struct bms_telemetry *report)
{
	bool torn = false;

	for (size_t slot = 0; slot < BMS_SLOTS; slot++) {
		const struct bms_field_row *row = &bms_field_rows[bms_field_of_slot(slot)];

		if (!bms_telemetry_has(report, slot) || is_of(one, report, slot) ||
			is_of(two, report, slot))
			continue;
		torn = true;
		if (row->keep != BMS_KEEP_LIVE && row->keep != BMS_KEEP_WIRE)
			fail_msg("%s is %" PRId64 ", in neither frame", row->name,
				report->value[slot]);
	}
	return torn;
}

/* Plausibility in other words: one splice that it lets through must not show here. */
static void check_physics(const struct bms_telemetry *report)
{
	int64_t sum_mv = 0;

	for (size_t slot = BMS_SLOT_CELL_MV; slot <= BMS_SLOT_CELL_MV_LAST; slot++)
		sum_mv += bms_telemetry_or(report, slot, 0);
	assert_in_range(sum_mv, report->value[BMS_SLOT_PACK_MV] * 97 / 100 - 500,
		report->value[BMS_SLOT_PACK_MV] * 103 / 100 + 500);
	assert_true(report->value[BMS_SLOT_SOC_PCT] <= 100);
	assert_true(report->value[BMS_SLOT_CHARGE_ON] <= 1);
	assert_true(report->value[BMS_SLOT_DISCHARGE_ON] <= 1);
}

static void judge(const struct source *one, const struct source *two, const uint8_t *bytes,
	struct tally *tally)
{
	struct bms_telemetry report = { 0 };
	struct bms_jk_frame frame;
	char reason[PLAUSIBILITY_REASON_SIZE];

	if (bms_jk_frame_parse(bytes, BMS_JK_FRAME_SIZE, &frame) != BMS_OK) {
		tally->second_header++;
		return;
	}
	if (frame.type != BMS_JK_FRAME_LIVE) {
		tally->other_type++;
		return;
	}
	bms_jk_dialect_decode_live(one->dialect, &frame.payload, &report);
	if (!plausibility_accepts(&report, &one->telemetry, reason) ||
		!plausibility_follows(&report, &one->telemetry, elapsed_us, reason)) {
		assert_true(*reason != '\0');
		tally->implausible++;
		return;
	}
	tally->accepted++;
	check_physics(&report);
	tally->torn += check_values(one, two, &report);
}

static void no_splice_with_a_fitting_sum_brings_a_wrong_value(void **state)
{
	struct tally tally = { 0 };
	struct dice dice = { 42 };
	unsigned tries = 0;
	unsigned fitting = 0;

	(void)state;
	while (fitting < SPLICES) {
		const struct source *one = &sources[dice_roll(&dice) % LENGTH(sources)];
		const struct source *two = &sources[dice_roll(&dice) % LENGTH(sources)];
		size_t head = (size_t)dice_between(&dice, HEADER_SIZE, BMS_JK_FRAME_SIZE - 1);
		/* As much lost as a frame has, or less. */
		size_t tail =
			dice_roll(&dice) % 2 ? head : (size_t)dice_between(&dice, 0, (int64_t)head);
		uint8_t bytes[BMS_JK_FRAME_SIZE];

		if (one->dialect != two->dialect)
			continue;
		tries++;
		if (!splice(one, head, two, tail, bytes))
			continue;
		fitting++;
		judge(one, two, bytes, &tally);
	}
	print_message("%u splices, the sum fits in %u (one in %u): %u with a second header, "
		      "%u settings or device, %u implausible; %u accepted, all values of one of "
		      "the two frames but in %u, which tore a value that is only shown\n",
		tries, fitting, tries / fitting, tally.second_header, tally.other_type,
		tally.implausible, tally.accepted, tally.torn);
	assert_true(tally.torn * 100 < SPLICES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_splice_with_a_fitting_sum_brings_a_wrong_value),
	};

	return cmocka_run_group_tests(tests, load_all, NULL);
}
