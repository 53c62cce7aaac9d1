/* SPDX-License-Identifier: MIT */
/*
 * The SQL text that follows from rows: partitions, the views over them and their statements.
 * Each function returns text for the caller to free, or NULL for want of memory.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store/column.h"

enum {
	SCHEMA_TABLE_SIZE = 16
};

enum {
	SCHEMA_APPLICATION_ID = 0x626d7364, /* "bmsd" */
	SCHEMA_VERSION = 2,
};

/* How much time a table holds; all in UTC. */
enum schema_period {
	SCHEMA_DAY,
	SCHEMA_MONTH,
	SCHEMA_YEAR,
};

/* One table per period, and the view that shows them as one. */
struct schema_series {
	const char *view;
	const char *prefix;
	const char *glob; /* every table's name */
	enum schema_period period;
	unsigned kept; /* newest tables that retention leaves, unless told otherwise */
	/* Of a table's definition: rows that are appended in the order of an integer key take a
	 * third less writing than those of any other key. */
	const char *time_key;
	const char *table_end;
	const char *insert; /* what happens to a row whose key is taken */
	void (*columns)(struct column_list *list);
};

enum schema_series_id {
	SCHEMA_SAMPLE,
	SCHEMA_M1,
	SCHEMA_M15,
	SCHEMA_D1,
	SCHEMA_SERIES_COUNT
};

extern const struct schema_series schema_series[SCHEMA_SERIES_COUNT];

/* A table as the view sees it. */
struct schema_table {
	char name[SCHEMA_TABLE_SIZE];
	/* Has exactly the columns of today, in their order; one of an earlier bmsd may not. */
	bool is_plain;
};

/* Tables that hold so many days, today's included. */
unsigned schema_tables_of_days(enum schema_period period, unsigned days);

/* The table that holds a time; false if the time is outside of the years 1970 to 9999. */
bool schema_table_name(
	char out[SCHEMA_TABLE_SIZE], const struct schema_series *series, int64_t time_ms);

char *schema_create_table(
	const struct schema_series *series, const char *table, const struct column_list *columns);
char *schema_create_view(const struct schema_series *series, const struct schema_table *tables,
	size_t table_count, const struct column_list *columns);
char *schema_insert(
	const struct schema_series *series, const char *table, const struct column_list *columns);
/* The columns of one row, by time_ms and pack. */
char *schema_select(const char *table, const struct column_list *columns);

/* The view with a row per day, pack and cell. */
char *schema_create_cell_day(void);

/* Column names of pack that hold the public identity, texts first; NULL past the end. The board's
 * own name is board_name, because name is the configured one. */
const char *schema_identity_column(size_t index);
/* Sets all of them by id, the last parameter. */
char *schema_update_identity(void);

#endif
