/* SPDX-License-Identifier: MIT */
/*
 * One JK board over Bluetooth LE: kept connected, its notifications joined into frames, commands
 * to it sent one after the other. central.h says how it is found again; callbacks run on the event
 * loop and none after ble_board_free(), which must not be called from one.
 */
#ifndef LINK_BLE_BOARD_H
#define LINK_BLE_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bms/jk_command.h"
#include "bms/jk_stream.h"
#include "link/ble/host.h"

struct ble_board;

enum {
	BLE_REASON_SIZE = 160
};

struct ble_board_options {
	const char *address;      /* "C8:47:8C:E1:22:33"; copied */
	const char *adapter;      /* its address; empty: the first that is on; copied */
	const char *passkey_file; /* see passkey.h; empty: none; copied */
	bool power_cycle;         /* may switch the adapter off and on */
	unsigned backoff_least_ms;
	unsigned backoff_most_ms;
	bool by_signals; /* data as D-Bus signals and calls although BlueZ offers sockets */
};

struct ble_board_callbacks {
	/* A whole frame; the view ends with the call. */
	void (*on_frame)(void *userdata, const struct bms_jk_frame *frame, uint64_t now_us);
	/* A command was acknowledged, or (false) was not in time or the link went. */
	void (*on_answer)(void *userdata, uint8_t command, bool acknowledged);
	/* Up: the board is subscribed to. Down: why, in words; again when the reason changed. */
	void (*on_state)(void *userdata, bool up, const char *reason);
	/* What ble_board_pair() began has ended; empty: it is paired. */
	void (*on_paired)(void *userdata, const char *failure);
};

struct ble_board_stats {
	uint64_t connections;
	uint64_t failures;
	uint64_t notifications;
	uint64_t bytes;
	uint64_t frames;
	uint64_t cut;
	uint64_t damaged;
	uint64_t skipped;
	uint16_t mtu;
	bool by_signals;
};

/* -EINVAL: an address is none. The host outlives the board. */
int ble_board_new(struct ble_board **ret, struct ble_host *host,
	const struct ble_board_options *options, const struct ble_board_callbacks *callbacks,
	void *userdata);

/* Ends the connection. Takes NULL, returns NULL. */
struct ble_board *ble_board_free(struct ble_board *board);

/* -ENOTCONN, or -ENOBUFS when BLE_COMMANDS_MAX wait. */
int ble_board_send(struct ble_board *board, const uint8_t command[BMS_JK_COMMAND_SIZE]);

/* Asks for the device and the settings frame, unless both questions are under way. */
int ble_board_ask(struct ble_board *board);

/* Leaves the board to others for so long; 0 takes it back. */
void ble_board_release(struct ble_board *board, unsigned seconds);

/* Pairs; -EBUSY while that is under way. */
int ble_board_pair(struct ble_board *board);

void ble_board_stats(const struct ble_board *board, struct ble_board_stats *ret);

#endif
