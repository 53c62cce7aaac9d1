/* SPDX-License-Identifier: MIT */
/* An item of a plan as Plan and Apply tell it. */
#include <inttypes.h>
#include <stdio.h>

#include "bus/service_internal.h"

static const char *const words[] = {
	[PLAN_WRITE] = CODEC_PLAN_WRITE,
	[PLAN_SAME] = CODEC_PLAN_SAME,
	[PLAN_ABSENT] = "absent",
	[PLAN_NO_CARRIER] = "no_carrier",
	[PLAN_OUT_OF_RANGE] = "out_of_range",
	[PLAN_BREAKS_RULE] = "breaks_rule",
	[PLAN_HELD_BACK] = "held_back",
};

const char *plan_item_word(const struct plan_item *item)
{
	return words[item->verdict];
}

const char *plan_item_reason(const struct plan_item *item, char out[PLAN_REASON_SIZE])
{
	const struct bms_setting_row *row = &bms_setting_rows[bms_setting_of_slot(item->slot)];
	const char *text = plan_verdict_text(item->verdict);

	if (item->verdict == PLAN_WRITE || item->verdict == PLAN_SAME)
		out[0] = '\0';
	else if (item->verdict == PLAN_OUT_OF_RANGE)
		snprintf(out, PLAN_REASON_SIZE, "%s, allowed is %" PRId64 " to %" PRId64 " %s",
			text, (int64_t)row->min, (int64_t)row->max,
			bms_unit_rows[row->unit].symbol);
	else if (item->verdict == PLAN_BREAKS_RULE && item->rule)
		snprintf(out, PLAN_REASON_SIZE, "%s: %s must be %s %s, %s", text,
			bms_setting_rows[item->rule->low].key,
			item->rule->op == BMS_RULE_LESS ? "below" : "at most",
			bms_setting_rows[item->rule->high].key, item->rule->text);
	else
		snprintf(out, PLAN_REASON_SIZE, "%s", text);
	return out;
}

int plan_item_append(sd_bus_message *reply, const struct plan_item *item, bool has_old,
	const char *word, const char *reason)
{
	const struct bms_setting_row *row = &bms_setting_rows[bms_setting_of_slot(item->slot)];
	uint16_t element = row->count > 1 ? (uint16_t)(item->slot - row->slot + 1) : 0;

	return sd_bus_message_append(reply, "(" CODEC_PLAN_ITEM ")", row->key, element,
		(int)has_old, has_old ? item->old_value : INT64_C(0), item->new_value, word,
		reason);
}
