/* SPDX-License-Identifier: MIT */
/*
 * Brings a board to its desired settings, one verified write at a time. A state machine without
 * I/O: events in, at most one action out; the gateway performs it and reports back.
 *
 *   IDLE -start-> READ -settings-> INTENT -durable-> WRITE -answer-> VERIFY -settings-> next … DONE
 *
 * A lost answer is not a failure of the value: the settings are read again and the plan is made
 * anew, so after a board or line came back the state is all old or all new, never between.
 */
#ifndef PACK_APPLY_H
#define PACK_APPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "bms/settings.h"
#include "pack/plan.h"

enum apply_state {
	APPLY_IDLE,
	APPLY_READ,   /* waits for fresh settings to plan from */
	APPLY_INTENT, /* waits for the intent row to be durable */
	APPLY_WRITE,  /* waits for the board's acknowledgement */
	APPLY_VERIFY, /* waits for the settings read back */
	APPLY_PAUSED, /* the link is down; starts at APPLY_READ when it is back */
};

enum apply_action {
	APPLY_DO_NOTHING,
	APPLY_DO_READ,	  /* read all settings */
	APPLY_DO_INTENT,  /* record the intent of apply->current */
	APPLY_DO_WRITE,	  /* write apply->current */
	APPLY_DO_OUTCOME, /* record apply->outcome of apply->current, then call apply_next() */
	APPLY_DO_REPORT,  /* finished: tell apply->report, then the state is APPLY_IDLE */
};

enum apply_outcome {
	APPLY_OUTCOME_OK,
	APPLY_OUTCOME_REFUSED,
	APPLY_OUTCOME_UNVERIFIED,
	APPLY_OUTCOME_LOST,
	APPLY_OUTCOME_NOT_RECORDED, /* the intent could not be made durable: nothing was sent */
};

struct apply_report {
	unsigned written;  /* verified */
	unsigned failed;   /* refused by the board, unverified or not recorded */
	unsigned planned_refused; /* refused by the plan */
};

struct apply {
	enum apply_state state;
	struct bms_settings desired;
	struct bms_settings board; /* last read back */
	struct plan plan;
	struct plan_item current;
	enum apply_outcome outcome;
	bool has_readback;
	int64_t readback;
	struct apply_report report;
	/* Slots the board refused or did not keep; not tried again until the next start. */
	uint32_t given_up[BMS_PRESENCE_WORDS(BMS_SETTING_SLOTS)];
};

void apply_init(struct apply *apply);

/* Wants these settings from now on; restarts whatever runs after its current write ended. */
enum apply_action apply_start(struct apply *apply, const struct bms_settings *desired);

/* Fresh settings of the whole block arrived. */
enum apply_action apply_on_settings(struct apply *apply, const struct bms_settings *board);

/* The intent is durable (true) or cannot be recorded (false). */
enum apply_action apply_on_intent(struct apply *apply, bool durable);

/* The board acknowledged (BMS_OK), refused (BMS_EXCEPTION) or the answer was lost (others). */
enum apply_action apply_on_answer(struct apply *apply, enum bms_status status);

/* After APPLY_DO_OUTCOME was recorded. */
enum apply_action apply_next(struct apply *apply);

enum apply_action apply_on_link(struct apply *apply, bool up);

/* Nothing is being written or verified. */
bool apply_is_quiet(const struct apply *apply);

#endif
