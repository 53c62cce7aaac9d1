/* SPDX-License-Identifier: MIT */
/*
 * Switches charging, discharging or balancing on somebody's word, now: not a desired setting, which
 * apply would bring about. A state machine without I/O, as apply is: events in, at most one action
 * out. It ends by what the board shows afterwards, the setting read back or its state broadcast, and
 * never by the acknowledgement alone.
 */
#ifndef PACK_SWITCHING_H
#define PACK_SWITCHING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bms/settings.h"
#include "bms/telemetry.h"
#include "pack/apply.h"

enum {
	SWITCHING_PATIENCE_US = 6000000, /* to see what became of it */
	SWITCHING_REPEAT_US = 900000,
};

struct switch_row {
	const char *name; /* charge */
	uint8_t setting_slot;
	uint8_t state_slot; /* of telemetry */
};

enum {
	SWITCH_COUNT = 3
};

extern const struct switch_row switch_rows[SWITCH_COUNT];

/* Row by its name, or NULL. */
const struct switch_row *switch_by_name(const char *name);

enum switching_action {
	SWITCHING_DO_NOTHING,
	SWITCHING_DO_SEND,
	SWITCHING_DO_READ, /* the settings, once */
	SWITCHING_DO_END,  /* with outcome; idle again after switching_end() */
};

enum switching_state {
	SWITCHING_IDLE,
	SWITCHING_INTENT, /* waits for the intent to be durable */
	SWITCHING_SENT,   /* waits for the acknowledgement, where there is one, and to be seen */
	SWITCHING_ENDED,
};

struct switching {
	enum switching_state state;
	const struct switch_row *row;
	bool on;         /* wanted */
	bool broadcasts; /* seen by the state the board sends by itself, else by settings read back */
	bool is_acked;
	uint64_t sent_us; /* first */
	uint64_t last_us;
	enum apply_outcome outcome;
	bool has_readback;
	int64_t readback;
};

/* The machine must be idle. Its intent is to be recorded next. */
void switching_begin(
	struct switching *switching, const struct switch_row *row, bool on, bool broadcasts);

enum switching_action switching_on_intent(
	struct switching *switching, bool durable, uint64_t now_us);
/* BMS_OK: acknowledged; BMS_EXCEPTION: refused; others: nobody knows, or could not be sent. */
enum switching_action switching_on_answer(struct switching *switching, enum bms_status status);
enum switching_action switching_on_settings(
	struct switching *switching, const struct bms_settings *settings, uint64_t asked_us);
enum switching_action switching_on_state(
	struct switching *switching, const struct bms_telemetry *state, uint64_t time_us);
enum switching_action switching_on_tick(struct switching *switching, uint64_t now_us);
void switching_end(struct switching *switching);

#endif
