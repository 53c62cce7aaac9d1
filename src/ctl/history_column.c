/* SPDX-License-Identifier: MIT */
#include "ctl/history_column.h"

#include <stdio.h>
#include <string.h>

static const struct history_source sources[] = {
	{ "sample", "sample", false },
	{ "minute", "m1", true },
};

static const enum bms_field usual_fields[] = {
	BMS_FIELD_PACK_MV,
	BMS_FIELD_CURRENT_MA,
	BMS_FIELD_SOC_PCT,
	BMS_FIELD_REMAINING_MAH,
	BMS_FIELD_CHARGE_ON,
	BMS_FIELD_DISCHARGE_ON,
	BMS_FIELD_ALARM_BITS,
};

void history_column_name(
	char out[HISTORY_COLUMN_SIZE], const struct history_group *group, size_t element)
{
	const struct bms_field_row *row = group->row;
	const char *unit = bms_unit_rows[row->unit].suffix;
	size_t length = strlen(row->name) - strlen(unit);

	if (row->count == 1)
		snprintf(out, HISTORY_COLUMN_SIZE, "%s%s", row->name, group->suffix);
	else
		snprintf(out, HISTORY_COLUMN_SIZE, "%.*s%zu%s%s", (int)length, row->name,
			element + 1, unit, group->suffix);
}

static void add_group(
	struct history_groups *groups, const struct bms_field_row *row, const char *suffix)
{
	groups->group[groups->count++] = (struct history_group){ row, suffix };
}

/* False when the source does not keep the field. */
static bool add_field(struct history_groups *groups, enum bms_field field)
{
	const struct bms_field_row *row = &bms_field_rows[field];

	if (row->keep == BMS_KEEP_LIVE || row->keep == BMS_KEEP_WIRE)
		return false;
	if (groups->source->is_rolled && row->keep == BMS_KEEP_ROLL) {
		add_group(groups, row, "_min");
		add_group(groups, row, "_max");
		add_group(groups, row, "_avg");
		return true;
	}
	if (groups->source->is_rolled && row->keep == BMS_KEEP_RAW && row->unit != BMS_UNIT_BITS)
		return false;
	add_group(groups, row, "");
	return true;
}

static const struct history_source *find_source(const char *name)
{
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++)
		if (strcmp(sources[i].name, name) == 0)
			return &sources[i];
	return NULL;
}

int history_groups_choose(const struct ctl *ctl, struct history_groups *ret)
{
	const char *by = ctl->options.by ? ctl->options.by : sources[0].name;

	memset(ret, 0, sizeof(*ret));
	ret->source = find_source(by);
	if (!ret->source) {
		ctl_complain("--by '%s' is not known; sample and minute are", by);
		return EX_USAGE;
	}
	for (size_t i = 0; i < ctl->field_count; i++) {
		if (add_field(ret, ctl->fields[i]))
			continue;
		ctl_complain("the history by %s does not keep %s", by,
			bms_field_rows[ctl->fields[i]].name);
		return EX_USAGE;
	}
	if (ctl->field_count > 0)
		return EX_OK;
	for (size_t i = 0; i < sizeof(usual_fields) / sizeof(*usual_fields); i++)
		add_field(ret, usual_fields[i]);
	return EX_OK;
}
