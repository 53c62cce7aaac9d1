/* SPDX-License-Identifier: MIT */
#include "config/options.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "config/errors.h"
#include "config/spelling.h"
#include "config/value.h"

#define REQUIRED              NULL
#define PRESET_INTEGER(value) .preset = (value)
#define PRESET_BOOL(value)    .preset = (value)
#define PRESET_TEXT(value)    .preset_text = (value)
#define PRESET_CHOICE(value)  .preset_text = (value)

#define ANY    OPTION_WIRES_ALL
#define SERIAL (1u << CONFIG_WIRE_SERIAL)

#define OPTION_ROW(object, wires_, type_, key_, unit_, min_, max_, preset_, words_, text_) \
	{ .key = #key_, \
		.text = (text_), \
		.words = (words_), \
		.offset = offsetof(struct object, key_), \
		.min = (min_), \
		.max = (max_), \
		.wires = (wires_), \
		.type = OPTION_##type_, \
		.unit = BMS_UNIT_##unit_, \
		PRESET_##type_(preset_) },

static const struct option_row daemon_rows[] = {
#define OPTION_DAEMON(...) OPTION_ROW(config_daemon, __VA_ARGS__)
#define OPTION_LINE(...)
#define OPTION_PACK(...)
#include "config/options.def"
#undef OPTION_DAEMON
#undef OPTION_LINE
};

static const struct option_row line_rows[] = {
#define OPTION_DAEMON(...)
#define OPTION_LINE(...) OPTION_ROW(config_line, __VA_ARGS__)
#include "config/options.def"
#undef OPTION_LINE
#undef OPTION_PACK
};

static const struct option_row pack_rows[] = {
#define OPTION_LINE(...)
#define OPTION_PACK(...) OPTION_ROW(config_pack, __VA_ARGS__)
#include "config/options.def"
#undef OPTION_DAEMON
#undef OPTION_LINE
#undef OPTION_PACK
};

const char *const option_wire_names[CONFIG_WIRES] = {
	[CONFIG_WIRE_SERIAL] = "serial lines",
};

enum config_wire config_wire_of(int link)
{
	static const enum config_wire wires[CONFIG_LINKS] = {
		[CONFIG_LINK_JK_MODBUS] = CONFIG_WIRE_SERIAL,
	};

	return wires[link];
}

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

const struct option_table option_tables[OPTION_SCOPES] = {
	[OPTION_SCOPE_DAEMON] = { "the file", (const char *const[]){ "lines", "packs", NULL },
		daemon_rows, COUNT(daemon_rows) },
	[OPTION_SCOPE_LINE] = { "a line", (const char *const[]){ NULL }, line_rows,
		COUNT(line_rows) },
	[OPTION_SCOPE_PACK] = { "a pack", (const char *const[]){ "settings", NULL }, pack_rows,
		COUNT(pack_rows) },
};

bool option_is_required(const struct option_row *row)
{
	return (row->type == OPTION_TEXT || row->type == OPTION_CHOICE) && !row->preset_text;
}

const char *option_word(char out[OPTION_WORD_SIZE], const struct option_row *row, int index)
{
	const char *word = row->words;

	for (; index > 0; index--) {
		word = strchr(word, '|');
		if (!word)
			return NULL;
		word++;
	}
	snprintf(out, OPTION_WORD_SIZE, "%.*s", (int)strcspn(word, "|"), word);
	return out;
}

int option_word_index(const struct option_row *row, const char *word)
{
	char known[OPTION_WORD_SIZE];

	for (int i = 0; option_word(known, row, i); i++) {
		if (strcmp(known, word) == 0)
			return i;
	}
	return -1;
}

static void text_store(void *member, const char *text)
{
	snprintf(member, CONFIG_TEXT_SIZE, "%s", text);
}

static void option_preset(const struct option_row *row, void *member)
{
	const char *text = row->preset_text ? row->preset_text : "";

	switch ((enum option_type)row->type) {
	case OPTION_INTEGER:
		*(int64_t *)member = row->preset;
		break;
	case OPTION_BOOL:
		*(bool *)member = row->preset;
		break;
	case OPTION_TEXT:
		text_store(member, text);
		break;
	case OPTION_CHOICE:
		*(int *)member = option_word_index(row, text);
		break;
	}
}

void option_table_preset(const struct option_table *table, void *object)
{
	for (size_t i = 0; i < table->count; i++)
		option_preset(&table->rows[i], (char *)object + table->rows[i].offset);
}

static void option_read_text(const struct option_row *row, const config_setting_t *value,
	void *member, struct error_list *errors)
{
	const char *text;
	size_t len;

	if (!value_read_text(value, row->key, &text, errors))
		return;
	len = strlen(text);
	if (len == 0 && row->min > 0) {
		error_list_add(errors, value_line(value), "%s must not be empty", row->key);
		return;
	}
	if (len > (size_t)row->max) {
		error_list_add(errors, value_line(value),
			"%s is %zu bytes long, the longest allowed is %" PRId64, row->key, len,
			row->max);
		return;
	}
	text_store(member, text);
}

/* "system, session or none" */
static const char *words_join(char *out, size_t size, const struct option_row *row)
{
	char word[OPTION_WORD_SIZE];
	size_t len = 0;

	*out = '\0';
	for (int i = 0; option_word(word, row, i); i++) {
		char next[OPTION_WORD_SIZE];
		bool is_last = !option_word(next, row, i + 1);

		len += (size_t)snprintf(out + len, size - len, "%s%s",
			i == 0    ? ""
			: is_last ? " or "
				  : ", ",
			word);
		assert(len < size);
	}
	return out;
}

static void option_read_choice(const struct option_row *row, const config_setting_t *value,
	void *member, struct error_list *errors)
{
	char words[CONFIG_TEXT_SIZE];
	const char *text;
	int index;

	if (config_setting_type(value) != CONFIG_TYPE_STRING) {
		error_list_add(errors, value_line(value), "%s must be %s in quotes, not %s",
			row->key, words_join(words, sizeof(words), row), value_kind(value));
		return;
	}
	if (!value_read_text(value, row->key, &text, errors))
		return;
	index = option_word_index(row, text);
	if (index < 0) {
		error_list_add(errors, value_line(value), "%s must be %s, not \"%s\"", row->key,
			words_join(words, sizeof(words), row), text);
		return;
	}
	*(int *)member = index;
}

/* A row with words takes these numbers only. */
static void option_read_integer(const struct option_row *row, const config_setting_t *value,
	int64_t *member, struct error_list *errors)
{
	const struct value_limits limits = {
		.key = row->key,
		.unit = row->unit,
		.min = row->min,
		.max = row->max,
		.example = row->preset,
	};
	char words[CONFIG_TEXT_SIZE];
	char text[OPTION_WORD_SIZE];
	int64_t number;

	if (!value_read_integer(value, &limits, &number, errors))
		return;
	snprintf(text, sizeof(text), "%" PRId64, number);
	if (*row->words && option_word_index(row, text) < 0) {
		error_list_add(errors, value_line(value), "%s must be %s, not %s", row->key,
			words_join(words, sizeof(words), row), text);
		return;
	}
	*member = number;
}

static void option_read(const struct option_row *row, const config_setting_t *value, void *member,
	struct error_list *errors)
{
	switch ((enum option_type)row->type) {
	case OPTION_INTEGER:
		option_read_integer(row, value, member, errors);
		break;
	case OPTION_BOOL:
		value_read_bool(value, row->key, member, errors);
		break;
	case OPTION_TEXT:
		option_read_text(row, value, member, errors);
		break;
	case OPTION_CHOICE:
		option_read_choice(row, value, member, errors);
		break;
	}
}

const struct option_row *option_by_key(const struct option_table *table, const char *key)
{
	for (size_t i = 0; i < table->count; i++) {
		if (strcmp(table->rows[i].key, key) == 0)
			return &table->rows[i];
	}
	return NULL;
}

static bool is_member(const struct option_table *table, const char *key)
{
	for (const char *const *member = table->members; *member; member++) {
		if (strcmp(*member, key) == 0)
			return true;
	}
	return false;
}

/* A known key in the wrong place deserves better than a guess at its spelling. */
static bool misplaced_refuse(
	const struct option_table *table, const config_setting_t *value, struct error_list *errors)
{
	const char *key = config_setting_name(value);

	for (size_t i = 0; i < OPTION_SCOPES; i++) {
		if (!option_by_key(&option_tables[i], key))
			continue;
		error_list_add(errors, value_line(value), "\"%s\" is an option of %s, not of %s",
			key, option_tables[i].noun, table->noun);
		return true;
	}
	if (bms_setting_by_key(key) == BMS_SETTING_COUNT)
		return false;
	error_list_add(errors, value_line(value),
		"\"%s\" is a setting of the board: write it inside the pack's settings = { }", key);
	return true;
}

static void unknown_refuse(
	const struct option_table *table, const config_setting_t *value, struct error_list *errors)
{
	const char *key = config_setting_name(value);
	struct spelling spelling;
	const char *nearest;

	if (misplaced_refuse(table, value, errors))
		return;
	spelling_init(&spelling, key);
	for (size_t i = 0; i < table->count; i++)
		spelling_offer(&spelling, table->rows[i].key);
	for (const char *const *member = table->members; *member; member++)
		spelling_offer(&spelling, *member);
	nearest = spelling_nearest(&spelling);
	if (nearest)
		error_list_add(errors, value_line(value),
			"unknown option \"%s\", did you mean \"%s\"?", key, nearest);
	else
		error_list_add(errors, value_line(value), "unknown option \"%s\"", key);
}

static bool is_equal(const struct option_row *row, const void *a, const void *b)
{
	switch ((enum option_type)row->type) {
	case OPTION_INTEGER:
		return *(const int64_t *)a == *(const int64_t *)b;
	case OPTION_BOOL:
		return *(const bool *)a == *(const bool *)b;
	case OPTION_TEXT:
		return strcmp(a, b) == 0;
	case OPTION_CHOICE:
		return *(const int *)a == *(const int *)b;
	}
	return false;
}

bool option_table_equals(const struct option_table *table, const void *a, const void *b)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];

		if (!is_equal(row, (const char *)a + row->offset, (const char *)b + row->offset))
			return false;
	}
	return true;
}

/* An option of another wire; wires is one bit, or all when nobody knows. */
static bool wire_refuse(const struct option_row *row, const config_setting_t *value, unsigned wires,
	struct error_list *errors)
{
	size_t wire = 0;

	if (row->wires & wires)
		return false;
	while (!(wires >> wire & 1))
		wire++;
	error_list_add(errors, value_line(value), "\"%s\" is not for %s", row->key,
		option_wire_names[wire]);
	return true;
}

void option_table_read(const struct option_table *table, const config_setting_t *group,
	unsigned wires, void *object, struct error_list *errors)
{
	int length = config_setting_length(group);

	for (int i = 0; i < length; i++) {
		const config_setting_t *value = config_setting_get_elem(group, (unsigned)i);
		const char *key = config_setting_name(value);
		const struct option_row *row = option_by_key(table, key);

		if (row && !wire_refuse(row, value, wires, errors))
			option_read(row, value, (char *)object + row->offset, errors);
		else if (!row && !is_member(table, key))
			unknown_refuse(table, value, errors);
	}
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];

		if (option_is_required(row) && (row->wires & wires) == wires &&
			!config_setting_get_member(group, row->key))
			error_list_add(errors, value_line(group), "%s must have \"%s\"",
				table->noun, row->key);
	}
}
