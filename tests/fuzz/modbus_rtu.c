/* SPDX-License-Identifier: MIT */
/* Modbus frames of both directions, their CRC as it is and put right. */
#include "fuzz.h"

#include "bms/checksum.h"
#include "bms/modbus_rtu.h"

static void check_view(const struct bms_modbus_frame *frame, const uint8_t *data, size_t size)
{
	if (!frame->data)
		return;
	assert(frame->data >= data);
	assert(frame->data + frame->data_size + BMS_MODBUS_CRC_SIZE <= data + size);
}

static void take(const uint8_t *data, size_t size)
{
	struct bms_modbus_frame request = { 0 };
	struct bms_modbus_frame reply = { 0 };

	(void)bms_modbus_request_size(data, size);
	if (bms_modbus_parse_request(data, size, &request) == BMS_OK)
		check_view(&request, data, size);
	if (bms_modbus_parse_reply(data, size, &reply) == BMS_OK)
		check_view(&reply, data, size);
	(void)bms_modbus_match(&request, &reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t frame[BMS_MODBUS_FRAME_MAX];
	uint16_t crc;

	take(data, size);
	if (size < BMS_MODBUS_CRC_SIZE || size > sizeof(frame))
		return 0;
	memcpy(frame, data, size);
	crc = bms_crc16_modbus(frame, size - BMS_MODBUS_CRC_SIZE);
	frame[size - 2] = (uint8_t)crc;
	frame[size - 1] = (uint8_t)(crc >> 8);
	take(frame, size);
	return 0;
}
