/* SPDX-License-Identifier: MIT */
/*
 * A board and its battery in closed loop, faster than time: the firmware's core as it is, the
 * plant, the converters between them, flash that can lose power, and the watchdog and the supply
 * that the board holds itself. One call is one step of both.
 */
#ifndef RIG_H
#define RIG_H

#include "core/board.h"
#include "plant/sense.h"

enum {
	RIG_STEP_MS = 10,
	RIG_WATCHDOG_MS = 100,
	RIG_POWERED = -1,
};

/* The core's port is the rig's flash; everything else goes through board_step(). */
struct port {
	uint8_t nvm[PORT_NVM_PAGES][PORT_NVM_PAGE_SIZE];
	long power; /* bytes that can still be erased or written; RIG_POWERED: all */
	uint32_t rtc_s;
	enum port_reset reset;
};

struct rig {
	struct port port;
	struct plant plant;
	struct sense sense;
	struct board board;
	struct board_input input;
	struct board_output output;
	uint64_t now_us;
	uint64_t start_us;
	uint64_t fed_us; /* the watchdog; 0: never */
	uint32_t step_us;
	struct wiring wiring;
	uint8_t coils;
	uint8_t din; /* as last seen, bits of enum port_din */
	bool held;   /* the board has held its supply */
	bool off;
};

struct rig_config {
	struct plant_config plant;
	uint64_t start_us;
	uint32_t precharge_s;
	bool blank; /* nobody has set the board up */
	struct wiring wiring;
};

/* A pack of 16 LFP cells of 100 Ah, half full, idle; the board set up for it. */
struct rig_config rig_usual(uint64_t seed);

void rig_init(struct rig *rig, const struct rig_config *config);

/* The board starts anew on the same battery and flash. */
void rig_reset(struct rig *rig, enum port_reset cause);

void rig_step(struct rig *rig);
void rig_run_ms(struct rig *rig, uint32_t ms);

void rig_fault(struct rig *rig, enum plant_fault fault, unsigned element, int32_t value);
void rig_heal(struct rig *rig, enum plant_fault fault);
void rig_set(struct rig *rig, enum bms_setting_slot slot, int64_t value);
int64_t rig_setting(const struct rig *rig, enum bms_setting_slot slot);

/* A bench supply in place of every cell, no noise, no current: nothing but what is set. */
void rig_bench(struct rig *rig, int32_t cell_mv);

uint8_t rig_contacts(const struct rig *rig);
bool rig_alarmed(const struct rig *rig, enum bms_alarm alarm);

#endif
