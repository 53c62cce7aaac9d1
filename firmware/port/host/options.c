/* SPDX-License-Identifier: MIT */
#include "port/host/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ADDRESS_MIN = 1,
	ADDRESS_MAX = 247,
	NAMES_MAX = 8,
	FAULT_MAX = 1000000
};

struct row {
	const char *name;
	const char *argument; /* NULL: takes none */
	const char *help;
	bool (*parse)(struct options *options, const struct row *row, const char *text);
	enum option_number number;
	enum port_uart uart;
	int64_t min, max;
	int64_t scale; /* 0 is 1 */
};

/* All of the text is a number within the limits. */
static bool number_parse(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno || end == text || *end || value < min || value > max)
		return false;
	*ret = value;
	return true;
}

static bool parse_number(struct options *options, const struct row *row, const char *text)
{
	int64_t value;

	if (number_parse(text, row->min, row->max, &value)) {
		options->number[row->number] = value * (row->scale ? row->scale : 1);
		return true;
	}
	fprintf(stderr, "bms-sim: --%s %s: must be a whole number from %lld to %lld\n", row->name,
		text, (long long)row->min, (long long)row->max);
	return false;
}

/* Index of text among names, or -1 after saying what is allowed. */
static int name_parse(const struct row *row, const char *text, const char *const *names, int count)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(names[i], text))
			return i;
	fprintf(stderr, "bms-sim: --%s %s: must be one of", row->name, text);
	for (int i = 0; i < count; i++)
		fprintf(stderr, "%s %s", i ? "," : "", names[i]);
	fputc('\n', stderr);
	return -1;
}

static bool parse_chemistry(struct options *options, const struct row *row, const char *text)
{
	int i = name_parse(row, text, bms_chemistry_names, BMS_CHEMISTRY_COUNT);

	options->chemistry = (enum bms_chemistry)i;
	return i >= 0;
}

static bool parse_profile(struct options *options, const struct row *row, const char *text)
{
	int i = name_parse(row, text, profile_names, PROFILE_COUNT);

	options->profile = (enum profile)i;
	return i >= 0;
}

static bool parse_death(struct options *options, const struct row *row, const char *text)
{
	int i = name_parse(row, text, death_names, DEATHS);

	options->death = (enum death)i;
	return i >= 0;
}

/* KIND@N spoils the line; anything else is a script for the plant. */
static bool parse_fault(struct options *options, const struct row *row, const char *text)
{
	const char *at = strchr(text, '@');
	int64_t every;
	char kind[NAMES_MAX + 1];
	int i;

	if (!at && access(text, R_OK) == 0) {
		options->script = text;
		return true;
	}
	if (!at || at - text > NAMES_MAX || !number_parse(at + 1, 1, FAULT_MAX, &every)) {
		fprintf(stderr,
			"bms-sim: --%s %s: must be KIND@N, N a whole number from 1 to %d: every "
			"N-th answer; or a script that can be read\n",
			row->name, text, FAULT_MAX);
		return false;
	}
	memcpy(kind, text, (size_t)(at - text));
	kind[at - text] = '\0';
	i = name_parse(row, kind, line_fault_names, LINE_FAULTS);
	if (i >= 0)
		options->fault_every[i] = (unsigned)every;
	return i >= 0;
}

/* One address, or first and last of a range "1-16" or "1..16". */
static bool range_parse(char *text, int64_t *first, int64_t *last)
{
	char *separator = strpbrk(text, "-.");
	char *second = separator;

	if (separator) {
		second += *separator == '.' && separator[1] == '.' ? 2 : 1;
		if (*separator == '.' && second == separator + 1)
			return false;
		*separator = '\0';
	}
	if (!number_parse(text, ADDRESS_MIN, ADDRESS_MAX, first))
		return false;
	*last = *first;
	return !separator ||
	       (number_parse(second, ADDRESS_MIN, ADDRESS_MAX, last) && *last >= *first);
}

static bool add_addresses(struct options *options, int64_t first, int64_t last)
{
	for (int64_t address = first; address <= last; address++) {
		if (memchr(options->address, (int)address, options->boards))
			return false;
		options->address[options->boards++] = (uint8_t)address;
	}
	return true;
}

static bool parse_addresses(struct options *options, const struct row *row, const char *text)
{
	char copy[1024], *rest = copy, *part;
	bool good = strlen(text) < sizeof(copy);
	int64_t first, last;

	snprintf(copy, sizeof(copy), "%s", text);
	while (good && (part = strsep(&rest, ",")))
		good = range_parse(part, &first, &last) && add_addresses(options, first, last);
	if (!good)
		fprintf(stderr,
			"bms-sim: --%s %s: must be addresses from %d to %d, each once, such as 1 "
			"or 1,3,5 or 1-16\n",
			row->name, text, ADDRESS_MIN, ADDRESS_MAX);
	return good;
}

static bool parse_boards(struct options *options, const struct row *row, const char *text)
{
	int64_t boards;
	bool good = number_parse(text, ADDRESS_MIN, ADDRESS_MAX, &boards) &&
		    add_addresses(options, ADDRESS_MIN, boards);

	if (!good)
		fprintf(stderr,
			"bms-sim: --%s %s: must be a number of boards from %d to %d, and their "
			"addresses, which begin with 1, must not be given twice\n",
			row->name, text, ADDRESS_MIN, ADDRESS_MAX);
	return good;
}

static bool parse_store(struct options *options, const struct row *row, const char *text)
{
	(void)row;
	options->store = text;
	return true;
}

static bool parse_link(struct options *options, const struct row *row, const char *text)
{
	options->link[row->uart] = text;
	return true;
}

static bool parse_can(struct options *options, const struct row *row, const char *text)
{
	(void)row;
	options->can = text;
	return true;
}

static bool parse_control(struct options *options, const struct row *row, const char *text)
{
	(void)row;
	options->control = text;
	return true;
}

static bool set_can_control(struct options *options, const struct row *row, const char *text)
{
	(void)row;
	(void)text;
	options->can_obeys = true;
	return true;
}

static bool set_discharge_positive(struct options *options, const struct row *row, const char *text)
{
	(void)row;
	(void)text;
	options->can_options.discharge_positive = true;
	return true;
}

static bool set_errors_shifted(struct options *options, const struct row *row, const char *text)
{
	(void)row;
	(void)text;
	options->can_options.errors_shifted = true;
	return true;
}

static bool set_frame_counter(struct options *options, const struct row *row, const char *text)
{
	(void)row;
	(void)text;
	options->counts_frames = true;
	return true;
}

/* Repeating an option: the last one counts, except that addresses and faults add up. */
static const struct row rows[] = {
	{ .name = "cells",
		.argument = "N",
		.help = "cells in series, 8 to 25 (default 16)",
		.parse = parse_number,
		.number = OPTION_CELLS,
		.min = 8,
		.max = 25 },
	{ .name = "chemistry",
		.argument = "NAME",
		.help = "lfp, nmc, lto or lead (default lfp)",
		.parse = parse_chemistry },
	{ .name = "capacity-mah",
		.argument = "N",
		.help = "capacity, 2000 to 20000000 (default 280000)",
		.parse = parse_number,
		.number = OPTION_CAPACITY_MAH,
		.min = 2000,
		.max = 20000000 },
	{ .name = "profile",
		.argument = "NAME",
		.help = "solar, idle or cycle (default solar)",
		.parse = parse_profile },
	{ .name = "address",
		.argument = "LIST",
		.help = "a board each: 1 or 1,3,5 or 1-16 (default 1)",
		.parse = parse_addresses },
	{ .name = "boards",
		.argument = "N",
		.help = "the same as --address 1-N",
		.parse = parse_boards },
	{ .name = "seed",
		.argument = "N",
		.help = "another number is another battery (default 1)",
		.parse = parse_number,
		.number = OPTION_SEED,
		.max = INT64_C(1000000000000) },
	{ .name = "speed",
		.argument = "N",
		.help = "battery time per real time, 1 to 3600 (default 1)",
		.parse = parse_number,
		.number = OPTION_SPEED,
		.min = 1,
		.max = 3600 },
	{ .name = "store",
		.argument = "FILE",
		.help = "keep settings; FILE.ADDRESS with several boards",
		.parse = parse_store },
	{ .name = "link",
		.argument = "PATH",
		.help = "symbolic link to the RS485 line",
		.parse = parse_link,
		.uart = PORT_UART_RS485 },
	{ .name = "gps-link",
		.argument = "PATH",
		.help = "the same for a GPS line of the first board",
		.parse = parse_link,
		.uart = PORT_UART_GPS },
	{ .name = "lcd-link",
		.argument = "PATH",
		.help = "the same for its display line",
		.parse = parse_link,
		.uart = PORT_UART_LCD },
	{ .name = "ble-link",
		.argument = "PATH",
		.help = "the same for its Bluetooth module's line",
		.parse = parse_link,
		.uart = PORT_UART_BLE },
	{ .name = "can",
		.argument = "INTERFACE",
		.help = "broadcast on CAN; new boards have their port set to it",
		.parse = parse_can },
	{ .name = "can-control",
		.help = "boards obey the switches of CTRL_INFO",
		.parse = set_can_control },
	{ .name = "can-discharge-positive",
		.help = "current on CAN is positive while discharging",
		.parse = set_discharge_positive },
	{ .name = "can-errors-shifted",
		.help = "error bits on CAN as in the document's example",
		.parse = set_errors_shifted },
	{ .name = "turnaround-ms",
		.argument = "N",
		.help = "until an answer begins, 0 to 1000 (default 5)",
		.parse = parse_number,
		.number = OPTION_TURNAROUND_US,
		.max = 1000,
		.scale = 1000 },
	{ .name = "turnaround-us",
		.argument = "N",
		.help = "the same in microseconds",
		.parse = parse_number,
		.number = OPTION_TURNAROUND_US,
		.max = 1000000 },
	{ .name = "baud",
		.argument = "N",
		.help = "1200 to 4000000 (default 115200)",
		.parse = parse_number,
		.number = OPTION_BAUD,
		.min = 1200,
		.max = 4000000 },
	{ .name = "frame-counter",
		.help = "300-byte frames carry a counter in byte 5",
		.parse = set_frame_counter },
	{ .name = "fault",
		.argument = "KIND@N",
		.help = "spoil every N-th answer: crc, address, short, long, silent, babble;\n"
			"                         without @: a file of what happens to the battery",
		.parse = parse_fault },
	{ .name = "control",
		.argument = "PATH",
		.help = "a socket that takes faults and other commands; try help there",
		.parse = parse_control },
	{ .name = "die-after-writes",
		.argument = "N",
		.help = "end as if killed at the N-th accepted settings write",
		.parse = parse_number,
		.number = OPTION_DIE_AFTER_WRITES,
		.min = 1,
		.max = 1000000 },
	{ .name = "die-when",
		.argument = "NAME",
		.help = "acked, written (not acked) or torn (default acked)",
		.parse = parse_death },
};

enum {
	ROWS = sizeof(rows) / sizeof(*rows),
	HELP = ROWS,
	VERSION,
	LONG_OPTIONS,
};

static void print_help(void)
{
	printf("Usage: bms-sim [OPTION]...\n"
	       "Battery boards that answer JK RS485 Modbus on a pseudo-terminal.\n\n");
	for (size_t i = 0; i < ROWS; i++) {
		char left[40];

		snprintf(left, sizeof(left), "--%s%s%s", rows[i].name, rows[i].argument ? " " : "",
			rows[i].argument ? rows[i].argument : "");
		printf("  %-22s %s\n", left, rows[i].help);
	}
	printf("  %-22s %s\n", "--help", "this text");
	printf("  %-22s %s\n", "--version", "the version");
}

static void defaults(struct options *options)
{
	*options = (struct options){
		.number = {
			[OPTION_CELLS] = 16,
			[OPTION_CAPACITY_MAH] = 280000,
			[OPTION_SEED] = 1,
			[OPTION_SPEED] = 1,
			[OPTION_TURNAROUND_US] = 5000,
			[OPTION_BAUD] = 115200,
		},
	};
}

static void fill_long_options(struct option long_options[LONG_OPTIONS + 1])
{
	for (int i = 0; i < ROWS; i++)
		long_options[i] = (struct option){ rows[i].name,
			rows[i].argument ? required_argument : no_argument, NULL, i };
	long_options[HELP] = (struct option){ "help", no_argument, NULL, HELP };
	long_options[VERSION] = (struct option){ "version", no_argument, NULL, VERSION };
	long_options[LONG_OPTIONS] = (struct option){ 0 };
}

static enum options_result try_help(void)
{
	fprintf(stderr, "Try 'bms-sim --help'.\n");
	return OPTIONS_BAD;
}

enum options_result options_parse(struct options *options, int argc, char **argv)
{
	struct option long_options[LONG_OPTIONS + 1];
	int option;

	defaults(options);
	fill_long_options(long_options);
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) >= 0) {
		if (option == HELP) {
			print_help();
			return OPTIONS_DONE;
		}
		if (option == VERSION) {
			printf("bms-sim %s\n", BMSD_VERSION);
			return OPTIONS_DONE;
		}
		if (option == '?')
			return try_help();
		if (!rows[option].parse(options, &rows[option], optarg))
			return OPTIONS_BAD;
	}
	if (optind < argc) {
		fprintf(stderr, "bms-sim: %s: no arguments are taken, only options\n",
			argv[optind]);
		return try_help();
	}
	if (options->boards == 0)
		options->address[options->boards++] = 1;
	return OPTIONS_RUN;
}
