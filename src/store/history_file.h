/* SPDX-License-Identifier: MIT */
/*
 * The SQLite file below the history: found usable or set aside, opened the way an SD card likes
 * it, and SQLite's errors in the daemon's terms. Used by the writer thread only.
 */
#ifndef STORE_HISTORY_FILE_H
#define STORE_HISTORY_FILE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	HISTORY_REASON_SIZE = 512
};

struct history_file {
	char *path;
	sqlite3 *db;        /* NULL while closed */
	bool is_damaged;    /* found while writing; set aside before it is opened again */
	bool is_new;        /* has no tables yet */
	int64_t version;    /* of the schema it was found with; today's when it is new */
	bool was_set_aside; /* by the last open; reason says why and what it is called now */
	char reason[HISTORY_REASON_SIZE];
	/* True when somebody waits for us to end: another program's lock is not waited for as long
	 * then. May be NULL. */
	bool (*is_hurried)(void *userdata);
	void *userdata;
	uint64_t busy_since_us;
};

int history_file_init(struct history_file *file, const char *path);
void history_file_deinit(struct history_file *file);

/* A negative errno and a reason, or an open connection. */
int history_file_open(struct history_file *file);
void history_file_close(struct history_file *file);

int history_file_run(struct history_file *file, const char *sql);

/* -ESTALE when the path does not lead to this file any more: nobody would find what is written. */
int history_file_check_place(struct history_file *file);

/* A negative errno, or a statement for the caller to finalize. */
int history_file_prepare(struct history_file *file, const char *sql, sqlite3_stmt **ret);

/* 1 with a row, 0 when done, negative errno; except with a row the statement is ready to
 * run again with what is bound. */
int history_file_step(struct history_file *file, sqlite3_stmt *statement);

/* Adds a column to a table that lacks it. */
int history_file_want_column(
	struct history_file *file, const char *table, const char *column, const char *type);

/* Makes a view say this. Written only when it says something else, so that a start costs nothing. */
int history_file_want_view(struct history_file *file, const char *view, const char *sql);

#endif
