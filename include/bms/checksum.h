/* SPDX-License-Identifier: MIT */
#ifndef BMS_CHECKSUM_H
#define BMS_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Sum of all bytes modulo 256, as at the end of a JK frame. */
uint8_t bms_sum8(const uint8_t *data, size_t size);

/* CRC-16/MODBUS: polynomial 0xA001 reflected, start 0xFFFF; sent low byte first. */
uint16_t bms_crc16_modbus(const uint8_t *data, size_t size);

/* CRC-32/ISO-HDLC (as in zip): of the firmware's parameter store. */
uint32_t bms_crc32(const uint8_t *data, size_t size);

#endif
