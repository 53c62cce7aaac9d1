/* SPDX-License-Identifier: MIT */
/*
 * Commands to a board, one on the air at a time: the next goes when the board acknowledged the
 * one before, or is late with it. Acknowledgements do not say what they acknowledge. Pure.
 */
#ifndef LINK_BLE_COMMANDS_H
#define LINK_BLE_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bms/jk_command.h"

enum {
	BLE_COMMANDS_MAX = 8,
};

struct ble_commands {
	uint8_t bytes[BLE_COMMANDS_MAX][BMS_JK_COMMAND_SIZE];
	size_t count;
	bool on_air;          /* the first of them */
	uint64_t deadline_us; /* of its acknowledgement; UINT64_MAX: none on the air */
};

void ble_commands_init(struct ble_commands *commands);

/* False when so many wait already. */
bool ble_commands_add(struct ble_commands *commands, const uint8_t bytes[BMS_JK_COMMAND_SIZE]);

/* Is a command of this number waiting or on the air? */
bool ble_commands_has(const struct ble_commands *commands, uint8_t number);

/* What is to be sent now, or NULL; it counts as sent. */
const uint8_t *ble_commands_send(struct ble_commands *commands, uint64_t now_us);

/* The one on the air was acknowledged or given up: its number. False when none is. */
bool ble_commands_end(struct ble_commands *commands, uint8_t *ret_number);

/* Takes the first, sent or not, when the link is gone. False when there is none. */
bool ble_commands_drop(struct ble_commands *commands, uint8_t *ret_number);

#endif
