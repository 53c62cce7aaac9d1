/* SPDX-License-Identifier: MIT */
/* State of charge: a 64-bit coulomb count without dead band, anchored where the cells are full or
 * empty. Charge is in uA ms throughout: 280 Ah is 1e15 of them. */
#ifndef SOC_H
#define SOC_H

#include "bms/settings.h"
#include "core/measure.h"

/* 1 mAh */
#define SOC_UAMS_PER_MAH INT64_C(3600000000)

/* What must survive a power cut. */
struct soc_count {
	int64_t remaining_uams;
	int64_t discharged_uams; /* in all */
};

struct soc {
	struct soc_count count;
	int64_t full_uams;
	int64_t last_uams; /* of the shunt's own counter */
	uint64_t full_us;  /* since when a cell says full, or empty; 0: it does not */
	uint64_t empty_us;
	bool started;
};

void soc_init(struct soc *soc, const struct bms_settings *settings);
void soc_step(struct soc *soc, const struct measure *measure, const struct bms_settings *settings);

/* Commissioning: somebody knows better. 1000 is full. */
void soc_set_permille(struct soc *soc, uint16_t permille);

uint8_t soc_pct(const struct soc *soc);
int64_t soc_remaining_mah(const struct soc *soc);
int64_t soc_full_mah(const struct soc *soc);
int64_t soc_cycled_mah(const struct soc *soc);
uint32_t soc_cycles(const struct soc *soc);

#endif
