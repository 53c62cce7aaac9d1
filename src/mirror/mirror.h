/* SPDX-License-Identifier: MIT */
/*
 * A pack as its board would show it over Bluetooth, whatever link it is read over. Pure: readings
 * and commands in, frames and wanted writes out; the radio carries them.
 *
 * What is old is not shown as live: without a fresh reading a mirror is silent.
 */
#ifndef MIRROR_MIRROR_H
#define MIRROR_MIRROR_H

#include "bms/jk_server.h"
#include "mirror/persona.h"
#include "mirror/witness.h"
#include "pack/pack.h"

enum {
	MIRROR_ADDRESS_SIZE = 18, /* "AA:BB:CC:DD:EE:FF" and its NUL */
	/* Refusals that are told within a minute; what exceeds them is counted: no client can fill
	 * the history. */
	MIRROR_REFUSALS_MAX = 10,
	/* Answers wait this long for a write to be read back, so that the app sees what came of it. */
	MIRROR_HOLD_US = 8000000,
};

/* Who sent a piece. */
struct mirror_client {
	char address[MIRROR_ADDRESS_SIZE];
	bool is_bonded; /* paired, with keys kept, and so the link is encrypted */
};

struct mirror_refusal {
	const char *who;
	const char *why;
	uint8_t command;
	size_t slot; /* of the setting, BMS_SETTING_SLOTS: it is none */
	int64_t value;
	unsigned untold; /* refusals before this one that were only counted */
};

struct mirror_callbacks {
	/* A whole frame or acknowledgement: one notification, or pieces of it. */
	void (*send)(void *userdata, const uint8_t *bytes, size_t size);
	/* A client that may wants this setting; mirror_written() tells the end. */
	void (*write)(void *userdata, size_t slot, int64_t value, const char *who);
	void (*refused)(void *userdata, const struct mirror_refusal *refusal);
};

struct mirror_options {
	struct mirror_persona persona;
	bool allows_writes;
};

struct mirror {
	const struct pack *pack; /* borrowed */
	struct mirror_options options;
	const struct mirror_callbacks *callbacks;
	void *userdata;

	struct bms_jk_server server;
	struct bms_jk_profile profile;
	struct witness witness;
	uint64_t snapshot_us; /* of the pack, as seen last */
	uint64_t settings_us;

	struct mirror_client client; /* whose piece came last */
	uint64_t now_us;             /* of the call we are in */
	uint64_t held_until_us;      /* 0: nothing is being written */
	uint64_t refusals_us;        /* when this minute of refusals began */
	unsigned refusals;
};

/* Pack and callbacks are borrowed. */
void mirror_init(struct mirror *mirror, const struct pack *pack,
	const struct mirror_options *options, const struct mirror_callbacks *callbacks,
	void *userdata);

/* The pack took a reading, or its settings. */
void mirror_on_pack(struct mirror *mirror);

/* A piece of a command, as a client wrote it. */
void mirror_hear(struct mirror *mirror, const struct mirror_client *client, const uint8_t *bytes,
	size_t size, uint64_t now_us);

/* The write that was wanted has ended, well or not. */
void mirror_written(struct mirror *mirror);

/* Sends what is due. */
void mirror_poll(struct mirror *mirror, uint64_t now_us);

/* When to poll next; UINT64_MAX: an event will tell. */
uint64_t mirror_next_us(const struct mirror *mirror, uint64_t now_us);

/* Nobody listens any more. */
void mirror_stop(struct mirror *mirror);

#endif
