/* SPDX-License-Identifier: MIT */
#include "bms/modbus_rtu.h"

#include <string.h>

#include "bms/checksum.h"

enum {
	UNIT = 0,
	FUNCTION = 1,

	/* Requests and write acknowledgements */
	REGISTER = 2,
	COUNT = 4,
	SHORT_FRAME_SIZE = 8,
	/* Write requests */
	WRITE_LENGTH = 6,
	WRITE_DATA = 7,
	/* Read replies */
	READ_LENGTH = 2,
	READ_DATA = 3,
	/* Exceptions */
	EXCEPTION_CODE = 2,
	EXCEPTION_SIZE = 5,

	REGISTER_SIZE = 2,
};

static uint16_t read_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void write_u16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Appends the CRC, low byte first, and returns the size with it. */
static size_t seal(uint8_t *frame, size_t size)
{
	uint16_t crc = bms_crc16_modbus(frame, size);

	frame[size] = (uint8_t)crc;
	frame[size + 1] = (uint8_t)(crc >> 8);
	return size + BMS_MODBUS_CRC_SIZE;
}

static enum bms_status check_envelope(const uint8_t *frame, size_t size, size_t whole)
{
	if (size < whole || whole == 0)
		return BMS_SHORT;
	if (size > whole)
		return BMS_LONG;
	/* The CRC over a frame and its own CRC is 0. */
	return bms_crc16_modbus(frame, size) == 0 ? BMS_OK : BMS_BAD_SUM;
}

size_t bms_modbus_request_size(const uint8_t *frame, size_t size)
{
	if (size <= FUNCTION)
		return 0;
	if (frame[FUNCTION] != BMS_MODBUS_WRITE)
		return SHORT_FRAME_SIZE;
	if (size <= WRITE_LENGTH)
		return 0;
	return (size_t)WRITE_DATA + frame[WRITE_LENGTH] + BMS_MODBUS_CRC_SIZE;
}

static enum bms_status parse_write_request(const uint8_t *frame, struct bms_modbus_frame *parsed)
{
	parsed->data = frame + WRITE_DATA;
	parsed->data_size = frame[WRITE_LENGTH];
	if (parsed->count == 0 || parsed->data_size != parsed->count * REGISTER_SIZE)
		return BMS_BAD_LENGTH;
	return BMS_OK;
}

enum bms_status bms_modbus_parse_request(
	const uint8_t *frame, size_t size, struct bms_modbus_frame *ret)
{
	enum bms_status status = check_envelope(frame, size, bms_modbus_request_size(frame, size));
	struct bms_modbus_frame parsed = { 0 };

	if (status != BMS_OK)
		return status;
	parsed.unit = frame[UNIT];
	parsed.function = frame[FUNCTION];
	parsed.reg = read_u16(frame + REGISTER);
	parsed.count = read_u16(frame + COUNT);
	if (parsed.function == BMS_MODBUS_WRITE)
		status = parse_write_request(frame, &parsed);
	else if (parsed.function != BMS_MODBUS_READ)
		status = BMS_BAD_FUNCTION;
	if (status == BMS_OK)
		*ret = parsed;
	return status;
}

/* Size of the whole reply that begins here; 0 while too little of it is here to tell. */
static size_t reply_size(const uint8_t *frame, size_t size)
{
	if (size <= READ_LENGTH)
		return 0;
	if (frame[FUNCTION] == BMS_MODBUS_READ)
		return (size_t)READ_DATA + frame[READ_LENGTH] + BMS_MODBUS_CRC_SIZE;
	return bms_modbus_reply_size(frame[FUNCTION], 0);
}

static enum bms_status parse_reply_body(const uint8_t *frame, struct bms_modbus_frame *parsed)
{
	if (frame[FUNCTION] & BMS_MODBUS_ERROR) {
		parsed->exception = frame[EXCEPTION_CODE];
		return parsed->exception ? BMS_OK : BMS_BAD_LENGTH;
	}
	if (parsed->function == BMS_MODBUS_READ) {
		parsed->data = frame + READ_DATA;
		parsed->data_size = frame[READ_LENGTH];
		return parsed->data_size % REGISTER_SIZE ? BMS_BAD_LENGTH : BMS_OK;
	}
	if (parsed->function != BMS_MODBUS_WRITE)
		return BMS_BAD_FUNCTION;
	parsed->reg = read_u16(frame + REGISTER);
	parsed->count = read_u16(frame + COUNT);
	return BMS_OK;
}

enum bms_status bms_modbus_parse_reply(
	const uint8_t *frame, size_t size, struct bms_modbus_frame *ret)
{
	enum bms_status status = check_envelope(frame, size, reply_size(frame, size));
	struct bms_modbus_frame parsed = { 0 };

	if (status != BMS_OK)
		return status;
	parsed.unit = frame[UNIT];
	parsed.function = frame[FUNCTION] & (uint8_t)~BMS_MODBUS_ERROR;
	status = parse_reply_body(frame, &parsed);
	if (status == BMS_OK)
		*ret = parsed;
	return status;
}

enum bms_status bms_modbus_match(
	const struct bms_modbus_frame *request, const struct bms_modbus_frame *reply)
{
	if (reply->unit != request->unit)
		return BMS_BAD_ADDRESS;
	if (reply->function != request->function)
		return BMS_BAD_FUNCTION;
	if (reply->exception)
		return BMS_EXCEPTION;
	if (request->function == BMS_MODBUS_READ)
		return reply->data_size == request->count * REGISTER_SIZE ? BMS_OK : BMS_BAD_LENGTH;
	if (reply->reg != request->reg || reply->count != request->count)
		return BMS_BAD_ECHO;
	return BMS_OK;
}

/* The eight bytes of a read request and of a write acknowledgement; CRC not yet. */
static size_t write_head(uint8_t *out, uint8_t unit, uint8_t function, uint16_t reg, uint16_t count)
{
	out[UNIT] = unit;
	out[FUNCTION] = function;
	write_u16(out + REGISTER, reg);
	write_u16(out + COUNT, count);
	return COUNT + REGISTER_SIZE;
}

size_t bms_modbus_read_request(uint8_t *out, uint8_t unit, uint16_t reg, uint16_t count)
{
	return seal(out, write_head(out, unit, BMS_MODBUS_READ, reg, count));
}

size_t bms_modbus_write_request(
	uint8_t *out, uint8_t unit, uint16_t reg, const uint8_t *data, uint8_t size)
{
	write_head(out, unit, BMS_MODBUS_WRITE, reg, size / REGISTER_SIZE);
	out[WRITE_LENGTH] = size;
	memcpy(out + WRITE_DATA, data, size);
	return seal(out, (size_t)WRITE_DATA + size);
}

size_t bms_modbus_read_reply(uint8_t *out, uint8_t unit, const uint8_t *data, uint8_t size)
{
	out[UNIT] = unit;
	out[FUNCTION] = BMS_MODBUS_READ;
	out[READ_LENGTH] = size;
	memcpy(out + READ_DATA, data, size);
	return seal(out, (size_t)READ_DATA + size);
}

size_t bms_modbus_write_reply(uint8_t *out, uint8_t unit, uint16_t reg, uint16_t count)
{
	return seal(out, write_head(out, unit, BMS_MODBUS_WRITE, reg, count));
}

size_t bms_modbus_exception_reply(uint8_t *out, uint8_t unit, uint8_t function, uint8_t code)
{
	out[UNIT] = unit;
	out[FUNCTION] = function | BMS_MODBUS_ERROR;
	out[EXCEPTION_CODE] = code;
	return seal(out, EXCEPTION_CODE + 1);
}

size_t bms_modbus_reply_size(uint8_t function, uint16_t count)
{
	if (function == BMS_MODBUS_READ)
		return (size_t)READ_DATA + (size_t)count * REGISTER_SIZE + BMS_MODBUS_CRC_SIZE;
	if (function == BMS_MODBUS_WRITE)
		return SHORT_FRAME_SIZE;
	return EXCEPTION_SIZE;
}
