/* SPDX-License-Identifier: MIT */
#include "bms/jk_command.h"

#include <string.h>

#include "bms/checksum.h"
#include "protocol/jk_place.h"

enum {
	NUMBER = 4,
	LENGTH = 5,
	VALUE = 6,
	SUM = BMS_JK_COMMAND_SIZE - 1,
	LONGEST = 4,
};

static const uint8_t header[] = { 0xAA, 0x55, 0x90, 0xEB };

void bms_jk_command_build(
	uint8_t out[BMS_JK_COMMAND_SIZE], uint8_t command, const uint8_t *value, uint8_t size)
{
	memset(out, 0, BMS_JK_COMMAND_SIZE);
	memcpy(out, header, sizeof(header));
	out[NUMBER] = command;
	out[LENGTH] = size;
	if (size > 0)
		memcpy(out + VALUE, value, size);
	out[SUM] = bms_sum8(out, SUM);
}

void bms_jk_acknowledge(uint8_t out[BMS_JK_COMMAND_SIZE])
{
	bms_jk_command_build(out, BMS_JK_COMMAND_ACK, (const uint8_t[]){ 1 }, 1);
}

bool bms_jk_profile_accepts(const struct bms_jk_profile *profile, uint8_t command)
{
	return profile->commands[command / 8] >> command % 8 & 1;
}

uint32_t bms_jk_command_u32(const struct bms_jk_command *command)
{
	uint32_t value = 0;

	for (size_t i = 0; i < LONGEST && i < command->size; i++)
		value |= (uint32_t)command->value[i] << 8 * i;
	return value;
}

static const struct bms_jk_place *place_of_command(uint8_t command)
{
	for (size_t block = 0; block < BMS_JK_BLOCKS; block++) {
		const struct bms_jk_place_table *table = &bms_jk_setting_places[block];

		for (size_t i = 0; i < table->count; i++)
			if (table->places[i].number == command)
				return &table->places[i];
	}
	return NULL;
}

enum bms_status bms_jk_command_setting(
	const struct bms_jk_command *command, size_t *ret_slot, int64_t *ret_value)
{
	const struct bms_jk_place *place = place_of_command(command->command);
	uint32_t raw = bms_jk_command_u32(command);
	uint8_t bytes[LONGEST] = { (uint8_t)raw, (uint8_t)(raw >> 8), (uint8_t)(raw >> 16),
		(uint8_t)(raw >> 24) };
	struct bms_window window = {
		.data = bytes, .size = sizeof(bytes), .order = BMS_ORDER_LITTLE
	};

	if (!place || place->count > 1)
		return BMS_UNKNOWN;
	if (command->size == 0 || command->size > LONGEST)
		return BMS_BAD_LENGTH;
	*ret_slot = place->slot;
	*ret_value = place->bit != BMS_JK_NO_BIT
			     ? (int64_t)raw
			     : bms_window_read(&window, 0, (enum bms_wire)place->wire);
	return BMS_OK;
}
