/* SPDX-License-Identifier: MIT */
#include "config/syntax.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "config/errors.h"
#include "config/source.h"
#include "config/value.h"

enum {
	SYNTAX_EXCERPT_SIZE = 64,
	SYNTAX_KEY_SIZE = 64
};

/* A key of a line of text and how often it stood before on the same line. */
struct key_place {
	char key[SYNTAX_KEY_SIZE];
	unsigned line;
	bool repeated;
};

/* The group libconfig was in when it gave up: the last of the last. */
static const config_setting_t *group_last(const config_t *tree)
{
	const config_setting_t *group = config_root_setting(tree);
	int length;

	while (config_setting_is_aggregate(group) && (length = config_setting_length(group)) > 0) {
		const config_setting_t *last = config_setting_get_elem(group, (unsigned)length - 1);

		if (!config_setting_is_aggregate(last))
			break;
		group = last;
	}
	return group;
}

/* Where the key was first set, when setting it here was the error. */
static const config_setting_t *first_setting(const config_t *tree, const struct key_place *place)
{
	const config_setting_t *group = group_last(tree);

	for (; group; group = config_setting_parent(group)) {
		const config_setting_t *first = NULL;

		if (config_setting_is_group(group))
			first = config_setting_get_member(group, place->key);
		if (first && (value_line(first) < place->line || place->repeated))
			return first;
	}
	return NULL;
}

/* The next word before a = or :, and where to go on; NULL at the end of the line. */
static const char *key_next(const char *p, const char *end, struct key_place *place)
{
	while (p < end) {
		const char *start = p;
		const char *after;

		while (p < end && (isalnum((unsigned char)*p) || strchr("-_*", *p)))
			p++;
		for (after = p; after < end && isblank((unsigned char)*after);)
			after++;
		if (p > start && after < end && (*after == '=' || *after == ':')) {
			snprintf(place->key, sizeof(place->key), "%.*s", (int)(p - start), start);
			return after;
		}
		if (p == start)
			p++;
	}
	return NULL;
}

/* libconfig does not say which key it found twice. */
static void duplicate_add(const config_t *tree, unsigned line, struct error_list *errors)
{
	const struct source *source = errors->source;
	size_t len;
	const char *start = source_line(source, line, &len);
	const char *end = start + len;
	struct key_place place = { .line = line };

	for (const char *p = start; (p = key_next(p, end, &place));) {
		struct key_place before = { .line = line };
		const config_setting_t *first;
		const char *q = start;

		place.repeated = false;
		while ((q = key_next(q, end, &before)) && q < p)
			place.repeated |= strcmp(before.key, place.key) == 0;
		first = first_setting(tree, &place);
		if (!first)
			continue;
		error_list_add(errors, line, "\"%s\" is already set at %s:%u", place.key,
			source_file(source, value_line(first)),
			source_number(source, value_line(first)));
		return;
	}
	error_list_add(errors, line, "a key of this line is already set in the same group");
}

/* The line as the user wrote it: without indentation and the L that source.c put after integers. */
static size_t excerpt(char out[SYNTAX_EXCERPT_SIZE], const struct source *source, unsigned line)
{
	size_t len;
	const char *p = source_line(source, line, &len);
	const char *end = p + len;
	size_t used = 0;

	while (p < end && isblank((unsigned char)*p))
		p++;
	for (const char *start = p; p < end && used < SYNTAX_EXCERPT_SIZE - 1; p++) {
		bool is_mark = *p == 'L' && p > start && isdigit((unsigned char)p[-1]);

		if (!is_mark)
			out[used++] = (unsigned char)*p < ' ' ? '?' : *p;
	}
	out[used] = '\0';
	return used;
}

void syntax_error_add(const config_t *tree, struct error_list *errors)
{
	unsigned line = (unsigned)config_error_line(tree);
	const char *text = config_error_text(tree);
	char line_text[SYNTAX_EXCERPT_SIZE];

	if (strcmp(text, "duplicate setting name") == 0)
		duplicate_add(tree, line, errors);
	else if (strcmp(text, "mismatched element type in array") == 0)
		error_list_add(errors, line,
			"an array [ ] holds values of one kind: write a list ( ) to mix them");
	else if (excerpt(line_text, errors->source, line) == 0)
		error_list_add(errors, line, "%s: the text ends too early", text);
	else
		error_list_add(errors, line, "%s at or before: %s", text, line_text);
}
