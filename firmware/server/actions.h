/* SPDX-License-Identifier: MIT */
/* What a port can ask the board to do at once, by the number each protocol knows it by. */
#ifndef ACTIONS_H
#define ACTIONS_H

#include "server/change.h"

struct action {
	uint16_t reg;          /* Modbus register; 0: none */
	uint8_t command;       /* Bluetooth command; 0: none */
	uint8_t register_size; /* bytes a Modbus write must at least carry */
	uint8_t argument;
	bool (*run)(struct change *change, uint32_t value, uint8_t argument);
};

/* NULL: there is none. */
const struct action *action_by_register(uint16_t reg);
const struct action *action_by_command(uint8_t command);

/* False: the board refuses, and nothing has changed. */
bool action_run(const struct action *action, struct change *change, uint32_t value);

#endif
