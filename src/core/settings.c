/* SPDX-License-Identifier: MIT */
#include "bms/settings.h"

#include <string.h>

const struct bms_setting_row bms_setting_rows[BMS_SETTING_COUNT] = {
#define BMS_SETTING(id, key, unit, count, min, max, presets, offer, text) \
	{ #key, text, BMS_UNIT_##unit, BMS_OFFER_##offer, count, BMS_SETTING_SLOT_##id, min, max, \
		{ presets } },
#include "bms/settings.def"
#undef BMS_SETTING
};

const char *const bms_chemistry_names[BMS_CHEMISTRY_COUNT] = {
	[BMS_CHEMISTRY_LFP] = "lfp",
	[BMS_CHEMISTRY_NMC] = "nmc",
	[BMS_CHEMISTRY_LTO] = "lto",
	[BMS_CHEMISTRY_LEAD] = "lead",
};

const struct bms_rule bms_rules[BMS_RULE_COUNT] = {
#define BMS_RULE(low, op, high, text) \
	{ BMS_SETTING_##low, BMS_SETTING_##high, BMS_RULE_##op, text },
#include "bms/rules.def"
#undef BMS_RULE
};

enum bms_setting bms_setting_by_key(const char *key)
{
	for (size_t i = 0; i < BMS_SETTING_COUNT; i++)
		if (strcmp(bms_setting_rows[i].key, key) == 0)
			return (enum bms_setting)i;
	return BMS_SETTING_COUNT;
}

enum bms_setting bms_setting_of_slot(size_t slot)
{
	size_t row = 0;

	while (row + 1 < BMS_SETTING_COUNT && bms_setting_rows[row + 1].slot <= slot)
		row++;
	return (enum bms_setting)row;
}

void bms_settings_preset(struct bms_settings *settings, enum bms_chemistry chemistry)
{
	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++) {
		enum bms_setting row = bms_setting_of_slot(slot);

		bms_settings_set(settings, slot, bms_setting_rows[row].preset[chemistry]);
	}
}

bool bms_setting_in_range(enum bms_setting setting, int64_t value)
{
	const struct bms_setting_row *row = &bms_setting_rows[setting];

	return value >= row->min && value <= row->max;
}

bool bms_rule_holds(const struct bms_rule *rule, const struct bms_settings *settings)
{
	size_t low = bms_setting_rows[rule->low].slot;
	size_t high = bms_setting_rows[rule->high].slot;

	if (!bms_settings_has(settings, low) || !bms_settings_has(settings, high))
		return true;
	if (rule->op == BMS_RULE_LESS)
		return settings->value[low] < settings->value[high];
	return settings->value[low] <= settings->value[high];
}

const struct bms_rule *bms_settings_broken_rule(const struct bms_settings *settings)
{
	for (size_t i = 0; i < BMS_RULE_COUNT; i++)
		if (!bms_rule_holds(&bms_rules[i], settings))
			return &bms_rules[i];
	return NULL;
}

const struct bms_rule *bms_settings_write_breaks(
	const struct bms_settings *settings, size_t slot, int64_t value)
{
	struct bms_settings after = *settings;

	bms_settings_set(&after, slot, value);
	for (size_t i = 0; i < BMS_RULE_COUNT; i++)
		if (bms_rule_holds(&bms_rules[i], settings) &&
			!bms_rule_holds(&bms_rules[i], &after))
			return &bms_rules[i];
	return NULL;
}
