/* SPDX-License-Identifier: MIT */
#include "store/partition.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

enum {
	DAY_MS = 86400000,
	/* More than retention ever leaves; SQLite's limit for a view is 500. */
	TABLES_MAX = 64,
};

struct table_list {
	size_t count;
	char name[TABLES_MAX][SCHEMA_TABLE_SIZE]; /* newest first */
};

void partition_init(struct partition *partition, enum schema_series_id id)
{
	*partition = (struct partition){ .series = &schema_series[id] };
	partition->series->columns(&partition->columns);
}

void partition_close(struct partition *partition)
{
	sqlite3_finalize(partition->insert);
	sqlite3_finalize(partition->select);
	partition->insert = partition->select = NULL;
	partition->table[0] = '\0';
}

static int tables_read(
	struct partition *partition, struct history_file *file, struct table_list *tables)
{
	sqlite3_stmt *statement;
	int r = history_file_prepare(file,
		"SELECT name FROM sqlite_schema WHERE type='table' AND name GLOB ? "
		"ORDER BY name DESC",
		&statement);

	if (r < 0)
		return r;
	sqlite3_bind_text(statement, 1, partition->series->glob, -1, SQLITE_STATIC);
	tables->count = 0;
	while ((r = history_file_step(file, statement)) > 0 && tables->count < TABLES_MAX)
		snprintf(tables->name[tables->count++], SCHEMA_TABLE_SIZE, "%s",
			(const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	return r < 0 ? r : 0;
}

static int run_text(struct history_file *file, char *sql)
{
	_cleanup_(free_p) char *text = sql;

	return text ? history_file_run(file, text) : -ENOMEM;
}

static int prepare_text(struct history_file *file, char *sql, sqlite3_stmt **ret)
{
	_cleanup_(free_p) char *text = sql;

	return text ? history_file_prepare(file, text, ret) : -ENOMEM;
}

/* Written only when it says something else, so that a start costs nothing. */
static int view_write(struct history_file *file, const char *view, const char *text)
{
	sqlite3_stmt *statement;
	char drop[64];
	bool is_same;
	int r = history_file_prepare(
		file, "SELECT sql FROM sqlite_schema WHERE type='view' AND name=?", &statement);

	if (r < 0)
		return r;
	sqlite3_bind_text(statement, 1, view, -1, SQLITE_STATIC);
	r = history_file_step(file, statement);
	is_same = r > 0 && strcmp((const char *)sqlite3_column_text(statement, 0), text) == 0;
	sqlite3_finalize(statement);
	if (r < 0 || is_same)
		return r < 0 ? r : 0;
	snprintf(drop, sizeof(drop), "DROP VIEW IF EXISTS %s", view);
	r = history_file_run(file, drop);
	return r < 0 ? r : history_file_run(file, text);
}

static int view_update(
	struct partition *partition, struct history_file *file, struct table_list *tables)
{
	_cleanup_(free_p) char *text = schema_create_view(
		partition->series, tables->name, tables->count, &partition->columns);

	return text ? view_write(file, partition->series->view, text) : -ENOMEM;
}

/* A table of an earlier bmsd may lack columns of today's rows. Asking for all of them at once is
 * quick and nearly always right. */
static int table_complete(struct partition *partition, struct history_file *file, const char *table)
{
	_cleanup_(free_p) char *text = schema_select(table, &partition->columns);
	sqlite3_stmt *statement;
	int r = 0;

	if (!text)
		return -ENOMEM;
	if (history_file_prepare(file, text, &statement) == 0) {
		sqlite3_finalize(statement);
		return 0;
	}
	for (size_t i = 0; r == 0 && i < partition->columns.count; i++)
		r = history_file_want_column(
			file, table, partition->columns.column[i].name, "INTEGER");
	return r;
}

int partition_open(struct partition *partition, struct history_file *file)
{
	struct table_list tables;
	int r = tables_read(partition, file, &tables);

	for (size_t i = 0; r == 0 && i < tables.count; i++)
		r = table_complete(partition, file, tables.name[i]);
	return r < 0 ? r : view_update(partition, file, &tables);
}

static int table_drop(struct history_file *file, const char *table)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "DROP TABLE %s", table);
	return history_file_run(file, sql);
}

/* Leaves the newest ones, and the current one however old it claims to be. */
static int tables_expire(
	struct partition *partition, struct history_file *file, struct table_list *tables)
{
	while (tables->count > partition->series->kept) {
		size_t oldest = tables->count - 1;
		int r;

		if (strcmp(tables->name[oldest], partition->table) == 0)
			oldest--;
		r = table_drop(file, tables->name[oldest]);
		if (r < 0)
			return r;
		memmove(tables->name[oldest], tables->name[oldest + 1],
			(tables->count - oldest - 1) * SCHEMA_TABLE_SIZE);
		tables->count--;
	}
	return 0;
}

static bool tables_have(const struct table_list *tables, const char *name)
{
	for (size_t i = 0; i < tables->count; i++)
		if (strcmp(tables->name[i], name) == 0)
			return true;
	return false;
}

/* The view refers to tables by name, so it goes before them and comes back after. */
static int table_create(struct partition *partition, struct history_file *file)
{
	struct table_list tables;
	char drop[64];
	int r = tables_read(partition, file, &tables);

	if (r < 0 || tables_have(&tables, partition->table))
		return r;
	snprintf(drop, sizeof(drop), "DROP VIEW IF EXISTS %s", partition->series->view);
	r = history_file_run(file, drop);
	if (r == 0)
		r = run_text(file, schema_create_table(partition->series, partition->table,
					   &partition->columns));
	if (r == 0)
		r = tables_read(partition, file, &tables);
	if (r == 0)
		r = tables_expire(partition, file, &tables);
	return r < 0 ? r : view_update(partition, file, &tables);
}

int partition_choose(struct partition *partition, struct history_file *file, int64_t time_ms)
{
	char table[SCHEMA_TABLE_SIZE];
	int r;

	if (partition->table[0] && time_ms >= 0 && time_ms / DAY_MS == partition->day)
		return 0;
	if (!schema_table_name(table, partition->series, time_ms))
		return -ERANGE;
	partition->day = time_ms / DAY_MS;
	if (strcmp(table, partition->table) == 0)
		return 0;
	partition_close(partition);
	strcpy(partition->table, table);
	r = table_create(partition, file);
	if (r == 0)
		r = prepare_text(file, schema_insert(partition->series, table, &partition->columns),
			&partition->insert);
	if (r == 0)
		r = prepare_text(
			file, schema_select(table, &partition->columns), &partition->select);
	if (r < 0)
		partition_close(partition);
	return r;
}
