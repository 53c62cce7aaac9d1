/* SPDX-License-Identifier: MIT */
/*
 * The text of a configuration file with its includes in place, and where each line came from.
 *
 * libconfig could include files itself, but it ends the process when one is a directory, takes
 * every path from one directory, and reads 99999999999 as 1215752191. So it is given one text in
 * which every integer is marked as 64 bits wide.
 */
#ifndef CONFIG_SOURCE_H
#define CONFIG_SOURCE_H

#include <stddef.h>

struct error_list;

struct source_line {
	size_t file;     /* into source.files */
	unsigned number; /* from 1 */
};

struct source {
	char *text;
	size_t size;
	struct source_line *lines; /* one per line of text */
	size_t line_count;
	size_t line_space;
	char **files; /* the configuration file is the first */
	size_t file_count;
};

/* 0, also when errors were added; or a negative errno when path itself cannot be read. */
int source_read(struct source *source, const char *path, struct error_list *errors);
void source_deinit(struct source *source);

/*
 * Origin of a line of text, from 1 as libconfig counts; the last line stands for all after it. Line
 * 0 is the whole configuration file, as in error_list_add().
 */
const char *source_file(const struct source *source, unsigned line);
unsigned source_number(const struct source *source, unsigned line);

/* The line itself, not terminated. */
const char *source_line(const struct source *source, unsigned line, size_t *len);

#endif
