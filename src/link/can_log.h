/* SPDX-License-Identifier: MIT */
/* One line of a log as candump -L writes it: (1700000000.123456) can0 2F4#3B02A00F63000000 */
#ifndef LINK_CAN_LOG_H
#define LINK_CAN_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bms/jk_can.h"

enum {
	CAN_LOG_LINE_SIZE = 96
};

struct can_log_entry {
	int64_t time_us; /* of the log's clock */
	struct bms_can_frame frame;
};

enum can_log_line {
	CAN_LOG_FRAME,
	CAN_LOG_OTHER, /* empty, a comment, or a frame of another kind: remote, CAN FD, error */
	CAN_LOG_BAD,
};

/* ret is written for a frame only. */
enum can_log_line can_log_parse(const char *line, struct can_log_entry *ret);

/* Without a newline; interface is cut to fit. */
const char *can_log_format(
	char out[CAN_LOG_LINE_SIZE], const struct can_log_entry *entry, const char *interface);

#endif
