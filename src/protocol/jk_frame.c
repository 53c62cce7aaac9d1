/* SPDX-License-Identifier: MIT */
#include "bms/jk_frame.h"

#include <stdbool.h>
#include <string.h>

#include "bms/checksum.h"

enum {
	HEADER_SIZE = 4,
	SUM_SIZE = 1,

	FRAME_TYPE = 4,
	FRAME_COUNTER = 5,
	FRAME_SUM = BMS_JK_FRAME_SIZE - SUM_SIZE,

	COMMAND_NUMBER = 4,
	COMMAND_LENGTH = 5,
	COMMAND_VALUE = 6,
	COMMAND_SUM = BMS_JK_COMMAND_SIZE - SUM_SIZE,
};

static const uint8_t frame_header[HEADER_SIZE] = { 0x55, 0xAA, 0xEB, 0x90 };
static const uint8_t command_header[HEADER_SIZE] = { 0xAA, 0x55, 0x90, 0xEB };

static const uint8_t frame_types[] = {
	BMS_JK_FRAME_SETTINGS,
	BMS_JK_FRAME_LIVE,
	BMS_JK_FRAME_DEVICE,
	BMS_JK_FRAME_EVENT_LOG,
	BMS_JK_FRAME_DETAIL_LOG,
};

static const struct {
	uint16_t reg;
	uint8_t type;
} triggers[] = {
	{ 0x161C, BMS_JK_FRAME_DEVICE },
	{ 0x161E, BMS_JK_FRAME_SETTINGS },
	{ 0x1620, BMS_JK_FRAME_LIVE },
	{ 0x1622, BMS_JK_FRAME_DETAIL_LOG },
	{ 0x1624, BMS_JK_FRAME_EVENT_LOG },
};

static bool starts_with(const uint8_t *data, const uint8_t *header)
{
	return memcmp(data, header, HEADER_SIZE) == 0;
}

static bool is_known_type(uint8_t type)
{
	for (size_t i = 0; i < sizeof(frame_types); i++)
		if (frame_types[i] == type)
			return true;
	return false;
}

/* Another frame or acknowledgement begins inside: bytes were lost and two were joined. */
static bool is_spliced(const uint8_t *frame)
{
	for (size_t i = HEADER_SIZE; i + HEADER_SIZE <= BMS_JK_FRAME_SIZE; i++)
		if (starts_with(frame + i, frame_header) || starts_with(frame + i, command_header))
			return true;
	return false;
}

/* Header, length and checksum of either kind. */
static enum bms_status check_envelope(
	const uint8_t *data, size_t size, const uint8_t *header, size_t whole)
{
	if (size >= HEADER_SIZE && !starts_with(data, header))
		return BMS_UNKNOWN;
	if (size < whole)
		return BMS_SHORT;
	if (size > whole)
		return BMS_LONG;
	if (data[whole - SUM_SIZE] != bms_sum8(data, whole - SUM_SIZE))
		return BMS_BAD_SUM;
	return BMS_OK;
}

enum bms_status bms_jk_frame_parse(const uint8_t *data, size_t size, struct bms_jk_frame *ret)
{
	enum bms_status status = check_envelope(data, size, frame_header, BMS_JK_FRAME_SIZE);

	if (status != BMS_OK)
		return status;
	if (is_spliced(data))
		return BMS_IMPLAUSIBLE;
	if (!is_known_type(data[FRAME_TYPE]))
		return BMS_UNKNOWN;
	*ret = (struct bms_jk_frame){
		.type = data[FRAME_TYPE],
		.counter = data[FRAME_COUNTER],
		/* The cursor serves writers too; decoders only read. */
		.payload = {
			.data = (uint8_t *)(uintptr_t)(data + BMS_JK_FRAME_PAYLOAD),
			.size = FRAME_SUM - BMS_JK_FRAME_PAYLOAD,
			.order = BMS_ORDER_LITTLE,
		},
	};
	return BMS_OK;
}

void bms_jk_frame_seal(uint8_t out[BMS_JK_FRAME_SIZE], uint8_t type, uint8_t counter)
{
	memcpy(out, frame_header, HEADER_SIZE);
	out[FRAME_TYPE] = type;
	out[FRAME_COUNTER] = counter;
	out[FRAME_SUM] = bms_sum8(out, FRAME_SUM);
}

uint8_t bms_jk_frame_of_trigger(uint16_t reg)
{
	for (size_t i = 0; i < sizeof(triggers) / sizeof(*triggers); i++)
		if (triggers[i].reg == reg)
			return triggers[i].type;
	return 0;
}

uint16_t bms_jk_trigger_of_frame(uint8_t type)
{
	for (size_t i = 0; i < sizeof(triggers) / sizeof(*triggers); i++)
		if (triggers[i].type == type)
			return triggers[i].reg;
	return 0;
}

enum bms_status bms_jk_command_parse(const uint8_t *data, size_t size, struct bms_jk_command *ret)
{
	enum bms_status status = check_envelope(data, size, command_header, BMS_JK_COMMAND_SIZE);

	if (status != BMS_OK)
		return status;
	if (data[COMMAND_LENGTH] > COMMAND_SUM - COMMAND_VALUE)
		return BMS_BAD_LENGTH;
	*ret = (struct bms_jk_command){
		.command = data[COMMAND_NUMBER],
		.size = data[COMMAND_LENGTH],
		.value = data + COMMAND_VALUE,
	};
	return BMS_OK;
}
