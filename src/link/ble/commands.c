/* SPDX-License-Identifier: MIT */
#include "link/ble/commands.h"

#include <string.h>

enum {
	/* Captured boards acknowledge after 40 to 350 ms. */
	ANSWER_US = 3000000,
	NUMBER = 4,
};

void ble_commands_init(struct ble_commands *commands)
{
	*commands = (struct ble_commands){ .deadline_us = UINT64_MAX };
}

bool ble_commands_add(struct ble_commands *commands, const uint8_t bytes[BMS_JK_COMMAND_SIZE])
{
	if (commands->count == BLE_COMMANDS_MAX)
		return false;
	memcpy(commands->bytes[commands->count++], bytes, BMS_JK_COMMAND_SIZE);
	return true;
}

bool ble_commands_has(const struct ble_commands *commands, uint8_t number)
{
	for (size_t i = 0; i < commands->count; i++)
		if (commands->bytes[i][NUMBER] == number)
			return true;
	return false;
}

const uint8_t *ble_commands_send(struct ble_commands *commands, uint64_t now_us)
{
	if (commands->on_air || commands->count == 0)
		return NULL;
	commands->on_air = true;
	commands->deadline_us = now_us + ANSWER_US;
	return commands->bytes[0];
}

bool ble_commands_drop(struct ble_commands *commands, uint8_t *ret_number)
{
	if (commands->count == 0)
		return false;
	*ret_number = commands->bytes[0][NUMBER];
	commands->count--;
	memmove(commands->bytes[0], commands->bytes[1], commands->count * BMS_JK_COMMAND_SIZE);
	commands->on_air = false;
	commands->deadline_us = UINT64_MAX;
	return true;
}

bool ble_commands_end(struct ble_commands *commands, uint8_t *ret_number)
{
	return commands->on_air && ble_commands_drop(commands, ret_number);
}
