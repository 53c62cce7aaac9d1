/* SPDX-License-Identifier: MIT */
/*
 * Keeps the generated parts of bmsd.conf.5 and of the sample configuration equal to the rows.
 *
 *   config-reference --check FILE   fails when a part is not what the rows say
 *   config-reference --write FILE   brings the parts up to date
 *
 * A part stands between a comment "--- NAME ---" and the next "--- end ---" and has the
 * indentation of the former.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/quantity.h"
#include "bms/settings.h"
#include "config/options.h"

struct part {
	const char *name;
	void (*write)(FILE *out, const char *indent);
};

/* A text as a sentence of mdoc: a minus is not a hyphen there, and a full stop ends it. */
static void sentence_write(FILE *out, const char *text)
{
	for (const char *p = text; *p; p++) {
		if (*p == '-' && isdigit((unsigned char)p[1]))
			fputc('\\', out);
		fputc(*p, out);
	}
	fputs(".\n", out);
}

static void words_write(FILE *out, const struct option_row *row)
{
	const char *quote = row->type == OPTION_CHOICE ? "\"" : "";
	char word[OPTION_WORD_SIZE];

	for (int i = 0; option_word(word, row, i); i++)
		fprintf(out, "%s%s%s%s", i > 0 ? ", " : "", quote, word, quote);
}

/* "5 to 600 s" or "deadband, all" */
static void option_limits_write(FILE *out, const struct option_row *row)
{
	char range[QUANTITY_SIZE];

	switch ((enum option_type)row->type) {
	case OPTION_INTEGER:
		if (*row->words)
			words_write(out, row);
		else
			fputs(quantity_range(range, row->unit, row->min, row->max), out);
		break;
	case OPTION_BOOL:
		fputs("true or false", out);
		break;
	case OPTION_TEXT:
		fprintf(out, "a text of %" PRId64 " to %" PRId64 " bytes", row->min, row->max);
		break;
	case OPTION_CHOICE:
		words_write(out, row);
		break;
	}
}

static void option_preset_write(FILE *out, const struct option_row *row)
{
	if (row->type == OPTION_INTEGER)
		fprintf(out, "%" PRId64, row->preset);
	else if (row->type == OPTION_BOOL)
		fputs(row->preset ? "true" : "false", out);
	else
		fprintf(out, "\"%s\"", row->preset_text);
}

/* "For CAN, a replay", if not for all. */
static void wires_write(FILE *out, const struct option_row *row, const char *end)
{
	const char *word = "Only for";

	if (row->wires == OPTION_WIRES_ALL)
		return;
	for (size_t i = 0; i < CONFIG_WIRES; i++) {
		if (!(row->wires >> i & 1))
			continue;
		fprintf(out, "%s %s", word, option_wire_names[i]);
		word = " and";
	}
	fputs(end, out);
}

static void manual_option(FILE *out, const struct option_row *row)
{
	_cleanup_(free_p) char *limits = NULL;
	size_t size;
	FILE *text = open_memstream(&limits, &size);

	option_limits_write(text, row);
	fclose(text);
	fprintf(out, ".It Ic %s\n", row->key);
	sentence_write(out, row->text);
	fputs("Allowed: ", out);
	sentence_write(out, limits);
	wires_write(out, row, ".\n");
	if (option_is_required(row)) {
		fputs("Required.\n", out);
		return;
	}
	fputs("Default: ", out);
	option_preset_write(out, row);
	fputs(".\n", out);
}

static void manual_options(FILE *out, enum option_scope scope)
{
	const struct option_table *table = &option_tables[scope];

	fputs(".Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < table->count; i++)
		manual_option(out, &table->rows[i]);
	fputs(".El\n", out);
}

static void manual_daemon(FILE *out, const char *indent)
{
	(void)indent;
	manual_options(out, OPTION_SCOPE_DAEMON);
}

static void manual_line(FILE *out, const char *indent)
{
	(void)indent;
	manual_options(out, OPTION_SCOPE_LINE);
}

static void manual_pack(FILE *out, const char *indent)
{
	(void)indent;
	manual_options(out, OPTION_SCOPE_PACK);
}

static bool has_one_preset(const struct bms_setting_row *row)
{
	for (size_t i = 1; i < BMS_CHEMISTRY_COUNT; i++) {
		if (row->preset[i] != row->preset[0])
			return false;
	}
	return true;
}

static void manual_setting(FILE *out, const struct bms_setting_row *row)
{
	char range[QUANTITY_SIZE];

	fprintf(out, ".It Ic %s\n", row->key);
	sentence_write(out, row->text);
	fputs("Allowed: ", out);
	sentence_write(out, row->unit == BMS_UNIT_BOOL
				    ? "true or false"
				    : quantity_range(range, row->unit, row->min, row->max));
	if (row->count > 1)
		fprintf(out, "One value a cell, up to %u.\n", row->count);
	if (row->offer == BMS_OFFER_QUIET)
		fputs("The relay board takes it, but does not list it.\n", out);
	if (has_one_preset(row)) {
		fprintf(out, "Preset: %s%" PRId32 ".\n", row->preset[0] < 0 ? "\\" : "",
			row->preset[0]);
		return;
	}
	fputs("Preset:", out);
	for (size_t i = 0; i < BMS_CHEMISTRY_COUNT; i++)
		fprintf(out, "%s %s %" PRId32, i ? "," : "", bms_chemistry_names[i],
			row->preset[i]);
	fputs(".\n", out);
}

static void manual_settings_if(FILE *out, bool other)
{
	fputs(".Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < BMS_SETTING_COUNT; i++) {
		if ((bms_setting_rows[i].offer == BMS_OFFER_OTHER) == other)
			manual_setting(out, &bms_setting_rows[i]);
	}
	fputs(".El\n", out);
}

static void manual_settings(FILE *out, const char *indent)
{
	(void)indent;
	manual_settings_if(out, false);
}

static void manual_other_settings(FILE *out, const char *indent)
{
	(void)indent;
	manual_settings_if(out, true);
}

static void manual_rules(FILE *out, const char *indent)
{
	(void)indent;
	fputs(".Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < BMS_RULE_COUNT; i++) {
		const struct bms_rule *rule = &bms_rules[i];

		fprintf(out, ".It Ic %s No %s Ic %s\n", bms_setting_rows[rule->low].key,
			rule->op == BMS_RULE_LESS ? "below" : "at most",
			bms_setting_rows[rule->high].key);
		fputc(toupper((unsigned char)*rule->text), out);
		sentence_write(out, rule->text + 1);
	}
	fputs(".El\n", out);
}

static void sample_options(FILE *out, const char *indent, enum option_scope scope)
{
	const struct option_table *table = &option_tables[scope];

	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];

		/* The hand-written part of the sample shows these. */
		if (option_is_required(row))
			continue;
		fprintf(out, "\n%s# %s.\n%s# Allowed: ", indent, row->text, indent);
		option_limits_write(out, row);
		if (row->wires != OPTION_WIRES_ALL)
			fprintf(out, "\n%s# ", indent);
		wires_write(out, row, "");
		/* Whoever puts all of the sample in force has a serial line. */
		fprintf(out, "\n%s#%s%s = ", indent,
			row->wires >> CONFIG_WIRE_SERIAL & 1 ? "" : " ", row->key);
		option_preset_write(out, row);
		fputs(";\n", out);
	}
	fputc('\n', out);
}

static void sample_daemon(FILE *out, const char *indent)
{
	sample_options(out, indent, OPTION_SCOPE_DAEMON);
}

static void sample_line(FILE *out, const char *indent)
{
	sample_options(out, indent, OPTION_SCOPE_LINE);
}

static void sample_pack(FILE *out, const char *indent)
{
	sample_options(out, indent, OPTION_SCOPE_PACK);
}

static void sample_setting(FILE *out, const char *indent, const struct bms_setting_row *row)
{
	int32_t preset = row->preset[BMS_CHEMISTRY_LFP];
	char range[QUANTITY_SIZE];

	if (row->unit == BMS_UNIT_BOOL) {
		fprintf(out, "\n%s# %s.\n%s#%s = %s;\n", indent, row->text, indent, row->key,
			preset ? "true" : "false");
		return;
	}
	fprintf(out, "\n%s# %s.\n%s# Allowed: %s", indent, row->text, indent,
		quantity_range(range, row->unit, row->min, row->max));
	if (row->count > 1)
		fprintf(out, ", one value a cell, up to %u\n%s#%s = [ %" PRId32 " ];\n", row->count,
			indent, row->key, preset);
	else
		fprintf(out, "\n%s#%s = %" PRId32 ";\n", indent, row->key, preset);
}

static void sample_settings(FILE *out, const char *indent)
{
	for (size_t i = 0; i < BMS_SETTING_COUNT; i++) {
		if (bms_setting_rows[i].offer == BMS_OFFER_RELAY)
			sample_setting(out, indent, &bms_setting_rows[i]);
	}
	fputc('\n', out);
}

static const struct part manual_parts[] = {
	{ "daemon options", manual_daemon },
	{ "line options", manual_line },
	{ "pack options", manual_pack },
	{ "settings", manual_settings },
	{ "other settings", manual_other_settings },
	{ "rules", manual_rules },
	{ NULL, NULL },
};

static const struct part sample_parts[] = {
	{ "daemon options", sample_daemon },
	{ "line options", sample_line },
	{ "pack options", sample_pack },
	{ "settings", sample_settings },
	{ NULL, NULL },
};

/* The part that a comment line opens, or NULL. */
static const struct part *part_opened(const char *line)
{
	const char *comment = line + strspn(line, " ");
	const struct part *part = *comment == '#' ? sample_parts : manual_parts;
	const char *mark = strstr(comment, "--- ");

	if (!mark || (*comment != '#' && strncmp(comment, ".\\\"", 3) != 0))
		return NULL;
	mark += 4;
	for (; part->name; part++) {
		size_t len = strlen(part->name);

		if (strncmp(mark, part->name, len) == 0 && strncmp(mark + len, " ---", 4) == 0)
			return part;
	}
	return NULL;
}

/* Copies in to out with every part as the rows say; false when a part has no end. */
static bool parts_replace(FILE *in, FILE *out)
{
	_cleanup_(free_p) char *line = NULL;
	const struct part *part = NULL;
	size_t space = 0;

	while (getline(&line, &space, in) >= 0) {
		if (part && !strstr(line, "--- end ---"))
			continue;
		fputs(line, out);
		part = part ? NULL : part_opened(line);
		if (!part)
			continue;
		line[strspn(line, " ")] = '\0';
		part->write(out, line);
	}
	return !part;
}

static char *file_text(const char *path)
{
	_cleanup_(fclose_p) FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	if (!file || getdelim(&text, &size, '\0', file) < 0) {
		perror(path);
		free(text);
		return NULL;
	}
	return text;
}

static int part_compare(const char *text, const char *wanted, const char *path)
{
	unsigned line = 1;
	size_t i = 0;

	if (strcmp(text, wanted) == 0)
		return EXIT_SUCCESS;
	for (; text[i] == wanted[i]; i++)
		line += text[i] == '\n';
	fprintf(stderr,
		"%s:%u: not what the rows say; bring it up to date with\n"
		"  %s --write %s\n",
		path, line, program_invocation_name, path);
	return EXIT_FAILURE;
}

static int text_write(const char *text, const char *path)
{
	FILE *file = fopen(path, "we");
	bool written;

	if (!file) {
		perror(path);
		return EXIT_FAILURE;
	}
	written = fputs(text, file) >= 0;
	if (fclose(file) != 0 || !written) {
		perror(path);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	_cleanup_(free_p) char *text = NULL;
	_cleanup_(free_p) char *wanted = NULL;
	size_t size;
	FILE *in;
	FILE *out;
	bool whole;

	if (argc != 3 || (strcmp(argv[1], "--check") != 0 && strcmp(argv[1], "--write") != 0)) {
		fprintf(stderr, "usage: config-reference --check|--write FILE\n");
		return 64;
	}
	text = file_text(argv[2]);
	if (!text)
		return EXIT_FAILURE;
	in = fmemopen(text, strlen(text), "r");
	out = open_memstream(&wanted, &size);
	if (!in || !out) {
		perror(argv[2]);
		return EXIT_FAILURE;
	}
	whole = parts_replace(in, out);
	fclose(in);
	fclose(out);
	if (!whole) {
		fprintf(stderr, "%s: a part has no \"--- end ---\"\n", argv[2]);
		return EXIT_FAILURE;
	}
	return strcmp(argv[1], "--check") == 0 ? part_compare(text, wanted, argv[2])
					       : text_write(wanted, argv[2]);
}
