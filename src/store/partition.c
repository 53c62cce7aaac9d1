/* SPDX-License-Identifier: MIT */
#include "store/partition.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

enum {
	DAY_MS = 86400000,
	/* More than retention ever leaves; SQLite's limit for a view is 500. */
	TABLES_MAX = 480,
};

struct table_list {
	size_t count;
	struct schema_table table[TABLES_MAX]; /* newest first */
};

void partition_init(struct partition *partition, enum schema_series_id id)
{
	*partition = (struct partition){
		.series = &schema_series[id],
		.kept = schema_series[id].kept,
	};
	partition->series->columns(&partition->columns);
}

void partition_close(struct partition *partition)
{
	sqlite3_finalize(partition->insert);
	sqlite3_finalize(partition->select);
	partition->insert = partition->select = NULL;
	partition->table[0] = '\0';
}

/* Whether the definition that SQLite kept is the one of today. */
static int table_is_plain(const struct partition *partition, const char *table, const char *sql)
{
	_cleanup_(free_p) char *text =
		schema_create_table(partition->series, table, &partition->columns);

	if (!text)
		return -ENOMEM;
	return strcmp(text, sql) == 0;
}

static int table_read(
	const struct partition *partition, sqlite3_stmt *statement, struct schema_table *ret)
{
	int r;

	snprintf(ret->name, sizeof(ret->name), "%s",
		(const char *)sqlite3_column_text(statement, 0));
	r = table_is_plain(partition, ret->name, (const char *)sqlite3_column_text(statement, 1));
	ret->is_plain = r > 0;
	return r < 0 ? r : 0;
}

static int tables_read(
	struct partition *partition, struct history_file *file, struct table_list *tables)
{
	sqlite3_stmt *statement;
	int r = history_file_prepare(file,
		"SELECT name,sql FROM sqlite_schema WHERE type='table' AND name GLOB ? "
		"ORDER BY name DESC",
		&statement);

	if (r < 0)
		return r;
	sqlite3_bind_text(statement, 1, partition->series->glob, -1, SQLITE_STATIC);
	tables->count = 0;
	while ((r = history_file_step(file, statement)) > 0 && tables->count < TABLES_MAX) {
		r = table_read(partition, statement, &tables->table[tables->count++]);
		if (r < 0)
			break;
	}
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

static int view_update(
	struct partition *partition, struct history_file *file, struct table_list *tables)
{
	_cleanup_(free_p) char *text = schema_create_view(
		partition->series, tables->table, tables->count, &partition->columns);

	return text ? history_file_want_view(file, partition->series->view, text) : -ENOMEM;
}

/* A table of an earlier bmsd may lack columns of today's rows. */
static int table_complete(
	struct partition *partition, struct history_file *file, const struct schema_table *table)
{
	int r = 0;

	if (table->is_plain)
		return 0;
	for (size_t i = 0; r == 0 && i < partition->columns.count; i++) {
		const struct column *column = &partition->columns.column[i];

		r = history_file_want_column(
			file, table->name, column->name, column_type(column->kind));
	}
	return r;
}

static int table_drop(struct history_file *file, const char *table)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "DROP TABLE %s", table);
	return history_file_run(file, sql);
}

/* The oldest one, but not the current one however old it claims to be. */
static int tables_drop_oldest(
	struct partition *partition, struct history_file *file, struct table_list *tables)
{
	size_t oldest = tables->count - 1;
	int r;

	if (strcmp(tables->table[oldest].name, partition->table) == 0)
		oldest--;
	r = table_drop(file, tables->table[oldest].name);
	if (r < 0)
		return r;
	memmove(&tables->table[oldest], &tables->table[oldest + 1],
		(tables->count - oldest - 1) * sizeof(struct schema_table));
	tables->count--;
	return 0;
}

static int tables_expire(
	struct partition *partition, struct history_file *file, struct table_list *tables)
{
	int r = 0;

	while (r == 0 && tables->count > partition->kept && tables->count > 1)
		r = tables_drop_oldest(partition, file, tables);
	return r;
}

int partition_open(struct partition *partition, struct history_file *file)
{
	struct table_list tables;
	int r = tables_read(partition, file, &tables);

	if (r == 0)
		r = tables_expire(partition, file, &tables);
	for (size_t i = 0; r == 0 && i < tables.count; i++)
		r = table_complete(partition, file, &tables.table[i]);
	return r < 0 ? r : view_update(partition, file, &tables);
}

/* The view refers to tables by name, so it is made anew when one goes. */
int partition_drop_oldest(struct partition *partition, struct history_file *file)
{
	struct table_list tables;
	int r = tables_read(partition, file, &tables);

	if (r < 0 || tables.count < 2)
		return r;
	r = tables_drop_oldest(partition, file, &tables);
	if (r == 0)
		r = view_update(partition, file, &tables);
	return r < 0 ? r : 1;
}

static bool tables_have(const struct table_list *tables, const char *name)
{
	for (size_t i = 0; i < tables->count; i++)
		if (strcmp(tables->table[i].name, name) == 0)
			return true;
	return false;
}

static int table_create(struct partition *partition, struct history_file *file)
{
	struct table_list tables;
	int r = tables_read(partition, file, &tables);

	if (r < 0 || tables_have(&tables, partition->table))
		return r;
	r = run_text(file,
		schema_create_table(partition->series, partition->table, &partition->columns));
	if (r == 0)
		r = tables_read(partition, file, &tables);
	if (r == 0)
		r = tables_expire(partition, file, &tables);
	return r < 0 ? r : view_update(partition, file, &tables);
}

static bool is_current(const struct partition *partition, int64_t time_ms)
{
	return partition->table[0] && time_ms >= 0 && time_ms / DAY_MS == partition->day;
}

static int statements_prepare(struct partition *partition, struct history_file *file)
{
	int r = prepare_text(file,
		schema_insert(partition->series, partition->table, &partition->columns),
		&partition->insert);

	if (r == 0)
		r = prepare_text(file, schema_select(partition->table, &partition->columns),
			&partition->select);
	if (r < 0)
		partition_close(partition);
	return r;
}

int partition_choose(struct partition *partition, struct history_file *file, int64_t time_ms)
{
	char table[SCHEMA_TABLE_SIZE];
	int r;

	if (is_current(partition, time_ms))
		return 0;
	if (!schema_table_name(table, partition->series, time_ms))
		return -ERANGE;
	partition->day = time_ms / DAY_MS;
	if (strcmp(table, partition->table) == 0)
		return 0;
	partition_close(partition);
	strcpy(partition->table, table);
	r = table_create(partition, file);
	if (r < 0) {
		partition_close(partition);
		return r;
	}
	return statements_prepare(partition, file);
}

static int has_table(struct history_file *file, const char *table)
{
	sqlite3_stmt *statement;
	int r = history_file_prepare(
		file, "SELECT 1 FROM sqlite_schema WHERE type='table' AND name=?", &statement);

	if (r < 0)
		return r;
	sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC);
	r = history_file_step(file, statement);
	sqlite3_finalize(statement);
	return r;
}

int partition_find(struct partition *partition, struct history_file *file, int64_t time_ms)
{
	char table[SCHEMA_TABLE_SIZE];
	int r;

	if (is_current(partition, time_ms))
		return 1;
	if (!schema_table_name(table, partition->series, time_ms))
		return 0;
	if (strcmp(table, partition->table) != 0) {
		r = has_table(file, table);
		if (r <= 0)
			return r;
	}
	r = partition_choose(partition, file, time_ms);
	return r < 0 ? r : 1;
}
