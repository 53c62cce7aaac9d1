/* SPDX-License-Identifier: MIT */
/*
 * One record kept in two pages of flash, written in turn. Each copy has a sequence number and a
 * CRC-32 over everything, so a write cut at any byte leaves the old or the new record, never a mix.
 */
#ifndef SLOTS_H
#define SLOTS_H

#include "port/port.h"

enum {
	SLOTS_HEADER = 10,
	SLOTS_CRC = 4,
	SLOTS_RECORD_MAX = PORT_NVM_PAGE_SIZE,
	SLOTS_PAYLOAD_MAX = SLOTS_RECORD_MAX - SLOTS_HEADER - SLOTS_CRC,
};

enum slots_state {
	SLOTS_BLANK, /* both pages erased: never written */
	SLOTS_FOUND,
	SLOTS_LOST, /* something is there, but no copy is whole */
};

struct slots {
	uint32_t seq;   /* of the newest copy */
	uint8_t first;  /* page of the first copy; the other follows */
	uint8_t newest; /* 0 or 1 */
};

/* Finds the newest whole copy. The payload is at record + SLOTS_HEADER, its size in ret_size. */
enum slots_state slots_load(struct slots *slots, struct port *port, unsigned first,
	uint8_t record[SLOTS_RECORD_MAX], size_t *ret_size);

/* Writes a payload that lies at record + SLOTS_HEADER over the older copy and reads it back. */
bool slots_save(struct slots *slots, struct port *port, uint8_t record[SLOTS_RECORD_MAX],
	size_t payload_size);

#endif
