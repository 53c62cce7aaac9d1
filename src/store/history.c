/* SPDX-License-Identifier: MIT */
#include "store/history.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "store/history_internal.h"
#include "store/history_sql.h"
#include "store/result.h"
#include "store/text.h"
#include "store/views_sql.h"

enum {
	HISTORY_MOVE_MS = 1000
};

/* Rows of what happens, not of what is measured, are kept by number. */
#define LOG_ROWS_MAX "200000"

static const char *const statement_sql[HISTORY_STATEMENTS] = {
	[HISTORY_ADD_PACK] = "INSERT INTO pack(name,first_seen_ms,last_seen_ms) VALUES(?1,?2,?2) "
			     "ON CONFLICT(name) DO UPDATE SET last_seen_ms=?2 RETURNING id",
	[HISTORY_TOUCH_PACK] = "UPDATE pack SET last_seen_ms=? WHERE id=?",
	[HISTORY_ADD_EVENT] = "INSERT INTO event(time_ms,pack,kind,subject,value,detail,clock_id) "
			      "VALUES(?,?,?,?,?,?,?)",
	[HISTORY_ADD_CHANGE] = "INSERT INTO setting_change(time_ms,pack,setting,old,new,source,"
			       "result,who,reason,clock_id) VALUES(?,?,?,?,?,?,?,?,?,?) "
			       "RETURNING id",
	[HISTORY_END_CHANGE] = "UPDATE setting_change SET result=?,readback=?,duration_ms=?,"
			       "detail=? WHERE id=? RETURNING id",
	[HISTORY_ADD_WIRE] = "INSERT OR REPLACE INTO wire(pack,cell,time_ms,mohm,clock_id) "
			     "VALUES(?,?,?,?,?)",
	[HISTORY_LAST_WIRES] = "SELECT cell,mohm,max(time_ms) FROM wire WHERE pack=? GROUP BY cell",
	[HISTORY_ADD_LINK] =
		"INSERT INTO link_stat(time_ms,pack,link,period_ms,polls,readings,failed,refused,"
		"missed,answer_us,answer_max_us,clock_id) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
	[HISTORY_ADD_FRAME] = "INSERT INTO quarantine(time_ms,pack,link,kind,reason,count,frame,"
			      "clock_id) VALUES(?,?,?,?,?,?,?,?)",
	[HISTORY_ADD_DUE] = "INSERT OR IGNORE INTO rollup_due(time_ms,pack) VALUES(?,?)",
	[HISTORY_NEXT_DUE] = "SELECT time_ms,pack FROM rollup_due WHERE time_ms<=? "
			     "ORDER BY time_ms,pack LIMIT 1",
	[HISTORY_END_DUE] = "DELETE FROM rollup_due WHERE time_ms=? AND pack=?",
};

int history_init(struct history *history, const char *path)
{
	*history = (struct history){ 0 };
	for (size_t i = 0; i < SCHEMA_SERIES_COUNT; i++)
		partition_init(&history->series[i], (enum schema_series_id)i);
	history->is_clock_set = true;
	return history_file_init(&history->file, path);
}

void history_keep_days(struct history *history, enum schema_series_id id, unsigned days)
{
	history->series[id].kept = schema_tables_of_days(schema_series[id].period, days);
}

void history_deinit(struct history *history)
{
	history_close(history);
	history_file_deinit(&history->file);
}

static void statements_close(struct history *history)
{
	for (size_t i = 0; i < SCHEMA_SERIES_COUNT; i++)
		partition_close(&history->series[i]);
	for (size_t i = 0; i < HISTORY_STATEMENTS; i++) {
		sqlite3_finalize(history->statement[i]);
		history->statement[i] = NULL;
	}
}

void history_close(struct history *history)
{
	statements_close(history);
	history_file_close(&history->file);
	history->in_transaction = false;
}

int history_begin(struct history *history)
{
	int r;

	if (history->in_transaction)
		return 0;
	r = history_file_check_place(&history->file);
	if (r == 0)
		r = history_file_run(&history->file, "BEGIN IMMEDIATE");
	history->in_transaction = r == 0;
	return r;
}

int history_commit(struct history *history)
{
	int r = history_file_check_place(&history->file);

	if (r == 0)
		r = history_file_run(&history->file, "COMMIT");
	if (r == 0)
		history->in_transaction = false;
	return r;
}

/* The reason of what went wrong outlives the rollback. Statements may name a table that it undid. */
void history_rollback(struct history *history)
{
	statements_close(history);
	if (history->file.db && !sqlite3_get_autocommit(history->file.db))
		sqlite3_exec(history->file.db, "ROLLBACK", NULL, NULL, NULL);
	history->in_transaction = false;
}

/* Within a transaction; the statement is reset and has nothing bound. */
int history_statement(struct history *history, enum history_statement which, sqlite3_stmt **ret)
{
	int r = history_begin(history);

	if (r == 0 && !history->statement[which])
		r = history_file_prepare(
			&history->file, statement_sql[which], &history->statement[which]);
	if (r < 0)
		return r;
	*ret = history->statement[which];
	sqlite3_clear_bindings(*ret);
	return 0;
}

/* A statement that returns one row with an id, or none. 1 with the id. */
static int statement_id(struct history *history, sqlite3_stmt *statement, int64_t *ret)
{
	int r = history_file_step(&history->file, statement);

	if (r <= 0)
		return r;
	*ret = sqlite3_column_int64(statement, 0);
	r = history_file_step(&history->file, statement);
	return r < 0 ? r : 1;
}

/* Integers and borrowed texts always bind: neither needs memory. */
static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
	if (text && text[0])
		sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

void history_bind(sqlite3_stmt *statement, int index, bool has, int64_t value)
{
	if (has)
		sqlite3_bind_int64(statement, index, value);
}

static int meta_write(struct history *history, int64_t now_ms)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
		"INSERT OR IGNORE INTO meta(key,value) VALUES('created_ms',%lld);"
		"INSERT OR REPLACE INTO meta(key,value) VALUES('opened_ms',%lld)",
		(long long)now_ms, (long long)now_ms);
	return history_file_run(&history->file, sql);
}

/* What tables of an earlier version lack; the tables of series see to it themselves. */
static int columns_complete(struct history_file *file)
{
	static const char *const wanted[][3] = {
		{ "event", "clock_id", "INTEGER" },
		{ "setting_change", "who", "TEXT" },
		{ "setting_change", "reason", "TEXT" },
		{ "setting_change", "clock_id", "INTEGER" },
		{ "wire", "clock_id", "INTEGER" },
	};
	const char *column;
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(wanted) / sizeof(*wanted); i++)
		r = history_file_want_column(file, wanted[i][0], wanted[i][1], wanted[i][2]);
	for (size_t i = 0; r == 0 && (column = schema_identity_column(i)); i++)
		r = history_file_want_column(file, "pack", column, "");
	return r;
}

static int views_open(struct history_file *file)
{
	_cleanup_(free_p) char *cell_day = schema_create_cell_day();
	int r = cell_day ? history_file_want_view(file, "cell_day", cell_day) : -ENOMEM;

	for (size_t i = 0; r == 0 && views_sql[i]; i++) {
		char name[SCHEMA_TABLE_SIZE] = "";

		(void)sscanf(views_sql[i], "CREATE VIEW %15s", name);
		r = history_file_want_view(file, name, views_sql[i]);
	}
	return r;
}

static int version_write(struct history_file *file)
{
	char sql[96];

	snprintf(sql, sizeof(sql), "PRAGMA application_id=%d;PRAGMA user_version=%d",
		SCHEMA_APPLICATION_ID, SCHEMA_VERSION);
	return history_file_run(file, sql);
}

static int tables_open(struct history *history)
{
	struct history_file *file = &history->file;
	int r = history_file_run(file, history_sql);

	if (r == 0)
		r = columns_complete(file);
	for (size_t i = 0; r == 0 && i < SCHEMA_SERIES_COUNT; i++)
		r = partition_open(&history->series[i], file);
	if (r == 0)
		r = views_open(file);
	if (r == 0 && file->version < 2)
		r = history_rollup_migrate(history);
	if (r == 0 && file->version != SCHEMA_VERSION)
		r = version_write(file);
	return r;
}

/* Nobody is left who could finish what an earlier process began. */
static int leftovers_end(struct history *history)
{
	static const char *const logs[] = { "event", "setting_change", "link_stat", "quarantine" };
	char sql[160];
	int r;

	snprintf(sql, sizeof(sql), "UPDATE setting_change SET result='%s' WHERE result='%s'",
		store_result_text(STORE_RESULT_ABANDONED), store_result_text(STORE_RESULT_PENDING));
	r = history_file_run(&history->file, sql);
	for (size_t i = 0; r == 0 && i < sizeof(logs) / sizeof(*logs); i++) {
		snprintf(sql, sizeof(sql),
			"DELETE FROM %s WHERE id<=(SELECT max(id) FROM %s)-" LOG_ROWS_MAX, logs[i],
			logs[i]);
		r = history_file_run(&history->file, sql);
	}
	return r;
}

static int set_aside_tell(struct history *history, int64_t now_ms)
{
	struct store_event event = { .time_ms = now_ms, .kind = "history", .subject = "set_aside" };

	if (!history->file.was_set_aside)
		return 0;
	snprintf(event.detail, sizeof(event.detail), "%.255s", history->file.reason);
	return history_put_event(history, NULL, &event);
}

/* Ends in a commit, so that a file that cannot be written is found now and not in a minute. */
int history_open(struct history *history, int64_t now_ms)
{
	int r = history_file_open(&history->file);

	if (r < 0)
		return r;
	r = history_begin(history);
	if (r == 0)
		r = tables_open(history);
	if (r == 0)
		r = meta_write(history, now_ms);
	if (r == 0)
		r = leftovers_end(history);
	if (r == 0)
		r = set_aside_tell(history, now_ms);
	if (r == 0)
		r = history_commit(history);
	if (r < 0) {
		history_rollback(history);
		history_close(history);
	}
	return r;
}

int history_add_pack(struct history *history, const char *name, int64_t now_ms, int64_t *ret_id)
{
	sqlite3_stmt *statement;
	int r = history_statement(history, HISTORY_ADD_PACK, &statement);

	if (r < 0)
		return r;
	bind_text(statement, 1, name);
	sqlite3_bind_int64(statement, 2, now_ms);
	r = statement_id(history, statement, ret_id);
	return r < 0 ? r : 0;
}

int history_touch_pack(struct history *history, int64_t pack_id, int64_t time_ms)
{
	sqlite3_stmt *statement;
	int r = history_statement(history, HISTORY_TOUCH_PACK, &statement);

	if (r < 0)
		return r;
	sqlite3_bind_int64(statement, 1, time_ms);
	sqlite3_bind_int64(statement, 2, pack_id);
	return history_file_step(&history->file, statement);
}

/* In the order of schema_identity_column(). */
static int identity_bind(sqlite3_stmt *statement,
	char texts[BMS_IDENTITY_TEXTS][BMS_IDENTITY_TEXT_SIZE], const struct bms_identity *identity)
{
	int index = 0;

	for (size_t i = 0; i < BMS_IDENTITY_TEXTS; i++)
		if (!bms_identity_text_rows[i].secret) {
			text_clean(texts[i], BMS_IDENTITY_TEXT_SIZE, identity->text[i]);
			bind_text(statement, ++index, texts[i]);
		}
	for (size_t i = 0; i < BMS_IDENTITY_NUMBERS; i++)
		if (!bms_identity_number_rows[i].secret)
			history_bind(statement, ++index, identity->present[0] >> i & 1,
				identity->number[i]);
	return index;
}

int history_put_identity(
	struct history *history, int64_t pack_id, const struct bms_identity *identity)
{
	_cleanup_(free_p) char *sql = schema_update_identity();
	char texts[BMS_IDENTITY_TEXTS][BMS_IDENTITY_TEXT_SIZE];
	sqlite3_stmt *statement;
	int r = sql ? history_begin(history) : -ENOMEM;

	if (r == 0)
		r = history_file_prepare(&history->file, sql, &statement);
	if (r < 0)
		return r;
	sqlite3_bind_int64(statement, identity_bind(statement, texts, identity) + 1, pack_id);
	r = history_file_step(&history->file, statement);
	sqlite3_finalize(statement);
	return r;
}

int history_series_ready(struct history *history, enum schema_series_id id, int64_t time_ms)
{
	int r = history_begin(history);

	return r < 0 ? r : partition_choose(&history->series[id], &history->file, time_ms);
}

/* No two rows have the same time: whoever comes second is moved on, by no more than this. */
static int sample_insert(struct history *history, int64_t time_ms)
{
	for (int64_t moved_ms = 0; moved_ms < HISTORY_MOVE_MS; moved_ms++) {
		int r;

		sqlite3_bind_int64(history->series[SCHEMA_SAMPLE].insert, 1, time_ms + moved_ms);
		r = history_file_step(&history->file, history->series[SCHEMA_SAMPLE].insert);
		if (r < 0 || sqlite3_changes(history->file.db) > 0)
			return r < 0 ? r : 1;
	}
	return 0;
}

int history_put_sample(struct history *history, int64_t pack_id, int64_t time_ms,
	const struct bms_telemetry *telemetry)
{
	struct partition *partition = &history->series[SCHEMA_SAMPLE];
	int r = history_series_ready(history, SCHEMA_SAMPLE, time_ms);

	if (r < 0)
		return r;
	sqlite3_clear_bindings(partition->insert);
	sqlite3_bind_int64(partition->insert, 2, pack_id);
	for (size_t i = 0; i < partition->columns.count; i++) {
		const struct column *column = &partition->columns.column[i];
		bool is_clock = column->kind == COLUMN_CLOCK;

		history_bind(partition->insert, (int)i + 3,
			is_clock ? history->clock_id != 0
				 : bms_telemetry_has(telemetry, column->slot),
			is_clock ? history->clock_id : telemetry->value[column->slot]);
	}
	return sample_insert(history, time_ms);
}

int history_put_event(struct history *history, const char *pack, const struct store_event *event)
{
	char detail[STORE_TEXT_MAX];
	sqlite3_stmt *statement;
	int r = history_statement(history, HISTORY_ADD_EVENT, &statement);

	if (r < 0)
		return r;
	text_clean(detail, sizeof(detail), event->detail);
	sqlite3_bind_int64(statement, 1, event->time_ms);
	bind_text(statement, 2, pack);
	bind_text(statement, 3, event->kind[0] ? event->kind : "unknown");
	bind_text(statement, 4, event->subject);
	history_bind(statement, 5, event->has_value, event->value);
	bind_text(statement, 6, detail);
	history_bind(statement, 7, history->clock_id != 0, history->clock_id);
	return history_file_step(&history->file, statement);
}

int history_put_change(struct history *history, const char *pack, const struct store_change *change,
	int64_t *ret_row)
{
	sqlite3_stmt *statement;
	int r = history_statement(history, HISTORY_ADD_CHANGE, &statement);

	if (r < 0)
		return r;
	sqlite3_bind_int64(statement, 1, change->time_ms);
	bind_text(statement, 2, pack);
	bind_text(statement, 3, change->setting[0] ? change->setting : "unknown");
	history_bind(statement, 4, change->has_old, change->old_value);
	sqlite3_bind_int64(statement, 5, change->new_value);
	bind_text(statement, 6, change->source);
	bind_text(statement, 7, store_result_text(STORE_RESULT_PENDING));
	bind_text(statement, 8, change->who);
	bind_text(statement, 9, change->reason);
	history_bind(statement, 10, history->clock_id != 0, history->clock_id);
	r = statement_id(history, statement, ret_row);
	return r < 0 ? r : 0;
}

int history_end_change(struct history *history, int64_t row, const struct store_outcome *outcome)
{
	char detail[STORE_TEXT_MAX];
	sqlite3_stmt *statement;
	int r = history_statement(history, HISTORY_END_CHANGE, &statement);

	if (r < 0)
		return r;
	text_clean(detail, sizeof(detail), outcome->detail);
	bind_text(statement, 1, store_result_text(outcome->result));
	history_bind(statement, 2, outcome->has_readback, outcome->readback);
	sqlite3_bind_int64(statement, 3, outcome->duration_ms);
	bind_text(statement, 4, detail);
	sqlite3_bind_int64(statement, 5, row);
	r = statement_id(history, statement, &row);
	return r < 0 ? r : !r;
}

int history_put_link(struct history *history, const char *pack, const struct store_link_stat *stat)
{
	const int64_t values[] = { stat->period_ms, stat->polls, stat->readings, stat->failed,
		stat->refused, stat->missed };
	sqlite3_stmt *statement;
	int r = history_statement(history, HISTORY_ADD_LINK, &statement);

	if (r < 0)
		return r;
	sqlite3_bind_int64(statement, 1, stat->time_ms);
	bind_text(statement, 2, pack);
	bind_text(statement, 3, stat->link[0] ? stat->link : "unknown");
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		sqlite3_bind_int64(statement, (int)i + 4, values[i]);
	history_bind(statement, 10, stat->has_answer, stat->answer_us);
	history_bind(statement, 11, stat->has_answer, stat->answer_max_us);
	history_bind(statement, 12, history->clock_id != 0, history->clock_id);
	return history_file_step(&history->file, statement);
}

int history_put_frame(struct history *history, const char *pack, const struct store_frame *frame)
{
	char reason[STORE_TEXT_MAX];
	sqlite3_stmt *statement;
	int r = history_statement(history, HISTORY_ADD_FRAME, &statement);

	if (r < 0)
		return r;
	text_clean(reason, sizeof(reason), frame->reason);
	sqlite3_bind_int64(statement, 1, frame->time_ms);
	bind_text(statement, 2, pack);
	bind_text(statement, 3, frame->link[0] ? frame->link : "unknown");
	bind_text(statement, 4, frame->kind[0] ? frame->kind : "unknown");
	bind_text(statement, 5, reason);
	sqlite3_bind_int64(statement, 6, frame->count);
	if (frame->size > 0)
		sqlite3_bind_blob(statement, 7, frame->bytes, frame->size, SQLITE_STATIC);
	history_bind(statement, 8, history->clock_id != 0, history->clock_id);
	return history_file_step(&history->file, statement);
}

int history_put_wire(
	struct history *history, const char *pack, unsigned cell, int64_t time_ms, int64_t mohm)
{
	sqlite3_stmt *statement;
	int r = history_statement(history, HISTORY_ADD_WIRE, &statement);

	if (r < 0)
		return r;
	bind_text(statement, 1, pack);
	sqlite3_bind_int64(statement, 2, cell);
	sqlite3_bind_int64(statement, 3, time_ms);
	sqlite3_bind_int64(statement, 4, mohm);
	history_bind(statement, 5, history->clock_id != 0, history->clock_id);
	return history_file_step(&history->file, statement);
}

int history_read_wires(
	struct history *history, const char *pack, struct rollup_value wires[BMS_CELLS_MAX])
{
	sqlite3_stmt *statement;
	int r = history_statement(history, HISTORY_LAST_WIRES, &statement);

	if (r < 0)
		return r;
	bind_text(statement, 1, pack);
	while ((r = history_file_step(&history->file, statement)) > 0) {
		int64_t cell = sqlite3_column_int64(statement, 0);

		if (cell >= 1 && cell <= BMS_CELLS_MAX)
			wires[cell - 1] =
				(struct rollup_value){ true, sqlite3_column_int64(statement, 1) };
	}
	return r;
}
