/* SPDX-License-Identifier: MIT */
#include "core/protect.h"

#include <string.h>

int64_t protect_limit(const struct protect_number *number, const struct bms_settings *settings)
{
	int64_t limit;

	if (number->kind == PROTECT_CONSTANT)
		return number->of;
	limit = settings->value[number->of];
	if (number->kind == PROTECT_SETTING_PER_CELL)
		limit *= settings->value[BMS_SETTING_SLOT_CELL_COUNT];
	if (number->permille)
		limit = limit * number->permille / 1000;
	limit += number->plus;
	return limit < number->at_least ? number->at_least : limit;
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
}

static void trip(struct protect_cell *cell, const struct protect_row *row, uint64_t t_us)
{
	if (cell->trips == 0 ||
		t_us - cell->window_us > PROTECT_LATCH_WINDOW_S * UINT64_C(1000000)) {
		cell->window_us = t_us;
		cell->trips = 0;
	}
	if (cell->trips < UINT8_MAX)
		cell->trips++;
	cell->tripped_us = t_us;
	enter(cell,
		row->latch_after && cell->trips >= row->latch_after ? PROTECT_LATCHED
								    : PROTECT_TRIPPED,
		t_us);
}

/* One fresh sample in a row that is counting towards tripping or releasing. */
static bool lasted(const struct protect_cell *cell, uint64_t t_us, uint64_t time_us)
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
		else if (row->at_once || lasted(cell, t_us, protect_time_us(&row->delay, settings)))
			trip(cell, row, t_us);
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
	return cell->state >= PROTECT_TRIPPED;
}

static bool row_is_on(const struct protect_row *row, const struct bms_settings *settings)
{
	if (row->uses_probes && settings->value[BMS_SETTING_SLOT_PROBES_DISABLED])
		return false;
	return !row->switched_by || settings->value[row->switched_by];
}

static void row_act(struct protect *protect, const struct protect_row *row, bool latched)
{
	protect->alarms |= BMS_ALARM_BIT(row->alarm);
	if (latched && row->latched_alarm)
		protect->alarms |= BMS_ALARM_BIT(row->latched_alarm);
	protect->allowed &= (uint8_t)~row->denies;
	if (row->absolute)
		protect->allowed_ever &= (uint8_t)~row->denies;
}

void protect_init(struct protect *protect)
{
	*protect = (struct protect){ .allowed = PROTECT_ALL, .allowed_ever = PROTECT_ALL };
}

void protect_step(
	struct protect *protect, const struct measure *measure, const struct bms_settings *settings)
{
	protect->alarms = 0;
	protect->allowed = protect->allowed_ever = PROTECT_ALL;
	for (size_t i = 0; i < protect_row_count; i++) {
		const struct protect_row *row = &protect_rows[i];
		struct protect_cell *cell = &protect->cell[i];
		const struct measure_state *source =
			&measure->source[measure_source_of((enum measure_quantity)row->quantity)];

		if (!row_is_on(row, settings))
			cell->state = PROTECT_CLEAR;
		else if (source->fresh)
			row_step(cell, row, measure->value[row->quantity], source->t_us, settings);
		if (row_acts(cell))
			row_act(protect, row, cell->state == PROTECT_LATCHED);
	}
}

void protect_unlatch(struct protect *protect, uint8_t events)
{
	for (size_t i = 0; i < protect_row_count; i++) {
		struct protect_cell *cell = &protect->cell[i];

		if (!(protect_rows[i].unlatch & events))
			continue;
		cell->trips = 0;
		if (cell->state == PROTECT_LATCHED)
			cell->state = PROTECT_TRIPPED; /* its hold time went on meanwhile */
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
