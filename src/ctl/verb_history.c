/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/board_json.h"
#include "base/cleanup.h"
#include "ctl/database.h"
#include "ctl/format.h"
#include "ctl/history_column.h"

enum {
	COLUMN_WIDTH_MIN = 10
};

/* One SELECT over the groups' columns; each is wrapped in the function, time_ms is the first. */
static char *select_text(const struct history_groups *groups, const char *function)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "SELECT %s(time_ms)", function);
	for (size_t i = 0; i < groups->count; i++) {
		for (size_t element = 0; element < groups->group[i].row->count; element++) {
			char name[HISTORY_COLUMN_SIZE];

			history_column_name(name, &groups->group[i], element);
			fprintf(out, ",%s(%s)", function, name);
		}
	}
	fprintf(out, " FROM %s WHERE pack=? AND time_ms>=? AND time_ms<? ORDER BY time_ms",
		groups->source->view);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static int prepare(sqlite3 *database, const struct history_groups *groups, const char *function,
	const char *pack, const struct database_range *range, sqlite3_stmt **ret)
{
	_cleanup_(free_p) char *text = select_text(groups, function);

	if (!text) {
		ctl_complain("out of memory");
		return EX_OSERR;
	}
	if (sqlite3_prepare_v2(database, text, -1, ret, NULL) != SQLITE_OK)
		return database_fail(database);
	sqlite3_bind_text(*ret, 1, pack, -1, SQLITE_STATIC);
	sqlite3_bind_int64(*ret, 2, range->since_ms);
	sqlite3_bind_int64(*ret, 3, range->until_ms);
	return EX_OK;
}

static void json_value(
	struct json *json, const char *key, sqlite3_stmt *row, int column, enum bms_unit unit)
{
	int64_t value;

	if (!database_integer(row, column, &value))
		json_null(json, key);
	else if (unit == BMS_UNIT_BOOL)
		json_bool(json, key, value != 0);
	else
		json_integer(json, key, value);
}

/* Elements up to the last one that has a value. */
static int json_group(
	struct json *json, const struct history_group *group, sqlite3_stmt *row, int column)
{
	char key[HISTORY_COLUMN_SIZE];
	int count = group->row->count;
	int length = count;

	snprintf(key, sizeof(key), "%s%s", group->row->name, group->suffix);
	if (count == 1) {
		json_value(json, key, row, column, (enum bms_unit)group->row->unit);
		return column + 1;
	}
	while (length > 0 && sqlite3_column_type(row, column + length - 1) == SQLITE_NULL)
		length--;
	json_array_begin(json, key);
	for (int i = 0; i < length; i++)
		json_value(json, NULL, row, column + i, (enum bms_unit)group->row->unit);
	json_array_end(json);
	return column + count;
}

static void json_row(
	struct json *json, const struct history_groups *groups, const char *pack, sqlite3_stmt *row)
{
	char time[BOARD_JSON_TIME_SIZE];
	int64_t time_ms = sqlite3_column_int64(row, 0);
	int column = 1;

	json_object_begin(json, NULL);
	json_string(json, "time", board_json_time(time, time_ms));
	json_integer(json, "time_ms", time_ms);
	json_string(json, "pack", pack);
	for (size_t i = 0; i < groups->count; i++)
		column = json_group(json, &groups->group[i], row, column);
	json_object_end(json);
}

/* A column of the table for people. */
struct shown {
	char name[HISTORY_COLUMN_SIZE];
	enum bms_unit unit;
	int column; /* of the statement */
	int width;
};

struct table {
	size_t count;
	struct shown *shown;
};

/* The columns that have a value anywhere: a pack of 25 cells has no cell 26. */
static int table_choose(
	const struct history_groups *groups, sqlite3_stmt *counts, struct table *ret)
{
	int column = 1;

	ret->shown = calloc((size_t)sqlite3_column_count(counts), sizeof(*ret->shown));
	if (!ret->shown)
		return -ENOMEM;
	for (size_t i = 0; i < groups->count; i++) {
		const struct history_group *group = &groups->group[i];

		for (size_t element = 0; element < group->row->count; element++, column++) {
			struct shown *shown = &ret->shown[ret->count];

			if (group->row->count > 1 && sqlite3_column_int64(counts, column) == 0)
				continue;
			history_column_name(shown->name, group, element);
			shown->unit = (enum bms_unit)group->row->unit;
			shown->column = column;
			shown->width = (int)strlen(shown->name);
			if (shown->width < COLUMN_WIDTH_MIN)
				shown->width = COLUMN_WIDTH_MIN;
			ret->count++;
		}
	}
	return 0;
}

static void table_head(FILE *out, const struct table *table)
{
	fprintf(out, "%-19s", "time");
	for (size_t i = 0; i < table->count; i++)
		fprintf(out, "  %*s", table->shown[i].width, table->shown[i].name);
	fputc('\n', out);
}

static void table_row(FILE *out, const struct table *table, sqlite3_stmt *row)
{
	char text[FORMAT_SIZE];

	fputs(format_time(text, sqlite3_column_int64(row, 0)), out);
	for (size_t i = 0; i < table->count; i++) {
		const struct shown *shown = &table->shown[i];
		int64_t value;

		fprintf(out, "  %*s", shown->width,
			database_integer(row, shown->column, &value)
				? format_value(text, value, shown->unit)
				: "-");
	}
	fputc('\n', out);
}

static int print_table(const struct ctl *ctl, const struct history_groups *groups,
	sqlite3_stmt *counts, sqlite3_stmt *rows)
{
	struct table table = { 0 };
	int step = sqlite3_step(counts);

	if (step != SQLITE_ROW)
		return step;
	if (table_choose(groups, counts, &table) < 0)
		return SQLITE_NOMEM;
	table_head(ctl->out, &table);
	while ((step = sqlite3_step(rows)) == SQLITE_ROW)
		table_row(ctl->out, &table, rows);
	free(table.shown);
	return step;
}

static int print_json(const struct ctl *ctl, const struct history_groups *groups, const char *pack,
	sqlite3_stmt *rows)
{
	struct json json;
	int step;

	ctl_json(ctl, &json);
	json_array_begin(&json, NULL);
	while ((step = sqlite3_step(rows)) == SQLITE_ROW)
		json_row(&json, groups, pack, rows);
	json_array_end(&json);
	json_finish(&json);
	return step;
}

static int history_print(const struct ctl *ctl, sqlite3 *database,
	const struct history_groups *groups, const struct database_range *range)
{
	_cleanup_(statement_finalize_p) sqlite3_stmt *counts = NULL;
	_cleanup_(statement_finalize_p) sqlite3_stmt *rows = NULL;
	const char *pack = ctl_argument(ctl, 0);
	int status = prepare(database, groups, "", pack, range, &rows);
	int step;

	if (status == EX_OK && !ctl->options.json)
		status = prepare(database, groups, "count", pack, range, &counts);
	if (status != EX_OK)
		return status;
	step = ctl->options.json ? print_json(ctl, groups, pack, rows)
				 : print_table(ctl, groups, counts, rows);
	return step == SQLITE_DONE ? EX_OK : database_fail(database);
}

int verb_history(struct ctl *ctl)
{
	_cleanup_(database_close_p) sqlite3 *database = NULL;
	struct history_groups groups;
	struct database_range range;
	int status = history_groups_choose(ctl, &groups);

	if (status == EX_OK)
		status = database_range(ctl, "1h", &range);
	if (status == EX_OK)
		status = database_open(ctl, &database);
	if (status == EX_OK)
		status = database_check_pack(database, ctl_argument(ctl, 0));
	return status == EX_OK ? history_print(ctl, database, &groups, &range) : status;
}
