/* SPDX-License-Identifier: MIT */
/*
 * The board as the answering side of the 4E 57 protocol. The charge and discharge switch may be
 * written by anybody who is connected, as on real boards; everything else only within a minute of
 * a frame with the settings password. Bytes in, bytes out.
 */
#ifndef NW_SERVER_H
#define NW_SERVER_H

#include "bms/jk_nw.h"
#include "server/change.h"

enum {
	NW_UNLOCKED_US = 60000000
};

struct nw_server {
	struct change change;
	uint64_t unlocked_us; /* the password was heard */
	bool unlocked;
};

void nw_server_init(struct nw_server *server, struct board *board, struct port *port);

/* The answer to one whole frame, or 0: damaged, or nothing to say. A write is answered with what
 * the board now holds, so a refusal shows. */
size_t nw_server_answer(struct nw_server *server, const uint8_t *request, size_t size,
	uint64_t now_us, uint8_t answer[BMS_NW_FRAME_MAX]);

#endif
