/* SPDX-License-Identifier: MIT */
#include "lab.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

int lab_setup(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	assert_non_null(lab);
	snprintf(lab->directory, sizeof(lab->directory), "/tmp/bmsd-store-XXXXXX");
	assert_non_null(mkdtemp(lab->directory));
	snprintf(lab->path, sizeof(lab->path), "%s/history.db", lab->directory);
	*state = lab;
	return 0;
}

static void remove_files(const char *directory)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char path[2 * LAB_PATH_SIZE + sizeof(entry->d_name)];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		if (unlink(path) < 0) {
			remove_files(path);
			rmdir(path);
		}
	}
	if (dir)
		closedir(dir);
}

int lab_teardown(void **state)
{
	struct lab *lab = *state;

	remove_files(lab->directory);
	rmdir(lab->directory);
	free(lab);
	return 0;
}

static sqlite3 *open_or_fail(const char *path, int flags)
{
	sqlite3 *db;

	if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK)
		fail_msg("%s: %s", path, sqlite3_errmsg(db));
	sqlite3_busy_timeout(db, 10000);
	return db;
}

const char *lab_text(const char *path, const char *sql)
{
	static char text[4096];
	sqlite3 *db = open_or_fail(path, SQLITE_OPEN_READONLY);
	sqlite3_stmt *statement;
	int r;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	r = sqlite3_step(statement);
	if (r != SQLITE_ROW && r != SQLITE_DONE)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	snprintf(text, sizeof(text), "%s",
		r == SQLITE_ROW && sqlite3_column_text(statement, 0)
			? (const char *)sqlite3_column_text(statement, 0)
			: "");
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return text;
}

int64_t lab_integer(const char *path, const char *sql)
{
	return strtoll(lab_text(path, sql), NULL, 10);
}

bool lab_can(const char *path, const char *sql)
{
	sqlite3 *db;
	bool works = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
		     sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;

	sqlite3_close(db);
	return works;
}

void lab_write(const char *path, const char *sql)
{
	sqlite3 *db = open_or_fail(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	char *error = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
	sqlite3_close(db);
}

unsigned lab_count_files(const struct lab *lab, const char *text)
{
	DIR *dir = opendir(lab->directory);
	struct dirent *entry;
	unsigned count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		count += strstr(entry->d_name, text) != NULL;
	closedir(dir);
	return count;
}
