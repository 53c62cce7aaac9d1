/* SPDX-License-Identifier: MIT */
#include "config/settings_group.h"

#include <inttypes.h>

#include "base/quantity.h"
#include "config/errors.h"
#include "config/spelling.h"
#include "config/value.h"

static void setting_read_slot(const config_setting_t *value, const struct bms_setting_row *row,
	size_t slot, struct bms_settings *desired, struct error_list *errors)
{
	const struct value_limits limits = {
		.key = row->key,
		.unit = row->unit,
		.min = row->min,
		.max = row->max,
		.example = row->preset[BMS_CHEMISTRY_LFP],
	};
	int64_t number;
	bool on;

	if (row->unit == BMS_UNIT_BOOL) {
		if (value_read_bool(value, row->key, &on, errors))
			bms_settings_set(desired, slot, on);
	} else if (value_read_integer(value, &limits, &number, errors)) {
		bms_settings_set(desired, slot, number);
	}
}

/* A per-cell setting: the first cells in order; those not given are left as the board has them. */
static void setting_read_cells(const config_setting_t *value, const struct bms_setting_row *row,
	struct bms_settings *desired, struct error_list *errors)
{
	int type = config_setting_type(value);
	int length;

	if (type != CONFIG_TYPE_ARRAY && type != CONFIG_TYPE_LIST) {
		error_list_add(errors, value_line(value),
			"%s has one value a cell: write an array [ ], not %s", row->key,
			value_kind(value));
		return;
	}
	length = config_setting_length(value);
	if (length < 1 || length > row->count) {
		error_list_add(errors, value_line(value), "%s has %d values, 1 to %u are allowed",
			row->key, length, row->count);
		return;
	}
	for (int i = 0; i < length; i++)
		setting_read_slot(config_setting_get_elem(value, (unsigned)i), row,
			row->slot + (size_t)i, desired, errors);
}

static void unknown_refuse(const config_setting_t *value, struct error_list *errors)
{
	const char *key = config_setting_name(value);
	struct spelling spelling;
	const char *nearest;

	spelling_init(&spelling, key);
	for (size_t i = 0; i < BMS_SETTING_COUNT; i++)
		spelling_offer(&spelling, bms_setting_rows[i].key);
	nearest = spelling_nearest(&spelling);
	if (nearest)
		error_list_add(errors, value_line(value),
			"unknown setting \"%s\", did you mean \"%s\"?", key, nearest);
	else
		error_list_add(errors, value_line(value), "unknown setting \"%s\"", key);
}

static void setting_read(
	const config_setting_t *value, struct bms_settings *desired, struct error_list *errors)
{
	enum bms_setting setting = bms_setting_by_key(config_setting_name(value));
	const struct bms_setting_row *row;

	if (setting == BMS_SETTING_COUNT) {
		unknown_refuse(value, errors);
		return;
	}
	row = &bms_setting_rows[setting];
	if (row->count > 1)
		setting_read_cells(value, row, desired, errors);
	else
		setting_read_slot(value, row, row->slot, desired, errors);
}

/* Another address would be written to the board, and it would not be heard of again. */
static void address_check(const config_setting_t *group, int64_t address,
	const struct bms_settings *desired, struct error_list *errors)
{
	const struct bms_setting_row *row = &bms_setting_rows[BMS_SETTING_DEVICE_ADDRESS];
	int64_t value = desired->value[row->slot];

	if (!bms_settings_has(desired, row->slot) || value == address)
		return;
	error_list_add(errors, value_line(config_setting_get_member(group, row->key)),
		"%s %" PRId64 " must equal the pack's address %" PRId64
		": the board is reached by it",
		row->key, value, address);
}

static void rule_check(const config_setting_t *group, const struct bms_rule *rule,
	const struct bms_settings *desired, struct error_list *errors)
{
	const struct bms_setting_row *low = &bms_setting_rows[rule->low];
	const struct bms_setting_row *high = &bms_setting_rows[rule->high];
	const config_setting_t *low_value;
	const config_setting_t *high_value;
	char low_text[QUANTITY_SIZE];
	char high_text[QUANTITY_SIZE];

	if (bms_rule_holds(rule, desired))
		return;
	low_value = config_setting_get_member(group, low->key);
	high_value = config_setting_get_member(group, high->key);
	quantity_stored(low_text, low->unit, desired->value[low->slot]);
	quantity_stored(high_text, high->unit, desired->value[high->slot]);
	/* The sentence begins with the setting of the line it points to, the later one. */
	if (config_setting_index(low_value) > config_setting_index(high_value))
		error_list_add(errors, value_line(low_value), "%s %s must be %s %s %s: %s",
			low->key, low_text, rule->op == BMS_RULE_LESS ? "below" : "at most",
			high->key, high_text, rule->text);
	else
		error_list_add(errors, value_line(high_value), "%s %s must be %s %s %s: %s",
			high->key, high_text, rule->op == BMS_RULE_LESS ? "above" : "at least",
			low->key, low_text, rule->text);
}

void settings_group_read(const config_setting_t *group, int64_t address,
	struct bms_settings *desired, struct error_list *errors)
{
	int length;

	if (config_setting_type(group) != CONFIG_TYPE_GROUP) {
		error_list_add(errors, value_line(group), "settings must be a group { }, not %s",
			value_kind(group));
		return;
	}
	length = config_setting_length(group);
	for (int i = 0; i < length; i++)
		setting_read(config_setting_get_elem(group, (unsigned)i), desired, errors);
	address_check(group, address, desired, errors);
	for (size_t i = 0; i < BMS_RULE_COUNT; i++)
		rule_check(group, &bms_rules[i], desired, errors);
}
