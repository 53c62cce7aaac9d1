/* SPDX-License-Identifier: MIT */
#include "store/schema.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "bms/identity.h"

#define ROLLUP_KEYS \
	.time_key = "", .table_end = ",\n\tPRIMARY KEY(time_ms, pack)\n) WITHOUT ROWID", \
	.insert = "INSERT OR REPLACE"

const struct schema_series schema_series[SCHEMA_SERIES_COUNT] = {
	[SCHEMA_SAMPLE] = {
		.view = "sample",
		.prefix = "s_",
		.glob = "s_[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]",
		.period = SCHEMA_DAY,
		.kept = 31,
		.time_key = " PRIMARY KEY",
		.table_end = "\n)",
		.insert = "INSERT OR IGNORE",
		.columns = column_list_sample,
	},
	[SCHEMA_M1] = {
		.view = "m1",
		.prefix = "m1_",
		.glob = "m1_[0-9][0-9][0-9][0-9][0-9][0-9]",
		.period = SCHEMA_MONTH,
		.kept = 15,
		ROLLUP_KEYS,
		.columns = column_list_minute,
	},
	[SCHEMA_M15] = {
		.view = "m15",
		.prefix = "m15_",
		.glob = "m15_[0-9][0-9][0-9][0-9]",
		.period = SCHEMA_YEAR,
		.kept = 11,
		ROLLUP_KEYS,
		.columns = column_list_minute,
	},
	[SCHEMA_D1] = {
		.view = "d1",
		.prefix = "d1_",
		.glob = "d1_[0-9][0-9][0-9][0-9]",
		.period = SCHEMA_YEAR,
		.kept = 21,
		ROLLUP_KEYS,
		.columns = column_list_day,
	},
};

unsigned schema_tables_of_days(enum schema_period period, unsigned days)
{
	static const unsigned days_of[] = {
		[SCHEMA_DAY] = 1, [SCHEMA_MONTH] = 30, [SCHEMA_YEAR] = 365
	};

	return (days + days_of[period] - 1) / days_of[period] + 1;
}

bool schema_table_name(
	char out[SCHEMA_TABLE_SIZE], const struct schema_series *series, int64_t time_ms)
{
	static const int digits[] = { [SCHEMA_DAY] = 8, [SCHEMA_MONTH] = 6, [SCHEMA_YEAR] = 4 };
	static const int64_t last_ms = INT64_C(253402300799999);
	time_t seconds = (time_t)(time_ms / 1000);
	size_t length = strlen(series->prefix);
	struct tm tm;

	if (time_ms < 0 || time_ms > last_ms || !gmtime_r(&seconds, &tm))
		return false;
	strcpy(out, series->prefix);
	strftime(out + length, SCHEMA_TABLE_SIZE - length, "%Y%m%d", &tm);
	out[length + (size_t)digits[series->period]] = '\0';
	return true;
}

/* One text from what is written into it; the file is closed either way. */
static char *text_finish(FILE *out, char **text)
{
	bool failed = ferror(out);

	failed |= fclose(out) != 0;
	if (!failed)
		return *text;
	free(*text);
	return NULL;
}

char *schema_create_table(
	const struct schema_series *series, const char *table, const struct column_list *columns)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "CREATE TABLE %s(\n\ttime_ms INTEGER NOT NULL%s,\n\tpack INTEGER NOT NULL",
		table, series->time_key);
	for (size_t i = 0; i < columns->count; i++)
		fprintf(out, ",\n\t%s %s", columns->column[i].name,
			column_type(columns->column[i].kind));
	fprintf(out, "%s", series->table_end);
	return text_finish(out, &text);
}

/* CROSS JOIN keeps the table outside and the look-up of the name inside, in time order. The star
 * keeps the view small, which every connection holds in memory. */
static void view_arm(FILE *out, const struct schema_table *table, const struct column_list *columns)
{
	fprintf(out, "SELECT p.name,s.");
	if (table->is_plain)
		fprintf(out, "*");
	else
		fprintf(out, "time_ms,s.pack");
	for (size_t i = 0; !table->is_plain && i < columns->count; i++)
		fprintf(out, ",s.%s", columns->column[i].name);
	fprintf(out, " FROM %s s CROSS JOIN pack p ON p.id=s.pack", table->name);
}

static void view_arm_empty(FILE *out, const struct column_list *columns)
{
	fprintf(out, "SELECT NULL,NULL,NULL");
	for (size_t i = 0; i < columns->count; i++)
		fprintf(out, ",NULL");
	fprintf(out, " WHERE 0");
}

char *schema_create_view(const struct schema_series *series, const struct schema_table *tables,
	size_t table_count, const struct column_list *columns)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "CREATE VIEW %s(pack,time_ms,pack_id", series->view);
	for (size_t i = 0; i < columns->count; i++)
		fprintf(out, ",%s", columns->column[i].name);
	fprintf(out, ") AS\n");
	if (table_count == 0)
		view_arm_empty(out, columns);
	for (size_t i = 0; i < table_count; i++) {
		fprintf(out, "%s", i > 0 ? "\nUNION ALL " : "");
		view_arm(out, &tables[i], columns);
	}
	return text_finish(out, &text);
}

char *schema_insert(
	const struct schema_series *series, const char *table, const struct column_list *columns)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "%s INTO %s(time_ms,pack", series->insert, table);
	for (size_t i = 0; i < columns->count; i++)
		fprintf(out, ",%s", columns->column[i].name);
	fprintf(out, ") VALUES(?,?");
	for (size_t i = 0; i < columns->count; i++)
		fprintf(out, ",?");
	fprintf(out, ")");
	return text_finish(out, &text);
}

char *schema_select(const char *table, const struct column_list *columns)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < columns->count; i++)
		fprintf(out, "%s%s", i > 0 ? "," : "SELECT ", columns->column[i].name);
	fprintf(out, " FROM %s WHERE time_ms=? AND pack=?", table);
	return text_finish(out, &text);
}

static void cell_day_case(FILE *out, const char *suffix)
{
	fprintf(out, ",\n\t\tCASE c.column1");
	for (unsigned cell = 1; cell <= BMS_CELLS_MAX; cell++)
		fprintf(out, " WHEN %u THEN d.cell%u_mv_%s", cell, cell, suffix);
	fprintf(out, " END AS %s_mv", suffix);
}

/* A table of the cells' numbers beside d1, because a part of the view for each cell and year would
 * be more than SQLite takes. */
char *schema_create_cell_day(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out,
		"CREATE VIEW cell_day AS\nSELECT * FROM (\n"
		"\tSELECT printf('%%d-%%02d-%%02d',d.day/10000,d.day/100%%100,d.day%%100) AS day,"
		"d.pack,\n\t\td.time_ms,c.column1 AS cell");
	cell_day_case(out, "min");
	cell_day_case(out, "max");
	cell_day_case(out, "avg");
	fprintf(out, "\n\tFROM d1 d CROSS JOIN (VALUES");
	for (unsigned cell = 1; cell <= BMS_CELLS_MAX; cell++)
		fprintf(out, "%s(%u)", cell > 1 ? "," : "", cell);
	fprintf(out, ") c)\nWHERE min_mv IS NOT NULL");
	return text_finish(out, &text);
}

const char *schema_identity_column(size_t index)
{
	const struct bms_identity_row *rows[] = { bms_identity_text_rows,
		bms_identity_number_rows };
	const size_t counts[] = { BMS_IDENTITY_TEXTS, BMS_IDENTITY_NUMBERS };

	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < counts[i]; k++)
			if (!rows[i][k].secret && index-- == 0)
				return strcmp(rows[i][k].key, "name") == 0 ? "board_name"
									   : rows[i][k].key;
	return NULL;
}

char *schema_update_identity(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	const char *name;

	if (!out)
		return NULL;
	for (size_t i = 0; (name = schema_identity_column(i)); i++)
		fprintf(out, "%s%s=?", i > 0 ? "," : "UPDATE pack SET ", name);
	fprintf(out, " WHERE id=?");
	return text_finish(out, &text);
}
