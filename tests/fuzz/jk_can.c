/* SPDX-License-Identifier: MIT */
/* CAN: a run of frames merged into one report; the ids of the protocol are met often. */
#include "fuzz.h"

#include "bms/jk_can.h"

static struct bms_can_frame take_frame(const uint8_t **data, size_t *size, uint8_t address)
{
	struct bms_can_frame frame = { 0 };
	uint8_t which = fuzz_take(data, size);

	frame.id = bms_jk_can_rows[which % BMS_JK_CAN_FRAMES].id;
	frame.extended = bms_jk_can_rows[which % BMS_JK_CAN_FRAMES].extended;
	if (!frame.extended)
		frame.id += address;
	if (which > 0xF0)
		frame.id ^= fuzz_take(data, size);
	frame.size = fuzz_take(data, size) % (BMS_CAN_DATA_MAX + 1);
	for (size_t i = 0; i < frame.size; i++)
		frame.data[i] = fuzz_take(data, size);
	return frame;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bms_jk_can_options options = { 0 };
	struct bms_telemetry telemetry = { 0 };
	uint8_t choice = fuzz_take(&data, &size);
	int64_t wanted[3];
	size_t slots[3];

	options.address = choice % (BMS_JK_CAN_ADDRESS_MAX + 1);
	options.discharge_positive = choice & 0x40;
	options.errors_shifted = choice & 0x80;
	while (size > 0) {
		struct bms_can_frame frame = take_frame(&data, &size, options.address);

		(void)bms_jk_can_decode(&frame, &options, &telemetry);
		assert(bms_jk_can_control(&frame, slots, wanted) <= 3);
	}
	assert(bms_telemetry_length(&telemetry, BMS_FIELD_CELL_MV) <= BMS_CELLS_MAX);
	return 0;
}
