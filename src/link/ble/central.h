/* SPDX-License-Identifier: MIT */
/*
 * What a central does about one board: a state machine without I/O. Events go in with the time,
 * at most one action comes out; link.c performs it and says how it went.
 *
 *   IDLE -ready-> QUEUED -turn-> FIND -> [PAIR] -> CONNECT -> RESOLVE -> SUBSCRIBE -> STREAM
 *
 *   any failure, or a deadline -> CLOSE -> [FORGET | POWER] -> BACKOFF -> QUEUED
 *
 * Each state has a deadline, also those that only wait for an answer of BlueZ: it forgets some.
 * Recovery goes in steps: connect again after a pause that doubles and is spread by chance; then
 * have BlueZ forget the device, unless that would lose its bond; then, only if the configuration
 * says so, switch the adapter off and on. It never gives up.
 */
#ifndef LINK_BLE_CENTRAL_H
#define LINK_BLE_CENTRAL_H

#include <stdbool.h>
#include <stdint.h>

enum ble_state {
	BLE_IDLE,   /* no BlueZ, no such adapter, or it is switched off */
	BLE_QUEUED, /* others have the adapter's turn */
	BLE_FIND,
	BLE_PAIR,
	BLE_CONNECT,
	BLE_RESOLVE,
	BLE_SUBSCRIBE,
	BLE_STREAM,
	BLE_CLOSE,
	BLE_FORGET,
	BLE_POWER,
	BLE_BACKOFF,
	BLE_RELEASED, /* left to the phone for a while */
	BLE_STATES
};

enum ble_event {
	BLE_ON_NOTHING,
	BLE_ON_READY, /* the adapter is there and on */
	BLE_ON_GONE,
	BLE_ON_TURN, /* the adapter is this board's */
	BLE_ON_DONE, /* the state's action went well */
	BLE_ON_FAILED,
	BLE_ON_REFUSED, /* failed, as the board wants to be paired first */
	BLE_ON_FRAME,   /* the board said something */
	BLE_ON_LOST,    /* the connection is gone */
	BLE_ON_TIME,
};

enum ble_action {
	BLE_DO_NOTHING,
	BLE_DO_DROP,  /* let go of what BlueZ has taken away */
	BLE_DO_QUEUE, /* ask for the adapter's turn */
	BLE_DO_FIND,
	BLE_DO_PAIR, /* done at once when it is */
	BLE_DO_CONNECT,
	BLE_DO_RESOLVE, /* wait for its services and look for the characteristics */
	BLE_DO_SUBSCRIBE,
	BLE_DO_GREET, /* give the turn back; ask for device, settings and the stream */
	BLE_DO_CLOSE, /* end whatever is under way, and the connection */
	BLE_DO_FORGET,
	BLE_DO_POWER,
	BLE_DO_REST, /* give the turn back and wait */
};

struct ble_central_options {
	uint32_t backoff_least_ms; /* first pause; doubles */
	uint32_t backoff_most_ms;
	bool may_power; /* switch the adapter off and on: other devices lose it as well */
	bool may_pair;  /* there is a passkey, or the board needs none */
	uint64_t seed;  /* of the spread of pauses */
};

struct ble_central {
	struct ble_central_options options;
	enum ble_state state;
	uint64_t deadline_us;
	uint64_t released_until_us; /* 0: not released */
	uint64_t stream_us;         /* when it began */
	uint64_t chance;
	unsigned failures; /* in a row; a stream that lasts ends the row */
	unsigned stuck;    /* of them, when the device was found */
	bool is_greeted;   /* a second time, and no answer yet */
	bool is_bonded;    /* told by the link: forgetting would lose the bond */
	bool wants_pair;
	bool hurries; /* closes for our own sake: no pause after it */
};

void ble_central_init(struct ble_central *central, const struct ble_central_options *options);

/* An event that the state does not wait for changes nothing. */
enum ble_action ble_central_step(
	struct ble_central *central, enum ble_event event, uint64_t now_us);

/* Leaves the board alone until then; a time that has passed ends it. */
enum ble_action ble_central_release(
	struct ble_central *central, uint64_t until_us, uint64_t now_us);

/* Pairs with the board on the next way to it, which begins at once. */
enum ble_action ble_central_pair(struct ble_central *central, uint64_t now_us);

/* When to step with BLE_ON_TIME; UINT64_MAX: not before another event. */
uint64_t ble_central_next_us(const struct ble_central *central);

/* One board at a time on an adapter: from finding it to its stream. */
bool ble_central_holds_turn(const struct ble_central *central);

const char *ble_state_text(enum ble_state state);

#endif
