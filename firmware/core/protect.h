/* SPDX-License-Identifier: MIT */
/*
 * One engine for every protection; the protections are rows of protect_table.c.
 *
 *   CLEAR --condition--> PENDING --lasted the delay--> TRIPPED --release, hold over--> RELEASING
 *     ^ <--condition gone--'                             ^ <--release condition gone--'   |
 *     '------------------------------- lasted the settling time ---------------------------'
 *
 * Only fresh valid samples move a row, and time is the samples' own: a frozen or failing sensor
 * neither trips nor releases; losing it is a row itself. Each tripped row denies actions; what is
 * allowed is what nobody denies.
 */
#ifndef PROTECT_H
#define PROTECT_H

#include "bms/alarms.h"
#include "bms/settings.h"
#include "core/measure.h"

/* What a protection can deny. The first three are the relays' bits. */
enum protect_action {
	PROTECT_CHARGE = PORT_RELAY_CHARGE,
	PROTECT_DISCHARGE = PORT_RELAY_DISCHARGE,
	PROTECT_PRECHARGE = PORT_RELAY_PRECHARGE,
	PROTECT_BALANCE = 1u << 3,
	PROTECT_RELAYS = PROTECT_CHARGE | PROTECT_DISCHARGE | PROTECT_PRECHARGE,
	PROTECT_ALL = PROTECT_RELAYS | PROTECT_BALANCE,
};

enum protect_state {
	PROTECT_CLEAR,
	PROTECT_PENDING,
	PROTECT_TRIPPED,
	PROTECT_RELEASING,
};

enum protect_kind {
	PROTECT_CONSTANT,
	PROTECT_SETTING,
	PROTECT_SETTING_PER_CELL, /* the setting times the number of cells */
};

/* A limit in the quantity's unit, or a time: constants in ms, settings in s. */
struct protect_number {
	uint8_t kind; /* enum protect_kind */
	int32_t of;   /* the constant, or the setting's slot */
};

struct protect_row {
	uint8_t alarm;    /* enum bms_alarm */
	uint8_t quantity; /* enum measure_quantity */
	uint8_t denies;   /* enum protect_action */
	bool below;       /* trips below the limit, else above */
	bool uses_probes; /* does not act while the setting probes_disabled is on */
	struct protect_number trip, release;
	struct protect_number delay, hold, settle;
};

extern const struct protect_row protect_rows[];
extern const size_t protect_row_count;

enum {
	PROTECT_ROWS_MAX = 24,
	PROTECT_SAMPLES_MIN = 2
};

struct protect_cell {
	uint64_t since_us; /* of the first sample that said so */
	uint64_t tripped_us;
	uint32_t samples; /* fresh ones since then */
	uint8_t state;    /* enum protect_state */
};

struct protect {
	struct protect_cell cell[PROTECT_ROWS_MAX];
	uint32_t alarms;
	uint8_t allowed; /* enum protect_action */
};

void protect_init(struct protect *protect);
void protect_step(struct protect *protect, const struct measure *measure,
	const struct bms_settings *settings);

/* A limit or, for a time, microseconds. */
int64_t protect_limit(const struct protect_number *number, const struct bms_settings *settings);
uint64_t protect_time_us(const struct protect_number *number, const struct bms_settings *settings);

/* Seconds until the hold time of a tripped protection is over; 0 when none is. */
uint16_t protect_release_s(const struct protect *protect, enum bms_alarm alarm,
	const struct bms_settings *settings, uint64_t now_us);

#endif
