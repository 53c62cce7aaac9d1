/* SPDX-License-Identifier: MIT */
/*
 * Brings a board to its desired settings, one verified write at a time. A state machine without
 * I/O: events in, at most one action out; the gateway performs it and reports back.
 *
 *   IDLE -start-> READ -settings-> INTENT -durable-> WRITE -answer-> VERIFY -settings-> next … DONE
 *
 * A lost answer is not a failure of the value: the settings are read again, what they show decides
 * the outcome, and the plan is made anew from them. So every write starts from what the board has,
 * and whatever happens in between, no state of the board breaks a rule that held.
 *
 * Every APPLY_DO_INTENT is followed by exactly one APPLY_DO_OUTCOME. No value is sent more than
 * APPLY_TRIES times a run, so a run ends whatever the board does.
 */
#ifndef PACK_APPLY_H
#define PACK_APPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "bms/settings.h"
#include "pack/plan.h"

enum {
	APPLY_TRIES = 2, /* a slot is sent this often a run before it is given up */
};

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
	APPLY_DO_READ,    /* read all settings; may be said again while it waits */
	APPLY_DO_INTENT,  /* record the intent of apply->current */
	APPLY_DO_WRITE,   /* write apply->current */
	APPLY_DO_OUTCOME, /* record apply->outcome of apply->current, then call apply_next() */
	APPLY_DO_REPORT,  /* finished: tell apply->report, then the state is APPLY_IDLE */
};

enum apply_outcome {
	APPLY_OUTCOME_OK,         /* reads back as written, whether or not the answer came */
	APPLY_OUTCOME_REFUSED,    /* the board said no; given up */
	APPLY_OUTCOME_UNVERIFIED, /* acknowledged, but reads back otherwise; given up */
	APPLY_OUTCOME_LOST, /* not answered, not sent as the link went, or not read back: not there */
	APPLY_OUTCOME_NOT_RECORDED, /* the intent could not be made durable: nothing was sent */
};

/* How far the write of apply->current got. */
enum apply_progress {
	APPLY_NOTHING_OPEN,
	APPLY_INTENDED, /* waits for the store */
	APPLY_RECORDED, /* durable, not sent */
	APPLY_SENT,     /* the board may have it */
	APPLY_ACKED,    /* the board says it has it */
	APPLY_ENDED,    /* its outcome is told; waits for apply_next() */
};

/* Since apply was last idle. */
struct apply_report {
	unsigned written;         /* verified */
	unsigned failed;          /* given up, or not recorded */
	unsigned planned_refused; /* by the last plan */
};

/* One ended write of a run. */
struct apply_write {
	struct plan_item item;
	enum apply_outcome outcome;
};

struct apply {
	enum apply_state state;
	struct bms_settings desired;
	struct bms_settings board; /* last read back */
	struct plan plan;
	struct plan_item current;
	enum apply_progress progress;
	enum apply_outcome outcome;
	bool has_readback;
	int64_t readback;
	struct apply_report report;
	/* Slots the board refused or did not keep; not tried again until the next start. */
	uint32_t given_up[BMS_PRESENCE_WORDS(BMS_SETTING_SLOTS)];
	uint8_t tries[BMS_SETTING_SLOTS]; /* times sent in this run */
	bool link_up;
	bool is_stale;                      /* board may have changed since it was read */
	bool restart;                       /* apply_start() came while a write was open */
	const struct plan_carrier *carrier; /* borrowed: what the link can write */
};

/* The link counts as up until apply_on_link() says otherwise. */
void apply_init(struct apply *apply, const struct plan_carrier *carrier);

/* Wants these settings from now on; restarts whatever runs after its current write ended. What
 * was given up is tried again. desired may be &apply->desired. */
enum apply_action apply_start(struct apply *apply, const struct bms_settings *desired);

/* Settings of the whole block arrived, all of them read after the last APPLY_DO_READ. */
enum apply_action apply_on_settings(struct apply *apply, const struct bms_settings *board);

/* The intent is durable (true) or cannot be recorded (false). */
enum apply_action apply_on_intent(struct apply *apply, bool durable);

/* The board acknowledged (BMS_OK), refused (BMS_EXCEPTION) or the answer was lost (others). An
 * answer to a write that is no longer waited for is ignored. */
enum apply_action apply_on_answer(struct apply *apply, enum bms_status status);

/* After APPLY_DO_OUTCOME was recorded. */
enum apply_action apply_next(struct apply *apply);

/* Up: also said of a board that answers again. What is idle looks whether all is as desired. */
enum apply_action apply_on_link(struct apply *apply, bool up);

/* A sentence for people. */
const char *apply_outcome_text(enum apply_outcome outcome);

/* No write is open: none is intended, sent or waiting for its read-back. */
bool apply_is_quiet(const struct apply *apply);

#endif
