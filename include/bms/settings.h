/* SPDX-License-Identifier: MIT */
/*
 * The settings of a board: rows of settings.def, values, range and cross-field checks.
 *
 * Values are plain memory without ownership: copy them, compare them, put them on the stack.
 */
#ifndef BMS_SETTINGS_H
#define BMS_SETTINGS_H

#include "bms/row.h"

enum bms_setting {
#define BMS_SETTING(id, ...) BMS_SETTING_##id,
#include "bms/settings.def"
#undef BMS_SETTING
	BMS_SETTING_COUNT
};

/* First slot of each row; a per-cell row owns one slot a cell. */
enum bms_setting_slot {
#define BMS_SETTING(id, key, unit, count, ...) \
	BMS_SETTING_SLOT_##id, BMS_SETTING_SLOT_##id##_LAST = BMS_SETTING_SLOT_##id + (count)-1,
#include "bms/settings.def"
#undef BMS_SETTING
	BMS_SETTING_SLOTS
};

enum bms_chemistry {
	BMS_CHEMISTRY_LFP,
	BMS_CHEMISTRY_NMC,
	BMS_CHEMISTRY_LTO,
	BMS_CHEMISTRY_LEAD,
	BMS_CHEMISTRY_COUNT
};

enum bms_offer {
	BMS_OFFER_RELAY, /* listed and accepted by the relay board */
	BMS_OFFER_QUIET, /* accepted by the relay board, not listed */
	BMS_OFFER_OTHER, /* other boards of the family */
};

struct bms_setting_row {
	const char *key;
	const char *text;
	uint8_t unit;  /* enum bms_unit */
	uint8_t offer; /* enum bms_offer */
	uint8_t count; /* number of elements */
	uint8_t slot;  /* first slot */
	int32_t min;
	int32_t max;
	int32_t preset[BMS_CHEMISTRY_COUNT];
};

extern const struct bms_setting_row bms_setting_rows[BMS_SETTING_COUNT];

/* Names as in "lfp", "nmc", "lto", "lead". */
extern const char *const bms_chemistry_names[BMS_CHEMISTRY_COUNT];

struct bms_settings {
	int64_t value[BMS_SETTING_SLOTS];
	uint32_t present[BMS_PRESENCE_WORDS(BMS_SETTING_SLOTS)];
};

/* Row by its key, or BMS_SETTING_COUNT. */
enum bms_setting bms_setting_by_key(const char *key);

/* The row that owns a slot. */
enum bms_setting bms_setting_of_slot(size_t slot);

static inline bool bms_settings_has(const struct bms_settings *settings, size_t slot)
{
	return bms_has_slot(settings->present, slot);
}

static inline void bms_settings_set(struct bms_settings *settings, size_t slot, int64_t value)
{
	settings->value[slot] = value;
	bms_mark_slot(settings->present, slot);
}

/* Every setting at the preset of a chemistry. */
void bms_settings_preset(struct bms_settings *settings, enum bms_chemistry chemistry);

/* True when the value lies within the row's limits. */
bool bms_setting_in_range(enum bms_setting setting, int64_t value);

enum bms_rule_op {
	BMS_RULE_LESS,
	BMS_RULE_AT_MOST,
};

struct bms_rule {
	uint8_t low;  /* enum bms_setting */
	uint8_t high; /* enum bms_setting */
	uint8_t op;   /* enum bms_rule_op */
	const char *text;
};

enum {
#define BMS_RULE(low, op, high, text) BMS_RULE_OF_##low##_##high,
#include "bms/rules.def"
#undef BMS_RULE
	BMS_RULE_COUNT
};

extern const struct bms_rule bms_rules[BMS_RULE_COUNT];

/* True when the rule holds or one of its two settings is absent. */
bool bms_rule_holds(const struct bms_rule *rule, const struct bms_settings *settings);

/* The first rule that does not hold, or NULL. */
const struct bms_rule *bms_settings_broken_rule(const struct bms_settings *settings);

/*
 * The first rule that writing this one value would break and that holds now, or NULL: a board
 * whose values are already odd can still be repaired one write at a time.
 */
const struct bms_rule *bms_settings_write_breaks(
	const struct bms_settings *settings, size_t slot, int64_t value);

#endif
