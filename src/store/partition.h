/* SPDX-License-Identifier: MIT */
/*
 * The tables of a series, one a day, a month or a year: the one that holds a time, made when it is
 * first wanted. Retention drops whole tables, because deleting rows writes more than storing
 * them did; it goes by their number and not by the clock, so that a clock that leaps ahead
 * cannot empty the history.
 */
#ifndef STORE_PARTITION_H
#define STORE_PARTITION_H

#include "store/history_file.h"
#include "store/schema.h"

struct partition {
	const struct schema_series *series;
	struct column_list columns;
	unsigned kept;                 /* newest tables that retention leaves */
	char table[SCHEMA_TABLE_SIZE]; /* the current one, empty before the first */
	int64_t day;                   /* that the current one was chosen for */
	sqlite3_stmt *insert;
	sqlite3_stmt *select;
};

void partition_init(struct partition *partition, enum schema_series_id id);

/* Gives every table the columns it lacks and makes the view. In a transaction. */
int partition_open(struct partition *partition, struct history_file *file);

/* Before the file is closed, and when a transaction that may have made a table was undone. */
void partition_close(struct partition *partition);

/* Makes the table of this time current, and makes it if there is none. */
int partition_choose(struct partition *partition, struct history_file *file, int64_t time_ms);

/* The same without making one: 1 if it is there, 0 if not. */
int partition_find(struct partition *partition, struct history_file *file, int64_t time_ms);

/* Drops the oldest table but for the current one. 1 if there was one, 0 if not. */
int partition_drop_oldest(struct partition *partition, struct history_file *file);

#endif
