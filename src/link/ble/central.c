/* SPDX-License-Identifier: MIT */
#include "link/ble/central.h"

enum {
	STEADY_US = 10000000, /* a stream that lasted so long was no luck */
	FORGET_AFTER = 3,
	POWER_AFTER = 6,
	DOUBLINGS_MAX = 16,
	SPREAD_PCT = 25, /* of a pause, either way */
};

static const struct {
	const char *text;
	enum ble_action action; /* on entering */
	uint32_t limit_ms;      /* 0: none of its own */
	enum ble_state next;    /* when the action went well */
} states[BLE_STATES] = {
	[BLE_IDLE] = { "no adapter", BLE_DO_DROP, 0, BLE_IDLE },
	/* Longer than one other board can hold the turn; then it asks again. */
	[BLE_QUEUED] = { "waits for its turn", BLE_DO_QUEUE, 120000, BLE_QUEUED },
	[BLE_FIND] = { "looks for the board", BLE_DO_FIND, 15000, BLE_CONNECT },
	[BLE_PAIR] = { "pairs", BLE_DO_PAIR, 40000, BLE_CONNECT },
	[BLE_CONNECT] = { "connects", BLE_DO_CONNECT, 20000, BLE_RESOLVE },
	[BLE_RESOLVE] = { "reads its services", BLE_DO_RESOLVE, 15000, BLE_SUBSCRIBE },
	[BLE_SUBSCRIBE] = { "subscribes", BLE_DO_SUBSCRIBE, 8000, BLE_STREAM },
	[BLE_STREAM] = { "listens", BLE_DO_GREET, 8000, BLE_STREAM },
	[BLE_CLOSE] = { "closes", BLE_DO_CLOSE, 5000, BLE_BACKOFF },
	[BLE_FORGET] = { "has the board forgotten", BLE_DO_FORGET, 5000, BLE_BACKOFF },
	[BLE_POWER] = { "switches the adapter off and on", BLE_DO_POWER, 15000, BLE_BACKOFF },
	[BLE_BACKOFF] = { "pauses", BLE_DO_REST, 0, BLE_QUEUED },
	[BLE_RELEASED] = { "released", BLE_DO_REST, 0, BLE_QUEUED },
};

static bool is_way_in(enum ble_state state)
{
	return state >= BLE_FIND && state <= BLE_SUBSCRIBE;
}

static bool is_way_out(enum ble_state state)
{
	return state == BLE_CLOSE || state == BLE_FORGET || state == BLE_POWER;
}

void ble_central_init(struct ble_central *central, const struct ble_central_options *options)
{
	*central = (struct ble_central){
		.options = *options,
		.deadline_us = UINT64_MAX,
		.chance = options->seed ? options->seed : 1,
	};
}

/* xorshift64 */
static uint64_t roll(struct ble_central *central)
{
	central->chance ^= central->chance << 13;
	central->chance ^= central->chance >> 7;
	central->chance ^= central->chance << 17;
	return central->chance;
}

/* Boards that failed together must not come back together. */
static uint64_t pause_us(struct ble_central *central)
{
	unsigned doublings = central->failures > 1 ? central->failures - 1 : 0;
	uint64_t most_ms = central->options.backoff_most_ms;
	uint64_t pause_ms = (uint64_t)central->options.backoff_least_ms
			    << (doublings < DOUBLINGS_MAX ? doublings : DOUBLINGS_MAX);
	uint64_t spread_ms;

	if (pause_ms > most_ms)
		pause_ms = most_ms;
	spread_ms = pause_ms * SPREAD_PCT / 100;
	return (pause_ms - spread_ms + roll(central) % (2 * spread_ms + 1)) * 1000;
}

static enum ble_action enter(struct ble_central *central, enum ble_state state, uint64_t now_us)
{
	central->state = state;
	central->deadline_us = states[state].limit_ms
				       ? now_us + (uint64_t)states[state].limit_ms * 1000
				       : UINT64_MAX;
	if (state == BLE_BACKOFF)
		central->deadline_us = now_us + pause_us(central);
	if (state == BLE_RELEASED)
		central->deadline_us = central->released_until_us;
	if (state == BLE_STREAM) {
		central->stream_us = now_us;
		central->is_greeted = false;
	}
	return states[state].action;
}

/* What comes before the next try. */
static enum ble_state recovery(const struct ble_central *central)
{
	if (central->hurries)
		return BLE_QUEUED;
	if (central->stuck == 0 || central->stuck % FORGET_AFTER != 0)
		return BLE_BACKOFF;
	if (central->options.may_power && central->stuck % POWER_AFTER == 0)
		return BLE_POWER;
	return central->is_bonded ? BLE_BACKOFF : BLE_FORGET;
}

static enum ble_action leave_close(struct ble_central *central, uint64_t now_us)
{
	enum ble_state next =
		central->released_until_us > now_us ? BLE_RELEASED : recovery(central);

	central->hurries = false;
	return enter(central, next, now_us);
}

static enum ble_action fail(struct ble_central *central, uint64_t now_us)
{
	central->failures++;
	if (central->state > BLE_FIND)
		central->stuck++;
	if (central->state == BLE_PAIR)
		central->wants_pair = false;
	return enter(central, BLE_CLOSE, now_us);
}

/* The way out goes on whether or not a step of it went well. */
static enum ble_action go_on(struct ble_central *central, uint64_t now_us)
{
	enum ble_state next = states[central->state].next;

	if (central->state == BLE_CLOSE)
		return leave_close(central, now_us);
	if (central->state == BLE_FIND && central->wants_pair)
		next = BLE_PAIR;
	if (central->state == BLE_PAIR)
		central->wants_pair = false;
	return enter(central, next, now_us);
}

static enum ble_action hear(struct ble_central *central, uint64_t now_us)
{
	central->is_greeted = false;
	central->deadline_us = now_us + (uint64_t)states[BLE_STREAM].limit_ms * 1000;
	if (now_us - central->stream_us >= STEADY_US) {
		central->failures = 0;
		central->stuck = 0;
	}
	return BLE_DO_NOTHING;
}

static enum ble_action on_deadline(struct ble_central *central, uint64_t now_us)
{
	enum ble_state state = central->state;

	if (now_us < central->deadline_us)
		return BLE_DO_NOTHING;
	if (state == BLE_STREAM && !central->is_greeted) {
		central->is_greeted = true;
		central->deadline_us = now_us + (uint64_t)states[state].limit_ms * 1000;
		return BLE_DO_GREET;
	}
	if (state == BLE_RELEASED)
		central->released_until_us = 0;
	if (is_way_out(state) || state == BLE_QUEUED || state == BLE_BACKOFF ||
		state == BLE_RELEASED)
		return go_on(central, now_us);
	return fail(central, now_us);
}

static enum ble_action on_ready(struct ble_central *central, uint64_t now_us)
{
	if (central->state != BLE_IDLE)
		return BLE_DO_NOTHING;
	return enter(
		central, central->released_until_us > now_us ? BLE_RELEASED : BLE_QUEUED, now_us);
}

static enum ble_action on_failed(struct ble_central *central, bool refused, uint64_t now_us)
{
	if (is_way_out(central->state))
		return go_on(central, now_us);
	if (!is_way_in(central->state) && central->state != BLE_STREAM)
		return BLE_DO_NOTHING;
	if (refused && central->state != BLE_PAIR && central->options.may_pair)
		central->wants_pair = true;
	return fail(central, now_us);
}

static enum ble_action on_lost(struct ble_central *central, uint64_t now_us)
{
	if (central->state == BLE_CLOSE)
		return go_on(central, now_us);
	if (central->state == BLE_RESOLVE || central->state == BLE_SUBSCRIBE ||
		central->state == BLE_STREAM)
		return fail(central, now_us);
	return BLE_DO_NOTHING;
}

static enum ble_action on_done(struct ble_central *central, uint64_t now_us)
{
	if (is_way_in(central->state) || is_way_out(central->state))
		return go_on(central, now_us);
	return BLE_DO_NOTHING;
}

enum ble_action ble_central_step(struct ble_central *central, enum ble_event event, uint64_t now_us)
{
	switch (event) {
	case BLE_ON_NOTHING:
		return BLE_DO_NOTHING;
	case BLE_ON_READY:
		return on_ready(central, now_us);
	case BLE_ON_GONE:
		return central->state == BLE_IDLE ? BLE_DO_NOTHING
						  : enter(central, BLE_IDLE, now_us);
	case BLE_ON_TURN:
		return central->state == BLE_QUEUED ? enter(central, BLE_FIND, now_us)
						    : BLE_DO_NOTHING;
	case BLE_ON_DONE:
		return on_done(central, now_us);
	case BLE_ON_FAILED:
	case BLE_ON_REFUSED:
		return on_failed(central, event == BLE_ON_REFUSED, now_us);
	case BLE_ON_FRAME:
		return central->state == BLE_STREAM ? hear(central, now_us) : BLE_DO_NOTHING;
	case BLE_ON_LOST:
		return on_lost(central, now_us);
	case BLE_ON_TIME:
		return on_deadline(central, now_us);
	}
	return BLE_DO_NOTHING;
}

enum ble_action ble_central_release(struct ble_central *central, uint64_t until_us, uint64_t now_us)
{
	central->released_until_us = until_us > now_us ? until_us : 0;
	if (central->state == BLE_IDLE || is_way_out(central->state))
		return BLE_DO_NOTHING; /* looked at when that is over */
	if (central->released_until_us == 0)
		return central->state == BLE_RELEASED ? enter(central, BLE_QUEUED, now_us)
						      : BLE_DO_NOTHING;
	if (is_way_in(central->state) || central->state == BLE_STREAM)
		return enter(central, BLE_CLOSE, now_us);
	return enter(central, BLE_RELEASED, now_us);
}

enum ble_action ble_central_pair(struct ble_central *central, uint64_t now_us)
{
	central->wants_pair = true;
	central->released_until_us = 0;
	if (central->state == BLE_BACKOFF || central->state == BLE_RELEASED)
		return enter(central, BLE_QUEUED, now_us);
	if (central->state <= BLE_FIND || is_way_out(central->state))
		return BLE_DO_NOTHING; /* on its way */
	central->hurries = true;
	return enter(central, BLE_CLOSE, now_us);
}

uint64_t ble_central_next_us(const struct ble_central *central)
{
	return central->deadline_us;
}

bool ble_central_holds_turn(const struct ble_central *central)
{
	return is_way_in(central->state) || is_way_out(central->state);
}

const char *ble_state_text(enum ble_state state)
{
	return states[state].text;
}
