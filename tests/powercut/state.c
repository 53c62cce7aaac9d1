/* SPDX-License-Identifier: MIT */
#include "state.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/history.h"

static uint64_t hash_bytes(const uint8_t *bytes, size_t size)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325), word;

	for (size_t at = 0; at < size; at += sizeof(word)) {
		size_t left = size - at < sizeof(word) ? size - at : sizeof(word);

		word = 0;
		memcpy(&word, bytes + at, left);
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	return hash;
}

uint64_t state_hash_nothing(void)
{
	return hash_bytes(NULL, 0);
}

static bool failed(sqlite3 *db, struct state *state, const char *what)
{
	snprintf(state->reason, sizeof(state->reason), "%s: %s", what, sqlite3_errmsg(db));
	return false;
}

/* The first column of the first row; "" if the statement cannot be made. */
static bool ask(sqlite3 *db, const char *sql, char *ret, int size)
{
	sqlite3_stmt *statement;
	int r;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		return false;
	r = sqlite3_step(statement);
	if (r == SQLITE_ROW)
		snprintf(ret, (size_t)size, "%s", (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	return r == SQLITE_ROW;
}

static bool read_open(sqlite3 *db, struct state *state)
{
	char text[STATE_REASON_SIZE - 32];
	sqlite3_int64 size, count = 0;
	unsigned char *bytes;

	if (!ask(db, "PRAGMA integrity_check", text, sizeof(text)))
		return failed(db, state, "integrity_check");
	if (strcmp(text, "ok") != 0) {
		snprintf(state->reason, sizeof(state->reason), "integrity_check: %s", text);
		return false;
	}
	if (ask(db, "SELECT count(*) FROM setting_change", text, sizeof(text)))
		sscanf(text, "%lld", &count);
	state->changes = count;
	bytes = sqlite3_serialize(db, "main", &size, 0);
	if (!bytes && size > 0)
		return failed(db, state, "serialize");
	state->hash = hash_bytes(bytes, bytes ? (size_t)size : 0);
	sqlite3_free(bytes);
	return true;
}

bool state_read(const char *path, struct state *ret)
{
	sqlite3 *db;
	bool is_sound;

	*ret = (struct state){ .hash = state_hash_nothing() };
	if (access(path, F_OK) < 0)
		return true;
	is_sound = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK
			   ? read_open(db, ret)
			   : failed(db, ret, "open");
	sqlite3_close(db);
	return is_sound;
}

bool state_can_be_opened(const char *path, char reason[STATE_REASON_SIZE])
{
	struct history history;
	bool can = false;

	if (history_init(&history, path) < 0)
		return false;
	can = history_open(&history, clock_wall_ms()) == 0 && !history.file.was_set_aside;
	snprintf(reason, STATE_REASON_SIZE, "%.200s", history.file.reason);
	history_deinit(&history);
	return can;
}
