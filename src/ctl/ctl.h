/* SPDX-License-Identifier: MIT */
/* What the command line asked for; every verb gets it and returns an exit status. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <stdbool.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/json.h"
#include "bms/telemetry.h"

enum {
	/* Of plan: there is something to write. Below sysexits' range. */
	EXIT_NOT_WRITTEN = 1, /* of apply */
	EXIT_CHANGES = 2
};

/* Options a verb takes. */
enum {
	TAKES_TIME = 1,
	TAKES_FIELD = 2,
	TAKES_DB = 4,
	TAKES_PROTOCOL = 8,
};

/* Arguments of options; NULL where not given. */
struct ctl_options {
#define OPTION(name, ...) const char *name;
#include "ctl/options.def"
#undef OPTION
};

struct ctl {
	FILE *out;
	bool is_pretty; /* JSON for a terminal */
	bool has_color;
	struct ctl_options options;
	enum bms_field fields[BMS_FIELD_COUNT]; /* --field, in order */
	size_t field_count;
	int argument_count;
	char **arguments;
};

struct verb {
	const char *name;
	const char *arguments;
	int least;
	int most;
	unsigned takes;
	const char *text;
	int (*run)(struct ctl *ctl);
};

enum verb_id {
#define VERB(name, ...) VERB_##name,
#include "ctl/verbs.def"
#undef VERB
	VERB_COUNT
};

extern const struct verb verbs[VERB_COUNT];

#define VERB(name, ...) int verb_##name(struct ctl *ctl);
#include "ctl/verbs.def"
#undef VERB

/* The whole program; returns its exit status. */
int ctl_run(int argc, char **argv, FILE *out);

/* The argument at an index, or NULL. */
const char *ctl_argument(const struct ctl *ctl, int index);

/* One line to stderr, with the program's name. */
void ctl_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

void ctl_json(const struct ctl *ctl, struct json *json);

#endif
