/* SPDX-License-Identifier: MIT */
#include "query_cost.h"

#include <err.h>
#include <sqlite3.h>
#include <time.h>

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double pages_read(sqlite3 *db)
{
	int current = 0, highest = 0;

	sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_MISS, &current, &highest, 0);
	return current;
}

static void run(const char *path, const char *pragma, const char *sql, struct query_cost *ret)
{
	sqlite3_stmt *statement;
	sqlite3 *db;
	double begun_s = cpu_s();
	int r;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
		sqlite3_exec(db, pragma, NULL, NULL, NULL) != SQLITE_OK ||
		sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		errx(1, "%s: %s", sql, sqlite3_errmsg(db));
	*ret = (struct query_cost){ 0 };
	while ((r = sqlite3_step(statement)) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(statement); i++)
			ret->sum += sqlite3_column_double(statement, i);
		ret->rows++;
	}
	if (r != SQLITE_DONE)
		errx(1, "%s: %s", sql, sqlite3_errmsg(db));
	ret->cpu_s = cpu_s() - begun_s;
	ret->bytes = pages_read(db) * 4096;
	sqlite3_finalize(statement);
	sqlite3_close(db);
}

void query_cost(const char *path, const char *sql, unsigned times, struct query_cost *ret)
{
	struct query_cost again;

	/* A cache for everything, so that no page counts twice. */
	run(path, "PRAGMA cache_size=-8000000", sql, ret);
	for (unsigned i = 0; i < times; i++) {
		run(path, "", sql, &again);
		if (i == 0 || again.cpu_s < ret->cpu_s)
			ret->cpu_s = again.cpu_s;
	}
}
