/* SPDX-License-Identifier: MIT */
/*
 * From what a board has and what is wanted to an ordered list of single writes, none of which
 * leaves a rule broken in between. Pure.
 */
#ifndef PACK_PLAN_H
#define PACK_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bms/settings.h"
#include "bms/status.h"

enum plan_verdict {
	PLAN_WRITE,      /* to be written, in the plan's order */
	PLAN_SAME,       /* the board has it already */
	PLAN_ABSENT,     /* the board does not have this setting */
	PLAN_NO_CARRIER, /* this link cannot carry it */
	PLAN_OUT_OF_RANGE,
	PLAN_BREAKS_RULE, /* wanted values contradict each other or what the board keeps */
	PLAN_HELD_BACK,   /* could be written, but another item is refused */
};

struct plan_item {
	uint8_t slot; /* of the setting */
	enum plan_verdict verdict;
	int64_t old_value;
	int64_t new_value;
	const struct bms_rule *rule; /* PLAN_BREAKS_RULE */
};

struct plan {
	size_t count;         /* items, writes first and in order */
	size_t write_count;   /* of them */
	size_t refused_count; /* items that are neither PLAN_WRITE nor PLAN_SAME */
	struct plan_item items[BMS_SETTING_SLOTS];
};

/* What a link can write of a board's settings. */
struct plan_carrier {
	/* The link has a place for it. */
	bool (*has_place)(size_t slot);
	/* BMS_OK, BMS_OUT_OF_RANGE, or BMS_UNKNOWN: it cannot be written to this board. */
	enum bms_status (*fits)(const struct bms_settings *board, size_t slot, int64_t value);
};

extern const struct plan_carrier plan_carrier_jk_registers;
extern const struct plan_carrier plan_carrier_none;

/*
 * All or nothing: when any item is refused for its range or for a rule, write_count is 0 and what
 * could be written is PLAN_HELD_BACK. An item the board lacks or the link cannot carry refuses
 * only itself.
 *
 * A rule that the board's present values break counts against the plan only when a value to be
 * written leaves it broken, so that an odd board can be repaired.
 */
void plan_make(struct plan *plan, const struct bms_settings *board,
	const struct bms_settings *desired, const struct plan_carrier *carrier);

/*
 * As plan_make(), but what is refused does not hold the rest back: for what remains of a run after
 * the board refused one of its values.
 */
void plan_make_rest(struct plan *plan, const struct bms_settings *board,
	const struct bms_settings *desired, const struct plan_carrier *carrier);

const char *plan_verdict_text(enum plan_verdict verdict);

#endif
