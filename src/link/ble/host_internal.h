/* SPDX-License-Identifier: MIT */
/* What host.c, agent.c and board.c know of each other. */
#ifndef LINK_BLE_HOST_INTERNAL_H
#define LINK_BLE_HOST_INTERNAL_H

#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "link/ble/bluez.h"
#include "link/ble/host.h"

struct ble_board;

enum {
	HOST_ADAPTERS_MAX = 8,
};

struct host_adapter {
	char path[BLUEZ_PATH_SIZE];
	char address[BLUEZ_ADDRESS_SIZE];
	bool is_powered;
};

struct ble_host {
	sd_event *event;
	sd_bus *bus; /* NULL while there is none */
	sd_event_source *retry;
	sd_event_source *turns; /* hands out turns when the loop is idle */
	sd_bus_slot *refresh;   /* the question for all objects that is under way */
	bool again;             /* something changed since it was asked */
	bool is_there;          /* bluetoothd answers */
	bool is_reported;       /* that there is no bus */
	struct host_adapter adapters[HOST_ADAPTERS_MAX];
	size_t adapter_count;
	char cycled[BLUEZ_PATH_SIZE]; /* the adapter that is switched off and on */
	struct ble_board *boards;     /* linked by next */
	uint64_t last_ticket;
};

/* The adapter of this address, or the first that is on; NULL when there is none. */
const struct host_adapter *host_adapter(const struct ble_host *host, const char *address);

/* Asks BlueZ for everything; boards are told by board_on_objects(). */
void host_refresh(struct ble_host *host);

/* Turns may have become free. */
void host_turns_changed(struct ble_host *host);

/* Switches an adapter off and on; goes on when the board that asked is gone. */
int host_power_cycle(struct ble_host *host, const char *path);

void host_add_board(struct ble_host *host, struct ble_board *board);
void host_remove_board(struct ble_host *host, struct ble_board *board);

/* The board whose device has this path, or NULL. */
struct ble_board *host_board_of(struct ble_host *host, const char *path);

/* Of agent.c. */
int agent_offer(struct ble_host *host);
void agent_register(struct ble_host *host);

/* Of board.c. */

/* An interface of an object below the board's device, or of the device. */
int board_on_interface(struct ble_board *board, const char *path, const char *interface,
	sd_bus_message *properties);
/* Before and after all objects were told; also when they are gone. */
void board_begin_objects(struct ble_board *board);
void board_on_objects(struct ble_board *board);
void board_on_changed(struct ble_board *board, const char *path, const char *interface,
	sd_bus_message *properties);
void board_on_removed(struct ble_board *board, const char *path);
/* Its device or something below it? */
bool board_has_path(const struct ble_board *board, const char *path);
void board_on_turn(struct ble_board *board);

#endif
