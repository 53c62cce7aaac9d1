/* SPDX-License-Identifier: MIT */
#include "pack/pack.h"

#include <stdio.h>

void pack_init(struct pack *pack, const char *name, uint64_t stale_after_us)
{
	*pack = (struct pack){ .stale_after_us = stale_after_us };
	snprintf(pack->name, sizeof(pack->name), "%s", name);
}

static bool is_believable(struct pack *pack, const struct bms_telemetry *report, uint64_t now_us,
	char reason[PLAUSIBILITY_REASON_SIZE])
{
	const struct bms_telemetry *before = pack->snapshot_us ? &pack->snapshot : NULL;
	uint64_t elapsed_us = now_us > pack->snapshot_us ? now_us - pack->snapshot_us : 0;
	char own_reason[PLAUSIBILITY_REASON_SIZE];

	if (plausibility_accepts(report, before, reason) &&
		(!before || plausibility_follows(report, before, elapsed_us, reason)))
		return true;
	if (!before || !plausibility_accepts(report, NULL, own_reason))
		return false;
	return ++pack->contradictions >= PACK_BELIEVE_AFTER;
}

bool pack_take_reading(struct pack *pack, const struct bms_telemetry *report, uint64_t now_us,
	int64_t wall_ms, char reason[PLAUSIBILITY_REASON_SIZE])
{
	if (!is_believable(pack, report, now_us, reason)) {
		pack->counters.implausible++;
		return false;
	}
	pack->snapshot = *report;
	pack->snapshot_us = now_us;
	pack->snapshot_wall_ms = wall_ms;
	pack->contradictions = 0;
	pack->counters.accepted++;
	return true;
}

enum pack_health pack_health(const struct pack *pack, uint64_t now_us)
{
	if (pack->snapshot_us == 0)
		return PACK_UNSEEN;
	if (now_us > pack->snapshot_us && now_us - pack->snapshot_us > pack->stale_after_us)
		return PACK_STALE;
	return PACK_FRESH;
}

const char *pack_health_text(enum pack_health health)
{
	static const char *const texts[] = {
		[PACK_UNSEEN] = "unseen",
		[PACK_FRESH] = "fresh",
		[PACK_STALE] = "stale",
	};

	return texts[health];
}
