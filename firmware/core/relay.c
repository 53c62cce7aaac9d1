/* SPDX-License-Identifier: MIT */
#include "core/relay.h"

typedef enum relay_state (*relay_rule)(struct relay_path *path, const struct relay_input *input);

static bool lasted(const struct relay_path *path, const struct relay_input *input, uint32_t ms)
{
	return input->now_us - path->since_us >= (uint64_t)ms * 1000;
}

static bool wanted(const struct relay_path *path, const struct relay_input *input)
{
	return input->want & path->main;
}

static bool denied(const struct relay_path *path, const struct relay_input *input)
{
	return !(input->allowed & path->main);
}

static bool is_small(const struct relay_input *input, int32_t limit_ma)
{
	return input->current_ma < limit_ma && input->current_ma > -limit_ma;
}

/* The load's voltage within so much of the pack's. */
static bool load_between(const struct relay_input *input, int low_pct, int high_pct)
{
	int64_t load = (int64_t)input->load_mv * 100;

	return load >= (int64_t)input->pack_mv * low_pct &&
	       load <= (int64_t)input->pack_mv * high_pct;
}

/* Contacts that chatter weld. */
static bool may_close_again(struct relay_path *path, const struct relay_input *input)
{
	if (path->closures == 0 || input->now_us - path->minute_us >= 60000000) {
		path->minute_us = input->now_us;
		path->closures = 0;
	}
	if (path->closures >= RELAY_CLOSURES_PER_MINUTE)
		return false;
	path->closures++;
	return true;
}

static enum relay_state from_open(struct relay_path *path, const struct relay_input *input)
{
	if (!wanted(path, input))
		path->tries = 0;
	if (!wanted(path, input) || denied(path, input) || !lasted(path, input, RELAY_MIN_MS))
		return RELAY_OPEN;
	if (!path->precharge || input->precharge_ms == 0)
		return may_close_again(path, input) ? RELAY_CLOSED : RELAY_OPEN;
	if (!(input->allowed & path->precharge) || !may_close_again(path, input))
		return RELAY_OPEN;
	return RELAY_PRECHECK;
}

static bool may_not_start(const struct relay_path *path, const struct relay_input *input)
{
	return !wanted(path, input) || denied(path, input) || !(input->allowed & path->precharge);
}

static enum relay_state from_precheck(struct relay_path *path, const struct relay_input *input)
{
	path->risen_us = 0;
	if (may_not_start(path, input))
		return RELAY_OPEN;
	if (!lasted(path, input, RELAY_PRECHECK_MS))
		return RELAY_PRECHECK;
	if (!input->no_load_sense && !input->suspect &&
		load_between(input, 100 - RELAY_LEVEL_PCT, 100 + RELAY_LEVEL_PCT))
		return RELAY_CLOSED;
	return RELAY_PRECHARGE;
}

/* The load up, for a while, and drawing next to nothing. The charge relay's current is not the
 * load's, so a charge that flows hides it. */
static bool load_risen(struct relay_path *path, const struct relay_input *input)
{
	bool drawing = input->current_ma < -RELAY_RISEN_MA;

	if (drawing || !load_between(input, RELAY_RISEN_PCT, RELAY_BEYOND_PCT))
		path->risen_us = 0;
	else if (path->risen_us == 0) {
		path->risen_us = input->now_us;
		path->too_fast = !lasted(path, input, RELAY_TOO_FAST_MS);
	}
	return path->risen_us && lasted(path, input, RELAY_COIL_MS + RELAY_RISEN_MS) &&
	       input->now_us - path->risen_us >= RELAY_RISEN_MS * 1000;
}

static enum relay_state from_precharge(struct relay_path *path, const struct relay_input *input)
{
	if (may_not_start(path, input))
		return RELAY_OPEN;
	if (input->no_load_sense)
		return lasted(path, input, input->precharge_ms) ? RELAY_OVERLAP : RELAY_PRECHARGE;
	if (load_risen(path, input))
		return RELAY_OVERLAP;
	if (!lasted(path, input, input->precharge_ms))
		return RELAY_PRECHARGE;
	path->tries++;
	return RELAY_COOLDOWN;
}

/* A contact that parts under a dead short draws an arc it cannot end: the fuse goes first. */
static enum relay_state open_at_once(const struct relay_input *input)
{
	return input->break_ma && input->contact_ma > input->break_ma ? RELAY_BREAKING : RELAY_OPEN;
}

static enum relay_state from_overlap(struct relay_path *path, const struct relay_input *input)
{
	if (denied(path, input))
		return open_at_once(input);
	return lasted(path, input, RELAY_OVERLAP_MS) ? RELAY_CLOSED : RELAY_OVERLAP;
}

static enum relay_state from_closed(struct relay_path *path, const struct relay_input *input)
{
	path->tries = 0;
	if (denied(path, input))
		return open_at_once(input);
	if (!wanted(path, input) && lasted(path, input, RELAY_MIN_MS))
		return RELAY_OPENING;
	return RELAY_CLOSED;
}

static bool carries(const struct relay_path *path, const struct relay_input *input)
{
	return input->current_ma > 0 ? path->charges : !path->charges;
}

static enum relay_state from_opening(struct relay_path *path, const struct relay_input *input)
{
	uint32_t limit_ms = RELAY_OPENING_MS + (carries(path, input) ? 0 : RELAY_STAGGER_MS);

	if (denied(path, input))
		return open_at_once(input);
	if (wanted(path, input))
		return RELAY_CLOSED;
	if (is_small(input, RELAY_OPENING_MA))
		return RELAY_OPEN;
	return lasted(path, input, limit_ms) ? open_at_once(input) : RELAY_OPENING;
}

static enum relay_state from_breaking(struct relay_path *path, const struct relay_input *input)
{
	return lasted(path, input, RELAY_FUSE_MS) ? RELAY_OPEN : open_at_once(input);
}

static enum relay_state from_cooldown(struct relay_path *path, const struct relay_input *input)
{
	if (!wanted(path, input))
		return RELAY_OPEN;
	if (path->tries >= RELAY_TRIES)
		return RELAY_COOLDOWN;
	return lasted(path, input, (uint32_t)RELAY_COOLDOWN_MS << (path->tries - 1))
		       ? RELAY_OPEN
		       : RELAY_COOLDOWN;
}

static const struct {
	relay_rule next;
	bool main, precharge; /* coils */
} states[RELAY_STATES] = {
	[RELAY_OPEN] = { from_open, false, false },
	[RELAY_PRECHECK] = { from_precheck, false, false },
	[RELAY_PRECHARGE] = { from_precharge, false, true },
	[RELAY_OVERLAP] = { from_overlap, true, true },
	[RELAY_CLOSED] = { from_closed, true, false },
	[RELAY_OPENING] = { from_opening, true, false },
	[RELAY_BREAKING] = { from_breaking, true, false },
	[RELAY_COOLDOWN] = { from_cooldown, false, false },
};

/* Wear is counted where a main contact parts. */
static void count_opening(struct relay_path *path, const struct relay_input *input)
{
	path->cycles++;
	if (input->contact_ma > RELAY_OPENING_MA)
		path->loaded_cycles++;
	if (input->contact_ma > path->worst_ma)
		path->worst_ma = input->contact_ma;
}

static uint8_t path_step(struct relay_path *path, const struct relay_input *input)
{
	enum relay_state next = states[path->state].next(path, input);

	if (states[path->state].main && !states[next].main)
		count_opening(path, input);
	if (next != path->state) {
		path->state = (uint8_t)next;
		path->since_us = input->now_us;
	}
	return (uint8_t)((states[next].main ? path->main : 0) |
			 (states[next].precharge ? path->precharge : 0));
}

void relay_init(struct relay *relay, uint64_t now_us)
{
	*relay = (struct relay){
		.charge = { .since_us = now_us, .main = PORT_RELAY_CHARGE, .charges = true },
		.discharge = { .since_us = now_us,
			.main = PORT_RELAY_DISCHARGE,
			.precharge = PORT_RELAY_PRECHARGE },
	};
}

uint8_t relay_step(struct relay *relay, const struct relay_input *input)
{
	uint8_t charge = path_step(&relay->charge, input);

	relay->drive = charge | path_step(&relay->discharge, input);
	return relay->drive;
}

bool relay_start_failed(const struct relay *relay)
{
	return relay->discharge.tries > 0;
}

uint8_t relay_opening(const struct relay *relay)
{
	uint8_t paths = 0;

	if (relay->charge.state == RELAY_OPENING)
		paths |= PORT_RELAY_CHARGE;
	if (relay->discharge.state == RELAY_OPENING)
		paths |= PORT_RELAY_DISCHARGE;
	return paths;
}
