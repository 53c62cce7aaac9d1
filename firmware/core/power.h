/* SPDX-License-Identifier: MIT */
/*
 * Whether the board is on: the key, the charger and the activation switch, shutting down before
 * the cells are harmed, smart sleep, the emergency mode, and what each state may draw.
 *
 *   RUN --application, button 3 s, a cell below power-off 10 s--> CLOSING --relays open--> OFF
 *    ^ '--no current for the set time, cells below the sleep voltage--> SLEEP               |
 *    '------------ key, charger, button (SLEEP: somebody talks to a port) ------------------'
 */
#ifndef POWER_H
#define POWER_H

#include "bms/settings.h"
#include "core/measure.h"

enum power_state {
	POWER_RUN,
	POWER_SLEEP,
	POWER_CLOSING,
	POWER_OFF,
	POWER_STATES
};

enum {
	POWER_KEY_MS = 100,
	POWER_CHARGER_MS = 2000,
	POWER_BUTTON_MS = 50,
	POWER_BUTTON_OFF_MS = 3000,
	POWER_BUTTON_EMERGENCY_MS = 1000, /* and shorter than the above */
	POWER_LOW_MS = 10000,
	POWER_GRACE_MS = 60000, /* woken by hand with empty cells: time to find a charger */
	POWER_CLOSING_MS = 6000,
	POWER_QUIET_MA = 1000,
	POWER_UNPLUGGED_MS = 10000, /* the charger's relay opens after it, without current */
	POWER_EMERGENCY_MIN = 30,
	POWER_RUN_UW = 1500000, /* promised */
	POWER_OFF_UW = 20000,
};

/* What happened in the last step. */
enum power_event {
	POWER_KEY_OFF = 1u << 0,
	POWER_CHARGER_GONE = 1u << 1,
	POWER_WENT_OFF = 1u << 2,
	POWER_WENT_OFF_BY_APP = 1u << 3,
	POWER_WENT_OFF_BY_BUTTON = 1u << 4,
	POWER_WENT_TO_SLEEP = 1u << 5,
	POWER_WOKE = 1u << 6,
	POWER_EMERGENCY_ON = 1u << 7,
	POWER_EMERGENCY_OFF = 1u << 8,
	POWER_EMERGENCY_OVER = 1u << 9,
	POWER_EMERGENCY_BUTTON_ON = 1u << 10,
	POWER_EMERGENCY_BUTTON_OFF = 1u << 11,
};

enum power_request {
	POWER_SHUT_DOWN,
	POWER_EMERGENCY_START,
	POWER_EMERGENCY_STOP,
};

/* An input that bounces. */
struct power_line {
	uint64_t since_us; /* of what it says now */
	bool raw, on;
	int8_t edge; /* in this step: 1 went on, -1 went off */
};

struct power {
	struct power_line key, charger, button;
	uint64_t now_us;
	uint64_t since_us;     /* of the state */
	uint64_t closing_us;   /* of the last POWER_CLOSING */
	uint64_t low_us;       /* since when a cell has been below power-off; 0: none is */
	uint64_t quiet_us;     /* since when no current has flowed and the cells have been low */
	uint64_t idle_us;      /* since when no charge has flowed */
	uint64_t emergency_us; /* its end; 0: there is none */
	uint64_t pressed_us;   /* the button */
	uint16_t events;       /* enum power_event */
	uint16_t asked;        /* events of requests since the last step */
	uint8_t state;         /* enum power_state */
	bool woken_by_hand;
};

struct power_input {
	uint64_t now_us;
	uint8_t din; /* bits of enum port_din */
	bool cells_known;
	int32_t lowest_mv, highest_mv;
	int32_t current_ma;
	bool relays_open;
	const struct bms_settings *settings;
};

/* One consumer and what it draws in each state, in uW. */
struct power_consumer {
	const char *name;
	uint32_t uw[POWER_STATES];
};

extern const struct power_consumer power_consumers[];
extern const size_t power_consumer_count;

void power_init(struct power *power, uint64_t now_us);
void power_step(struct power *power, const struct power_input *input);
void power_request(
	struct power *power, enum power_request request, const struct bms_settings *settings);

/* May a relay be closed in this state? */
bool power_is_on(const struct power *power);
bool power_is_emergency(const struct power *power);
uint16_t power_emergency_s(const struct power *power);

/* Seconds until the board sleeps by itself; one day where it never does. */
uint32_t power_sleep_s(const struct power *power, const struct bms_settings *settings);

/* The charge relay of a board that closes it for a charger only. */
bool power_has_charger(const struct power *power);

uint32_t power_budget_uw(enum power_state state);

#endif
