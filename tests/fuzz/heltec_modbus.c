/* SPDX-License-Identifier: MIT */
/* Heltec's registers: one read of the cell count, then any reads. */
#include "fuzz.h"

#include "bms/heltec_modbus.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bms_telemetry telemetry = { 0 };
	struct bms_settings settings = { 0 };
	struct bms_identity identity = { 0 };

	while (size > 0) {
		uint8_t reg = fuzz_take(&data, &size);
		size_t part = fuzz_take(&data, &size) % (2 * BMS_HELTEC_READ_MAX + 1);

		if (part > size)
			part = size;
		bms_heltec_decode_live(reg, data, part, &telemetry);
		bms_heltec_decode_settings(reg, data, part, &settings, &identity);
		data += part;
		size -= part;
	}
	for (size_t i = 0; i < BMS_IDENTITY_TEXTS; i++)
		assert(memchr(identity.text[i], 0, BMS_IDENTITY_TEXT_SIZE));
	return 0;
}
