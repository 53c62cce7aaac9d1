/* SPDX-License-Identifier: MIT */
/*
 * A board: everything the firmware knows, and the one step that knows the order in which things
 * are done. board_step() is pure: time and samples come in, the relays to drive go out.
 */
#ifndef BOARD_H
#define BOARD_H

#include "bms/telemetry.h"
#include "core/counters.h"
#include "core/measure.h"
#include "core/params.h"
#include "core/protect.h"
#include "core/relay.h"
#include "core/soc.h"

enum {
	BOARD_STEP_US = 10000
};

struct board {
	struct params params;
	struct counters counters; /* as kept; the newest values are in soc and now_us */
	struct slots counter_slots;
	struct measure measure;
	struct protect protect;
	struct relay relay;
	struct soc soc;
	uint64_t now_us;
	uint64_t start_us;
	uint64_t kept_us; /* counters were saved */
	uint32_t rtc_s;
	uint8_t drive;    /* relays, as driven since the last step */
	uint8_t feedback; /* relays, as their contacts say */
	uint8_t din;
};

struct board_output {
	uint8_t relays; /* bits of enum port_relay */
};

/* A board that has not seen its flash: defaults of a chemistry. */
void board_init(struct board *board, enum bms_chemistry chemistry, uint64_t now_us);

/* Settings and counters from flash. False: there were no counters, the state of charge is not
 * known. */
bool board_load(struct board *board, struct port *port);

void board_step(struct board *board, const struct board_input *input, struct board_output *output);

/* Counters to flash, when it is time or when forced. */
void board_keep(struct board *board, struct port *port, bool force);

/* Everything the board measures, as its ports tell it. */
void board_telemetry(const struct board *board, struct bms_telemetry *telemetry);

/* The alarm word. */
uint32_t board_alarms(const struct board *board);

/* Texts and numbers the board says of itself. */
void board_identity(const struct board *board, struct bms_identity *identity);

#endif
