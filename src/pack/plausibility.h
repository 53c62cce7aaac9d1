/* SPDX-License-Identifier: MIT */
/* Is this what a sound board says? Pure; a well-formed frame can still be a splice or a glitch. */
#ifndef PACK_PLAUSIBILITY_H
#define PACK_PLAUSIBILITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bms/telemetry.h"

enum {
	PLAUSIBILITY_REASON_SIZE = 160
};

/*
 * Compares a whole report with its rows' ranges, with itself (sum of cells against pack voltage)
 * and with the one before (NULL at first; counters only grow, unless the board restarted).
 * Writes a sentence to reason when it returns false.
 */
bool plausibility_accepts(const struct bms_telemetry *report, const struct bms_telemetry *before,
	char reason[PLAUSIBILITY_REASON_SIZE]);

/*
 * Can this follow the reading before it after so much time? Values that a sound board moves only
 * so fast, or not at all. For a single odd reading in a stream of sound ones: a splice of two
 * frames whose checksum fits. What a board says again and again is true, however odd.
 */
bool plausibility_follows(const struct bms_telemetry *report, const struct bms_telemetry *before,
	uint64_t elapsed_us, char reason[PLAUSIBILITY_REASON_SIZE]);

#endif
