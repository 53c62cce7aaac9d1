/* SPDX-License-Identifier: MIT */
#include "store/history.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "store/history_sql.h"
#include "store/result.h"
#include "store/text.h"

enum {
	HISTORY_MOVE_MS = 1000
};

/* Rows of what happens, not of what is measured, are kept by number. */
#define LOG_ROWS_MAX "200000"

static const char *const statement_sql[HISTORY_STATEMENTS] = {
	[HISTORY_ADD_PACK] = "INSERT INTO pack(name,first_seen_ms,last_seen_ms) VALUES(?1,?2,?2) "
			     "ON CONFLICT(name) DO UPDATE SET last_seen_ms=?2 RETURNING id",
	[HISTORY_TOUCH_PACK] = "UPDATE pack SET last_seen_ms=? WHERE id=?",
	[HISTORY_ADD_EVENT] = "INSERT INTO event(time_ms,pack,kind,subject,value,detail) "
			      "VALUES(?,?,?,?,?,?)",
	[HISTORY_ADD_CHANGE] = "INSERT INTO setting_change(time_ms,pack,setting,old,new,source,"
			       "result) VALUES(?,?,?,?,?,?,?) RETURNING id",
	[HISTORY_END_CHANGE] = "UPDATE setting_change SET result=?,readback=?,duration_ms=?,"
			       "detail=? WHERE id=? RETURNING id",
	[HISTORY_ADD_WIRE] = "INSERT OR REPLACE INTO wire(pack,cell,time_ms,mohm) VALUES(?,?,?,?)",
	[HISTORY_LAST_WIRES] = "SELECT cell,mohm,max(time_ms) FROM wire WHERE pack=? GROUP BY cell",
};

int history_init(struct history *history, const char *path)
{
	*history = (struct history){ 0 };
	partition_init(&history->sample, SCHEMA_SAMPLE);
	partition_init(&history->minute, SCHEMA_MINUTE);
	return history_file_init(&history->file, path);
}

void history_deinit(struct history *history)
{
	history_close(history);
	history_file_deinit(&history->file);
}

static void statements_close(struct history *history)
{
	partition_close(&history->sample);
	partition_close(&history->minute);
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

static int transaction_begin(struct history *history)
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
static int statement_get(struct history *history, enum history_statement which, sqlite3_stmt **ret)
{
	int r = transaction_begin(history);

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

static void bind_value(sqlite3_stmt *statement, int index, bool has, int64_t value)
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

static int tables_open(struct history *history)
{
	struct history_file *file = &history->file;
	char sql[96];
	const char *column;
	int r = 0;

	if (file->is_new) {
		snprintf(sql, sizeof(sql), "PRAGMA application_id=%d;PRAGMA user_version=%d",
			SCHEMA_APPLICATION_ID, SCHEMA_VERSION);
		r = history_file_run(file, sql);
	}
	if (r == 0)
		r = history_file_run(file, history_sql);
	for (size_t i = 0; r == 0 && (column = schema_identity_column(i)); i++)
		r = history_file_want_column(file, "pack", column, "");
	if (r == 0)
		r = partition_open(&history->sample, file);
	if (r == 0)
		r = partition_open(&history->minute, file);
	return r;
}

/* Nobody is left who could finish what an earlier process began. */
static int leftovers_end(struct history *history)
{
	char sql[640];

	snprintf(sql, sizeof(sql),
		"UPDATE setting_change SET result='%s' WHERE result='%s';"
		"DELETE FROM event WHERE id<=(SELECT max(id) FROM event)-" LOG_ROWS_MAX ";"
		"DELETE FROM setting_change WHERE id<=(SELECT max(id) FROM "
		"setting_change)-" LOG_ROWS_MAX ";",
		store_result_text(STORE_RESULT_ABANDONED), store_result_text(STORE_RESULT_PENDING));
	return history_file_run(&history->file, sql);
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
	r = transaction_begin(history);
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
	int r = statement_get(history, HISTORY_ADD_PACK, &statement);

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
	int r = statement_get(history, HISTORY_TOUCH_PACK, &statement);

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
			bind_value(statement, ++index, identity->present[0] >> i & 1,
				identity->number[i]);
	return index;
}

int history_put_identity(
	struct history *history, int64_t pack_id, const struct bms_identity *identity)
{
	_cleanup_(free_p) char *sql = schema_update_identity();
	char texts[BMS_IDENTITY_TEXTS][BMS_IDENTITY_TEXT_SIZE];
	sqlite3_stmt *statement;
	int r = sql ? transaction_begin(history) : -ENOMEM;

	if (r == 0)
		r = history_file_prepare(&history->file, sql, &statement);
	if (r < 0)
		return r;
	sqlite3_bind_int64(statement, identity_bind(statement, texts, identity) + 1, pack_id);
	r = history_file_step(&history->file, statement);
	sqlite3_finalize(statement);
	return r;
}

static int partition_ready(struct history *history, struct partition *partition, int64_t time_ms)
{
	int r = transaction_begin(history);

	return r < 0 ? r : partition_choose(partition, &history->file, time_ms);
}

/* No two rows have the same time: whoever comes second is moved on, by no more than this. */
static int sample_insert(struct history *history, int64_t time_ms)
{
	for (int64_t moved_ms = 0; moved_ms < HISTORY_MOVE_MS; moved_ms++) {
		int r;

		sqlite3_bind_int64(history->sample.insert, 1, time_ms + moved_ms);
		r = history_file_step(&history->file, history->sample.insert);
		if (r < 0 || sqlite3_changes(history->file.db) > 0)
			return r < 0 ? r : 1;
	}
	return 0;
}

int history_put_sample(struct history *history, int64_t pack_id, int64_t time_ms,
	const struct bms_telemetry *telemetry)
{
	struct partition *partition = &history->sample;
	int r = partition_ready(history, partition, time_ms);

	if (r < 0)
		return r;
	sqlite3_clear_bindings(partition->insert);
	sqlite3_bind_int64(partition->insert, 2, pack_id);
	for (size_t i = 0; i < partition->columns.count; i++) {
		size_t slot = partition->columns.column[i].slot;

		bind_value(partition->insert, (int)i + 3, bms_telemetry_has(telemetry, slot),
			telemetry->value[slot]);
	}
	return sample_insert(history, time_ms);
}

static int minute_join(struct history *history, int64_t pack_id, struct rollup *rollup)
{
	struct rollup_value stored[COLUMNS_MAX];
	sqlite3_stmt *select = history->minute.select;
	int r;

	sqlite3_bind_int64(select, 1, rollup->start_ms);
	sqlite3_bind_int64(select, 2, pack_id);
	r = history_file_step(&history->file, select);
	if (r < 0)
		return r;
	if (r > 0) {
		for (size_t i = 0; i < history->minute.columns.count; i++)
			stored[i] = (struct rollup_value){ sqlite3_column_type(select, (int)i) !=
								   SQLITE_NULL,
				sqlite3_column_int64(select, (int)i) };
		sqlite3_reset(select);
		rollup_join(rollup, stored);
	}
	rollup->is_joined = true;
	return 0;
}

int history_put_minute(struct history *history, int64_t pack_id, struct rollup *rollup)
{
	struct partition *partition = &history->minute;
	int r = partition_ready(history, partition, rollup->start_ms);

	if (r == 0 && !rollup->is_joined)
		r = minute_join(history, pack_id, rollup);
	if (r < 0)
		return r;
	sqlite3_clear_bindings(partition->insert);
	sqlite3_bind_int64(partition->insert, 1, rollup->start_ms);
	sqlite3_bind_int64(partition->insert, 2, pack_id);
	for (size_t i = 0; i < partition->columns.count; i++) {
		struct rollup_value value = rollup_read(rollup, &partition->columns.column[i]);

		bind_value(partition->insert, (int)i + 3, value.has, value.value);
	}
	r = history_file_step(&history->file, partition->insert);
	if (r == 0)
		rollup->is_dirty = false;
	return r;
}

int history_put_event(struct history *history, const char *pack, const struct store_event *event)
{
	char detail[STORE_TEXT_MAX];
	sqlite3_stmt *statement;
	int r = statement_get(history, HISTORY_ADD_EVENT, &statement);

	if (r < 0)
		return r;
	text_clean(detail, sizeof(detail), event->detail);
	sqlite3_bind_int64(statement, 1, event->time_ms);
	bind_text(statement, 2, pack);
	bind_text(statement, 3, event->kind[0] ? event->kind : "unknown");
	bind_text(statement, 4, event->subject);
	bind_value(statement, 5, event->has_value, event->value);
	bind_text(statement, 6, detail);
	return history_file_step(&history->file, statement);
}

int history_put_change(struct history *history, const char *pack, const struct store_change *change,
	int64_t *ret_row)
{
	sqlite3_stmt *statement;
	int r = statement_get(history, HISTORY_ADD_CHANGE, &statement);

	if (r < 0)
		return r;
	sqlite3_bind_int64(statement, 1, change->time_ms);
	bind_text(statement, 2, pack);
	bind_text(statement, 3, change->setting[0] ? change->setting : "unknown");
	bind_value(statement, 4, change->has_old, change->old_value);
	sqlite3_bind_int64(statement, 5, change->new_value);
	bind_text(statement, 6, change->source);
	bind_text(statement, 7, store_result_text(STORE_RESULT_PENDING));
	r = statement_id(history, statement, ret_row);
	return r < 0 ? r : 0;
}

int history_end_change(struct history *history, int64_t row, const struct store_outcome *outcome)
{
	char detail[STORE_TEXT_MAX];
	sqlite3_stmt *statement;
	int r = statement_get(history, HISTORY_END_CHANGE, &statement);

	if (r < 0)
		return r;
	text_clean(detail, sizeof(detail), outcome->detail);
	bind_text(statement, 1, store_result_text(outcome->result));
	bind_value(statement, 2, outcome->has_readback, outcome->readback);
	sqlite3_bind_int64(statement, 3, outcome->duration_ms);
	bind_text(statement, 4, detail);
	sqlite3_bind_int64(statement, 5, row);
	r = statement_id(history, statement, &row);
	return r < 0 ? r : !r;
}

int history_put_wire(
	struct history *history, const char *pack, unsigned cell, int64_t time_ms, int64_t mohm)
{
	sqlite3_stmt *statement;
	int r = statement_get(history, HISTORY_ADD_WIRE, &statement);

	if (r < 0)
		return r;
	bind_text(statement, 1, pack);
	sqlite3_bind_int64(statement, 2, cell);
	sqlite3_bind_int64(statement, 3, time_ms);
	sqlite3_bind_int64(statement, 4, mohm);
	return history_file_step(&history->file, statement);
}

int history_read_wires(
	struct history *history, const char *pack, struct rollup_value wires[BMS_CELLS_MAX])
{
	sqlite3_stmt *statement;
	int r = statement_get(history, HISTORY_LAST_WIRES, &statement);

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
