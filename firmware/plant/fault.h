/* SPDX-License-Identifier: MIT */
/* Faults by name: rows of faults.def, one number a slot, and scripts of them over time. */
#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"

#define PLANT_FAULT_OFF INT32_MIN

enum plant_relay {
	PLANT_CHARGE,
	PLANT_DISCHARGE,
	PLANT_PRECHARGE,
	PLANT_RELAYS
};

enum plant_fault {
#define PLANT_FAULT(id, ...) PLANT_FAULT_##id,
#include "plant/faults.def"
#undef PLANT_FAULT
	PLANT_FAULT_COUNT
};

enum plant_fault_slot {
#define PLANT_FAULT(id, key, count, ...) \
	PLANT_FAULT_SLOT_##id, PLANT_FAULT_SLOT_##id##_LAST = PLANT_FAULT_SLOT_##id + (count)-1,
#include "plant/faults.def"
#undef PLANT_FAULT
	PLANT_FAULT_SLOTS
};

struct plant_fault_row {
	const char *key;
	const char *text;
	uint8_t count;
	uint16_t slot;
	int32_t min, max;
	int32_t normal;
};

extern const struct plant_fault_row plant_fault_rows[PLANT_FAULT_COUNT];

struct plant_faults {
	int32_t value[PLANT_FAULT_SLOTS];
};

/* A healthy plant. */
void plant_faults_init(struct plant_faults *faults);

/* PLANT_FAULT_COUNT: there is none of this name. */
enum plant_fault plant_fault_by_key(const char *key);

/* One line of a script: "SECONDS KEY VALUE" or "SECONDS KEY[ELEMENT] VALUE"; elements count from 1
 * and VALUE "normal" makes it well again. */
struct fault_event {
	uint64_t at_us;
	enum plant_fault fault;
	unsigned element; /* from 0 */
	int32_t value;
};

enum {
	FAULT_EVENT_TEXT = 96
};

/* NULL, or what is wrong with the line; ret is written on success only. */
const char *fault_event_parse(const char *line, struct fault_event *ret);
void fault_event_format(const struct fault_event *event, char text[FAULT_EVENT_TEXT]);

#endif
