/* SPDX-License-Identifier: MIT */
/* Modbus RTU frames as the JK family uses them: function 03 and 10 only. Both sides, no I/O. */
#ifndef BMS_MODBUS_RTU_H
#define BMS_MODBUS_RTU_H

#include <stddef.h>
#include <stdint.h>

#include "bms/status.h"

enum {
	BMS_MODBUS_READ = 0x03,
	BMS_MODBUS_WRITE = 0x10,
	BMS_MODBUS_ERROR = 0x80, /* added to the function in an exception reply */

	BMS_MODBUS_BAD_FUNCTION = 1,
	BMS_MODBUS_BAD_REGISTER = 2,
	BMS_MODBUS_BAD_DATA = 3,

	BMS_MODBUS_FRAME_MAX = 256,
	BMS_MODBUS_CRC_SIZE = 2,
	/* Boards answer 122 registers and refuse 124 (PB2A16S20P 15.41). */
	BMS_MODBUS_READ_MAX = 122,
};

/* One frame, taken apart. Pointers are views into the frame. */
struct bms_modbus_frame {
	uint8_t unit;
	uint8_t function;    /* without BMS_MODBUS_ERROR */
	uint8_t exception;   /* 0, or the exception code */
	uint16_t reg;        /* request and write acknowledgement */
	uint16_t count;      /* registers; request and write acknowledgement */
	const uint8_t *data; /* write request and read reply, else NULL */
	uint8_t data_size;
};

/* Size of the whole request that begins here: 0 not known yet, more bytes needed; an unknown
 * function counts as 8, the shortest request. */
size_t bms_modbus_request_size(const uint8_t *frame, size_t size);

/* Whole frames, CRC included. Outputs are written only on BMS_OK. */
enum bms_status bms_modbus_parse_request(
	const uint8_t *frame, size_t size, struct bms_modbus_frame *ret);
enum bms_status bms_modbus_parse_reply(
	const uint8_t *frame, size_t size, struct bms_modbus_frame *ret);

/* Is reply the answer to request? BMS_EXCEPTION when the station refused. */
enum bms_status bms_modbus_match(
	const struct bms_modbus_frame *request, const struct bms_modbus_frame *reply);

/* Builders write a frame with its CRC into out[BMS_MODBUS_FRAME_MAX] and return its size. */
size_t bms_modbus_read_request(uint8_t *out, uint8_t unit, uint16_t reg, uint16_t count);
size_t bms_modbus_write_request(
	uint8_t *out, uint8_t unit, uint16_t reg, const uint8_t *data, uint8_t size);
size_t bms_modbus_read_reply(uint8_t *out, uint8_t unit, const uint8_t *data, uint8_t size);
size_t bms_modbus_write_reply(uint8_t *out, uint8_t unit, uint16_t reg, uint16_t count);
size_t bms_modbus_exception_reply(uint8_t *out, uint8_t unit, uint8_t function, uint8_t code);

/* Bytes of the answer to a request of this function for count registers, CRC included. */
size_t bms_modbus_reply_size(uint8_t function, uint16_t count);

#endif
