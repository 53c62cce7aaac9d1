/* SPDX-License-Identifier: MIT */
/* The command line: help, usage errors, exit statuses. */
#include "check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"

enum {
	ARGUMENTS_MAX = 12
};

/* Runs a command line; the output is for the caller to free. */
static int run(char **ret_text, const char *const *arguments)
{
	char *copies[ARGUMENTS_MAX + 1] = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int count = 0;
	int status;

	for (; arguments[count]; count++)
		copies[count] = strdup(arguments[count]);
	status = ctl_run(count, copies, out);
	fclose(out);
	for (int i = 0; i < ARGUMENTS_MAX; i++)
		free(copies[i]);
	*ret_text = text;
	return status;
}

#define RUN(text, ...) run(text, (const char *const[]){ "bmsctl", __VA_ARGS__, NULL })

/* Ends with this status and writes nothing. */
#define EXPECT_STATUS(status, ...) \
	do { \
		char *text; \
\
		assert_int_equal(RUN(&text, __VA_ARGS__), status); \
		assert_string_equal(text, ""); \
		free(text); \
	} while (0)

static void the_help_names_every_verb_with_its_arguments(void **state)
{
	char *text;

	(void)state;
	assert_int_equal(RUN(&text, "--help"), EX_OK);
	for (size_t i = 0; i < VERB_COUNT; i++) {
		char line[128];

		snprintf(line, sizeof(line), "\n  %s%s%s ", verbs[i].name,
			verbs[i].arguments[0] ? " " : "", verbs[i].arguments);
		assert_non_null(strstr(text, line));
		assert_non_null(strstr(text, verbs[i].text));
	}
	free(text);
}

static void every_verb_has_help_with_the_options_it_takes(void **state)
{
	(void)state;
	for (size_t i = 0; i < VERB_COUNT; i++) {
		char *text;

		assert_int_equal(RUN(&text, verbs[i].name, "--help"), EX_OK);
		assert_non_null(strstr(text, verbs[i].text));
		assert_non_null(strstr(text, "--json"));
		assert_int_equal(
			strstr(text, "--protocol") != NULL, strcmp(verbs[i].name, "decode") == 0);
		assert_int_equal(
			strstr(text, "--field") != NULL, strcmp(verbs[i].name, "history") == 0);
		free(text);
	}
}

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	while ((text = strstr(text, part))) {
		count++;
		text += strlen(part);
	}
	return count;
}

static char *read_manual(void)
{
	FILE *file = fopen(MANUAL, "re");
	char *text = calloc(1, 65536);

	assert_non_null(file);
	assert_true(fread(text, 1, 65535, file) > 0);
	fclose(file);
	return text;
}

static void the_manual_describes_the_verbs_and_options_there_are(void **state)
{
	static const char *const options[] = {
#define OPTION(name, argument, ...) "\n.It Fl -" #name,
#include "ctl/options.def"
#undef OPTION
	};
	char *text = read_manual();

	(void)state;
	for (size_t i = 0; i < VERB_COUNT; i++) {
		char item[64];

		snprintf(item, sizeof(item), "\n.It Cm %s%c", verbs[i].name,
			verbs[i].arguments[0] ? ' ' : '\n');
		assert_int_equal(count_of(text, item), 1);
	}
	for (size_t i = 0; i < LENGTH(options); i++)
		assert_int_equal(count_of(text, options[i]), 1);
	assert_int_equal(count_of(text, "\n.It Fl -"), LENGTH(options));
	free(text);
}

static void the_manual_names_every_value_of_the_history(void **state)
{
	char *text = read_manual();
	const char *fields = strstr(text, ".Ss Fields");

	(void)state;
	assert_non_null(fields);
	for (size_t i = 0; i < BMS_FIELD_COUNT; i++) {
		const struct bms_field_row *row = &bms_field_rows[i];
		bool is_kept = row->keep != BMS_KEEP_LIVE && row->keep != BMS_KEEP_WIRE;
		char item[64];

		snprintf(item, sizeof(item), "\n.Cm %s", row->name);
		assert_int_equal(strstr(fields, item) != NULL, is_kept);
	}
	free(text);
}

static void the_version_is_one_line(void **state)
{
	char *text;

	(void)state;
	assert_int_equal(RUN(&text, "--version"), EX_OK);
	assert_string_equal(text, "bmsctl " BMSD_VERSION "\n");
	free(text);
}

static void what_is_no_command_line_is_a_usage_error(void **state)
{
	(void)state;
	EXPECT_STATUS(EX_USAGE, "--json");
	EXPECT_STATUS(EX_USAGE, "lst");
	EXPECT_STATUS(EX_USAGE, "--nonsense", "list");
	EXPECT_STATUS(EX_USAGE, "list", "house");
	EXPECT_STATUS(EX_USAGE, "cells");
	EXPECT_STATUS(EX_USAGE, "status", "house", "boat");
	EXPECT_STATUS(EX_USAGE, "status", "--since", "1h");
	EXPECT_STATUS(EX_USAGE, "alarms", "--field", "pack_mv");
	EXPECT_STATUS(EX_USAGE, "history", "house", "--field", "pack_voltage");
	EXPECT_STATUS(EX_USAGE, "history", "house", "--field", "runtime_s");
	EXPECT_STATUS(EX_USAGE, "history", "house", "--by", "fortnight");
	EXPECT_STATUS(EX_USAGE, "history", "house", "--by", "minute", "--field", "charge_on");
	EXPECT_STATUS(EX_USAGE, "history", "house", "--since", "soon");
	EXPECT_STATUS(EX_USAGE, "history", "house", "--since", "1h", "--until", "2h");
	EXPECT_STATUS(EX_USAGE, "decode");
	EXPECT_STATUS(EX_USAGE, "decode", "--protocol", "jk03");
	EXPECT_STATUS(EX_USAGE, "decode", "--protocol", "jk02", "--layout", "jk05");
	EXPECT_STATUS(EX_USAGE, "get", "house", "cell_opv");
}

static void without_a_bus_the_daemon_is_unavailable(void **state)
{
	(void)state;
	EXPECT_STATUS(EX_UNAVAILABLE, "list", "--bus", "unix:path=/nonexistent/bus");
	EXPECT_STATUS(EX_UNAVAILABLE, "reload", "--bus", "unix:path=/nonexistent/bus");
	setenv("BMSD_BUS", "unix:path=/nonexistent/bus", 1);
	EXPECT_STATUS(EX_UNAVAILABLE, "history", "house");
	unsetenv("BMSD_BUS");
}

static void files_that_cannot_be_used_are_told_apart(void **state)
{
	char path[] = "/tmp/test_ctl_XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "no database, but long enough to be looked at\n", 45), 45);
	close(fd);
	EXPECT_STATUS(EX_NOINPUT, "decode", "--protocol", "jk02", "/nonexistent/frames");
	EXPECT_STATUS(EX_NOINPUT, "history", "house", "--db", "/nonexistent/history.db");
	EXPECT_STATUS(EX_DATAERR, "history", "house", "--db", path);
	unlink(path);
}

static void one_bad_line_makes_the_status_65_after_all_were_decoded(void **state)
{
	static const char input[] = "00\naa5590ebc8010100000000000000000000000044\n";
	char path[] = "/tmp/test_ctl_XXXXXX";
	int fd = mkstemp(path);
	char *text;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, input, sizeof(input) - 1), sizeof(input) - 1);
	close(fd);
	assert_int_equal(RUN(&text, "decode", path, "--protocol", "jk02"), EX_DATAERR);
	assert_string_equal(text, "{\"frame\":null,\"line\":1,\"error\":\"too short\"}\n"
				  "{\"frame\":\"ack\",\"number\":200,\"value\":1}\n");
	free(text);
	unlink(path);
}

static void output_that_cannot_be_written_is_an_error(void **state)
{
	char name[] = "bmsctl";
	char verb[] = "decode", protocol[] = "--protocol=jk02", file[] = "/dev/null";
	char *arguments[] = { name, verb, protocol, file, NULL };
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	fputc('x', full);
	assert_int_equal(ctl_run(4, arguments, full), EX_IOERR);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_help_names_every_verb_with_its_arguments),
		cmocka_unit_test(every_verb_has_help_with_the_options_it_takes),
		cmocka_unit_test(the_manual_describes_the_verbs_and_options_there_are),
		cmocka_unit_test(the_manual_names_every_value_of_the_history),
		cmocka_unit_test(the_version_is_one_line),
		cmocka_unit_test(what_is_no_command_line_is_a_usage_error),
		cmocka_unit_test(without_a_bus_the_daemon_is_unavailable),
		cmocka_unit_test(files_that_cannot_be_used_are_told_apart),
		cmocka_unit_test(one_bad_line_makes_the_status_65_after_all_were_decoded),
		cmocka_unit_test(output_that_cannot_be_written_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
