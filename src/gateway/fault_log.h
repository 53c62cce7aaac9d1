/* SPDX-License-Identifier: MIT */
/*
 * Says a repeated fault once, then at most once a period with the number of times it happened in
 * between: a bad cable must not fill the journal or the history.
 */
#ifndef GATEWAY_FAULT_LOG_H
#define GATEWAY_FAULT_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "bms/status.h"

struct fault_log {
	uint64_t said_us[BMS_STATUS_COUNT]; /* 0 never */
	unsigned since[BMS_STATUS_COUNT];   /* not said since then */
};

/* True when this one is to be said; count is how many it stands for, this one included. */
bool fault_log_says(
	struct fault_log *log, enum bms_status status, uint64_t now_us, unsigned *count);

#endif
