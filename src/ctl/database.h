/* SPDX-License-Identifier: MIT */
/* The history file, read only. Functions return an exit status and complain themselves. */
#ifndef CTL_DATABASE_H
#define CTL_DATABASE_H

#include <sqlite3.h>
#include <stdint.h>

#include "ctl/ctl.h"

struct database_range {
	int64_t since_ms;
	int64_t until_ms; /* not included */
};

/* --db, else the file that bmsd says it writes. */
int database_open(const struct ctl *ctl, sqlite3 **ret);

/* --since, by default so long ago, and --until. */
int database_range(const struct ctl *ctl, const char *default_since, struct database_range *ret);

/* EX_USAGE when the history has no such pack. */
int database_check_pack(sqlite3 *database, const char *pack);

/* The statement failed: says why. */
int database_fail(sqlite3 *database);

/* The value of a result's column; false when it is NULL. */
bool database_integer(sqlite3_stmt *statement, int column, int64_t *ret);

static inline void database_close_p(sqlite3 **database)
{
	sqlite3_close(*database);
}

static inline void statement_finalize_p(sqlite3_stmt **statement)
{
	sqlite3_finalize(*statement);
}

#endif
