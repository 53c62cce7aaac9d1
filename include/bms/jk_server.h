/* SPDX-License-Identifier: MIT */
/*
 * The board's side of the Bluetooth protocol (JK02): commands in, frames out. Our firmware's UART
 * and the daemon's mirror are its users, so both give the same bytes at the same moments. No I/O,
 * no clock: time comes in, what goes out goes to a callback.
 *
 * Clients clear their buffer only when a notification begins with a frame's header: send() is
 * called with one whole frame or acknowledgement at a time, and never twice within
 * BMS_JK_SERVER_GAP_US.
 */
#ifndef BMS_JK_SERVER_H
#define BMS_JK_SERVER_H

#include <stdbool.h>

#include "bms/jk_command.h"

enum {
	BMS_JK_SERVER_LIVE_US = 500000,
	BMS_JK_SERVER_GAP_US = 60000, /* a frame takes 26 ms at 115200; then silence */
	BMS_JK_SERVER_QUEUE = 16,
	BMS_JK_SERVER_IN_MAX = 4 * BMS_JK_COMMAND_SIZE,
};

struct bms_jk_server_operations {
	/* A whole frame of type 01, 02, 03 or 05; false: there is nothing to tell. */
	bool (*frame)(
		void *userdata, uint8_t type, uint8_t counter, uint8_t out[BMS_JK_FRAME_SIZE]);
	/* A frame of type 06 with the records from an index on; returns how many it holds. */
	size_t (*records)(
		void *userdata, size_t first, uint8_t counter, uint8_t out[BMS_JK_FRAME_SIZE]);
	/* A command that the profile's board takes and that asks for no frame. */
	void (*execute)(void *userdata, const struct bms_jk_command *command);
	void (*send)(void *userdata, const uint8_t *bytes, size_t size);
};

struct bms_jk_server {
	const struct bms_jk_server_operations *operations;
	void *userdata;
	const struct bms_jk_profile *profile;
	uint64_t next_us; /* the line has been silent long enough */
	uint64_t live_us; /* the next live frame is due */
	bool streams;     /* somebody asked for the settings: live frames from now on */
	uint8_t counter;  /* of live frames */
	size_t records;   /* of the log, already sent in this burst */
	uint8_t queued;
	uint8_t queue[BMS_JK_SERVER_QUEUE]; /* frame types, BMS_JK_COMMAND_ACK for an
					       acknowledgement */
	size_t size;
	uint8_t in[BMS_JK_SERVER_IN_MAX];
};

/* Operations, userdata and profile are borrowed. */
void bms_jk_server_init(struct bms_jk_server *server,
	const struct bms_jk_server_operations *operations, void *userdata,
	const struct bms_jk_profile *profile);

/* Commands as they come, in pieces of any size. What is no command is skipped byte by byte. */
void bms_jk_server_hear(
	struct bms_jk_server *server, const uint8_t *bytes, size_t size, uint64_t now_us);

/* Sends what is due, at most one frame or acknowledgement. */
void bms_jk_server_poll(struct bms_jk_server *server, uint64_t now_us);

/* When to poll next; UINT64_MAX: not before something is heard. */
uint64_t bms_jk_server_next_us(const struct bms_jk_server *server);

/* Forgets the piece of a command that has come so far: what comes next is of another client. */
void bms_jk_server_cut(struct bms_jk_server *server);

/* The client has gone: silent until the next one asks. */
void bms_jk_server_stop(struct bms_jk_server *server);

#endif
