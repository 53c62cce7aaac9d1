/* SPDX-License-Identifier: MIT */
#include "pack/poller.h"

enum {
	SETTINGS_RETRY_US = 1000000,
	SILENT_PERIODS = 5,
	SILENT_LEAST_US = 5000000,
	SILENT_TURN_US = 1500000,  /* each costs the line an answer timeout, the others wait */
	SILENT_MOST_US = 60000000, /* unless the period is longer */
};

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

void poller_init(
	struct poller *poller, uint64_t period_us, uint64_t settings_period_us, uint64_t first_us)
{
	*poller = (struct poller){
		.period_us = period_us,
		.settings_period_us = settings_period_us,
		.next_live_us = first_us,
		.next_settings_us = first_us,
	};
}

static uint64_t next_settings(const struct poller *poller, uint64_t now_us)
{
	return poller->settings_period_us ? now_us + poller->settings_period_us : UINT64_MAX;
}

void poller_set_periods(
	struct poller *poller, uint64_t period_us, uint64_t settings_period_us, uint64_t now_us)
{
	poller->period_us = period_us;
	poller->settings_period_us = settings_period_us;
	poller->next_live_us = min_u64(poller->next_live_us, now_us + period_us);
	poller->next_settings_us = min_u64(poller->next_settings_us, next_settings(poller, now_us));
}

bool poller_is_silent(const struct poller *poller)
{
	return poller->failures >= POLLER_SILENT_AFTER;
}

/*
 * Live data goes first, but not twice in a row while something else waits: with a period of 0, or
 * one the line cannot keep, live data is always due. A silent station is only asked for live data.
 */
enum poll_kind poller_due(const struct poller *poller, uint64_t now_us)
{
	bool live = poller->next_live_us <= now_us;
	bool settings = !poller->hold_settings && poller->next_settings_us <= now_us;

	if (poller->in_flight)
		return POLL_NOTHING;
	if (poller_is_silent(poller) || !settings)
		return live ? POLL_LIVE : POLL_NOTHING;
	return live && poller->last != POLL_LIVE ? POLL_LIVE : POLL_SETTINGS;
}

/* The next grid point after now; those between were not served. */
static void advance_grid(struct poller *poller, uint64_t now_us)
{
	uint64_t late_us = now_us > poller->next_live_us ? now_us - poller->next_live_us : 0;

	if (poller->period_us == 0) {
		poller->next_live_us = now_us;
		return;
	}
	poller->missed += late_us / poller->period_us;
	poller->next_live_us += (late_us / poller->period_us + 1) * poller->period_us;
}

/* The first grid point not before a time; nothing is missed, as nothing was meant to be asked. */
static void skip_grid(struct poller *poller, uint64_t until_us)
{
	uint64_t period_us = poller->period_us;

	if (poller->next_live_us >= until_us)
		return;
	if (period_us == 0)
		poller->next_live_us = until_us;
	else
		poller->next_live_us +=
			(until_us - poller->next_live_us + period_us - 1) / period_us * period_us;
}

void poller_on_sent(struct poller *poller, enum poll_kind kind, uint64_t now_us)
{
	poller->in_flight = true;
	poller->last = kind;
	if (kind == POLL_LIVE)
		advance_grid(poller, now_us);
	else
		poller->next_settings_us = next_settings(poller, now_us);
}

static uint64_t silent_pause_us(const struct poller *poller)
{
	uint64_t pause_us = max_u64(SILENT_PERIODS * poller->period_us, SILENT_LEAST_US);

	pause_us = max_u64(pause_us, (uint64_t)poller->silent_peers * SILENT_TURN_US);
	return min_u64(pause_us, max_u64(SILENT_MOST_US, poller->period_us));
}

void poller_on_done(struct poller *poller, enum poll_kind kind, bool answered, uint64_t now_us)
{
	uint64_t retry_us = now_us + SETTINGS_RETRY_US;

	poller->in_flight = false;
	if (answered) {
		poller->failures = 0;
		return;
	}
	poller->failures++;
	if (kind == POLL_SETTINGS)
		poller->next_settings_us = min_u64(poller->next_settings_us, retry_us);
	if (poller_is_silent(poller))
		skip_grid(poller, now_us + silent_pause_us(poller));
}

void poller_on_heard(struct poller *poller)
{
	poller->failures = 0;
}

/* The last grid point not after now, so that it is due at once and the grid stays. */
static void rewind_grid(struct poller *poller, uint64_t now_us)
{
	uint64_t period_us = poller->period_us;
	uint64_t ahead_us;

	if (period_us == 0) {
		poller->next_live_us = now_us;
	} else if (poller->next_live_us <= now_us) {
		poller->next_live_us += (now_us - poller->next_live_us) / period_us * period_us;
	} else {
		ahead_us = (poller->next_live_us - now_us + period_us - 1) / period_us * period_us;
		poller->next_live_us =
			ahead_us <= poller->next_live_us ? poller->next_live_us - ahead_us : now_us;
	}
}

void poller_on_link_up(struct poller *poller, uint64_t now_us)
{
	poller->failures = 0;
	poller->last = POLL_NOTHING;
	rewind_grid(poller, now_us);
	poller_want_settings(poller, now_us);
}

uint64_t poller_next_us(const struct poller *poller)
{
	if (poller->in_flight)
		return UINT64_MAX;
	if (poller_is_silent(poller) || poller->hold_settings)
		return poller->next_live_us;
	return min_u64(poller->next_live_us, poller->next_settings_us);
}

void poller_want_settings(struct poller *poller, uint64_t now_us)
{
	poller->next_settings_us = min_u64(poller->next_settings_us, now_us);
}
