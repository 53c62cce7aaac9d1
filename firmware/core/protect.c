/* SPDX-License-Identifier: MIT */
#include "core/protect.h"

#include <string.h>

int64_t protect_limit(const struct protect_number *number, const struct bms_settings *settings)
{
	if (number->kind == PROTECT_CONSTANT)
		return number->of;
	if (number->kind == PROTECT_SETTING_PER_CELL)
		return settings->value[number->of] * settings->value[BMS_SETTING_SLOT_CELL_COUNT];
	return settings->value[number->of];
}

uint64_t protect_time_us(const struct protect_number *number, const struct bms_settings *settings)
{
	if (number->kind == PROTECT_CONSTANT)
		return (uint64_t)number->of * 1000;
	return (uint64_t)settings->value[number->of] * 1000000;
}

static bool is_past(
	const struct protect_row *row, int64_t value, const struct bms_settings *settings)
{
	int64_t limit = protect_limit(&row->trip, settings);

	return row->below ? value < limit : value > limit;
}

static bool is_back(
	const struct protect_row *row, int64_t value, const struct bms_settings *settings)
{
	int64_t limit = protect_limit(&row->release, settings);

	return row->below ? value > limit : value < limit;
}

static void enter(struct protect_cell *cell, enum protect_state state, uint64_t t_us)
{
	cell->state = (uint8_t)state;
	cell->since_us = t_us;
	cell->samples = 1;
	if (state == PROTECT_TRIPPED)
		cell->tripped_us = t_us;
}

/* One fresh sample in a row that is counting towards tripping or releasing. */
static bool lasted(struct protect_cell *cell, uint64_t t_us, uint64_t time_us)
{
	return cell->samples >= PROTECT_SAMPLES_MIN && t_us - cell->since_us >= time_us;
}

static void row_step(struct protect_cell *cell, const struct protect_row *row, int64_t value,
	uint64_t t_us, const struct bms_settings *settings)
{
	bool past = is_past(row, value, settings), back = is_back(row, value, settings);

	cell->samples++;
	if (cell->state == PROTECT_CLEAR && past)
		enter(cell, PROTECT_PENDING, t_us);
	if (cell->state == PROTECT_PENDING) {
		if (!past)
			enter(cell, PROTECT_CLEAR, t_us);
		else if (lasted(cell, t_us, protect_time_us(&row->delay, settings)))
			enter(cell, PROTECT_TRIPPED, t_us);
	} else if (cell->state == PROTECT_TRIPPED) {
		if (back && t_us - cell->tripped_us >= protect_time_us(&row->hold, settings))
			enter(cell, PROTECT_RELEASING, t_us);
	} else if (cell->state == PROTECT_RELEASING) {
		if (!back)
			cell->state = PROTECT_TRIPPED; /* the hold time counts from the trip */
		else if (lasted(cell, t_us, protect_time_us(&row->settle, settings)))
			enter(cell, PROTECT_CLEAR, t_us);
	}
}

static bool row_acts(const struct protect_cell *cell)
{
	return cell->state == PROTECT_TRIPPED || cell->state == PROTECT_RELEASING;
}

void protect_init(struct protect *protect)
{
	*protect = (struct protect){ .allowed = PROTECT_ALL };
}

void protect_step(
	struct protect *protect, const struct measure *measure, const struct bms_settings *settings)
{
	bool probes = !settings->value[BMS_SETTING_SLOT_PROBES_DISABLED];

	protect->alarms = 0;
	protect->allowed = PROTECT_ALL;
	for (size_t i = 0; i < protect_row_count; i++) {
		const struct protect_row *row = &protect_rows[i];
		struct protect_cell *cell = &protect->cell[i];
		const struct measure_state *source =
			&measure->source[measure_source_of((enum measure_quantity)row->quantity)];

		if (row->uses_probes && !probes)
			cell->state = PROTECT_CLEAR;
		else if (source->fresh)
			row_step(cell, row, measure->value[row->quantity], source->t_us, settings);
		if (!row_acts(cell))
			continue;
		protect->alarms |= BMS_ALARM_BIT(row->alarm);
		protect->allowed &= (uint8_t)~row->denies;
	}
}

uint16_t protect_release_s(const struct protect *protect, enum bms_alarm alarm,
	const struct bms_settings *settings, uint64_t now_us)
{
	for (size_t i = 0; i < protect_row_count; i++) {
		const struct protect_cell *cell = &protect->cell[i];
		uint64_t end_us =
			cell->tripped_us + protect_time_us(&protect_rows[i].hold, settings);

		if (protect_rows[i].alarm == alarm && row_acts(cell) && end_us > now_us)
			return (uint16_t)((end_us - now_us + 999999) / 1000000);
	}
	return 0;
}
