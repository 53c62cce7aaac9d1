/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "port/host/options.h"

enum {
	WORDS_MAX = 12
};

static struct options options;

/* Words are separated by single spaces. */
static enum options_result parse(const char *line)
{
	static char copy[256], name[] = "bms-sim";
	char *words[WORDS_MAX + 2] = { name }, *rest = copy, *word;
	int count = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	while (*copy && (word = strsep(&rest, " ")) && count < WORDS_MAX)
		words[count++] = word;
	optind = 0;
	return options_parse(&options, count, words);
}

static void without_options_there_is_one_board_of_16_cells(void **state)
{
	(void)state;
	assert_int_equal(parse(""), OPTIONS_RUN);
	assert_int_equal(options.number[OPTION_CELLS], 16);
	assert_int_equal(options.number[OPTION_TURNAROUND_US], 5000);
	assert_int_equal(options.number[OPTION_BAUD], 115200);
	assert_int_equal(options.boards, 1);
	assert_int_equal(options.address[0], 1);
	assert_null(options.link[PORT_UART_RS485]);
}

static void every_way_to_write_addresses_is_understood(void **state)
{
	static const struct {
		const char *line;
		size_t boards;
		uint8_t first, last;
	} lines[] = {
		{ "--address 7", 1, 7, 7 },
		{ "--address 1-16", 16, 1, 16 },
		{ "--address 1..16", 16, 1, 16 },
		{ "--address 1,3,5", 3, 1, 5 },
		{ "--address 1-3,9,20..22", 7, 1, 22 },
		{ "--address 1 --address 2", 2, 1, 2 },
		{ "--address 1-247", 247, 1, 247 },
		{ "--boards 12", 12, 1, 12 },
		{ "--boards 2 --address 9", 3, 1, 9 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(lines); i++) {
		assert_int_equal(parse(lines[i].line), OPTIONS_RUN);
		assert_int_equal(options.boards, lines[i].boards);
		assert_int_equal(options.address[0], lines[i].first);
		assert_int_equal(options.address[options.boards - 1], lines[i].last);
	}
}

static void bad_options_are_refused(void **state)
{
	static const char *const lines[] = {
		"--cells 7",
		"--cells 26",
		"--cells x",
		"--cells 8x",
		"--cells",
		"--chemistry LFP",
		"--capacity-mah 1999",
		"--capacity-mah 99999999999999999999",
		"--profile sunny",
		"--address 0",
		"--address 248",
		"--address 3-1",
		"--address 1.3",
		"--address 1-",
		"--address -3",
		"--address 1,,2",
		"--address 1,1",
		"--address 1-5,3",
		"--seed -1",
		"--speed 0",
		"--speed 3601",
		"--speed 1.5",
		"--turnaround-ms -1",
		"--baud 300",
		"--fault crc",
		"--fault @3",
		"--fault crc@0",
		"--fault nonsense@3",
		"--fault verylongnonsense@3",
		"--die-after-writes 0",
		"--die-when never",
		"--unknown",
		"word",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(lines); i++)
		if (parse(lines[i]) != OPTIONS_BAD)
			fail_msg("%s was accepted", lines[i]);
}

static void good_options_are_taken(void **state)
{
	(void)state;
	assert_int_equal(
		parse("--cells 25 --chemistry lto --profile cycle --speed 3600"), OPTIONS_RUN);
	assert_int_equal(options.chemistry, BMS_CHEMISTRY_LTO);
	assert_int_equal(options.profile, PROFILE_CYCLE);
	assert_int_equal(options.number[OPTION_SPEED], 3600);
	assert_int_equal(parse("--turnaround-ms 7 --fault crc@3 --fault silent@10"), OPTIONS_RUN);
	assert_int_equal(options.number[OPTION_TURNAROUND_US], 7000);
	assert_int_equal(options.fault_every[LINE_FAULT_CRC], 3);
	assert_int_equal(options.fault_every[LINE_FAULT_SILENT], 10);
	assert_int_equal(
		parse("--die-after-writes 4 --die-when torn --turnaround-us 250"), OPTIONS_RUN);
	assert_int_equal(options.death, DEATH_TORN);
	assert_int_equal(options.number[OPTION_DIE_AFTER_WRITES], 4);
	assert_int_equal(options.number[OPTION_TURNAROUND_US], 250);
	assert_int_equal(parse("--frame-counter --store a --link b"), OPTIONS_RUN);
	assert_true(options.counts_frames);
	assert_string_equal(options.store, "a");
	assert_string_equal(options.link[PORT_UART_RS485], "b");
}

static void can_is_an_interface_and_what_boards_may_do_there(void **state)
{
	(void)state;
	assert_int_equal(parse(""), OPTIONS_RUN);
	assert_null(options.can);
	assert_false(options.can_obeys);
	assert_int_equal(parse("--can vcan0"), OPTIONS_RUN);
	assert_string_equal(options.can, "vcan0");
	assert_false(options.can_obeys);
	assert_false(options.can_options.discharge_positive);
	assert_int_equal(
		parse("--can c --can-control --can-discharge-positive --can-errors-shifted"),
		OPTIONS_RUN);
	assert_true(options.can_obeys);
	assert_true(options.can_options.discharge_positive);
	assert_true(options.can_options.errors_shifted);
}

static void help_and_version_end_the_program(void **state)
{
	(void)state;
	assert_int_equal(parse("--help"), OPTIONS_DONE);
	assert_int_equal(parse("--version"), OPTIONS_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_options_there_is_one_board_of_16_cells),
		cmocka_unit_test(every_way_to_write_addresses_is_understood),
		cmocka_unit_test(bad_options_are_refused),
		cmocka_unit_test(good_options_are_taken),
		cmocka_unit_test(can_is_an_interface_and_what_boards_may_do_there),
		cmocka_unit_test(help_and_version_end_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
