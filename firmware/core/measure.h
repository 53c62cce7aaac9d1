/* SPDX-License-Identifier: MIT */
/*
 * What the board knows of its battery now: the newest samples, each with its age and validity, and
 * the quantities the protections look at. A quantity changes only with a fresh valid sample.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include "core/calibration.h"
#include "port/port.h"

enum {
	MEASURE_CELL_PRESENT_MV = 500, /* an input above carries a cell */
	MEASURE_CELL_ABSENT_MV = 300,  /* an input below carries none */
};

/* What board_step() is told. */
struct board_input {
	uint64_t now_us;
	struct port_cells cells;
	struct port_shunt shunt;
	struct port_probes probes;
	struct port_rails rails;
	struct port_stage stage; /* of the balancer */
	uint32_t rtc_s;
	uint8_t relays; /* feedback, bits of enum port_relay */
	uint8_t din;    /* bits of enum port_din */
	int32_t heater_ma;
};

enum measure_source {
	MEASURE_CELLS,
	MEASURE_SHUNT,
	MEASURE_PROBES,
	MEASURE_RAILS,
	MEASURE_CLOCK, /* every step: ages and relay contacts */
	MEASURE_SOURCES
};

enum measure_quantity {
	MEASURE_CELL_MAX_MV,
	MEASURE_CELL_MIN_MV,
	MEASURE_CELL_COUNT_WRONG,
	MEASURE_WIRE_MAX_MOHM,
	MEASURE_OPEN_WIRES,
	MEASURE_PACK_MV,
	MEASURE_CHARGE_MA,
	MEASURE_DISCHARGE_MA,
	MEASURE_PROBE_MAX_DC,
	MEASURE_PROBE_MIN_DC,
	MEASURE_PROBES_BROKEN,
	MEASURE_PROBES_LEFT,
	MEASURE_BOARD_DC,
	MEASURE_SHORT_CHARGE_US,
	MEASURE_SHORT_DISCHARGE_US,
	MEASURE_SHUNT_RAILED,
	MEASURE_CHARGE_STRAY_MA, /* these five are weld.c's */
	MEASURE_DISCHARGE_STRAY_MA,
	MEASURE_CHARGE_ANYWAY_MA,
	MEASURE_DISCHARGE_ANYWAY_MA,
	MEASURE_LOAD_DOWN,
	MEASURE_CELLS_AGE_MS,
	MEASURE_SHUNT_AGE_MS,
	MEASURE_PROBES_AGE_MS,
	MEASURE_RAILS_AGE_MS,
	MEASURE_CHARGE_RELAY_WRONG,
	MEASURE_DISCHARGE_RELAY_WRONG,
	MEASURE_SETTINGS_LOST,
	MEASURE_WATCHDOG_RESETS,
	MEASURE_QUANTITIES
};

struct measure_state {
	uint64_t t_us; /* of the newest sample; of the newest valid one in good_us */
	uint64_t good_us;
	uint32_t seq;
	uint32_t good; /* valid samples in a row */
	bool fresh;    /* a valid sample came with this step */
	bool ever;     /* there was a valid one */
};

struct measure {
	struct measure_state source[MEASURE_SOURCES];
	int32_t value[MEASURE_QUANTITIES];
	struct port_cells cells; /* the newest valid ones */
	struct port_shunt shunt;
	struct port_probes probes;
	struct port_rails rails;
	int64_t raw_uams; /* the shunt's own count; the one in shunt is calibrated */
	uint32_t cell_mask;
	uint32_t open_mask; /* channels whose wire is open */
	uint8_t highest;    /* cell, 0 is the first */
	uint8_t lowest;
	int32_t sum_mv;
	int32_t average_mv;
	uint32_t probe_mask; /* fitted and believable */
};

/* What a step knows besides the samples. */
struct measure_context {
	uint8_t cell_count;
	uint8_t driven; /* relays, as driven in the step before */
	bool settings_lost;
	bool no_contacts; /* the feedback of the relays means nothing */
	int32_t watchdog_resets;
	struct calibration calibration;
};

/* The source a quantity comes from. */
enum measure_source measure_source_of(enum measure_quantity quantity);

void measure_init(struct measure *measure, uint64_t now_us);
void measure_step(struct measure *measure, const struct board_input *input,
	const struct measure_context *context);

#endif
