/* SPDX-License-Identifier: MIT */
#include "ctl/ctl.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/help.h"

const struct verb verbs[VERB_COUNT] = {
#define VERB(name, arguments, least, most, takes, text) \
	{ #name, arguments, least, most, takes, text, verb_##name },
#include "ctl/verbs.def"
#undef VERB
};

enum option_id {
#define OPTION(name, ...) OPTION_##name,
#include "ctl/options.def"
#undef OPTION
	OPTION_COUNT
};

static const struct option_row {
	const char *name;
	bool has_argument;
	unsigned takes;
	size_t member; /* of struct ctl_options */
} option_rows[OPTION_COUNT] = {
#define OPTION(name, argument, takes, text) \
	{ #name, argument != NULL, takes, offsetof(struct ctl_options, name) },
#include "ctl/options.def"
#undef OPTION
};

void ctl_complain(const char *format, ...)
{
	va_list arguments;

	fputs("bmsctl: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

const char *ctl_argument(const struct ctl *ctl, int index)
{
	return index < ctl->argument_count ? ctl->arguments[index] : NULL;
}

void ctl_json(const struct ctl *ctl, struct json *json)
{
	json_init(json, ctl->out, ctl->is_pretty);
}

static const char **option_value(struct ctl_options *options, enum option_id option)
{
	return (const char **)((char *)options + option_rows[option].member);
}

static int add_field(struct ctl *ctl, const char *name)
{
	enum bms_field field = bms_field_by_name(name);

	if (field == BMS_FIELD_COUNT) {
		ctl_complain("there is no value '%s'; bmsctl(1) lists them", name);
		return EX_USAGE;
	}
	for (size_t i = 0; i < ctl->field_count; i++)
		if (ctl->fields[i] == field)
			return EX_OK;
	ctl->fields[ctl->field_count++] = field;
	return EX_OK;
}

/* Options may stand before and after the verb. */
static int parse_options(struct ctl *ctl, int argc, char **argv)
{
	struct option long_options[OPTION_COUNT + 1] = { 0 };
	int option;

	for (int i = 0; i < OPTION_COUNT; i++)
		long_options[i] = (struct option){ option_rows[i].name, option_rows[i].has_argument,
			NULL, i };
	optind = 0; /* getopt starts anew, tests call this often */
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == '?')
			return EX_USAGE;
		if (option == OPTION_field && add_field(ctl, optarg) != EX_OK)
			return EX_USAGE;
		*option_value(&ctl->options, (enum option_id)option) = optarg ? optarg : "";
	}
	ctl->argument_count = argc - optind;
	ctl->arguments = argv + optind;
	return EX_OK;
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < VERB_COUNT; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static bool arguments_fit(struct ctl *ctl, const struct verb *verb)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (!*option_value(&ctl->options, (enum option_id)i) || !option_rows[i].takes)
			continue;
		if (option_rows[i].takes & verb->takes)
			continue;
		ctl_complain("%s takes no --%s", verb->name, option_rows[i].name);
		return false;
	}
	if (ctl->argument_count < verb->least || ctl->argument_count > verb->most) {
		ctl_complain("usage: bmsctl %s [OPTION]... %s", verb->name, verb->arguments);
		return false;
	}
	return true;
}

/* A verb's results must have reached their reader before it can be a success. */
static int run_verb(struct ctl *ctl, const struct verb *verb)
{
	int status = verb->run(ctl);

	if (fflush(ctl->out) == 0 && !ferror(ctl->out))
		return status;
	ctl_complain("cannot write the output");
	return EX_IOERR;
}

static int run_arguments(struct ctl *ctl)
{
	const char *name = ctl_argument(ctl, 0);
	const struct verb *verb = name ? find_verb(name) : NULL;

	if (name && !verb) {
		ctl_complain("there is no verb '%s'; see bmsctl --help", name);
		return EX_USAGE;
	}
	if (ctl->options.help) {
		help_print(ctl->out, verb);
		return EX_OK;
	}
	if (ctl->options.version) {
		fprintf(ctl->out, "bmsctl %s\n", BMSD_VERSION);
		return EX_OK;
	}
	if (!verb) {
		ctl_complain("a verb is missing; see bmsctl --help");
		return EX_USAGE;
	}
	ctl->argument_count--;
	ctl->arguments++;
	return arguments_fit(ctl, verb) ? run_verb(ctl, verb) : EX_USAGE;
}

int ctl_run(int argc, char **argv, FILE *out)
{
	const char *no_color = getenv("NO_COLOR");
	struct ctl ctl = { .out = out };
	int status = parse_options(&ctl, argc, argv);

	if (status != EX_OK)
		return status;
	ctl.is_pretty = isatty(fileno(out)) == 1;
	ctl.has_color = ctl.is_pretty && !ctl.options.json && !(no_color && no_color[0]);
	return run_arguments(&ctl);
}
