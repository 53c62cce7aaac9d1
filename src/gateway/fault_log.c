/* SPDX-License-Identifier: MIT */
#include "gateway/fault_log.h"

static const uint64_t period_us = UINT64_C(60) * 1000000;

bool fault_log_says(struct fault_log *log, enum bms_status status, uint64_t now_us, unsigned *count)
{
	log->since[status]++;
	if (log->said_us[status] && now_us - log->said_us[status] < period_us)
		return false;
	*count = log->since[status];
	log->since[status] = 0;
	log->said_us[status] = now_us;
	return true;
}
