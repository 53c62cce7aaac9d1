/* SPDX-License-Identifier: MIT */
/*
 * Makes out of the bytes of an RS485 line what others say on it, without ever asking: 300-byte
 * frames, whose address stands only in the acknowledgement behind them, Modbus requests and the
 * answers to reads. Bytes in, one heard thing at a time out; no I/O, no clock.
 *
 * Noise costs what it hit: after a bad frame the search goes on one byte behind its start.
 */
#ifndef BMS_JK_TAP_H
#define BMS_JK_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bms/jk_frame.h"
#include "bms/modbus_rtu.h"

enum {
	BMS_JK_TAP_SIZE = 1024, /* three frames */
};

enum bms_jk_heard_kind {
	BMS_JK_HEARD_FRAME,     /* data: 300 bytes that passed bms_jk_frame_parse() */
	BMS_JK_HEARD_REQUEST,   /* a master is on the line */
	BMS_JK_HEARD_READ,      /* data: registers from reg on, answer to the request before */
	BMS_JK_HEARD_ACK,       /* of a write, no frame before it */
	BMS_JK_HEARD_EXCEPTION, /* the station refused */
};

/* data is a view, valid until the next call. */
struct bms_jk_heard {
	enum bms_jk_heard_kind kind;
	uint8_t unit;
	uint16_t reg;
	uint16_t count; /* registers asked for */
	const uint8_t *data;
	size_t size;
};

struct bms_jk_tap_counters {
	uint32_t noise_bytes;
	uint32_t bad_frames;  /* began like one, but sum or content was wrong */
	uint32_t unaddressed; /* good frames without an acknowledgement of their own */
};

struct bms_jk_tap {
	uint8_t buffer[BMS_JK_TAP_SIZE];
	size_t size;
	size_t taken; /* bytes at the start of buffer that the next call drops */
	bool silent;  /* nothing more will come to what is here */
	bool has_frame;
	uint8_t frame[BMS_JK_FRAME_SIZE]; /* waits for its acknowledgement */
	bool has_request;
	struct bms_modbus_frame request; /* a read that waits for its answer; pointers are NULL */
	struct bms_jk_tap_counters counters;
};

void bms_jk_tap_init(struct bms_jk_tap *tap);

/* Takes as many bytes as fit and returns their number; call bms_jk_tap_next() until it says false
 * before the rest. */
size_t bms_jk_tap_push(struct bms_jk_tap *tap, const uint8_t *data, size_t size);

/* The line fell silent for longer than t3.5: what is incomplete stays so. Before the next push. */
void bms_jk_tap_silence(struct bms_jk_tap *tap);

bool bms_jk_tap_next(struct bms_jk_tap *tap, struct bms_jk_heard *ret);

#endif
