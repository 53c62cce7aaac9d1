/* SPDX-License-Identifier: MIT */
/*
 * The history as rows. Every function but open and close works inside the transaction that the
 * first one after a commit begins; a negative return means that it is to be rolled back.
 */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

#include "bms/identity.h"
#include "store/history_file.h"
#include "store/partition.h"
#include "store/rollup.h"
#include "store/store.h"

enum history_statement {
	HISTORY_ADD_PACK,
	HISTORY_TOUCH_PACK,
	HISTORY_ADD_EVENT,
	HISTORY_ADD_CHANGE,
	HISTORY_END_CHANGE,
	HISTORY_ADD_WIRE,
	HISTORY_LAST_WIRES,
	HISTORY_ADD_LINK,
	HISTORY_ADD_FRAME,
	HISTORY_ADD_DUE,
	HISTORY_NEXT_DUE,
	HISTORY_END_DUE,
	HISTORY_STATEMENTS
};

struct history {
	struct history_file file;
	struct partition series[SCHEMA_SERIES_COUNT];
	sqlite3_stmt *statement[HISTORY_STATEMENTS];
	bool in_transaction;
	/* The stretch of time that rows are from now, 0 for none; while its clock is not known to be
	 * right, roll-ups remember it too. */
	int64_t clock_id;
	bool is_clock_set;
};

int history_init(struct history *history, const char *path);
/* Before it is opened: days that a series keeps at least. */
void history_keep_days(struct history *history, enum schema_series_id id, unsigned days);
void history_deinit(struct history *history);

/* Makes the file usable and commits that it is. history->file.reason says what was wrong. */
int history_open(struct history *history, int64_t now_ms);
void history_close(struct history *history);
static inline bool history_is_open(const struct history *history)
{
	return history->file.db != NULL;
}

int history_commit(struct history *history);
void history_rollback(struct history *history);

/* The id that rows name this pack by, the same whenever the name is. */
int history_add_pack(struct history *history, const char *name, int64_t now_ms, int64_t *ret_id);
int history_touch_pack(struct history *history, int64_t pack_id, int64_t time_ms);
int history_put_identity(
	struct history *history, int64_t pack_id, const struct bms_identity *identity);

/* 1 if a row was stored; 0 if there is none because a thousand others have nearly the same time. */
int history_put_sample(struct history *history, int64_t pack_id, int64_t time_ms,
	const struct bms_telemetry *telemetry);
/* The open minute; joins what was stored of it first. is_open: it may be continued later. */
int history_put_minute(
	struct history *history, int64_t pack_id, struct rollup *rollup, bool is_open);

/* Brings rows of m15 and d1 up to date with m1, for quarters of an hour that ended by then; at
 * most so many of them. The number of those that were done, or a negative errno. */
int history_roll_up(struct history *history, int64_t until_ms, unsigned most);

/* pack is a name, or NULL for the daemon's own. */
int history_put_event(struct history *history, const char *pack, const struct store_event *event);
int history_put_change(struct history *history, const char *pack, const struct store_change *change,
	int64_t *ret_row);
/* 1 if there is no such row. */
int history_end_change(struct history *history, int64_t row, const struct store_outcome *outcome);

int history_put_link(struct history *history, const char *pack, const struct store_link_stat *stat);
int history_put_frame(struct history *history, const char *pack, const struct store_frame *frame);

int history_put_wire(
	struct history *history, const char *pack, unsigned cell, int64_t time_ms, int64_t mohm);
/* The last stored resistance of each cell, from 1; cells without one are left alone. */
int history_read_wires(
	struct history *history, const char *pack, struct rollup_value wires[BMS_CELLS_MAX]);

#endif
