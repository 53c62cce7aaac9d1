/* SPDX-License-Identifier: MIT */
/* What the files of the history share; nobody else includes this. */
#ifndef STORE_HISTORY_INTERNAL_H
#define STORE_HISTORY_INTERNAL_H

#include "store/history.h"

/* Begins the transaction unless there is one. */
int history_begin(struct history *history);

/* Within a transaction; the statement is reset and has nothing bound. */
int history_statement(struct history *history, enum history_statement which, sqlite3_stmt **ret);

/* Within a transaction, with the table of this time. */
int history_series_ready(struct history *history, enum schema_series_id id, int64_t time_ms);

/* NULL when it has none. */
void history_bind(sqlite3_stmt *statement, int index, bool has, int64_t value);

/* Every minute of a file that knew only m1 is due. */
int history_rollup_migrate(struct history *history);

#endif
