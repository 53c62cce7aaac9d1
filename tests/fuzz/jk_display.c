/* SPDX-License-Identifier: MIT */
/* The block of the serial display, its sum as it is. */
#include "fuzz.h"

#include "bms/jk_display.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bms_telemetry telemetry = { 0 };
	uint8_t block[BMS_JK_DISPLAY_SIZE];

	if (bms_jk_display_decode(data, size, &telemetry) == BMS_OK)
		bms_jk_display_encode(&telemetry, block);
	return 0;
}
