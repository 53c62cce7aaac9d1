/* SPDX-License-Identifier: MIT */
#include "core/buzzer.h"

#include "bms/alarms.h"

enum {
	DC_A_DEGREE = 10
};

static const struct row {
	uint8_t quantity; /* enum measure_quantity */
	bool below;       /* sounds at its value and below it */
	uint8_t scale;    /* of the quantity to the setting */
} rows[BUZZER_TRIGGERS] = {
	[BUZZER_PACK_HIGH] = { MEASURE_PACK_MV, false, 1 },
	[BUZZER_PACK_LOW] = { MEASURE_PACK_MV, true, 1 },
	[BUZZER_CELL_HIGH] = { MEASURE_CELL_MAX_MV, false, 1 },
	[BUZZER_CELL_LOW] = { MEASURE_CELL_MIN_MV, true, 1 },
	[BUZZER_CHARGE_CURRENT] = { MEASURE_CHARGE_MA, false, 1 },
	[BUZZER_DISCHARGE_CURRENT] = { MEASURE_DISCHARGE_MA, false, 1 },
	[BUZZER_BATTERY_HOT] = { MEASURE_PROBE_MAX_DC, false, DC_A_DEGREE },
	[BUZZER_BOARD_HOT] = { MEASURE_BOARD_DC, false, DC_A_DEGREE },
	[BUZZER_BATTERY_COLD] = { MEASURE_PROBE_MIN_DC, true, DC_A_DEGREE },
};

/* Once it sounds, it does so until the value is at its release; a release on the wrong side of the
 * trigger is none. */
static bool passes(bool on, bool below, int64_t value, int64_t trigger, int64_t release)
{
	if (below)
		return value <= trigger || (on && value < release);
	return value >= trigger || (on && value > release);
}

static bool is_known(const struct measure *measure, enum measure_quantity quantity)
{
	if (!measure->source[measure_source_of(quantity)].ever)
		return false;
	if (quantity == MEASURE_BOARD_DC)
		return measure->probes.fitted & PORT_PROBE_BOARD;
	return (quantity != MEASURE_PROBE_MAX_DC && quantity != MEASURE_PROBE_MIN_DC) ||
	       measure->probe_mask != 0;
}

static bool sounds(const struct buzzer *buzzer, const struct buzzer_input *input)
{
	int64_t trigger = input->settings->value[BMS_SETTING_SLOT_BUZZER_VALUE];
	int64_t release = input->settings->value[BMS_SETTING_SLOT_BUZZER_RELEASE];
	const struct row *row = &rows[buzzer->trigger];
	uint32_t relays =
		BMS_ALARM_BIT(BMS_ALARM_CHARGE_SWITCH) | BMS_ALARM_BIT(BMS_ALARM_DISCHARGE_SWITCH);

	if (buzzer->trigger == BUZZER_ALARM)
		return input->fault;
	if (buzzer->trigger == BUZZER_RELAY)
		return input->alarms & relays;
	if (buzzer->trigger == BUZZER_SOC_LOW || buzzer->trigger == BUZZER_SOC_HIGH)
		return passes(buzzer->on, buzzer->trigger == BUZZER_SOC_LOW, input->soc_pct,
			trigger, release);
	if (!row->scale || !is_known(input->measure, (enum measure_quantity)row->quantity))
		return false;
	return passes(buzzer->on, row->below, input->measure->value[row->quantity],
		trigger * row->scale, release * row->scale);
}

bool buzzer_step(struct buzzer *buzzer, const struct buzzer_input *input)
{
	int64_t trigger = input->settings->value[BMS_SETTING_SLOT_BUZZER_TRIGGER];

	if (trigger != buzzer->trigger)
		buzzer->on = false;
	buzzer->trigger = trigger >= 0 && trigger < BUZZER_TRIGGERS ? (uint8_t)trigger : BUZZER_OFF;
	buzzer->on = sounds(buzzer, input);
	return buzzer->on;
}
