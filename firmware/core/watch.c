/* SPDX-License-Identifier: MIT */
#include "core/watch.h"

/* Any odd factor will do: what matters is that order and repetition change the result. */
#define SEED   UINT32_C(0x5bd1e995)
#define FACTOR UINT32_C(0x01000193)

static uint32_t mix(uint32_t token, unsigned stage)
{
	return (token ^ (stage + 1)) * FACTOR;
}

static uint32_t sound_token(void)
{
	uint32_t token = SEED;

	for (unsigned stage = 0; stage < WATCH_STAGES; stage++)
		token = mix(token, stage);
	return token;
}

void watch_begin(struct watch *watch)
{
	watch->token = SEED;
}

void watch_pass(struct watch *watch, enum watch_stage stage)
{
	watch->token = mix(watch->token, stage);
}

bool watch_end(struct watch *watch, uint64_t now_us, int32_t scan_age_ms)
{
	bool in_time = !watch->started ||
		       (now_us > watch->last_us &&
			       now_us - watch->last_us <= WATCH_STEP_MS * UINT64_C(1000));

	watch->started = true;
	watch->last_us = now_us;
	return in_time && scan_age_ms <= WATCH_SCAN_MS && watch->token == sound_token();
}
