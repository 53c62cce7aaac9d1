/* SPDX-License-Identifier: MIT */
#include "pack/switching.h"

#include <string.h>

const struct switch_row switch_rows[SWITCH_COUNT] = {
	{ "charge", BMS_SETTING_SLOT_CHARGE_SWITCH, BMS_SLOT_CHARGE_ON },
	{ "discharge", BMS_SETTING_SLOT_DISCHARGE_SWITCH, BMS_SLOT_DISCHARGE_ON },
	{ "balance", BMS_SETTING_SLOT_BALANCE_SWITCH, BMS_SLOT_BALANCE_ON },
};

const struct switch_row *switch_by_name(const char *name)
{
	for (size_t i = 0; i < SWITCH_COUNT; i++)
		if (strcmp(switch_rows[i].name, name) == 0)
			return &switch_rows[i];
	return NULL;
}

void switching_begin(
	struct switching *switching, const struct switch_row *row, bool on, bool broadcasts)
{
	*switching = (struct switching){
		.state = SWITCHING_INTENT, .row = row, .on = on, .broadcasts = broadcasts
	};
}

void switching_end(struct switching *switching)
{
	switching->state = SWITCHING_IDLE;
}

static enum switching_action end(struct switching *switching, enum apply_outcome outcome)
{
	switching->state = SWITCHING_ENDED;
	switching->outcome = outcome;
	return SWITCHING_DO_END;
}

enum switching_action switching_on_intent(
	struct switching *switching, bool durable, uint64_t now_us)
{
	if (switching->state != SWITCHING_INTENT)
		return SWITCHING_DO_NOTHING;
	if (!durable)
		return end(switching, APPLY_OUTCOME_NOT_RECORDED);
	switching->state = SWITCHING_SENT;
	switching->sent_us = now_us;
	switching->last_us = now_us;
	return SWITCHING_DO_SEND;
}

enum switching_action switching_on_answer(struct switching *switching, enum bms_status status)
{
	if (switching->state != SWITCHING_SENT || switching->is_acked)
		return SWITCHING_DO_NOTHING;
	if (status == BMS_EXCEPTION)
		return end(switching, APPLY_OUTCOME_REFUSED);
	switching->is_acked = status == BMS_OK;
	return SWITCHING_DO_READ;
}

static enum switching_action see(struct switching *switching, bool has, int64_t value)
{
	switching->has_readback = has;
	switching->readback = value;
	if (has && (value != 0) == switching->on)
		return end(switching, APPLY_OUTCOME_OK);
	return SWITCHING_DO_NOTHING;
}

enum switching_action switching_on_settings(
	struct switching *switching, const struct bms_settings *settings, uint64_t asked_us)
{
	uint8_t slot;

	if (switching->state != SWITCHING_SENT || switching->broadcasts ||
		asked_us < switching->sent_us)
		return SWITCHING_DO_NOTHING;
	slot = switching->row->setting_slot;
	if (see(switching, bms_settings_has(settings, slot), settings->value[slot]))
		return SWITCHING_DO_END;
	return end(switching, switching->is_acked ? APPLY_OUTCOME_UNVERIFIED : APPLY_OUTCOME_LOST);
}

/* A board may take a moment: one that shows the old state is given time. */
enum switching_action switching_on_state(
	struct switching *switching, const struct bms_telemetry *state, uint64_t time_us)
{
	uint8_t slot;

	if (switching->state != SWITCHING_SENT || !switching->broadcasts ||
		time_us <= switching->sent_us)
		return SWITCHING_DO_NOTHING;
	slot = switching->row->state_slot;
	return see(switching, bms_telemetry_has(state, slot), state->value[slot]);
}

enum switching_action switching_on_tick(struct switching *switching, uint64_t now_us)
{
	if (switching->state != SWITCHING_SENT)
		return SWITCHING_DO_NOTHING;
	if (now_us > switching->sent_us + SWITCHING_PATIENCE_US)
		return end(switching,
			switching->has_readback ? APPLY_OUTCOME_UNVERIFIED : APPLY_OUTCOME_LOST);
	/* Nobody acknowledges a broadcast. */
	if (!switching->broadcasts || now_us < switching->last_us + SWITCHING_REPEAT_US)
		return SWITCHING_DO_NOTHING;
	switching->last_us = now_us;
	return SWITCHING_DO_SEND;
}
