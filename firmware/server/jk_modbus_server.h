/* SPDX-License-Identifier: MIT */
/* The board as a slave on JK's RS485 Modbus: functions 03 and 10, and the 300-byte frames that
 * function 10 on 0x1600 asks for. Bytes in, bytes out. */
#ifndef JK_MODBUS_SERVER_H
#define JK_MODBUS_SERVER_H

#include "bms/jk_frame.h"
#include "bms/jk_layout.h"
#include "bms/modbus_rtu.h"
#include "server/change.h"

enum {
	/* A 300-byte frame and the acknowledgement that carries the address. */
	JK_MODBUS_ANSWER_MAX = BMS_JK_FRAME_SIZE + 8,
};

struct jk_modbus_server {
	struct change change;
	/* Byte 5 of the frames counts up, as boards do it; some clients take only 0. */
	bool counts_frames;
	uint8_t frames;
};

void jk_modbus_server_init(struct jk_modbus_server *server, struct board *board, struct port *port);

/* The answer to one whole request, or 0: not for this board, damaged, or to all boards. */
size_t jk_modbus_server_answer(struct jk_modbus_server *server, const uint8_t *request, size_t size,
	uint8_t answer[JK_MODBUS_ANSWER_MAX]);

#endif
