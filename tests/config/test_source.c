/* SPDX-License-Identifier: MIT */
#include "config/source.h"

#include <errno.h>

#include "conf_file.h"

#define PACK "{ name = \"a\"; device = \"/dev/a\"; }"

static void an_include_is_relative_to_the_file_that_names_it(void **state)
{
	struct config *config;

	(void)state;
	assert_int_equal(mkdir("sub", 0700), 0);
	conf_write("bmsd.conf", "raw = \"all\";\n\t@include \"sub/outer.conf\" # the packs\n");
	conf_write("sub/outer.conf", "packs = (\n@include \"inner.conf\"\n);\n");
	conf_write("sub/inner.conf", PACK);
	config = conf_load();
	assert_string_equal(config->packs[0].name, "a");
	config_free(config);
}

static void an_include_may_have_an_absolute_path(void **state)
{
	struct config *config;
	char text[256];

	conf_write("packs.conf", "packs = ( " PACK " );");
	snprintf(
		text, sizeof(text), "@include \"%s/packs.conf\"\nraw = \"all\";\n", (char *)*state);
	conf_write("bmsd.conf", text);
	config = conf_load();
	assert_int_equal(config->daemon.raw, CONFIG_RAW_ALL);
	config_free(config);
}

static void an_error_names_the_included_file_and_its_line(void **state)
{
	(void)state;
	conf_write("bmsd.conf", "raw = \"all\";\n"
				"packs = ( { name = \"a\"; device = \"/dev/a\"; settings = {\n"
				"@include \"settings.conf\"\n"
				"}; adress = 1; } );\n");
	conf_write("settings.conf", "# shared\ncell_ovp = 3500;\n\ncell_ovp_release = 9999;\n");
	conf_expect_errors(-EINVAL,
		"bmsd.conf:4: unknown option \"adress\", did you mean \"address\"?\n"
		"settings.conf:4: cell_ovp_release 9999 mV is out of range: "
		"1000 to 4500 mV (1.000 V to 4.500 V)\n");
	conf_write("settings.conf", "cell_ovp = 3500;\ncell_uvp 3;\n");
	conf_expect_errors(-EINVAL, "settings.conf:2: syntax error at or before: cell_uvp 3;\n");
}

static void an_include_that_cannot_be_read_says_why(void **state)
{
	(void)state;
	assert_int_equal(mkdir("sub", 0700), 0);
	conf_write(
		"bmsd.conf", "\n@include \"sub\"\n@include \"none.conf\"\n@include packs.conf\n");
	conf_expect_errors(-EINVAL, "bmsd.conf:2: cannot include \"sub\": Is a directory\n"
				    "bmsd.conf:3: cannot include \"none.conf\": "
				    "No such file or directory\n"
				    "bmsd.conf:4: write @include \"FILE\"\n");
}

static void a_file_that_includes_itself_is_an_error(void **state)
{
	(void)state;
	conf_write("bmsd.conf", "@include \"bmsd.conf\"\n");
	conf_expect_errors(-EINVAL, "bmsd.conf:1: includes are nested more than 10 deep\n");
}

static void an_include_in_a_comment_is_none(void **state)
{
	struct config *config;

	(void)state;
	conf_write("bmsd.conf", "/*\n@include \"none.conf\"\n*/ packs = ( " PACK " );\n"
				"# @include \"none.conf\"\n// @include \"none.conf\"\n");
	config = conf_load();
	config_free(config);
}

static void a_bracket_is_matched_where_it_stands(void **state)
{
	static const struct {
		const char *text;
		const char *errors;
	} rows[] = {
		{ "packs = (\n{ name = \"a\";\n", "bmsd.conf:1: this '(' is never closed\n"
						  "bmsd.conf:2: this '{' is never closed\n" },
		{ "packs = (\n{ name = \"a\";\n);\n",
			"bmsd.conf:3: ')' cannot close the '{' at bmsd.conf:2\n" },
		{ "packs = ( );\n}\n", "bmsd.conf:2: there is no open bracket for this '}'\n" },
		{ "a = ((((((((((((((((((((((((((((((((((((\n",
			"bmsd.conf:1: brackets are nested too deeply\n" },
		{ "x = 1;\n/* ( \n", "bmsd.conf:2: this comment is never closed\n" },
		{ "x = \"(;\ny = \"\\\"\n",
			"bmsd.conf:1: this text has no closing '\"' on its line\n"
			"bmsd.conf:2: this text has no closing '\"' on its line\n" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		conf_write("bmsd.conf", rows[i].text);
		conf_expect_errors(-EINVAL, rows[i].errors);
	}
}

static void brackets_in_texts_and_comments_do_not_count(void **state)
{
	struct config *config;

	(void)state;
	conf_write("bmsd.conf", "# (\n// {\n/* [ */ history = \"([{\\\"\";\npacks = ( " PACK " );");
	config = conf_load();
	assert_string_equal(config->daemon.history, "([{\"");
	config_free(config);
}

/* libconfig 1.5 takes the low 32 bits: 4294967356 would be 60. */
static void a_large_integer_does_not_wrap(void **state)
{
	(void)state;
	conf_write("bmsd.conf", "commit_interval_s = 4294967356;\n"
				"packs = ( { name = \"a\"; device = \"/dev/a\";\n"
				"address = 99999999999999999999;\n"
				"period_ms = -18446744073709551615;\n"
				"stale_periods = 0x100000003; } );\n");
	conf_expect_errors(-EINVAL,
		"bmsd.conf:1: commit_interval_s 4294967356 s is out of range: 5 to 600 s\n"
		"bmsd.conf:3: address 9223372036854775807 is out of range: 0 to 247\n"
		"bmsd.conf:4: period_ms -9223372036854775808 is out of range: 0 to 3600000\n"
		"bmsd.conf:5: stale_periods 4294967299 is out of range: 2 to 100\n");
}

static void a_number_in_a_name_or_text_stays_as_it_is(void **state)
{
	struct config *config;

	(void)state;
	conf_write("bmsd.conf",
		"packs = ( { name = \"cell 1\"; device = \"/dev/a 1\";"
		" settings = { soc100_voltage = 3400L; soc0_voltage = +2600; }; } );");
	conf_expect_errors(-EINVAL, "bmsd.conf:1: name \"cell 1\" may only hold letters, digits, - "
				    "and _, and not begin with -\n");
	conf_write("bmsd.conf",
		"packs = ( { name = \"1\"; device = \"/dev/a 1\";"
		" settings = { soc100_voltage = 3400L; soc0_voltage = +2600; }; } );");
	config = conf_load();
	assert_string_equal(config->packs[0].device, "/dev/a 1");
	assert_int_equal(config->packs[0].desired.value[BMS_SETTING_SLOT_SOC100_VOLTAGE], 3400);
	assert_int_equal(config->packs[0].desired.value[BMS_SETTING_SLOT_SOC0_VOLTAGE], 2600);
	config_free(config);
}

static void a_file_from_another_editor_is_read(void **state)
{
	struct config *config;

	(void)state;
	conf_write("bmsd.conf", "\xef\xbb\xbfpacks = (\r\n" PACK "\r\n);\r\n# no newline");
	config = conf_load();
	config_free(config);
}

static void a_file_that_is_no_text_is_refused(void **state)
{
	static char large[(4 << 20) + 2];

	(void)state;
	conf_write_bytes("bmsd.conf", "packs\0=", 7);
	conf_expect_errors(-EINVAL, "bmsd.conf: this is not a text file: it holds a NUL byte\n");
	memset(large, '\n', sizeof(large));
	conf_write_bytes("bmsd.conf", large, sizeof(large));
	conf_expect_errors(-EFBIG, "bmsd.conf: File too large\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(an_include_is_relative_to_the_file_that_names_it),
		IN_DIRECTORY(an_include_may_have_an_absolute_path),
		IN_DIRECTORY(an_error_names_the_included_file_and_its_line),
		IN_DIRECTORY(an_include_that_cannot_be_read_says_why),
		IN_DIRECTORY(a_file_that_includes_itself_is_an_error),
		IN_DIRECTORY(an_include_in_a_comment_is_none),
		IN_DIRECTORY(a_bracket_is_matched_where_it_stands),
		IN_DIRECTORY(brackets_in_texts_and_comments_do_not_count),
		IN_DIRECTORY(a_large_integer_does_not_wrap),
		IN_DIRECTORY(a_number_in_a_name_or_text_stays_as_it_is),
		IN_DIRECTORY(a_file_from_another_editor_is_read),
		IN_DIRECTORY(a_file_that_is_no_text_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
