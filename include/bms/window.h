/* SPDX-License-Identifier: MIT */
/*
 * A window onto a board's address space: bytes that begin at some offset, in one byte order.
 * The cursor of the placement codecs: a field that does not lie wholly inside is absent when read
 * and left alone when written.
 */
#ifndef BMS_WINDOW_H
#define BMS_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bms_order {
	BMS_ORDER_LITTLE, /* 300-byte frames */
	BMS_ORDER_BIG,    /* Modbus registers */
};

/* How a number lies in memory. */
enum bms_wire {
	BMS_WIRE_U8,
	BMS_WIRE_I8,
	BMS_WIRE_U16,
	BMS_WIRE_I16,
	BMS_WIRE_U32,
	BMS_WIRE_I32,
	BMS_WIRE_F32_PPB,   /* IEEE 754 single below 8, held as billionths */
	BMS_WIRE_F32_MILLI, /* IEEE 754 single below 2^20, held as thousandths */
};

struct bms_window {
	uint8_t *data;  /* borrowed; not written through by the readers */
	uint16_t start; /* offset of data[0] */
	uint16_t size;
	enum bms_order order;
};

/* Bytes a number of this kind takes. */
size_t bms_wire_size(enum bms_wire wire);

/* Smallest and largest value that survives the wire. */
int64_t bms_wire_min(enum bms_wire wire);
int64_t bms_wire_max(enum bms_wire wire);

bool bms_window_holds(const struct bms_window *window, size_t offset, size_t size);

/* The number at an offset; the caller has asked bms_window_holds(). */
int64_t bms_window_read(const struct bms_window *window, size_t offset, enum bms_wire wire);

/* Writes the low bits of the value; the caller has asked bms_window_holds(). */
void bms_window_write(
	const struct bms_window *window, size_t offset, enum bms_wire wire, int64_t value);

#endif
