/* SPDX-License-Identifier: MIT */
/* Commands and acknowledgements of the Bluetooth protocol. */
#include "fuzz.h"

#include "bms/checksum.h"
#include "bms/jk_command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t bytes[BMS_JK_COMMAND_SIZE] = { 0 };
	struct bms_jk_command command;
	int64_t value;
	size_t slot;

	(void)bms_jk_command_parse(data, size, &command);
	memcpy(bytes, data, size < sizeof(bytes) ? size : sizeof(bytes));
	bytes[sizeof(bytes) - 1] = bms_sum8(bytes, sizeof(bytes) - 1);
	if (bms_jk_command_parse(bytes, sizeof(bytes), &command) != BMS_OK)
		return 0;
	assert(command.size <= BMS_JK_COMMAND_VALUE_MAX);
	(void)bms_jk_command_u32(&command);
	if (bms_jk_command_setting(&command, &slot, &value) == BMS_OK)
		assert(slot < BMS_SETTING_SLOTS);
	return 0;
}
