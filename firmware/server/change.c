/* SPDX-License-Identifier: MIT */
#include "server/change.h"

#include <string.h>

#include "server/protocols.h"

void change_init(struct change *change, struct board *board, struct port *port)
{
	*change = (struct change){ .board = board, .port = port, .profile = &bms_jk_relay_profile };
}

static bool protocol_is_offered(const uint8_t mask[4], int64_t protocol)
{
	return protocol >= 0 && protocol < 32 && mask[protocol / 8] >> protocol % 8 & 1;
}

static bool slot_is_valid(
	const struct change *change, const struct bms_settings *settings, size_t slot)
{
	int64_t value = settings->value[slot];

	if (slot == BMS_SETTING_SLOT_UART1_PROTOCOL)
		return protocol_is_offered(change->profile->uart1_protocols, value) &&
		       uart1_protocol_by_number(value);
	if (slot == BMS_SETTING_SLOT_CAN_PROTOCOL)
		return protocol_is_offered(change->profile->can_protocols, value) &&
		       can_protocol_by_number(value);
	return bms_setting_in_range(bms_setting_of_slot(slot), value);
}

/* A rule that did not hold before does not stop the write that repairs it step by step. */
static bool breaks_rule(const struct bms_settings *before, const struct bms_settings *after)
{
	for (size_t i = 0; i < BMS_RULE_COUNT; i++)
		if (bms_rule_holds(&bms_rules[i], before) && !bms_rule_holds(&bms_rules[i], after))
			return true;
	return false;
}

static bool settings_are_valid(const struct change *change, const struct bms_settings *after)
{
	const struct bms_settings *before = &change->board->params.settings;

	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++)
		if (after->value[slot] != before->value[slot] &&
			!slot_is_valid(change, after, slot))
			return false;
	return !breaks_rule(before, after);
}

static bool texts_are_printable(const struct bms_identity *identity)
{
	for (size_t i = 0; i < BMS_IDENTITY_TEXTS; i++)
		for (const char *at = identity->text[i]; *at; at++)
			if (*at < ' ' || *at > '~')
				return false;
	return true;
}

/* True when the flash holds it. Equal values wear nothing out. */
static bool store(const struct change *change, const struct bms_settings *settings,
	const struct bms_identity *identity)
{
	struct params *params = &change->board->params;

	if (params->state == SLOTS_FOUND &&
		!memcmp(settings->value, params->settings.value, sizeof(settings->value)) &&
		!memcmp(identity->text, params->identity.text, sizeof(identity->text)))
		return true;
	return params_commit(params, change->port, settings, identity);
}

bool change_commit(struct change *change, const struct bms_settings *settings,
	const struct bms_identity *identity)
{
	if (!settings_are_valid(change, settings) || !texts_are_printable(identity) ||
		!store(change, settings, identity))
		return false;
	change->writes++;
	return true;
}

bool change_setting(struct change *change, size_t slot, int64_t value)
{
	struct bms_settings settings = change->board->params.settings;

	bms_settings_set(&settings, slot, value);
	return change_commit(change, &settings, &change->board->params.identity);
}

bool change_text(
	struct change *change, enum bms_identity_text text, const uint8_t *bytes, size_t size)
{
	struct bms_identity identity = change->board->params.identity;
	char *to = identity.text[text];

	if (size > bms_identity_text_rows[text].size)
		return false;
	memset(to, 0, BMS_IDENTITY_TEXT_SIZE);
	memcpy(to, bytes, size);
	memset(to + strlen(to), 0, BMS_IDENTITY_TEXT_SIZE - strlen(to));
	return change_commit(change, &change->board->params.settings, &identity);
}

bool change_preset(struct change *change, enum bms_chemistry chemistry)
{
	struct params *params = &change->board->params;
	struct bms_settings settings = params->settings;
	uint8_t old = params->chemistry;

	params_apply_preset(&settings, chemistry);
	params->chemistry = (uint8_t)chemistry;
	if (!params_commit(params, change->port, &settings, &params->identity)) {
		params->chemistry = old;
		return false;
	}
	change->writes++;
	return true;
}

bool change_factory(struct change *change)
{
	static const uint8_t stays[] = { BMS_SETTING_SLOT_CELL_COUNT,
		BMS_SETTING_SLOT_NOMINAL_CAPACITY, BMS_SETTING_SLOT_DEVICE_ADDRESS,
		BMS_SETTING_SLOT_PORT_RS485, BMS_SETTING_SLOT_UART1_PROTOCOL,
		BMS_SETTING_SLOT_CAN_PROTOCOL };
	const struct params *params = &change->board->params;
	struct bms_settings settings;

	bms_settings_preset(&settings, (enum bms_chemistry)params->chemistry);
	for (size_t i = 0; i < sizeof(stays); i++)
		bms_settings_set(&settings, stays[i], params->settings.value[stays[i]]);
	return change_commit(change, &settings, &params->identity);
}
