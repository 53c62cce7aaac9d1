/* SPDX-License-Identifier: MIT */
/*
 * The rows of m1, m15 and d1. Those of m15 are joined from m1 and those of d1 from m15, whenever
 * m1 was written: they are a function of m1 and nothing about them has to survive a crash but which
 * of them lag behind, and that is a table.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/history_internal.h"
#include "store/local_day.h"
#include "store/rollup_rest.h"

enum {
	MINUTE_MS = 60000,
	QUARTER_MS = 900000,
};

static struct rollup_value column_value(sqlite3_stmt *select, int index)
{
	return (struct rollup_value){ sqlite3_column_type(select, index) != SQLITE_NULL,
		sqlite3_column_int64(select, index) };
}

/* The columns before the rest, and then the rest, which needs them to be understood. */
static void row_take(
	const struct column_list *columns, sqlite3_stmt *select, struct rollup_row *row)
{
	struct rollup_value averages[COLUMN_ROLLED] = { 0 };
	int64_t n = 0;

	row->has_rest = false;
	for (size_t i = 0; i < columns->count; i++) {
		const struct column *column = &columns->column[i];
		int index = (int)i;

		if (column->kind == COLUMN_REST) {
			const void *bytes = sqlite3_column_blob(select, index);
			int size = sqlite3_column_bytes(select, index);

			row->value[i].has = false;
			row->has_rest = bytes && rollup_rest_read(&row->rest, bytes, (size_t)size,
							 n, averages);
			continue;
		}
		row->value[i] = column_value(select, index);
		if (column->kind == COLUMN_SAMPLES)
			n = row->value[i].value;
		else if (column->kind == COLUMN_AVG)
			averages[column->index] = row->value[i];
	}
}

/* 1 with the row of exactly this time, 0 if there is none. */
static int row_read(struct history *history, enum schema_series_id id, int64_t pack_id,
	int64_t time_ms, struct rollup_row *row)
{
	struct partition *partition = &history->series[id];
	int r = partition_find(partition, &history->file, time_ms);

	if (r <= 0)
		return r;
	sqlite3_bind_int64(partition->select, 1, time_ms);
	sqlite3_bind_int64(partition->select, 2, pack_id);
	r = history_file_step(&history->file, partition->select);
	if (r > 0) {
		row_take(&partition->columns, partition->select, row);
		sqlite3_reset(partition->select);
	}
	return r;
}

struct row_write {
	bool is_open;
	int64_t day;
};

static void row_bind(const struct history *history, enum schema_series_id id, int64_t pack_id,
	const struct rollup *rollup, const struct row_write *how)
{
	const struct partition *partition = &history->series[id];
	bool has_clock = history->clock_id != 0 && !history->is_clock_set;
	uint8_t rest[ROLLUP_REST_MAX];

	sqlite3_clear_bindings(partition->insert);
	sqlite3_bind_int64(partition->insert, 1, rollup->start_ms);
	sqlite3_bind_int64(partition->insert, 2, pack_id);
	for (size_t i = 0; i < partition->columns.count; i++) {
		const struct column *column = &partition->columns.column[i];
		struct rollup_value value = rollup_read(rollup, column);
		int index = (int)i + 3;

		if (column->kind == COLUMN_REST)
			sqlite3_bind_blob(partition->insert, index, rest,
				(int)rollup_rest_write(rollup, how->is_open, rest),
				SQLITE_TRANSIENT);
		else if (column->kind == COLUMN_CLOCK)
			history_bind(partition->insert, index, has_clock && id == SCHEMA_M1,
				history->clock_id);
		else if (column->kind == COLUMN_DAY)
			history_bind(partition->insert, index, true, how->day);
		else
			history_bind(partition->insert, index, value.has, value.value);
	}
}

static int row_put(struct history *history, enum schema_series_id id, int64_t pack_id,
	const struct rollup *rollup, const struct row_write *how)
{
	int r = history_series_ready(history, id, rollup->start_ms);

	if (r < 0)
		return r;
	row_bind(history, id, pack_id, rollup, how);
	return history_file_step(&history->file, history->series[id].insert);
}

static int due_add(struct history *history, int64_t pack_id, int64_t time_ms)
{
	sqlite3_stmt *statement;
	int r = history_statement(history, HISTORY_ADD_DUE, &statement);

	if (r < 0)
		return r;
	sqlite3_bind_int64(statement, 1, time_ms - time_ms % QUARTER_MS);
	sqlite3_bind_int64(statement, 2, pack_id);
	return history_file_step(&history->file, statement);
}

int history_put_minute(
	struct history *history, int64_t pack_id, struct rollup *rollup, bool is_open)
{
	struct rollup_row stored;
	int r = history_series_ready(history, SCHEMA_M1, rollup->start_ms);

	if (r == 0 && !rollup->is_joined) {
		r = row_read(history, SCHEMA_M1, pack_id, rollup->start_ms, &stored);
		if (r > 0)
			rollup_join(rollup, &stored, ROLLUP_CONTINUE);
		rollup->is_joined = r >= 0;
	}
	if (r >= 0)
		r = row_put(history, SCHEMA_M1, pack_id, rollup,
			&(struct row_write){ .is_open = is_open });
	if (r == 0)
		r = due_add(history, pack_id, rollup->start_ms);
	if (r == 0) {
		rollup->is_dirty = false;
		rollup->is_stored_open = is_open;
	}
	return r;
}

/* Later rows first, as rollup_join() wants them. 1 if there are any. */
static int rows_join(struct history *history, enum schema_series_id id, int64_t pack_id,
	int64_t from_ms, int64_t until_ms, int64_t step_ms, struct rollup *rollup)
{
	struct rollup_row row;
	int r = 0;

	for (int64_t time_ms = until_ms - step_ms; r >= 0 && time_ms >= from_ms;
		time_ms -= step_ms) {
		r = row_read(history, id, pack_id, time_ms, &row);
		if (r > 0)
			rollup_join(rollup, &row, ROLLUP_ADD);
	}
	return r < 0 ? r : rollup->n > 0;
}

static int quarter_roll_up(struct history *history, int64_t pack_id, int64_t time_ms)
{
	struct rollup rollup;
	int r;

	rollup_init(&rollup, &history->series[SCHEMA_M1].columns);
	rollup_begin(&rollup, time_ms);
	r = rows_join(
		history, SCHEMA_M1, pack_id, time_ms, time_ms + QUARTER_MS, MINUTE_MS, &rollup);
	if (r <= 0)
		return r;
	return row_put(history, SCHEMA_M15, pack_id, &rollup, &(struct row_write){ 0 });
}

/* A midnight that is not on a quarter of an hour counts with the quarter it is in. */
static int day_roll_up(struct history *history, int64_t pack_id, int64_t time_ms)
{
	struct rollup rollup;
	struct local_day day;
	int r;

	if (!local_day_of(time_ms, &day))
		return 0;
	rollup_init(&rollup, &history->series[SCHEMA_M15].columns);
	rollup_begin(&rollup, day.start_ms);
	r = rows_join(history, SCHEMA_M15, pack_id, day.start_ms - day.start_ms % QUARTER_MS,
		day.end_ms - day.end_ms % QUARTER_MS, QUARTER_MS, &rollup);
	if (r <= 0)
		return r;
	return row_put(
		history, SCHEMA_D1, pack_id, &rollup, &(struct row_write){ .day = day.number });
}

static int due_next(
	struct history *history, int64_t until_ms, int64_t *ret_time_ms, int64_t *ret_pack)
{
	sqlite3_stmt *statement;
	int r = history_statement(history, HISTORY_NEXT_DUE, &statement);

	if (r < 0)
		return r;
	sqlite3_bind_int64(statement, 1, until_ms - QUARTER_MS);
	r = history_file_step(&history->file, statement);
	if (r <= 0)
		return r;
	*ret_time_ms = sqlite3_column_int64(statement, 0);
	*ret_pack = sqlite3_column_int64(statement, 1);
	sqlite3_reset(statement);
	return 1;
}

static int due_end(struct history *history, int64_t pack_id, int64_t time_ms)
{
	sqlite3_stmt *statement;
	int r = history_statement(history, HISTORY_END_DUE, &statement);

	if (r < 0)
		return r;
	sqlite3_bind_int64(statement, 1, time_ms);
	sqlite3_bind_int64(statement, 2, pack_id);
	return history_file_step(&history->file, statement);
}

int history_roll_up(struct history *history, int64_t until_ms, unsigned most)
{
	int64_t time_ms, pack_id;
	unsigned done = 0;
	int r = 1;

	while (r > 0 && done < most) {
		r = due_next(history, until_ms, &time_ms, &pack_id);
		if (r <= 0)
			break;
		r = quarter_roll_up(history, pack_id, time_ms);
		if (r == 0)
			r = day_roll_up(history, pack_id, time_ms);
		if (r == 0)
			r = due_end(history, pack_id, time_ms);
		done++;
		r = r < 0 ? r : 1;
	}
	return r < 0 ? r : (int)done;
}

int history_rollup_migrate(struct history *history)
{
	return history_file_run(&history->file,
		"INSERT OR IGNORE INTO rollup_due(time_ms,pack) "
		"SELECT DISTINCT time_ms-time_ms%900000,pack_id FROM m1");
}
