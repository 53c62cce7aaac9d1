/* SPDX-License-Identifier: MIT */
#include "config/options.h"

#include <errno.h>

#include "conf_file.h"

#define PACK "packs = ( { name = \"a\"; device = \"/dev/a\"; } );\n"

static void every_default_is_within_its_limits(void **state)
{
	(void)state;
	for (size_t scope = 0; scope < OPTION_SCOPES; scope++) {
		const struct option_table *table = &option_tables[scope];

		assert_true(table->count > 0);
		for (size_t i = 0; i < table->count; i++) {
			const struct option_row *row = &table->rows[i];

			assert_true(row->min <= row->max);
			if (option_is_required(row))
				continue;
			if (row->type == OPTION_CHOICE)
				assert_true(option_word_index(row, row->preset_text) >= 0);
			else if (row->type == OPTION_TEXT)
				assert_in_range(strlen(row->preset_text), row->min, row->max);
			else
				assert_true(row->preset >= row->min && row->preset <= row->max);
		}
	}
}

static void a_text_fits_its_member(void **state)
{
	(void)state;
	for (size_t scope = 0; scope < OPTION_SCOPES; scope++) {
		for (size_t i = 0; i < option_tables[scope].count; i++) {
			const struct option_row *row = &option_tables[scope].rows[i];

			if (row->type == OPTION_TEXT)
				assert_true(row->max < CONFIG_TEXT_SIZE);
		}
	}
}

static void every_word_is_found_at_its_index(void **state)
{
	char word[OPTION_WORD_SIZE];

	(void)state;
	for (size_t scope = 0; scope < OPTION_SCOPES; scope++) {
		for (size_t i = 0; i < option_tables[scope].count; i++) {
			const struct option_row *row = &option_tables[scope].rows[i];

			for (int index = 0; *row->words && option_word(word, row, index); index++)
				assert_int_equal(option_word_index(row, word), index);
			assert_int_equal(option_word_index(row, "no such word"), -1);
		}
	}
}

/* What a file with one wrong line before a sound pack is told. */
static void each_wrong_option_has_its_words(void **state)
{
	static const struct {
		const char *line;
		const char *errors;
	} rows[] = {
		{ "history = 5;\n",
			"bmsd.conf:1: history must be a text in quotes, not an integer\n" },
		{ "history = \"a\\tb\";\n", "bmsd.conf:1: history holds a control character\n" },
		{ "commit_interval_s = true;\n",
			"bmsd.conf:1: commit_interval_s must be an integer, not true or false\n" },
		{ "commit_interval_s = ( 5 );\n",
			"bmsd.conf:1: commit_interval_s must be an integer, not a list ( )\n" },
		{ "commit_interval_s = 4;\n",
			"bmsd.conf:1: commit_interval_s 4 s is out of range: 5 to 600 s\n" },
		{ "commit_interval_s = 601;\n",
			"bmsd.conf:1: commit_interval_s 601 s is out of range: 5 to 600 s\n" },
		{ "commit_interval_s = \"1 h\";\n",
			"bmsd.conf:1: commit_interval_s 3600 s is out of range: 5 to 600 s\n" },
		{ "commit_interval_s = 60.0;\n",
			"bmsd.conf:1: commit_interval_s must be an integer or a text with a unit: "
			"write 60 or \"60 s\"\n" },
		{ "dbus = \"sytem\";\n",
			"bmsd.conf:1: dbus must be system, session or none, not \"sytem\"\n" },
		{ "dbus = 1;\n", "bmsd.conf:1: dbus must be system, session or none in quotes, "
				 "not an integer\n" },
		{ "histroy = \"\";\n",
			"bmsd.conf:1: unknown option \"histroy\", did you mean \"history\"?\n" },
		{ "pack = ();\n",
			"bmsd.conf:1: unknown option \"pack\", did you mean \"packs\"?\n" },
		{ "colour = \"red\";\n", "bmsd.conf:1: unknown option \"colour\"\n" },
		{ "baud = 9600;\n",
			"bmsd.conf:1: \"baud\" is an option of a line, not of the file\n" },
		{ "cell_ovp = 3600;\n",
			"bmsd.conf:1: \"cell_ovp\" is a setting of the board: write "
			"it inside the pack's settings = { }\n" },
		{ "lines = ( { device = \"/dev/a\"; rs485 = 2; } );\n",
			"bmsd.conf:1: rs485 must be true or false\n" },
		{ "lines = ( { device = \"\"; } );\n", "bmsd.conf:1: device must not be empty\n" },
		{ "lines = ( { device = \"/dev/a\"; baud = 3.5; } );\n",
			"bmsd.conf:1: baud must be an integer, not a number with decimals\n" },
		{ "lines = ( { device = \"/dev/a\"; baud = 9601; } );\n",
			"bmsd.conf:1: baud must be 1200, 2400, 4800, 9600, 19200, 38400, 57600, "
			"115200, 230400, 460800, 500000, 576000 or 921600, not 9601\n" },
		{ "lines = ( { device = \"/dev/a\"; baud = \"9600 Bd\"; } );\n",
			"bmsd.conf:1: baud must be an integer, not a text\n" },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		snprintf(text, sizeof(text), "%s%s", rows[i].line, PACK);
		conf_write("bmsd.conf", text);
		conf_expect_errors(-EINVAL, rows[i].errors);
	}
}

static void a_text_that_is_too_long_is_refused(void **state)
{
	char name[65];
	char text[256];
	char errors[128];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[64] = '\0';
	snprintf(text, sizeof(text), "packs = ( { name = \"%s\"; device = \"/dev/a\"; } );", name);
	snprintf(errors, sizeof(errors),
		"bmsd.conf:1: name is 64 bytes long, the longest allowed is 63\n");
	conf_write("bmsd.conf", text);
	conf_expect_errors(-EINVAL, errors);
	name[63] = '\0';
	snprintf(text, sizeof(text), "packs = ( { name = \"%s\"; device = \"/dev/a\"; } );", name);
	conf_write("bmsd.conf", text);
	config_free(conf_load());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_default_is_within_its_limits),
		cmocka_unit_test(a_text_fits_its_member),
		cmocka_unit_test(every_word_is_found_at_its_index),
		IN_DIRECTORY(each_wrong_option_has_its_words),
		IN_DIRECTORY(a_text_that_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
