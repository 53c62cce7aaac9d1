/* SPDX-License-Identifier: MIT */
/* The rows of options.def and how a libconfig group is read into a struct by them. */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include <libconfig.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

struct error_list;

enum option_type {
	OPTION_INTEGER,
	OPTION_BOOL,
	OPTION_TEXT,
	OPTION_CHOICE,
};

enum option_scope {
	OPTION_SCOPE_DAEMON,
	OPTION_SCOPE_LINE,
	OPTION_SCOPE_PACK,
	OPTION_SCOPES
};

struct option_row {
	const char *key;
	const char *text;
	const char *words;       /* of a CHOICE, or the only values of an INTEGER, separated by | */
	const char *preset_text; /* of a TEXT or CHOICE; NULL: the option is required */
	size_t offset;           /* in the scope's struct */
	int64_t min;
	int64_t max;
	int64_t preset; /* of an INTEGER or BOOL */
	unsigned wires; /* it is for these: bits of 1 << enum config_wire */
	uint8_t type;   /* enum option_type */
	uint8_t unit;   /* enum bms_unit */
};

struct option_table {
	const char *noun;           /* whose options these are, with its article */
	const char *const *members; /* keys that are not options, NULL at the end */
	const struct option_row *rows;
	size_t count;
};

extern const struct option_table option_tables[OPTION_SCOPES];

enum {
	OPTION_WIRES_ALL = (1 << CONFIG_WIRES) - 1
};

/* "serial lines" */
extern const char *const option_wire_names[CONFIG_WIRES];

/* Row by its key, or NULL. */
const struct option_row *option_by_key(const struct option_table *table, const char *key);

/* Only an option without a default can be required. */
bool option_is_required(const struct option_row *row);

enum {
	OPTION_WORD_SIZE = 32
};

/* The word of a CHOICE at an index, or NULL after the last. */
const char *option_word(char out[OPTION_WORD_SIZE], const struct option_row *row, int index);

/* Index of a word, or -1. */
int option_word_index(const struct option_row *row, const char *word);

/* Every option of the scope's struct at its default; a required text is empty. */
void option_table_preset(const struct option_table *table, void *object);

/*
 * Reads a group over the defaults. What is wrong is added to errors and keeps its default. wires
 * are those the group may be about: one, or all when that is not known.
 */
void option_table_read(const struct option_table *table, const config_setting_t *group,
	unsigned wires, void *object, struct error_list *errors);

/* Are all options of two objects of the scope the same? */
bool option_table_equals(const struct option_table *table, const void *a, const void *b);

#endif
