/* SPDX-License-Identifier: MIT */
/* What is in a history after a power cut. */
#ifndef TESTS_POWERCUT_STATE_H
#define TESTS_POWERCUT_STATE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	STATE_REASON_SIZE = 256
};

struct state {
	uint64_t hash;                  /* of every page, as a reader sees it */
	int64_t changes;                /* rows of setting_change */
	char reason[STATE_REASON_SIZE]; /* why it is damaged */
};

/* Opens it with SQLite, which recovers it, and checks its integrity. No file is the same as an empty
 * one. */
bool state_read(const char *path, struct state *ret);
uint64_t state_hash_nothing(void);

/* Opens it as the daemon does at its start; false, and why, if that fails or sets it aside. */
bool state_can_be_opened(const char *path, char reason[STATE_REASON_SIZE]);

#endif
