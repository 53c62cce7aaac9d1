/* SPDX-License-Identifier: MIT */
/*
 * One battery pack as the daemon knows it: accepted readings, settings, identity and the age of
 * each. No I/O; time comes in.
 */
#ifndef PACK_PACK_H
#define PACK_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "bms/identity.h"
#include "bms/settings.h"
#include "bms/telemetry.h"
#include "pack/plausibility.h"

enum {
	PACK_NAME_MAX = 64,
	PACK_BELIEVE_AFTER = 3,
};

enum pack_health {
	PACK_UNSEEN, /* no reading yet */
	PACK_FRESH,
	PACK_STALE, /* the last reading is older than the limit */
};

struct pack_counters {
	uint64_t polls;
	uint64_t accepted;
	uint64_t implausible;
	uint64_t failed; /* no or bad answer */
	uint64_t missed; /* polls skipped because the line was busy */
};

struct pack {
	char name[PACK_NAME_MAX];
	uint64_t stale_after_us;

	struct bms_telemetry snapshot; /* last accepted reading */
	uint64_t snapshot_us;          /* its monotonic time, 0 never */
	int64_t snapshot_wall_ms;
	struct bms_settings settings; /* last read back */
	uint64_t settings_us;
	struct bms_identity identity;
	uint64_t identity_us;
	struct pack_counters counters;
	unsigned contradictions; /* sound readings in a row that contradict the snapshot */
};

void pack_init(struct pack *pack, const char *name, uint64_t stale_after_us);

/*
 * Accepts a whole reading, which replaces the one before (what it lacks is absent, not old), or
 * says why not. A sound reading that only contradicts the one before is refused, but not for ever:
 * the PACK_BELIEVE_AFTERth in a row shows that the one before was the odd one.
 */
bool pack_take_reading(struct pack *pack, const struct bms_telemetry *report, uint64_t now_us,
	int64_t wall_ms, char reason[PLAUSIBILITY_REASON_SIZE]);

enum pack_health pack_health(const struct pack *pack, uint64_t now_us);
const char *pack_health_text(enum pack_health health);

#endif
