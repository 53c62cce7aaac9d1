/* SPDX-License-Identifier: MIT */
/*
 * bluetoothd as far as a central sees it, with one adapter and up to two JK boards that answer
 * with captured frames: on a D-Bus of the test's own, in the test's own event loop. It can do what
 * the real one cannot be made to do: hang, refuse, forget, and vanish at a given moment.
 */
#ifndef TESTS_FAKE_BLUEZ_H
#define TESTS_FAKE_BLUEZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#define FAKE_ADAPTER "00:AA:01:00:00:42"

enum {
	FAKE_BOARDS = 2,
};

struct fake_bluez;

struct fake_board {
	struct fake_bluez *bluez;
	char address[18];
	char path[64];
	char characteristic[80];
	sd_bus_slot *device_slot;
	sd_bus_slot *characteristic_slot;
	sd_event_source *source; /* of the client's writes */
	int fds[2];              /* ours: notifications out, writes in; -1 */

	/* What it does. */
	bool is_known;        /* to BlueZ without a scan */
	bool advertises;      /* found by a scan */
	bool refuses_acquire; /* signals and calls instead of sockets */
	bool hangs;           /* Connect is never answered */
	bool wants_pairing;   /* before it can be subscribed to */
	bool is_mute;         /* subscribed to, says nothing */
	unsigned fail_connects;
	size_t piece; /* of a notification */

	/* What came of it. */
	bool is_connected;
	bool is_paired;
	bool notifies;
	bool streams;
	unsigned connects;
	unsigned disconnects;
	unsigned removals;
	unsigned commands[256];  /* by number */
	sd_bus_message *pairing; /* not answered yet */
	uint32_t passkey;        /* that the agent gave */
	char agent_error[64];    /* or its refusal */
	size_t live;             /* the next live frame */
};

struct fake_bluez {
	sd_event *event;
	sd_bus *bus;
	sd_event_source *timer;
	char agent[128];  /* path, empty: none */
	char client[128]; /* its owner */
	bool is_powered;
	bool is_discovering;
	unsigned discoveries;
	unsigned powered_off;
	struct fake_board boards[FAKE_BOARDS];
	size_t board_count;
};

/* The bus is that of $DBUS_SYSTEM_BUS_ADDRESS. */
void fake_init(struct fake_bluez *bluez, sd_event *event);
struct fake_board *fake_add_board(struct fake_bluez *bluez, const char *address);
void fake_start(struct fake_bluez *bluez);
/* As when bluetoothd ends: every connection with it. */
void fake_stop(struct fake_bluez *bluez);

void fake_set_power(struct fake_bluez *bluez, bool on);

/* The radio lost the board. */
void fake_drop(struct fake_board *board);

/* The board says bytes, in its pieces. */
void fake_notify(struct fake_board *board, const void *bytes, size_t size);

#endif
