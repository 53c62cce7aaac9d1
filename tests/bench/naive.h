/* SPDX-License-Identifier: MIT */
/*
 * What a first logger looks like, for comparison: one table with a row a reading, ISO times with
 * an index, volts as floating point, every resistance in every row, default journal.
 */
#ifndef TESTS_NAIVE_H
#define TESTS_NAIVE_H

#include <sqlite3.h>

#include "bms/telemetry.h"

struct naive {
	sqlite3 *db;
	sqlite3_stmt *insert;
};

/* All end the program if SQLite fails. */
void naive_open(struct naive *naive, const char *path);
void naive_run(struct naive *naive, const char *sql);
void naive_put(struct naive *naive, int64_t time_ms, const char *pack,
	const struct bms_telemetry *telemetry);
void naive_close(struct naive *naive);

#endif
