/* SPDX-License-Identifier: MIT */
/* The GPS port: the 4E 57 protocol. Finds frames in what comes in and sends the answers. */
#ifndef GPS_H
#define GPS_H

#include "server/nw_server.h"

enum {
	GPS_SILENCE_US = 100000 /* requests are at least this far apart */
};

struct gps {
	struct nw_server server;
	uint64_t heard_us;
	size_t size;
	uint8_t request[BMS_NW_FRAME_MAX];
};

void gps_init(struct gps *gps, struct board *board, struct port *port);

/* Takes what has come at this time of the line's clock and answers whole requests. */
void gps_poll(struct gps *gps, uint64_t now_us);

#endif
