/* SPDX-License-Identifier: MIT */
#include "config/source.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "config/errors.h"

enum {
	SOURCE_SIZE_MAX = 4 << 20,
	SOURCE_DEPTH_MAX = 10,
	SOURCE_BRACKETS_MAX = 32
};

struct bracket {
	char open;
	size_t file;
	unsigned number;
};

/* What is known while the files are read. */
struct scan {
	struct source *source;
	struct error_list *errors;
	FILE *out;
	size_t read_size; /* of all files */
	unsigned depth;
	struct bracket brackets[SOURCE_BRACKETS_MAX];
	size_t bracket_count;
};

/* Where the scan is in one file. */
struct cursor {
	struct scan *scan;
	size_t file;
	unsigned number;
	unsigned comment_number; /* line of an open comment, or 0 */
};

#define cursor_error(cursor, ...) \
	error_list_add_at((cursor)->scan->errors, (cursor)->scan->source->files[(cursor)->file], \
		(cursor)->number, __VA_ARGS__)

static int file_scan(struct scan *scan, const char *path);

const char *source_file(const struct source *source, unsigned line)
{
	if (line == 0 || source->line_count == 0)
		return source->files[0];
	if (line > source->line_count)
		line = (unsigned)source->line_count;
	return source->files[source->lines[line - 1].file];
}

unsigned source_number(const struct source *source, unsigned line)
{
	if (line == 0 || source->line_count == 0)
		return line;
	if (line > source->line_count)
		line = (unsigned)source->line_count;
	return source->lines[line - 1].number;
}

const char *source_line(const struct source *source, unsigned line, size_t *len)
{
	const char *p = source->text;
	const char *end = source->text + source->size;

	for (unsigned i = 1; i < line && p < end; i++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));

		p = newline ? newline + 1 : end;
	}
	*len = strcspn(p, "\n");
	return p;
}

/* The bytes of a file, terminated; every file is text and small. */
static int file_read(const char *path, size_t size_max, char **ret, size_t *ret_size)
{
	_cleanup_(fclose_p) FILE *file = fopen(path, "re");
	_cleanup_(free_p) char *text = NULL;
	struct stat stat;
	size_t size;

	if (!file)
		return -errno;
	if (fstat(fileno(file), &stat) < 0)
		return -errno;
	if (S_ISDIR(stat.st_mode))
		return -EISDIR;
	text = malloc(size_max + 1);
	if (!text)
		return -ENOMEM;
	size = fread(text, 1, size_max + 1, file);
	if (ferror(file))
		return -EIO;
	if (size > size_max)
		return -EFBIG;
	text[size] = '\0';
	*ret = text;
	*ret_size = size;
	text = NULL;
	return 0;
}

static int source_add_file(struct source *source, const char *path)
{
	char **files = realloc(source->files, (source->file_count + 1) * sizeof(*files));

	if (!files)
		return -ENOMEM;
	source->files = files;
	files[source->file_count] = strdup(path);
	if (!files[source->file_count])
		return -ENOMEM;
	source->file_count++;
	return 0;
}

/* Ends a line of the text and notes where it came from. */
static int line_end(struct cursor *at)
{
	struct source *source = at->scan->source;

	if (source->line_count == source->line_space) {
		size_t space = source->line_space ? 2 * source->line_space : 256;
		struct source_line *lines = realloc(source->lines, space * sizeof(*lines));

		if (!lines)
			return -ENOMEM;
		source->lines = lines;
		source->line_space = space;
	}
	source->lines[source->line_count++] = (struct source_line){ at->file, at->number };
	fputc('\n', at->scan->out);
	return 0;
}

static char bracket_closing(char open)
{
	return open == '(' ? ')' : open == '[' ? ']' : '}';
}

/* libconfig says only "syntax error", and often at the end of the file. */
static bool bracket_scan(struct cursor *at, char bracket)
{
	struct scan *scan = at->scan;
	const struct bracket *open;

	if (strchr("([{", bracket)) {
		if (scan->bracket_count == SOURCE_BRACKETS_MAX) {
			cursor_error(at, "brackets are nested too deeply");
			return false;
		}
		scan->brackets[scan->bracket_count++] =
			(struct bracket){ bracket, at->file, at->number };
		return true;
	}
	if (scan->bracket_count == 0) {
		cursor_error(at, "there is no open bracket for this '%c'", bracket);
		return false;
	}
	open = &scan->brackets[--scan->bracket_count];
	if (bracket_closing(open->open) == bracket)
		return true;
	cursor_error(at, "'%c' cannot close the '%c' at %s:%u", bracket, open->open,
		scan->source->files[open->file], open->number);
	return false;
}

static const char *string_end(const char *p, const char *end)
{
	for (p++; p < end; p++) {
		if (*p == '"')
			return p + 1;
		if (*p == '\\')
			p++;
	}
	return NULL;
}

static const char *name_end(const char *p, const char *end)
{
	while (p < end && (isalnum((unsigned char)*p) || strchr("-_*", *p)))
		p++;
	return p;
}

static const char *sign_skip(const char *p, const char *end)
{
	return p < end && (*p == '-' || *p == '+') ? p + 1 : p;
}

static bool is_number(const char *p, const char *end)
{
	p = sign_skip(p, end);
	if (p < end && *p == '.')
		p++;
	return p < end && isdigit((unsigned char)*p);
}

static const char *number_end(const char *p, const char *end)
{
	for (p = sign_skip(p, end); p < end; p++) {
		bool is_exponent_sign = (*p == '-' || *p == '+') && (p[-1] | 0x20) == 'e';

		if (!isalnum((unsigned char)*p) && *p != '.' && !is_exponent_sign)
			break;
	}
	return p;
}

static bool is_integer(const char *p, const char *end)
{
	p = sign_skip(p, end);
	if (end - p > 2 && p[0] == '0' && (p[1] | 0x20) == 'x') {
		for (p += 2; p < end && isxdigit((unsigned char)*p);)
			p++;
	}
	while (p < end && isdigit((unsigned char)*p))
		p++;
	return p == end;
}

/* Copies a number and marks an integer as 64 bits wide, so that a large one cannot wrap. */
static const char *number_copy(struct cursor *at, const char *p, const char *end)
{
	const char *stop = number_end(p, end);

	fwrite(p, 1, (size_t)(stop - p), at->scan->out);
	if (is_integer(p, stop))
		fputc('L', at->scan->out);
	return stop;
}

static const char *comment_copy(struct cursor *at, const char *p, const char *end)
{
	const char *close = memmem(p, (size_t)(end - p), "*/", 2);
	const char *stop = close ? close + 2 : end;

	if (close)
		at->comment_number = 0;
	fwrite(p, 1, (size_t)(stop - p), at->scan->out);
	return stop;
}

/* Copies one token; NULL after an error. */
static const char *token_copy(struct cursor *at, const char *p, const char *end)
{
	const char *stop = p + 1;

	if (*p == '"') {
		stop = string_end(p, end);
		if (!stop) {
			cursor_error(at, "this text has no closing '\"' on its line");
			return NULL;
		}
	} else if (*p == '#' || (*p == '/' && stop < end && *stop == '/')) {
		stop = end;
	} else if (*p == '/' && stop < end && *stop == '*') {
		at->comment_number = at->number;
		stop = p + 2;
	} else if (isalpha((unsigned char)*p) || *p == '*') {
		stop = name_end(p, end);
	} else if (is_number(p, end)) {
		return number_copy(at, p, end);
	} else if (strchr("()[]{}", *p) && !bracket_scan(at, *p)) {
		return NULL;
	}
	fwrite(p, 1, (size_t)(stop - p), at->scan->out);
	return stop;
}

/* Copies the rest of a line; false after an error. */
static bool line_copy(struct cursor *at, const char *p, const char *end)
{
	while (p && p < end)
		p = at->comment_number ? comment_copy(at, p, end) : token_copy(at, p, end);
	return p;
}

/* A relative path is relative to the file that names it. */
static char *include_path(const char *including, const char *name)
{
	const char *slash = strrchr(including, '/');
	char *path;

	if (*name == '/' || !slash)
		return strdup(name);
	if (asprintf(&path, "%.*s/%s", (int)(slash - including), including, name) < 0)
		return NULL;
	return path;
}

static int include_scan(struct cursor *at, const char *name)
{
	struct scan *scan = at->scan;
	_cleanup_(free_p) char *path = include_path(scan->source->files[at->file], name);
	int r;

	if (!path)
		return -ENOMEM;
	if (scan->depth == SOURCE_DEPTH_MAX) {
		cursor_error(at, "includes are nested more than %d deep", SOURCE_DEPTH_MAX);
		return 0;
	}
	scan->depth++;
	r = file_scan(scan, path);
	scan->depth--;
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		cursor_error(at, "cannot include \"%s\": %s", path, strerror(-r));
	return 0;
}

/* The text between the quotes after @include, or NULL when the line is not an include. */
static const char *include_name(const char *p, const char *end)
{
	static const char word[] = "@include";

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if ((size_t)(end - p) < sizeof(word) - 1 || memcmp(p, word, sizeof(word) - 1) != 0)
		return NULL;
	p += sizeof(word) - 1;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

static int line_scan(struct cursor *at, const char *p, const char *end)
{
	const char *name = at->comment_number ? NULL : include_name(p, end);
	_cleanup_(free_p) char *file = NULL;
	const char *stop;
	int r;

	if (!name) {
		line_copy(at, p, end);
		return line_end(at);
	}
	stop = name < end && *name == '"' ? memchr(name + 1, '"', (size_t)(end - name - 1)) : NULL;
	if (!stop) {
		cursor_error(at, "write @include \"FILE\"");
		return line_end(at);
	}
	file = strndup(name + 1, (size_t)(stop - name - 1));
	if (!file)
		return -ENOMEM;
	r = include_scan(at, file);
	if (r < 0)
		return r;
	line_copy(at, stop + 1, end);
	return line_end(at);
}

static int lines_scan(struct cursor *at, const char *p, const char *end)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";

	if ((size_t)(end - p) >= 3 && memcmp(p, byte_order_mark, 3) == 0)
		p += 3;
	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		const char *stop = newline ? newline : end;
		int r;

		at->number++;
		r = line_scan(at, p, stop > p && stop[-1] == '\r' ? stop - 1 : stop);
		if (r < 0)
			return r;
		p = newline ? newline + 1 : end;
	}
	return 0;
}

static int file_scan(struct scan *scan, const char *path)
{
	struct cursor at = { .scan = scan, .file = scan->source->file_count };
	_cleanup_(free_p) char *text = NULL;
	size_t size = 0;
	int r;

	r = file_read(path, SOURCE_SIZE_MAX - scan->read_size, &text, &size);
	if (r < 0)
		return r;
	r = source_add_file(scan->source, path);
	if (r < 0)
		return r;
	scan->read_size += size;
	if (memchr(text, '\0', size)) {
		cursor_error(&at, "this is not a text file: it holds a NUL byte");
		return 0;
	}
	r = lines_scan(&at, text, text + size);
	if (r < 0)
		return r;
	if (at.comment_number) {
		at.number = at.comment_number;
		cursor_error(&at, "this comment is never closed");
	}
	return 0;
}

static void scan_finish(struct scan *scan)
{
	for (size_t i = 0; i < scan->bracket_count; i++)
		error_list_add_at(scan->errors, scan->source->files[scan->brackets[i].file],
			scan->brackets[i].number, "this '%c' is never closed",
			scan->brackets[i].open);
}

int source_read(struct source *source, const char *path, struct error_list *errors)
{
	struct scan scan = { .source = source, .errors = errors };
	int r;

	*source = (struct source){ 0 };
	scan.out = open_memstream(&source->text, &source->size);
	if (!scan.out)
		return -ENOMEM;
	r = file_scan(&scan, path);
	if (fclose(scan.out) != 0 && r == 0)
		r = -ENOMEM;
	/* After another error a bracket may only seem open. */
	if (r == 0 && errors->count == 0)
		scan_finish(&scan);
	return r;
}

void source_deinit(struct source *source)
{
	for (size_t i = 0; i < source->file_count; i++)
		free(source->files[i]);
	free(source->files);
	free(source->lines);
	free(source->text);
	*source = (struct source){ 0 };
}
