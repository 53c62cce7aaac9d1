/* SPDX-License-Identifier: MIT */
/*
 * A board: everything the firmware knows, and the one step that knows the order in which things
 * are done. board_step() is pure: time and samples come in, the relays to drive go out.
 */
#ifndef BOARD_H
#define BOARD_H

#include "bms/jk_diary.h"
#include "bms/telemetry.h"
#include "core/balance.h"
#include "core/buzzer.h"
#include "core/counters.h"
#include "core/diary_store.h"
#include "core/display.h"
#include "core/heat.h"
#include "core/measure.h"
#include "core/params.h"
#include "core/power.h"
#include "core/protect.h"
#include "core/relay.h"
#include "core/relay_common.h"
#include "core/soc.h"
#include "core/watch.h"
#include "core/weld.h"
#include "core/wire.h"

enum {
	BOARD_STEP_US = 10000,
	BOARD_HEALTHY_S = 600 /* after it, resets by the watchdog are forgotten */
};

struct board {
	struct params params;
	struct counters counters; /* as kept; the newest values are in soc and now_us */
	struct slots counter_slots;
	struct measure measure;
	struct protect protect;
	struct relay relay;
	struct soc soc;
	struct wiring wiring; /* set by the port after board_init() */
	struct weld weld;
	struct relay_common relay_common;
	struct power power;
	struct heat heat;
	struct watch watch;
	struct bms_jk_diary diary;
	struct diary_store diary_store;
	struct buzzer buzzer;
	struct display display;
	struct wire wire;
	struct balance balance;
	uint64_t now_us;
	uint64_t start_us;
	uint64_t kept_us; /* counters were saved */
	uint32_t rtc_s;
	int32_t stage_ma; /* of the balancer */
	uint8_t drive;    /* relays, as driven since the last step */
	uint8_t feedback; /* relays, as their contacts say */
	uint8_t din;
	uint8_t switches;  /* bits of enum port_relay, as set in the step before */
	uint8_t chemistry; /* as set in the step before */
	bool heated;       /* in the step before */
	bool was_reset;    /* by the watchdog, at this start */
	int32_t heater_ma;
};

struct board_output {
	uint8_t relays;  /* coils, bits of enum port_relay */
	uint8_t outputs; /* bits of enum port_dout */
	bool hold;       /* keep the supply; false: off until an input wakes the board */
	bool feed;       /* the step was sound: kick the watchdog that gates the coils */
	uint16_t heat_permille;
	int32_t short_ma; /* level of the short circuit comparator */
	struct port_stage_order stage;
};

/* A board that has not seen its flash: defaults of a chemistry. */
void board_init(struct board *board, enum bms_chemistry chemistry, uint64_t now_us);

/* Settings and counters from flash. False: there were no counters, the state of charge is not
 * known. */
bool board_load(struct board *board, struct port *port);

void board_step(struct board *board, const struct board_input *input, struct board_output *output);

/* Shuts down, or starts and ends an emergency. */
void board_request(struct board *board, enum power_request request);

/* What somebody's meter says. Kept in flash; false: unlikely, or the flash failed. */
bool board_calibrate_pack(struct board *board, struct port *port, int32_t truth_mv);
bool board_calibrate_current(struct board *board, struct port *port, int32_t truth_ma);
bool board_calibrate_cell(struct board *board, struct port *port, unsigned cell, int32_t truth_mv);

void board_set_rtc(struct board *board, struct port *port, uint32_t rtc_s);

/* Seconds since the board was first switched on. */
uint32_t board_runtime_s(const struct board *board);

/* To flash: the log at once, counters when it is time or when forced. */
void board_keep(struct board *board, struct port *port, bool force);

/* Everything the board measures, as its ports tell it. */
void board_telemetry(const struct board *board, struct bms_telemetry *telemetry);

/* The alarm word. */
uint32_t board_alarms(const struct board *board);

/* Texts and numbers the board says of itself. */
void board_identity(const struct board *board, struct bms_identity *identity);

#endif
