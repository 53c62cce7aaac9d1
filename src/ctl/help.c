/* SPDX-License-Identifier: MIT */
#include "ctl/help.h"

enum {
	COLUMN_WIDTH = 24
};

static const struct {
	const char *name;
	const char *argument;
	unsigned takes;
	const char *text;
} options[] = {
#define OPTION(name, argument, takes, text) { #name, argument, takes, text },
#include "ctl/options.def"
#undef OPTION
};

static void print_verb(FILE *out, const struct verb *verb)
{
	int width = fprintf(
		out, "  %s%s%s", verb->name, verb->arguments[0] ? " " : "", verb->arguments);

	fprintf(out, "%*s%s\n", width < COLUMN_WIDTH ? COLUMN_WIDTH - width : 1, "", verb->text);
}

static void print_options(FILE *out, const struct verb *verb)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		const char *argument = options[i].argument;
		int width;

		if (verb && options[i].takes && !(options[i].takes & verb->takes))
			continue;
		width = fprintf(out, "  --%s%s%s", options[i].name, argument ? " " : "",
			argument ? argument : "");
		fprintf(out, "%*s%s\n", width < COLUMN_WIDTH ? COLUMN_WIDTH - width : 1, "",
			options[i].text);
	}
}

void help_print(FILE *out, const struct verb *verb)
{
	if (verb) {
		fprintf(out, "Usage: bmsctl %s [OPTION]... %s\n\n%s.\n", verb->name,
			verb->arguments, verb->text);
	} else {
		fprintf(out, "Usage: bmsctl [OPTION]... VERB [ARGUMENT]...\n\n"
			     "Reads and controls bmsd.\n\nVerbs:\n");
		for (size_t i = 0; i < VERB_COUNT; i++)
			print_verb(out, &verbs[i]);
	}
	fprintf(out, "\nOptions:\n");
	print_options(out, verb);
	fprintf(out, "\nSee bmsctl(1).\n");
}
