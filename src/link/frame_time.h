/* SPDX-License-Identifier: MIT */
/* How long bytes take on a serial line: start bit, eight data bits, no parity, one stop bit. */
#ifndef LINK_FRAME_TIME_H
#define LINK_FRAME_TIME_H

#include <stddef.h>
#include <stdint.h>

uint32_t frame_time_us(unsigned baud, size_t bytes);

/* Silence between two frames, the t3.5 of Modbus RTU. */
uint32_t frame_gap_us(unsigned baud);

#endif
