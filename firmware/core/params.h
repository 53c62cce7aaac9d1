/* SPDX-License-Identifier: MIT */
/* The board's settings and texts, in memory and in flash. A value outside its limits or a text of
 * another table never comes out of the flash: rows are found by the name of their setting. */
#ifndef PARAMS_H
#define PARAMS_H

#include "bms/identity.h"
#include "bms/settings.h"
#include "core/calibration.h"
#include "core/slots.h"

struct params {
	struct bms_settings settings;
	struct bms_identity identity; /* texts only; the numbers are the board's */
	struct calibration calibration;
	uint8_t chemistry;      /* enum bms_chemistry, of the last preset */
	enum slots_state state; /* of the flash at the start */
	struct slots slots;
	uint8_t record[SLOTS_RECORD_MAX];
};

/* Defaults of a chemistry, and the identity of a new board. Memory only. */
void params_default(struct params *params, enum bms_chemistry chemistry);

/* Flash over defaults. Returns what was found; params->state keeps it. */
enum slots_state params_load(struct params *params, struct port *port);

/* Memory to flash. */
bool params_save(struct params *params, struct port *port);

/* Replaces settings and texts and saves; on failure everything is as before. */
bool params_commit(struct params *params, struct port *port, const struct bms_settings *settings,
	const struct bms_identity *identity);

/* The settings that depend on the chemistry take its preset; the others stay. */
void params_apply_preset(struct bms_settings *settings, enum bms_chemistry chemistry);

static inline int64_t params_setting(const struct params *params, enum bms_setting_slot slot)
{
	return params->settings.value[slot];
}

/* Is the settings password still the one printed in every manual? */
bool params_password_is_default(const struct params *params);

#endif
