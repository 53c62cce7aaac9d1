/* SPDX-License-Identifier: MIT */
#include "config/syntax.h"

#include <errno.h>

#include "conf_file.h"

static void a_key_set_twice_names_the_first_place(void **state)
{
	static const struct {
		const char *text;
		const char *errors;
	} rows[] = {
		{ "raw = \"all\";\ndbus = \"none\";\nraw = \"all\";\n",
			"bmsd.conf:3: \"raw\" is already set at bmsd.conf:1\n" },
		{ "raw = \"all\"; dbus = \"none\"; raw = \"all\";\n",
			"bmsd.conf:1: \"raw\" is already set at bmsd.conf:1\n" },
		{ "packs = ( { name = \"a\"; },\n{ name = \"b\";\naddress = 1; name = \"c\"; } "
		  ");\n",
			"bmsd.conf:3: \"name\" is already set at bmsd.conf:2\n" },
		{ "packs = (\n);\nlines = ( );\npacks = ( { name = \"a\"; } );\n",
			"bmsd.conf:4: \"packs\" is already set at bmsd.conf:1\n" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		conf_write("bmsd.conf", rows[i].text);
		conf_expect_errors(-EINVAL, rows[i].errors);
	}
}

static void a_syntax_error_shows_the_line(void **state)
{
	static const struct {
		const char *text;
		const char *errors;
	} rows[] = {
		{ "raw \"all\";\n", "bmsd.conf:1: syntax error at or before: raw \"all\";\n" },
		{ "\n  device = /dev/ttyUSB0;\n",
			"bmsd.conf:2: syntax error at or before: device = /dev/ttyUSB0;\n" },
		{ "packs = (\n{ address = 1; }\n{ address = 2; }\n);\n",
			"bmsd.conf:3: syntax error at or before: { address = 2; }\n" },
		{ "raw =", "bmsd.conf:1: syntax error: the text ends too early\n" },
		{ "packs = [ 1, \"x\" ];\n", "bmsd.conf:1: an array [ ] holds values of one kind: "
					     "write a list ( ) to mix them\n" },
		{ "\x1b 31m\n", "bmsd.conf:1: syntax error at or before: ? 31m\n" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		conf_write("bmsd.conf", rows[i].text);
		conf_expect_errors(-EINVAL, rows[i].errors);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(a_key_set_twice_names_the_first_place),
		IN_DIRECTORY(a_syntax_error_shows_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
