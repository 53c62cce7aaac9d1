/* SPDX-License-Identifier: MIT */
#include "pack/apply.h"

#include <string.h>

void apply_init(struct apply *apply, const struct plan_carrier *carrier)
{
	*apply = (struct apply){ .link_up = true, .carrier = carrier };
}

static enum apply_action enter(
	struct apply *apply, enum apply_state state, enum apply_action action)
{
	apply->state = state;
	return action;
}

static enum apply_action read_board(struct apply *apply)
{
	if (!apply->link_up)
		return enter(apply, APPLY_PAUSED, APPLY_DO_NOTHING);
	return enter(apply, APPLY_READ, APPLY_DO_READ);
}

static void begin_run(struct apply *apply)
{
	memset(apply->given_up, 0, sizeof(apply->given_up));
	memset(apply->tries, 0, sizeof(apply->tries));
	apply->restart = false;
}

static void give_up(struct apply *apply, size_t slot)
{
	bms_mark_slot(apply->given_up, slot);
	apply->report.failed++;
}

static bool has_given_up(const struct apply *apply)
{
	for (size_t i = 0; i < BMS_PRESENCE_WORDS(BMS_SETTING_SLOTS); i++)
		if (apply->given_up[i])
			return true;
	return false;
}

/* Lost again and again, or changed back by somebody else. */
static void give_up_tried(struct apply *apply)
{
	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++)
		if (apply->tries[slot] >= APPLY_TRIES && !bms_has_slot(apply->given_up, slot) &&
			bms_settings_has(&apply->board, slot) &&
			apply->board.value[slot] != apply->desired.value[slot])
			give_up(apply, slot);
}

static void make_plan(struct apply *apply)
{
	struct bms_settings wanted = apply->desired;

	give_up_tried(apply);
	for (size_t i = 0; i < BMS_PRESENCE_WORDS(BMS_SETTING_SLOTS); i++)
		wanted.present[i] &= ~apply->given_up[i];
	if (has_given_up(apply))
		plan_make_rest(&apply->plan, &apply->board, &wanted, apply->carrier);
	else
		plan_make(&apply->plan, &apply->board, &wanted, apply->carrier);
	apply->report.planned_refused = (unsigned)apply->plan.refused_count;
}

static enum apply_action plan_next(struct apply *apply)
{
	make_plan(apply);
	if (apply->plan.write_count == 0)
		return enter(apply, APPLY_IDLE, APPLY_DO_REPORT);
	apply->current = apply->plan.items[0];
	apply->progress = APPLY_INTENDED;
	return enter(apply, APPLY_INTENT, APPLY_DO_INTENT);
}

static enum apply_action end_write(struct apply *apply, enum apply_outcome outcome)
{
	apply->outcome = outcome;
	apply->progress = APPLY_ENDED;
	return APPLY_DO_OUTCOME;
}

/* The settings read back show what became of the write. */
static enum apply_action resolve(struct apply *apply)
{
	size_t slot = apply->current.slot;

	apply->has_readback = bms_settings_has(&apply->board, slot);
	apply->readback = apply->has_readback ? apply->board.value[slot] : 0;
	if (apply->has_readback && apply->readback == apply->current.new_value) {
		apply->report.written++;
		return end_write(apply, APPLY_OUTCOME_OK);
	}
	if (!apply->has_readback || apply->progress != APPLY_ACKED)
		return end_write(apply, APPLY_OUTCOME_LOST);
	give_up(apply, slot);
	return end_write(apply, APPLY_OUTCOME_UNVERIFIED);
}

enum apply_action apply_start(struct apply *apply, const struct bms_settings *desired)
{
	struct bms_settings wanted = *desired;

	apply->desired = wanted;
	if (apply->progress != APPLY_NOTHING_OPEN) {
		apply->restart = true;
		return APPLY_DO_NOTHING;
	}
	if (apply->state == APPLY_IDLE)
		apply->report = (struct apply_report){ 0 };
	begin_run(apply);
	return read_board(apply);
}

enum apply_action apply_on_settings(struct apply *apply, const struct bms_settings *board)
{
	apply->board = *board;
	if (apply->progress == APPLY_ENDED)
		return APPLY_DO_NOTHING;
	if (apply->state != APPLY_READ && apply->state != APPLY_VERIFY)
		return APPLY_DO_NOTHING;
	apply->is_stale = false;
	if (apply->progress == APPLY_NOTHING_OPEN)
		return plan_next(apply);
	return resolve(apply);
}

/* Somebody else may have written while the store was busy, or the link was away. */
static bool is_overtaken(const struct apply *apply)
{
	const struct plan_item *item = &apply->current;

	return apply->is_stale || !bms_settings_has(&apply->board, item->slot) ||
	       apply->board.value[item->slot] != item->old_value ||
	       bms_settings_write_breaks(&apply->board, item->slot, item->new_value);
}

enum apply_action apply_on_intent(struct apply *apply, bool durable)
{
	if (apply->progress != APPLY_INTENDED)
		return APPLY_DO_NOTHING;
	if (!durable) {
		apply->has_readback = false;
		apply->report.failed++;
		return end_write(apply, APPLY_OUTCOME_NOT_RECORDED);
	}
	apply->progress = APPLY_RECORDED;
	if (apply->state == APPLY_PAUSED)
		return APPLY_DO_NOTHING;
	if (is_overtaken(apply))
		return read_board(apply);
	apply->tries[apply->current.slot]++;
	apply->progress = APPLY_SENT;
	return enter(apply, APPLY_WRITE, APPLY_DO_WRITE);
}

enum apply_action apply_on_answer(struct apply *apply, enum bms_status status)
{
	if (apply->progress != APPLY_SENT)
		return APPLY_DO_NOTHING;
	if (apply->state != APPLY_WRITE && apply->state != APPLY_PAUSED)
		return APPLY_DO_NOTHING;
	if (status == BMS_EXCEPTION) {
		give_up(apply, apply->current.slot);
		apply->has_readback = false;
		apply->is_stale = true;
		return end_write(apply, APPLY_OUTCOME_REFUSED);
	}
	if (apply->state == APPLY_PAUSED)
		return APPLY_DO_NOTHING;
	if (status == BMS_OK)
		apply->progress = APPLY_ACKED;
	return enter(apply, APPLY_VERIFY, APPLY_DO_READ);
}

enum apply_action apply_next(struct apply *apply)
{
	bool stop = apply->outcome == APPLY_OUTCOME_NOT_RECORDED && !apply->restart;

	if (apply->progress != APPLY_ENDED)
		return APPLY_DO_NOTHING;
	apply->progress = APPLY_NOTHING_OPEN;
	if (stop)
		return enter(apply, APPLY_IDLE, APPLY_DO_REPORT);
	if (apply->restart)
		begin_run(apply);
	if (apply->is_stale)
		return read_board(apply);
	return plan_next(apply);
}

static enum apply_action pause_run(struct apply *apply)
{
	/* A board that went away may have lost what it acknowledged: that is no refusal. */
	if (apply->progress == APPLY_ACKED)
		apply->progress = APPLY_SENT;
	return enter(apply, APPLY_PAUSED, APPLY_DO_NOTHING);
}

static enum apply_action resume_run(struct apply *apply)
{
	switch (apply->state) {
	case APPLY_PAUSED:
		if (apply->progress == APPLY_INTENDED)
			return enter(apply, APPLY_INTENT, APPLY_DO_NOTHING);
		return read_board(apply);
	case APPLY_READ:
	case APPLY_VERIFY:
		return APPLY_DO_READ;
	case APPLY_IDLE:
	case APPLY_INTENT:
	case APPLY_WRITE:
		break;
	}
	return APPLY_DO_NOTHING;
}

/* It may be another board, or the same with a reset behind it. What was given up stays so, and what
 * was tried counts: a board that goes away over a value must not get it for ever. */
static enum apply_action look_again(struct apply *apply)
{
	apply->report = (struct apply_report){ 0 };
	return read_board(apply);
}

enum apply_action apply_on_link(struct apply *apply, bool up)
{
	apply->link_up = up;
	apply->is_stale |= !up;
	if (apply->progress == APPLY_ENDED)
		return APPLY_DO_NOTHING;
	if (apply->state == APPLY_IDLE)
		return up ? look_again(apply) : APPLY_DO_NOTHING;
	return up ? resume_run(apply) : pause_run(apply);
}

bool apply_is_quiet(const struct apply *apply)
{
	return apply->progress == APPLY_NOTHING_OPEN;
}

const char *apply_outcome_text(enum apply_outcome outcome)
{
	static const char *const texts[] = {
		[APPLY_OUTCOME_OK] = "written and verified",
		[APPLY_OUTCOME_REFUSED] = "refused by the board",
		[APPLY_OUTCOME_UNVERIFIED] = "acknowledged, but reads back otherwise",
		[APPLY_OUTCOME_LOST] = "not taken: the answer was lost",
		[APPLY_OUTCOME_NOT_RECORDED] = "not sent: the intent could not be recorded",
	};

	return texts[outcome];
}
