/* SPDX-License-Identifier: MIT */
/*
 * Why taking any admissible write next never ends in a dead end:
 *
 * Each value is written once, straight from old to new, and each rule ties two values, a < b. If
 * the rule holds before and after, only one of the two states in between can break it:
 *
 *   new a >= old b   both rise; b must be written before a, and then old a < old b <= new a < new b
 *   old a >= new b   both fall; a must be written before b, and then new a < new b <= old a < old b
 *   otherwise        either order will do
 *
 * (For a <= b the same with > in place of >=.) So a rule asks for at most one order of two writes,
 * and whether it does depends on old and new values alone, not on the writes made meanwhile. Among
 * rising values the order runs from high to low along the rules, among falling values from low to
 * high, and none ties a rising to a falling one. The rules have no cycle, so neither has the order:
 * among the writes that remain there is always one whose predecessors are all made, and making it
 * takes no other's turn away.
 *
 * A rule that does not hold before asks for no order: the first of its two writes can not break
 * it, and the second one makes the state that was checked before.
 */
#include "pack/plan.h"

#include <assert.h>
#include <stdbool.h>

/*
 * When a setting is written, before the rules and then the order of settings.def have their say.
 * Switching off does not wait for limits, switching on does; what can cut the link comes last.
 */
enum rank {
	RANK_OFF = -1,
	RANK_ORDINARY = 0,
	RANK_SCALE,
	RANK_SWITCH,
	RANK_ON,
	RANK_LINK,
	RANK_COUNT
};

static const int8_t setting_ranks[BMS_SETTING_COUNT] = {
	[BMS_SETTING_CELL_COUNT] = RANK_SCALE,
	[BMS_SETTING_CURRENT_RANGE] = RANK_SCALE,
	[BMS_SETTING_CHARGE_SWITCH] = RANK_ON,
	[BMS_SETTING_DISCHARGE_SWITCH] = RANK_ON,
	[BMS_SETTING_PORT_RS485] = RANK_LINK,
	[BMS_SETTING_DEVICE_ADDRESS] = RANK_LINK,
	[BMS_SETTING_UART1_PROTOCOL] = RANK_LINK,
	[BMS_SETTING_CAN_PROTOCOL] = RANK_LINK,
};

static enum rank rank_of(const struct plan_item *item)
{
	enum bms_setting setting = bms_setting_of_slot(item->slot);

	if (setting_ranks[setting] == RANK_ON && item->new_value == 0)
		return RANK_OFF;
	if (setting_ranks[setting] == RANK_ORDINARY &&
		bms_setting_rows[setting].unit == BMS_UNIT_BOOL)
		return RANK_SWITCH;
	return (enum rank)setting_ranks[setting];
}

static enum plan_verdict judge(const struct bms_settings *board, size_t slot, int64_t value,
	const struct plan_carrier *carrier)
{
	enum bms_status status;

	if (!bms_setting_in_range(bms_setting_of_slot(slot), value))
		return PLAN_OUT_OF_RANGE;
	if (!bms_settings_has(board, slot))
		return carrier->has_place(slot) ? PLAN_ABSENT : PLAN_NO_CARRIER;
	if (board->value[slot] == value)
		return PLAN_SAME;
	status = carrier->fits(board, slot, value);
	if (status == BMS_UNKNOWN)
		return PLAN_NO_CARRIER;
	return status == BMS_OK ? PLAN_WRITE : PLAN_OUT_OF_RANGE;
}

static void judge_all(struct plan *plan, const struct bms_settings *board,
	const struct bms_settings *desired, const struct plan_carrier *carrier)
{
	*plan = (struct plan){ 0 };
	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++) {
		if (!bms_settings_has(desired, slot))
			continue;
		plan->items[plan->count++] = (struct plan_item){
			.slot = (uint8_t)slot,
			.verdict = judge(board, slot, desired->value[slot], carrier),
			.old_value = bms_settings_has(board, slot) ? board->value[slot] : 0,
			.new_value = desired->value[slot],
		};
	}
}

/* The board after every write of the plan. */
static struct bms_settings outcome(const struct plan *plan, const struct bms_settings *board)
{
	struct bms_settings after = *board;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->items[i].verdict == PLAN_WRITE)
			bms_settings_set(&after, plan->items[i].slot, plan->items[i].new_value);
	return after;
}

static bool refuse_side(struct plan *plan, const struct bms_rule *rule, enum bms_setting setting)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct plan_item *item = &plan->items[i];

		if (item->slot != bms_setting_rows[setting].slot || item->verdict != PLAN_WRITE)
			continue;
		item->verdict = PLAN_BREAKS_RULE;
		item->rule = rule;
		return true;
	}
	return false;
}

/* Refuses the writes that would leave a rule broken; false when there were none. */
static bool refuse_contradictions(struct plan *plan, const struct bms_settings *board)
{
	struct bms_settings after = outcome(plan, board);
	bool refused = false;

	for (size_t i = 0; i < BMS_RULE_COUNT; i++) {
		const struct bms_rule *rule = &bms_rules[i];

		if (bms_rule_holds(rule, &after))
			continue;
		refused |= refuse_side(plan, rule, (enum bms_setting)rule->low);
		refused |= refuse_side(plan, rule, (enum bms_setting)rule->high);
	}
	return refused;
}

static bool is_contradictory(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->items[i].verdict == PLAN_OUT_OF_RANGE ||
			plan->items[i].verdict == PLAN_BREAKS_RULE)
			return true;
	return false;
}

static void hold_back(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->items[i].verdict == PLAN_WRITE)
			plan->items[i].verdict = PLAN_HELD_BACK;
}

static void count_items(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		enum plan_verdict verdict = plan->items[i].verdict;

		plan->write_count += verdict == PLAN_WRITE;
		plan->refused_count += verdict != PLAN_WRITE && verdict != PLAN_SAME;
	}
}

/* Writes first, by rank; within a rank and among the rest the order of settings.def stays. */
static void sort_by_rank(struct plan *plan)
{
	struct plan_item sorted[BMS_SETTING_SLOTS];
	size_t count = 0;

	for (int rank = RANK_OFF; rank < RANK_COUNT; rank++)
		for (size_t i = 0; i < plan->count; i++)
			if (plan->items[i].verdict == PLAN_WRITE &&
				(int)rank_of(&plan->items[i]) == rank)
				sorted[count++] = plan->items[i];
	for (size_t i = 0; i < plan->count; i++)
		if (plan->items[i].verdict != PLAN_WRITE)
			sorted[count++] = plan->items[i];
	for (size_t i = 0; i < count; i++)
		plan->items[i] = sorted[i];
}

static size_t first_admissible(
	const struct plan *plan, size_t from, const struct bms_settings *state)
{
	while (from < plan->write_count && bms_settings_write_breaks(state, plan->items[from].slot,
						   plan->items[from].new_value))
		from++;
	return from;
}

/* Brings forward, one place after the other, the first write that breaks nothing. */
static void sort_by_rules(struct plan *plan, const struct bms_settings *board)
{
	struct bms_settings state = *board;

	for (size_t place = 0; place < plan->write_count; place++) {
		size_t found = first_admissible(plan, place, &state);
		struct plan_item item;

		assert(found < plan->write_count);
		item = plan->items[found];
		for (size_t i = found; i > place; i--)
			plan->items[i] = plan->items[i - 1];
		plan->items[place] = item;
		bms_settings_set(&state, item.slot, item.new_value);
	}
}

static void finish(struct plan *plan, const struct bms_settings *board)
{
	count_items(plan);
	sort_by_rank(plan);
	sort_by_rules(plan, board);
}

void plan_make(struct plan *plan, const struct bms_settings *board,
	const struct bms_settings *desired, const struct plan_carrier *carrier)
{
	judge_all(plan, board, desired, carrier);
	refuse_contradictions(plan, board);
	if (is_contradictory(plan))
		hold_back(plan);
	finish(plan, board);
}

void plan_make_rest(struct plan *plan, const struct bms_settings *board,
	const struct bms_settings *desired, const struct plan_carrier *carrier)
{
	judge_all(plan, board, desired, carrier);
	/* What is refused keeps its old value, which another may contradict in turn. */
	while (refuse_contradictions(plan, board))
		;
	finish(plan, board);
}

const char *plan_verdict_text(enum plan_verdict verdict)
{
	static const char *const texts[] = {
		[PLAN_WRITE] = "to be written",
		[PLAN_SAME] = "the board has it",
		[PLAN_ABSENT] = "the board does not have this setting",
		[PLAN_NO_CARRIER] = "this link cannot carry it",
		[PLAN_OUT_OF_RANGE] = "outside its limits",
		[PLAN_BREAKS_RULE] = "breaks a rule",
		[PLAN_HELD_BACK] = "held back, as another setting is refused",
	};

	return texts[verdict];
}
