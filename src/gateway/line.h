/* SPDX-License-Identifier: MIT */
/* A serial line as the gateway keeps it: its options, its state and what to say of it. */
#ifndef GATEWAY_LINE_H
#define GATEWAY_LINE_H

#include <stdbool.h>

#include "config/config.h"
#include "link/modbus_line.h"

struct gateway;

struct line {
	struct gateway *gateway; /* owner */
	struct config_line options;
	struct modbus_line *modbus;
	uint64_t settings_reader; /* see station.h */
	bool up;
};

int line_new(struct line **ret, struct gateway *gateway, const struct config_line *options);
/* Takes NULL, returns NULL. */
struct line *line_free(struct line *line);

/* Can the open line go on under these options? */
bool line_fits(const struct line *line, const struct config_line *options);

#endif
