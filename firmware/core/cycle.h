/* SPDX-License-Identifier: MIT */
/* One turn of the control loop on a port: samples in, step, relays out. */
#ifndef CYCLE_H
#define CYCLE_H

#include "core/board.h"

void cycle_run(struct board *board, struct port *port);

#endif
