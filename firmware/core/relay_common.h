/* SPDX-License-Identifier: MIT */
/*
 * Charger and load on one port: the discharge relay carries both directions, and a relay cannot
 * let one pass and hold back the other. While one direction is denied the relay may stay closed
 * for the other, as long as the current flows that way:
 *
 *   charge denied     open when charge flows for 2 s; closed again when charge is allowed
 *   discharge denied  open unless a charger is seen; then charge must flow within 30 s
 */
#ifndef RELAY_COMMON_H
#define RELAY_COMMON_H

#include "core/relay.h"

enum {
	RELAY_COMMON_FLOW_MA = 500,
	RELAY_COMMON_CHARGE_MS = 2000,
	RELAY_COMMON_FLOW_MS = 30000,
	RELAY_COMMON_PAUSE_MS = 60000,
	RELAY_COMMON_CHARGER_MV = 1000, /* above the pack, behind the open relay */
};

struct relay_common {
	uint64_t charging_us; /* since when charge has flowed although denied; 0: it does not */
	uint64_t waiting_us;  /* since when the relay has waited for charge; 0: it does not */
	uint64_t blocked_us;  /* since when it has been kept open for that; 0: it is not */
};

struct relay_common_input {
	uint8_t allowed_ever; /* enum protect_action: what no absolute protection denies */
	uint8_t driven;       /* coils */
	bool charger;         /* K+ */
};

/* Turns what is wanted and allowed of two paths into that of the one. */
void relay_common_step(struct relay_common *common, const struct relay_common_input *seen,
	struct relay_input *input);

#endif
