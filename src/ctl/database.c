/* SPDX-License-Identifier: MIT */
#include "ctl/database.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "ctl/client.h"
#include "ctl/time_text.h"

enum {
	APPLICATION_ID = 0x626D7364, /* "bmsd" */
	BUSY_TIMEOUT_MS = 5000,
};

static int path_from_daemon(const struct ctl *ctl, char **ret)
{
	sd_bus *bus = NULL;
	int status = client_open(ctl, &bus);

	if (status == EX_OK)
		status = client_history_path(bus, ret);
	client_close(bus);
	if (status != EX_OK || (*ret)[0])
		return status;
	ctl_complain("bmsd is configured to keep no history");
	return EX_UNAVAILABLE;
}

int database_fail(sqlite3 *database)
{
	ctl_complain("history: %s", sqlite3_errmsg(database));
	return sqlite3_errcode(database) == SQLITE_BUSY ? EX_TEMPFAIL : EX_DATAERR;
}

static int check_application(sqlite3 *database, const char *path)
{
	_cleanup_(statement_finalize_p) sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(database, "PRAGMA application_id", -1, &statement, NULL) !=
			SQLITE_OK ||
		sqlite3_step(statement) != SQLITE_ROW) {
		ctl_complain("%s: %s", path, sqlite3_errmsg(database));
		return EX_DATAERR;
	}
	if (sqlite3_column_int(statement, 0) == APPLICATION_ID)
		return EX_OK;
	ctl_complain("%s: not a history of bmsd", path);
	return EX_DATAERR;
}

static int open_path(const char *path, sqlite3 **ret)
{
	int status;

	if (access(path, R_OK) < 0) {
		ctl_complain("%s: %s", path, strerror(errno));
		return errno == EACCES ? EX_NOPERM : EX_NOINPUT;
	}
	if (sqlite3_open_v2(path, ret, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
		ctl_complain("%s: %s", path, sqlite3_errmsg(*ret));
		status = EX_NOINPUT;
	} else {
		sqlite3_busy_timeout(*ret, BUSY_TIMEOUT_MS);
		status = check_application(*ret, path);
	}
	if (status != EX_OK) {
		sqlite3_close(*ret);
		*ret = NULL;
	}
	return status;
}

int database_open(const struct ctl *ctl, sqlite3 **ret)
{
	_cleanup_(free_p) char *path = NULL;
	int status;

	if (ctl->options.db)
		return open_path(ctl->options.db, ret);
	status = path_from_daemon(ctl, &path);
	return status == EX_OK ? open_path(path, ret) : status;
}

static bool parse_time(const char *name, const char *text, int64_t now_ms, int64_t *ret)
{
	if (time_text_parse(text, now_ms, ret))
		return true;
	ctl_complain("--%s '%s' is no time; examples: 2h, 3d, today, 2026-11-22, "
		     "\"2026-11-22 12:45\"",
		name, text);
	return false;
}

int database_range(const struct ctl *ctl, const char *default_since, struct database_range *ret)
{
	const char *since = ctl->options.since ? ctl->options.since : default_since;
	int64_t now_ms = clock_wall_ms();
	struct database_range range = { .until_ms = INT64_MAX };

	if (!parse_time("since", since, now_ms, &range.since_ms))
		return EX_USAGE;
	if (ctl->options.until && !parse_time("until", ctl->options.until, now_ms, &range.until_ms))
		return EX_USAGE;
	if (range.until_ms < range.since_ms) {
		ctl_complain("--until is before --since");
		return EX_USAGE;
	}
	*ret = range;
	return EX_OK;
}

int database_check_pack(sqlite3 *database, const char *pack)
{
	/* A pack that never answered has only events. */
	static const char text[] = "SELECT 1 WHERE ?1 IN (SELECT name FROM pack) "
				   "OR ?1 IN (SELECT pack FROM event)";
	_cleanup_(statement_finalize_p) sqlite3_stmt *statement = NULL;
	int step;

	if (sqlite3_prepare_v2(database, text, -1, &statement, NULL) != SQLITE_OK)
		return database_fail(database);
	sqlite3_bind_text(statement, 1, pack, -1, SQLITE_STATIC);
	step = sqlite3_step(statement);
	if (step == SQLITE_ROW)
		return EX_OK;
	if (step != SQLITE_DONE)
		return database_fail(database);
	ctl_complain("the history has no pack '%s'", pack);
	return EX_USAGE;
}

bool database_integer(sqlite3_stmt *statement, int column, int64_t *ret)
{
	if (sqlite3_column_type(statement, column) == SQLITE_NULL)
		return false;
	*ret = sqlite3_column_int64(statement, column);
	return true;
}
