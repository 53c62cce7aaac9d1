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
 *
 * A row that trips too often within an hour is LATCHED: it acts until one of its events happens
 * (somebody works the switch, the key is turned, the charger is unplugged) and is then as tripped.
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
	PROTECT_HEAT = 1u << 4,
	PROTECT_RELAYS = PROTECT_CHARGE | PROTECT_DISCHARGE | PROTECT_PRECHARGE,
	PROTECT_ALL = PROTECT_RELAYS | PROTECT_BALANCE | PROTECT_HEAT,
};

/* What ends a latch. */
enum protect_event {
	PROTECT_SWITCHED = 1u << 0,  /* a switch of the application went off */
	PROTECT_KEYED = 1u << 1,     /* the ACC key went off */
	PROTECT_UNPLUGGED = 1u << 2, /* the charger went away */
};

enum protect_state {
	PROTECT_CLEAR,
	PROTECT_PENDING,
	PROTECT_TRIPPED,
	PROTECT_RELEASING,
	PROTECT_LATCHED,
};

enum protect_kind {
	PROTECT_CONSTANT,
	PROTECT_SETTING,
	PROTECT_SETTING_PER_CELL, /* the setting times the number of cells */
};

/* A limit in the quantity's unit, or a time: constants in ms, settings in s. */
struct protect_number {
	uint8_t kind;     /* enum protect_kind */
	int32_t of;       /* the constant, or the setting's slot */
	int32_t permille; /* of the setting; 0: all of it */
	int32_t plus;
	int32_t at_least;
};

struct protect_row {
	uint8_t alarm;         /* enum bms_alarm */
	uint8_t latched_alarm; /* shown besides while latched; 0: none */
	uint8_t quantity;      /* enum measure_quantity */
	uint8_t denies;        /* enum protect_action */
	uint8_t latch_after;   /* trips within an hour; 0: never */
	uint8_t unlatch;       /* enum protect_event */
	uint8_t switched_by;   /* acts only while this setting's slot is on; 0: always */
	bool below;            /* trips below the limit, else above */
	bool at_once;          /* one sample is enough: the hardware has debounced it */
	bool absolute;         /* not even an emergency overrides it */
	bool uses_probes;      /* does not act while the setting probes_disabled is on */
	struct protect_number trip, release;
	struct protect_number delay, hold, settle;
};

extern const struct protect_row protect_rows[];
extern const size_t protect_row_count;

enum {
	PROTECT_ROWS_MAX = 48,
	PROTECT_SAMPLES_MIN = 2,
	PROTECT_LATCH_WINDOW_S = 3600,
};

struct protect_cell {
	uint64_t since_us; /* of the first sample that said so */
	uint64_t tripped_us;
	uint64_t window_us; /* of the first trip that counts towards the latch */
	uint32_t samples;   /* fresh ones since then */
	uint8_t state;      /* enum protect_state */
	uint8_t trips;      /* since window_us */
};

struct protect {
	struct protect_cell cell[PROTECT_ROWS_MAX];
	uint32_t alarms;
	uint8_t allowed;      /* enum protect_action */
	uint8_t allowed_ever; /* what no absolute row denies: an emergency may do it */
};

void protect_init(struct protect *protect);
void protect_step(struct protect *protect, const struct measure *measure,
	const struct bms_settings *settings);

/* Something happened that ends latches; a mask of enum protect_event. */
void protect_unlatch(struct protect *protect, uint8_t events);

/* A limit or, for a time, microseconds. */
int64_t protect_limit(const struct protect_number *number, const struct bms_settings *settings);
uint64_t protect_time_us(const struct protect_number *number, const struct bms_settings *settings);

/* Seconds until the hold time of a tripped protection is over; 0 when none is. */
uint16_t protect_release_s(const struct protect *protect, enum bms_alarm alarm,
	const struct bms_settings *settings, uint64_t now_us);

#endif
