/* SPDX-License-Identifier: MIT */
/* A board as host.c, agent.c, board.c and wire.c share it. */
#ifndef LINK_BLE_BOARD_INTERNAL_H
#define LINK_BLE_BOARD_INTERNAL_H

#include "link/ble/board.h"
#include "link/ble/central.h"
#include "link/ble/commands.h"
#include "link/ble/host_internal.h"

enum {
	BOARD_FILE_SIZE = 256
};

/* The way of the bytes, once connected. */
struct ble_wire {
	char notify_path[BLUEZ_PATH_SIZE]; /* empty: not found */
	char write_path[BLUEZ_PATH_SIZE];
	unsigned write_flags;
	int notify_fd; /* -1: signals */
	int write_fd;  /* -1: calls */
	uint16_t mtu;
	sd_event_source *source;
};

struct ble_board {
	struct ble_board *next; /* of the host's */
	struct ble_host *host;
	struct ble_board_callbacks callbacks;
	void *userdata;
	char address[BLUEZ_ADDRESS_SIZE];
	char wanted_adapter[BLUEZ_ADDRESS_SIZE];
	char passkey_file[BOARD_FILE_SIZE];
	bool by_signals;

	struct ble_central central;
	struct ble_commands commands;
	struct bms_jk_stream stream;
	struct ble_wire wire;
	sd_event_source *timer;
	sd_bus_slot *call; /* what the state waits for */

	char adapter[BLUEZ_PATH_SIZE]; /* empty: none */
	char device[BLUEZ_PATH_SIZE];
	bool is_ready; /* the adapter is on */
	bool exists;   /* BlueZ knows the device */
	bool is_connected;
	bool is_resolved;
	bool is_paired;
	bool has_turn;
	uint64_t ticket; /* waits for the turn since; 0: does not */
	bool is_discovering;

	bool is_pairing; /* ble_board_pair() has not ended */
	bool is_up;      /* as told */
	char reason[BLE_REASON_SIZE];
	char told[BLE_REASON_SIZE];
	struct ble_board_stats stats;
};

/* Steps the machine and does what follows. */
void board_step(struct ble_board *board, enum ble_event event);

/* Keeps the words of a failure; an error of D-Bus where there is one. */
void board_blame(struct ble_board *board, const char *what, const sd_bus_error *error);

/* The board acknowledged the command on the air. */
void board_on_ack(struct ble_board *board);

/* What the state waits for was refused. */
void board_fail(struct ble_board *board, const sd_bus_error *error);

/* Of wire.c. */
void wire_init(struct ble_wire *wire);
void wire_close(struct ble_board *board);
/* Notes a characteristic that BlueZ tells of. */
int wire_on_characteristic(struct ble_board *board, const char *path, sd_bus_message *properties);
/* 0, -ENOENT without FFE1, or begins and steps the machine later. */
int wire_subscribe(struct ble_board *board);
int wire_write(struct ble_board *board, const uint8_t *bytes, size_t size);
void wire_on_value(struct ble_board *board, const char *path, sd_bus_message *properties);

#endif
