/* SPDX-License-Identifier: MIT */
/*
 * The watchdog's token: fed only by a step that came in time, had cells it could look at and went
 * through every stage once, in order. A watchdog that any loop can feed proves nothing.
 */
#ifndef WATCH_H
#define WATCH_H

#include <stdbool.h>
#include <stdint.h>

enum watch_stage {
	WATCH_MEASURE,
	WATCH_PROTECT,
	WATCH_POWER,
	WATCH_RELAY,
	WATCH_BALANCE,
	WATCH_HEAT,
	WATCH_SOC,
	WATCH_LOG,
	WATCH_STAGES
};

enum {
	WATCH_STEP_MS = 100, /* the step is 10 ms and may be as late as 50 */
	/* A front end that is lost has its own protection, which opens the relays after 2 s and says
	 * why. Only if even that does not bring it back, a reset may. */
	WATCH_SCAN_MS = 60000,
};

struct watch {
	uint64_t last_us;
	uint32_t token;
	bool started;
};

void watch_begin(struct watch *watch);
void watch_pass(struct watch *watch, enum watch_stage stage);

/* At the end of a step: may the watchdog be fed? */
bool watch_end(struct watch *watch, uint64_t now_us, int32_t scan_age_ms);

#endif
