/* SPDX-License-Identifier: MIT */
#include "config/reader.h"

#include <errno.h>

#include "conf_file.h"

#define PACK "packs = ( { name = \"a\"; device = \"/dev/a\"; } );\n"

static void each_wrong_list_has_its_words(void **state)
{
	static const struct {
		const char *text;
		const char *errors;
	} rows[] = {
		{ "", "bmsd.conf: there is no pack, write packs = ( { name = \"NAME\"; "
		      "device = \"DEVICE\"; } );\n" },
		{ "packs = ( );\n", "bmsd.conf:1: there is no pack in this list\n" },
		{ "packs = { };\n", "bmsd.conf:1: packs must be a list of groups ( { }, { } ), "
				    "not a group { }\n" },
		{ "packs = (\n5 );\n", "bmsd.conf:2: packs holds groups { }, not an integer\n" },
		{ "packs = (\n{ } );\n", "bmsd.conf:2: a pack must have \"name\"\n"
					 "bmsd.conf:2: a pack must have \"device\"\n" },
		{ "packs = ( { name = \"my pack\"; device = \"/dev/a\"; } );\n",
			"bmsd.conf:1: name \"my pack\" may only hold letters, digits, - and _, "
			"and not begin with -\n" },
		{ "packs = ( { name = \"-a\"; device = \"/dev/a\"; } );\n",
			"bmsd.conf:1: name \"-a\" may only hold letters, digits, - and _, "
			"and not begin with -\n" },
		{ "packs = ( { name = \"a\"; device = \"/dev/a\"; },\n"
		  "{ device = \"/dev/b\";\nname = \"a\"; } );\n",
			"bmsd.conf:3: name \"a\" is already taken by the pack at bmsd.conf:1\n" },
		{ "packs = ( { name = \"a\"; device = \"/dev/a\"; },\n"
		  "{ name = \"b\"; device = \"/dev/a\"; address = 1; } );\n",
			"bmsd.conf:2: device \"/dev/a\" address 1 is already read as the pack at "
			"bmsd.conf:1\n" },
		{ "packs = ( { name = \"a\"; device = \"/dev/a\"; settings = 5; } );\n",
			"bmsd.conf:1: settings must be a group { }, not an integer\n" },
		{ PACK "lines = ( { baud = 9600; } );\n",
			"bmsd.conf:2: a line must have \"device\"\n" },
		{ PACK "lines = ( { device = \"/dev/a\"; },\n{ device = \"/dev/a\"; } );\n",
			"bmsd.conf:3: device \"/dev/a\" already has a line at bmsd.conf:2\n" },
		{ PACK "lines = { device = \"/dev/a\"; };\n",
			"bmsd.conf:2: lines must be a list of groups ( { }, { } ), "
			"not a group { }\n" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		conf_write("bmsd.conf", rows[i].text);
		conf_expect_errors(-EINVAL, rows[i].errors);
	}
}

static void write_packs(int count, int devices)
{
	FILE *file = fopen("bmsd.conf", "w");

	fprintf(file, "packs = (\n");
	for (int i = 1; i <= count; i++)
		fprintf(file, "{ name = \"p%d\"; device = \"/dev/a%d\"; address = %d; }%s\n", i,
			i % devices, (i - 1) % 247 + 1, i < count ? "," : "");
	fprintf(file, ");\n");
	fclose(file);
}

static void as_many_packs_as_addresses_are_read(void **state)
{
	struct config *config;

	(void)state;
	write_packs(247, 8);
	config = conf_load();
	assert_int_equal(config->pack_count, 247);
	assert_int_equal(config->line_count, 8);
	config_free(config);
	write_packs(248, 8);
	conf_expect_errors(-EINVAL, "bmsd.conf:1: packs has 248 groups, at most 247 are allowed\n");
}

static void a_line_has_room_for_so_many_packs(void **state)
{
	(void)state;
	write_packs(CONFIG_LINE_PACKS_MAX, 1);
	config_free(conf_load());
	write_packs(CONFIG_LINE_PACKS_MAX + 2, 1);
	conf_expect_errors(-EINVAL, "bmsd.conf:50: device \"/dev/a0\" has more than 48 packs, "
				    "one line serves no more\n");
}

static void one_address_on_two_devices_is_two_packs(void **state)
{
	struct config *config;

	(void)state;
	conf_write("bmsd.conf", "packs = ( { name = \"a\"; device = \"/dev/a\"; },\n"
				"{ name = \"b\"; device = \"/dev/b\"; } );\n");
	config = conf_load();
	assert_int_equal(config->packs[1].line_index, 1);
	config_free(config);
}

static void a_line_without_a_pack_is_only_warned_of(void **state)
{
	FILE *caught = tmpfile();
	int real_stderr = dup(STDERR_FILENO);
	char text[256] = "";
	struct config *config;

	(void)state;
	conf_write("bmsd.conf", PACK "lines = ( { device = \"/dev/b\"; } );\n");
	dup2(fileno(caught), STDERR_FILENO);
	config = conf_load();
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	assert_true(pread(fileno(caught), text, sizeof(text) - 1, 0) > 0);
	fclose(caught);
	assert_string_equal(text, "test_config_reader: warning: bmsd.conf:2: no pack uses the line "
				  "\"/dev/b\"\n");
	assert_int_equal(config->line_count, 1);
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(each_wrong_list_has_its_words),
		IN_DIRECTORY(as_many_packs_as_addresses_are_read),
		IN_DIRECTORY(a_line_has_room_for_so_many_packs),
		IN_DIRECTORY(one_address_on_two_devices_is_two_packs),
		IN_DIRECTORY(a_line_without_a_pack_is_only_warned_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
