/* SPDX-License-Identifier: MIT */
#include "server/gps.h"

#include <string.h>

void gps_init(struct gps *gps, struct board *board, struct port *port)
{
	*gps = (struct gps){ 0 };
	nw_server_init(&gps->server, board, port);
}

static void drop(struct gps *gps, size_t size)
{
	gps->size -= size;
	memmove(gps->request, gps->request + size, gps->size);
}

/* What is no frame is skipped byte by byte. */
static void answer_requests(struct gps *gps, uint64_t now_us)
{
	uint8_t answer[BMS_NW_FRAME_MAX];
	size_t whole, size;

	while (gps->size >= 2) {
		if (gps->request[0] != 0x4E || gps->request[1] != 0x57) {
			drop(gps, 1);
			continue;
		}
		whole = bms_nw_frame_size(gps->request, gps->size);
		if (whole == 0 || whole > gps->size)
			return;
		size = nw_server_answer(&gps->server, gps->request, whole, now_us, answer);
		if (size > 0)
			port_uart_write(gps->server.change.port, PORT_UART_GPS, answer, size);
		drop(gps, whole);
	}
}

void gps_poll(struct gps *gps, uint64_t now_us)
{
	struct port *port = gps->server.change.port;
	size_t size;

	if (gps->size > 0 && now_us - gps->heard_us > GPS_SILENCE_US)
		gps->size = 0;
	while ((size = port_uart_read(port, PORT_UART_GPS, gps->request + gps->size,
			sizeof(gps->request) - gps->size)) > 0) {
		gps->size += size;
		gps->heard_us = now_us;
		answer_requests(gps, now_us);
	}
}
