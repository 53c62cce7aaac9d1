/* SPDX-License-Identifier: MIT */
/* Errors in the making: all of a file's, not only the first. */
#ifndef CONFIG_ERRORS_H
#define CONFIG_ERRORS_H

#include <stdio.h>

struct source;

/* What is written for one file; a file that is not a configuration at all would fill the journal. */
enum {
	ERROR_LINES_MAX = 100,
	ERROR_MESSAGE_SIZE = 512
};

struct error_list {
	const struct source *source; /* borrowed: turns lines of its text into places */
	FILE *out;
	char *text;
	size_t size;
	size_t count;
};

/* 0 or -ENOMEM */
int error_list_init(struct error_list *errors, const struct source *source);

/* At a line of the source's text; 0 is the whole file. */
void error_list_add(struct error_list *errors, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* At a place; number 0 is the whole file. */
void error_list_add_at(struct error_list *errors, const char *file, unsigned number,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Ends the list; the text is the caller's, NULL when memory ran out. */
char *error_list_finish(struct error_list *errors);

#endif
