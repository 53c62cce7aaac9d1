/* SPDX-License-Identifier: MIT */
#include "store/history_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "store/schema.h"

enum {
	FILE_MODE = 0640,
	BUSY_US = 5000000,    /* another program's lock is waited for */
	HURRIED_US = 1000000, /* and so long when we are to end */
	BUSY_NAP_US = 20000,
	SET_ASIDE_SUFFIX_SIZE = 40,
};

/* Those of an SQLite file; it and what belongs to it move together. */
static const char *const companions[] = { "-journal", "-wal", "-shm", "" };

int history_file_init(struct history_file *file, const char *path)
{
	*file = (struct history_file){ .path = strdup(path) };
	return file->path ? 0 : -ENOMEM;
}

void history_file_deinit(struct history_file *file)
{
	history_file_close(file);
	free(file->path);
	file->path = NULL;
}

void history_file_close(struct history_file *file)
{
	sqlite3_close_v2(file->db);
	file->db = NULL;
}

static int file_errno(struct history_file *file)
{
	int system_errno = file->db ? sqlite3_system_errno(file->db) : 0;
	int code = file->db ? sqlite3_errcode(file->db) : SQLITE_NOMEM;

	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_CANTOPEN:
		return system_errno > 0 ? -system_errno : -EIO;
	default:
		return -EIO;
	}
}

static int file_failed(struct history_file *file)
{
	int error = file_errno(file);
	int system_errno = file->db ? sqlite3_system_errno(file->db) : 0;

	if (error == -EBADMSG)
		file->is_damaged = true;
	snprintf(file->reason, sizeof(file->reason), "%s: %s%s%s", file->path,
		file->db ? sqlite3_errmsg(file->db) : "out of memory", system_errno > 0 ? ": " : "",
		system_errno > 0 ? strerror(system_errno) : "");
	return error;
}

int history_file_check_place(struct history_file *file)
{
	int has_moved = 0;

	if (sqlite3_file_control(file->db, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved) !=
			SQLITE_OK ||
		!has_moved)
		return 0;
	snprintf(file->reason, sizeof(file->reason),
		"%s: the file was removed or replaced while it was in use", file->path);
	return -ESTALE;
}

int history_file_run(struct history_file *file, const char *sql)
{
	if (sqlite3_exec(file->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return file_failed(file);
	return 0;
}

int history_file_prepare(struct history_file *file, const char *sql, sqlite3_stmt **ret)
{
	sqlite3_stmt *statement;

	if (sqlite3_prepare_v3(file->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
		SQLITE_OK)
		return file_failed(file);
	*ret = statement;
	return 0;
}

int history_file_step(struct history_file *file, sqlite3_stmt *statement)
{
	int r = sqlite3_step(statement);

	if (r == SQLITE_ROW)
		return 1;
	r = r == SQLITE_DONE ? 0 : file_failed(file);
	sqlite3_reset(statement);
	return r;
}

static int query_integer(struct history_file *file, const char *sql, int64_t *ret)
{
	sqlite3_stmt *statement;
	int r = history_file_prepare(file, sql, &statement);

	if (r < 0)
		return r;
	r = history_file_step(file, statement);
	if (r > 0)
		*ret = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return r < 0 ? r : 0;
}

int history_file_want_column(
	struct history_file *file, const char *table, const char *column, const char *type)
{
	_cleanup_(free_p) char *query = NULL;
	_cleanup_(free_p) char *alter = NULL;
	int64_t count = 0;
	int r;

	if (asprintf(&query, "SELECT count(*) FROM pragma_table_info('%s') WHERE name='%s'", table,
		    column) < 0 ||
		asprintf(&alter, "ALTER TABLE %s ADD COLUMN %s %s", table, column, type) < 0)
		return -ENOMEM;
	r = query_integer(file, query, &count);
	if (r < 0 || count > 0)
		return r;
	return history_file_run(file, alter);
}

int history_file_want_view(struct history_file *file, const char *view, const char *sql)
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
	is_same = r > 0 && strcmp((const char *)sqlite3_column_text(statement, 0), sql) == 0;
	sqlite3_finalize(statement);
	if (r < 0 || is_same)
		return r < 0 ? r : 0;
	snprintf(drop, sizeof(drop), "DROP VIEW IF EXISTS %s", view);
	r = history_file_run(file, drop);
	return r < 0 ? r : history_file_run(file, sql);
}

/* The file is made here for its mode; SQLite gives its companions the same. */
static int file_create(struct history_file *file)
{
	_cleanup_(close_p) int fd =
		open(file->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);

	if (fd >= 0)
		return fchmod(fd, FILE_MODE) < 0 ? -errno : 0;
	if (errno == EEXIST)
		return 0;

	int error = -errno;

	snprintf(file->reason, sizeof(file->reason), "%s: cannot create: %s", file->path,
		strerror(-error));
	return error;
}

static int on_busy(void *userdata, int count)
{
	struct history_file *file = userdata;
	bool is_hurried = file->is_hurried && file->is_hurried(file->userdata);
	uint64_t now_us = clock_monotonic_us();

	if (count == 0)
		file->busy_since_us = now_us;
	if (now_us - file->busy_since_us >= (is_hurried ? HURRIED_US : BUSY_US))
		return 0;
	usleep(BUSY_NAP_US);
	return 1;
}

static int file_connect(struct history_file *file)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int r = file_create(file);

	if (r < 0)
		return r;
	if (sqlite3_open_v2(file->path, &file->db, flags, NULL) != SQLITE_OK)
		return file_failed(file);
	sqlite3_busy_handler(file->db, on_busy, file);
	if (sqlite3_db_readonly(file->db, "main") == 0)
		return 0;
	snprintf(file->reason, sizeof(file->reason), "%s: not writable", file->path);
	return -EROFS;
}

/* 1 if the file is not one to write into, with a reason; looks only and changes nothing. */
static int file_is_strange(struct history_file *file)
{
	int64_t application = 0, version = 0, tables = 0;
	int r = query_integer(file, "PRAGMA application_id", &application);

	if (r == 0)
		r = query_integer(file, "PRAGMA user_version", &version);
	if (r == 0)
		r = query_integer(file, "SELECT count(*) FROM sqlite_schema", &tables);
	if (r < 0)
		return r == -EBADMSG ? 1 : r;
	file->is_new = tables == 0 && application == 0 && version == 0;
	file->version = version;
	if (file->is_new)
		return 0;
	if (application != SCHEMA_APPLICATION_ID)
		snprintf(file->reason, sizeof(file->reason), "%s: not a history of bmsd",
			file->path);
	else if (version < 1 || version > SCHEMA_VERSION)
		snprintf(file->reason, sizeof(file->reason),
			"%s: schema version %lld, this bmsd writes %d", file->path,
			(long long)version, SCHEMA_VERSION);
	else
		return 0;
	return 1;
}

static void aside_suffix(char out[SET_ASIDE_SUFFIX_SIZE], unsigned attempt)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct tm tm;
	size_t length;

	gmtime_r(&now, &tm);
	length = strftime(out, SET_ASIDE_SUFFIX_SIZE, ".bad-%Y%m%dT%H%M%SZ", &tm);
	if (attempt > 0)
		snprintf(out + length, SET_ASIDE_SUFFIX_SIZE - length, "-%u", attempt);
}

static int file_rename(const char *path, const char *suffix, const char *companion)
{
	_cleanup_(free_p) char *from = NULL;
	_cleanup_(free_p) char *to = NULL;

	if (asprintf(&from, "%s%s", path, companion) < 0)
		return -ENOMEM;
	if (asprintf(&to, "%s%s%s", path, suffix, companion) < 0)
		return -ENOMEM;
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	/* Some file systems cannot promise it; the name is new to the second. */
	if (errno == EINVAL && rename(from, to) == 0)
		return 0;
	return errno == ENOENT ? 0 : -errno;
}

/* Never deletes: people may want to look at it, or to salvage what is in it. */
static int file_set_aside(struct history_file *file)
{
	char suffix[SET_ASIDE_SUFFIX_SIZE], why[HISTORY_REASON_SIZE / 2];
	int r = -EEXIST;

	for (unsigned attempt = 0; r == -EEXIST && attempt < 100; attempt++) {
		aside_suffix(suffix, attempt);
		r = 0;
		for (size_t i = 0; r == 0 && i < sizeof(companions) / sizeof(*companions); i++)
			r = file_rename(file->path, suffix, companions[i]);
	}
	snprintf(why, sizeof(why), "%.255s", file->reason);
	if (r < 0) {
		snprintf(file->reason, sizeof(file->reason), "%.250s; cannot rename it: %s", why,
			strerror(-r));
		return r;
	}
	file->is_damaged = false;
	file->was_set_aside = true;
	snprintf(file->reason, sizeof(file->reason), "%.250s; renamed to %s%s", why, file->path,
		suffix);
	return 0;
}

static int file_tune(struct history_file *file)
{
	int keep_wal = 1;
	int r = history_file_run(file, "PRAGMA page_size=4096;"
				       "PRAGMA auto_vacuum=NONE;"
				       "PRAGMA journal_mode=WAL;"
				       "PRAGMA synchronous=FULL;"
				       "PRAGMA wal_autocheckpoint=64;"
				       "PRAGMA journal_size_limit=1048576;"
				       "PRAGMA secure_delete=OFF;"
				       "PRAGMA temp_store=MEMORY;"
				       "PRAGMA cache_size=-512");

	/* Without it a reader who may not write the directory could not open the file once we
	 * are gone. */
	if (r == 0 && sqlite3_file_control(file->db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep_wal) !=
			      SQLITE_OK)
		r = file_failed(file);
	return r;
}

static int file_connect_usable(struct history_file *file)
{
	int r = file_connect(file);

	if (r < 0)
		return r;
	r = file_is_strange(file);
	if (r <= 0)
		return r;
	history_file_close(file);
	r = file_set_aside(file);
	if (r < 0)
		return r;
	r = file_connect(file);
	file->is_new = true;
	return r;
}

int history_file_open(struct history_file *file)
{
	int r = 0;

	file->was_set_aside = false;
	if (file->is_damaged) {
		snprintf(file->reason, sizeof(file->reason), "%s: damaged", file->path);
		r = file_set_aside(file);
	}
	if (r == 0)
		r = file_connect_usable(file);
	if (r == 0)
		r = file_tune(file);
	if (r < 0)
		history_file_close(file);
	return r;
}
