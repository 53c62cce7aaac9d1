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

static enum relay_state from_open(struct relay_path *path, const struct relay_input *input)
{
	if (!wanted(path, input))
		path->tries = 0;
	if (!wanted(path, input) || denied(path, input) || !lasted(path, input, RELAY_MIN_MS))
		return RELAY_OPEN;
	if (!path->precharge || input->precharge_ms == 0)
		return RELAY_CLOSED;
	return input->allowed & path->precharge ? RELAY_PRECHARGE : RELAY_OPEN;
}

static bool load_risen(const struct relay_input *input)
{
	return (int64_t)input->load_mv * 100 >= (int64_t)input->pack_mv * RELAY_RISEN_PCT;
}

static enum relay_state from_precharge(struct relay_path *path, const struct relay_input *input)
{
	if (!wanted(path, input) || denied(path, input) || !(input->allowed & path->precharge))
		return RELAY_OPEN;
	if (!lasted(path, input, input->precharge_ms))
		return RELAY_PRECHARGE;
	if (load_risen(input))
		return RELAY_OVERLAP;
	path->tries++;
	return RELAY_COOLDOWN;
}

static enum relay_state from_overlap(struct relay_path *path, const struct relay_input *input)
{
	if (denied(path, input))
		return RELAY_OPEN;
	return lasted(path, input, RELAY_OVERLAP_MS) ? RELAY_CLOSED : RELAY_OVERLAP;
}

static enum relay_state from_closed(struct relay_path *path, const struct relay_input *input)
{
	path->tries = 0;
	if (denied(path, input))
		return RELAY_OPEN;
	if (!wanted(path, input) && lasted(path, input, RELAY_MIN_MS))
		return RELAY_OPENING;
	return RELAY_CLOSED;
}

static enum relay_state from_opening(struct relay_path *path, const struct relay_input *input)
{
	bool small = input->current_ma < RELAY_OPENING_MA && input->current_ma > -RELAY_OPENING_MA;

	if (denied(path, input) || small || lasted(path, input, RELAY_OPENING_MS))
		return RELAY_OPEN;
	return wanted(path, input) ? RELAY_CLOSED : RELAY_OPENING;
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
	[RELAY_PRECHARGE] = { from_precharge, false, true },
	[RELAY_OVERLAP] = { from_overlap, true, true },
	[RELAY_CLOSED] = { from_closed, true, false },
	[RELAY_OPENING] = { from_opening, true, false },
	[RELAY_COOLDOWN] = { from_cooldown, false, false },
};

static uint8_t path_step(struct relay_path *path, const struct relay_input *input)
{
	enum relay_state next = states[path->state].next(path, input);

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
		.charge = { .since_us = now_us, .main = PORT_RELAY_CHARGE },
		.discharge = { .since_us = now_us,
			.main = PORT_RELAY_DISCHARGE,
			.precharge = PORT_RELAY_PRECHARGE },
	};
}

uint8_t relay_step(struct relay *relay, const struct relay_input *input)
{
	uint8_t charge = path_step(&relay->charge, input);

	return charge | path_step(&relay->discharge, input);
}

bool relay_start_failed(const struct relay *relay)
{
	return relay->discharge.tries > 0;
}
