/* SPDX-License-Identifier: MIT */
/* A directory for one test, and questions to the history in it over a connection of our own. */
#ifndef TESTS_STORE_LAB_H
#define TESTS_STORE_LAB_H

#include <stdbool.h>
#include <stdint.h>

enum {
	LAB_PATH_SIZE = 256
};

struct lab {
	char directory[LAB_PATH_SIZE / 2];
	char path[LAB_PATH_SIZE]; /* of the history */
};

/* cmocka's setup and teardown: *state is the lab. */
int lab_setup(void **state);
int lab_teardown(void **state);

/* The first column of the first row, read only; fails the test if the query does. */
int64_t lab_integer(const char *path, const char *sql);
/* The same as text, in a buffer that the next call overwrites; "" for no row or NULL. */
const char *lab_text(const char *path, const char *sql);
/* Whether the query works at all. */
bool lab_can(const char *path, const char *sql);
/* Writes; fails the test if it cannot. */
void lab_write(const char *path, const char *sql);

/* Files in the directory whose name holds a text. */
unsigned lab_count_files(const struct lab *lab, const char *text);

#endif
