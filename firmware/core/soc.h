/* SPDX-License-Identifier: MIT */
/*
 * State of charge: a 64-bit coulomb count without dead band, anchored where the cells are full or
 * empty. Charge is in uA ms throughout: 280 Ah is 1e15 of them.
 *
 * With every relay open no current can flow, so what the shunt shows then is its zero. From full
 * to empty, or back, the count is the capacity.
 */
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
	int64_t learned_uams;    /* capacity; 0: the nominal one */
	int64_t zero_ua;         /* what the shunt shows without current */
};

enum soc_anchor {
	SOC_ANCHOR_NONE,
	SOC_ANCHOR_FULL,
	SOC_ANCHOR_EMPTY,
};

struct soc_input {
	const struct measure *measure;
	const struct bms_settings *settings;
	uint8_t chemistry; /* enum bms_chemistry */
	bool isolated;     /* every relay is open */
};

struct soc {
	struct soc_count count;
	int64_t full_uams;
	int64_t nominal_uams;
	int64_t last_uams; /* of the shunt's own counter */
	uint64_t last_us;
	int64_t since_uams; /* net, since the last anchor */
	int64_t zero_uams;  /* of the shunt's counter when the zeroing began */
	uint64_t zero_us;   /* 0: it has not */
	uint64_t full_us;   /* since when a cell says full, or empty; 0: it does not */
	uint64_t over_us;   /* above even the protection's voltage */
	uint64_t empty_us;
	uint64_t under_us;     /* below even the protection's */
	uint64_t rest_us;      /* since when the cells rest */
	uint64_t corrected_us; /* by their voltage */
	uint8_t anchor;        /* enum soc_anchor, the last one */
	bool started;
	bool known; /* false: nobody has said yet where the battery is */
};

void soc_init(struct soc *soc, const struct bms_settings *settings);
void soc_step(struct soc *soc, const struct soc_input *input);

/* Commissioning: somebody knows better. 1000 is full. */
void soc_set_permille(struct soc *soc, uint16_t permille);

uint8_t soc_pct(const struct soc *soc);
uint8_t soc_health_pct(const struct soc *soc);
int64_t soc_remaining_mah(const struct soc *soc);
int64_t soc_full_mah(const struct soc *soc);
int64_t soc_cycled_mah(const struct soc *soc);
uint32_t soc_cycles(const struct soc *soc);

#endif
