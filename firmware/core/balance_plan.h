/* SPDX-License-Identifier: MIT */
/* Which cell owes how much, so that as little charge as possible is moved. */
#ifndef BALANCE_PLAN_H
#define BALANCE_PLAN_H

#include "bms/settings.h"
#include "port/port.h"

struct balance_plan {
	int32_t uv[PORT_CHANNELS]; /* at rest */
	uint32_t cells;            /* that take part */
	int32_t band_uv;           /* how far they may differ afterwards */
	int32_t efficiency_ppm;    /* of the transfer */
	int64_t capacity_mah;
	uint8_t chemistry; /* enum bms_chemistry */
};

int32_t balance_plan_spread_uv(const struct balance_plan *plan);

/* The level is the one at which the cells above the band give what those below it lack. */
void balance_plan_debts(const struct balance_plan *plan, int64_t owed_uams[PORT_CHANNELS]);

#endif
