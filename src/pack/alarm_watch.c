/* SPDX-License-Identifier: MIT */
#include "pack/alarm_watch.h"

#include "bms/alarms.h"

_Static_assert(BMS_SLOTS <= UINT8_MAX, "a slot must fit struct edge");

/* Which of a row's values explains an alarm. */
enum choice {
	CHOOSE_NONE,
	CHOOSE_HIGHEST,
	CHOOSE_LOWEST,
	CHOOSE_MASKED, /* the first one of wire_high_mask */
};

struct cause {
	uint8_t choice; /* enum choice */
	uint8_t field;  /* enum bms_field */
};

static const struct cause causes[BMS_ALARM_COUNT] = {
	[BMS_ALARM_WIRE_RESISTANCE] = { CHOOSE_MASKED, BMS_FIELD_WIRE_MOHM },
	[BMS_ALARM_MOS_OTP] = { CHOOSE_HIGHEST, BMS_FIELD_MOS_DC },
	[BMS_ALARM_CELL_OVP] = { CHOOSE_HIGHEST, BMS_FIELD_CELL_MV },
	[BMS_ALARM_CELL_UVP] = { CHOOSE_LOWEST, BMS_FIELD_CELL_MV },
	[BMS_ALARM_PACK_OVP] = { CHOOSE_HIGHEST, BMS_FIELD_PACK_MV },
	[BMS_ALARM_PACK_UVP] = { CHOOSE_LOWEST, BMS_FIELD_PACK_MV },
	[BMS_ALARM_CHARGE_OCP] = { CHOOSE_HIGHEST, BMS_FIELD_CURRENT_MA },
	[BMS_ALARM_CHARGE_SCP] = { CHOOSE_HIGHEST, BMS_FIELD_CURRENT_MA },
	[BMS_ALARM_DISCHARGE_OCP] = { CHOOSE_LOWEST, BMS_FIELD_CURRENT_MA },
	[BMS_ALARM_DISCHARGE_SCP] = { CHOOSE_LOWEST, BMS_FIELD_CURRENT_MA },
	[BMS_ALARM_DISCHARGE_OCP2] = { CHOOSE_LOWEST, BMS_FIELD_CURRENT_MA },
	[BMS_ALARM_DISCHARGE_OCP3] = { CHOOSE_LOWEST, BMS_FIELD_CURRENT_MA },
	[BMS_ALARM_CHARGE_OTP] = { CHOOSE_HIGHEST, BMS_FIELD_PROBE_DC },
	[BMS_ALARM_DISCHARGE_OTP] = { CHOOSE_HIGHEST, BMS_FIELD_PROBE_DC },
	[BMS_ALARM_BATTERY_OT] = { CHOOSE_HIGHEST, BMS_FIELD_PROBE_DC },
	[BMS_ALARM_CHARGE_UTP] = { CHOOSE_LOWEST, BMS_FIELD_PROBE_DC },
	[BMS_ALARM_DISCHARGE_UTP] = { CHOOSE_LOWEST, BMS_FIELD_PROBE_DC },
};

static const struct {
	uint8_t field; /* enum bms_field */
	const char *name;
} relays[] = {
	{ BMS_FIELD_CHARGE_ON, "charge" },
	{ BMS_FIELD_DISCHARGE_ON, "discharge" },
	{ BMS_FIELD_PRECHARGE_ON, "precharge" },
	{ BMS_FIELD_HEATER_ON, "heater" },
	{ BMS_FIELD_BALANCE_STATE, "balance" },
};

enum {
	RELAY_COUNT = sizeof(relays) / sizeof(relays[0])
};

_Static_assert(BMS_ALARM_COUNT + RELAY_COUNT <= ALARM_WATCH_EDGES_MAX, "room for every edge");

/* The present element that is highest or lowest, or BMS_SLOTS. */
static size_t extreme_slot(const struct bms_telemetry *now, enum bms_field field, bool highest)
{
	const struct bms_field_row *row = &bms_field_rows[field];
	size_t found = BMS_SLOTS;

	for (size_t slot = row->slot; slot < (size_t)row->slot + row->count; slot++) {
		if (!bms_telemetry_has(now, slot))
			continue;
		if (found == BMS_SLOTS || (highest ? now->value[slot] > now->value[found]
						   : now->value[slot] < now->value[found]))
			found = slot;
	}
	return found;
}

/* A wire so bad that it has no value is still named by the mask. */
static size_t masked_slot(const struct bms_telemetry *now)
{
	int64_t mask = bms_telemetry_or(now, BMS_SLOT_WIRE_HIGH_MASK, 0);

	for (size_t cell = 0; cell < BMS_CELLS_MAX; cell++) {
		size_t slot = BMS_SLOT_WIRE_MOHM + cell;

		if (mask >> cell & 1)
			return bms_telemetry_has(now, slot) ? slot : BMS_SLOT_WIRE_HIGH_MASK;
	}
	return BMS_SLOTS;
}

static size_t cause_slot(const struct bms_telemetry *now, enum bms_alarm alarm)
{
	enum bms_field field = (enum bms_field)causes[alarm].field;

	switch ((enum choice)causes[alarm].choice) {
	case CHOOSE_HIGHEST:
		return extreme_slot(now, field, true);
	case CHOOSE_LOWEST:
		return extreme_slot(now, field, false);
	case CHOOSE_MASKED:
		return masked_slot(now);
	case CHOOSE_NONE:
		break;
	}
	return BMS_SLOTS;
}

static struct edge alarm_edge(const struct bms_telemetry *now, enum bms_alarm alarm, bool on)
{
	size_t slot = on ? cause_slot(now, alarm) : BMS_SLOTS;

	return (struct edge){
		.is_alarm = true,
		.subject = (uint8_t)alarm,
		.on = on,
		.slot = (uint8_t)slot,
		.value = slot < BMS_SLOTS ? now->value[slot] : 0,
	};
}

static int64_t value_or_zero(const struct bms_telemetry *telemetry, size_t slot)
{
	return telemetry ? bms_telemetry_or(telemetry, slot, 0) : 0;
}

static size_t alarm_edges(
	const struct bms_telemetry *before, const struct bms_telemetry *now, struct edge *edges)
{
	int64_t bits = value_or_zero(now, BMS_SLOT_ALARM_BITS);
	int64_t changed = bits ^ value_or_zero(before, BMS_SLOT_ALARM_BITS);
	size_t count = 0;

	if (!bms_telemetry_has(now, BMS_SLOT_ALARM_BITS))
		return 0;
	for (size_t bit = 0; bit < BMS_ALARM_COUNT; bit++)
		if (changed >> bit & 1)
			edges[count++] = alarm_edge(now, (enum bms_alarm)bit, bits >> bit & 1);
	return count;
}

static size_t relay_edges(
	const struct bms_telemetry *before, const struct bms_telemetry *now, struct edge *edges)
{
	size_t count = 0;

	for (size_t i = 0; i < RELAY_COUNT; i++) {
		size_t slot = bms_field_rows[relays[i].field].slot;
		bool on = value_or_zero(now, slot) != 0;

		if (!bms_telemetry_has(now, slot) || on == (value_or_zero(before, slot) != 0))
			continue;
		edges[count++] = (struct edge){
			.subject = relays[i].field,
			.on = on,
			.slot = BMS_SLOTS,
		};
	}
	return count;
}

size_t alarm_watch_edges(const struct bms_telemetry *before, const struct bms_telemetry *now,
	struct edge edges[ALARM_WATCH_EDGES_MAX])
{
	size_t count = alarm_edges(before, now, edges);

	return count + relay_edges(before, now, edges + count);
}

const char *edge_name(const struct edge *edge)
{
	if (edge->is_alarm)
		return bms_alarm_rows[edge->subject].key;
	for (size_t i = 0; i < RELAY_COUNT; i++)
		if (relays[i].field == edge->subject)
			return relays[i].name;
	return bms_field_rows[edge->subject].name;
}
