/* SPDX-License-Identifier: MIT */
/* bms-scenarios: the firmware's core in closed loop with a battery, question by question. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "scenario/balance_bench.h"
#include "scenario/property.h"
#include "scenario/rows.h"
#include "scenario/speed.h"
#include "scenario/suites.h"

static const char usage[] =
	"usage: bms-scenarios [--list] [--only NAME] [--seed S] [--property N] [--balance]\n"
	"                     [--speed]\n"
	"\n"
	"Runs the board's core in closed loop with a simulated battery.\n"
	"\n"
	"  --list        names of the scenarios, as ROW/SCENARIO\n"
	"  --only NAME   one scenario, or all of a row\n"
	"  --seed S      which battery (default 1)\n"
	"  --property N  N random batteries with random faults, from seed S on\n"
	"  --balance     time of balancing against the least possible, case by case\n"
	"  --speed       steps per second with 25 cells\n"
	"  --help        this text\n"
	"  --version     the version\n";

struct request {
	bool list, balance, speed;
	const char *only;
	uint64_t seed;
	uint64_t property;
};

struct count {
	unsigned passed, failed;
};

static struct trial trial;

static bool is_asked_for(const struct scenario *scenario, const char *only)
{
	size_t row = strlen(scenario->row);

	if (!only)
		return true;
	if (strncmp(only, scenario->row, row))
		return false;
	return !only[row] || (only[row] == '/' && !strcmp(only + row + 1, scenario->name));
}

static void run_one(const struct scenario *scenario, uint64_t seed, struct count *count)
{
	memset(&trial, 0, sizeof(trial));
	trial.scenario = scenario;
	trial.seed = seed;
	scenario->run(&trial);
	printf("%-22s %-22s %-6s %s\n", scenario->row, scenario->name,
		trial.failed ? "FAILED" : "passed", trial.failed ? trial.why : trial.margin);
	if (trial.failed)
		count->failed++;
	else
		count->passed++;
}

static size_t run_suite(struct suite suite, const struct request *request, struct count *count)
{
	size_t found = 0;

	for (size_t i = 0; i < suite.count; i++) {
		if (!is_asked_for(&suite.scenario[i], request->only))
			continue;
		found++;
		if (request->list)
			printf("%s/%s\n", suite.scenario[i].row, suite.scenario[i].name);
		else
			run_one(&suite.scenario[i], request->seed, count);
	}
	return found;
}

static int run_scenarios(const struct request *request)
{
	struct count count = { 0 };
	size_t found;

	if (!request->list)
		printf("%-22s %-22s %-6s %s\n", "row", "scenario", "result", "margin");
	found = run_suite(rows_suite(), request, &count);
	for (size_t i = 0; i < suites_count; i++)
		found += run_suite(suites[i](), request, &count);
	if (found == 0) {
		fprintf(stderr,
			"bms-scenarios: no scenario and no row has the name %s; see --list\n",
			request->only);
		return EX_USAGE;
	}
	if (request->list)
		return EXIT_SUCCESS;
	printf("%u passed, %u failed\n", count.passed, count.failed);
	return count.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run_property(const struct request *request)
{
	struct count count = { 0 };

	for (uint64_t i = 0; i < request->property; i++) {
		uint64_t seed = request->seed + i;
		struct property property;

		if (property_run(&property, seed)) {
			count.passed++;
			continue;
		}
		count.failed++;
		property_print(&property);
		printf("replay: bms-scenarios --property 1 --seed %" PRIu64 "\n", seed);
	}
	printf("%u passed, %u failed\n", count.passed, count.failed);
	return count.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static bool take_number(const char *option, const char *text, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(text, &end, 10);
	if (errno == 0 && *text >= '0' && *text <= '9' && !*end)
		return true;
	fprintf(stderr, "bms-scenarios: --%s: \"%s\" is not a whole number\n", option, text);
	return false;
}

static const struct option options[] = {
	{ "list", no_argument, NULL, 'l' },
	{ "only", required_argument, NULL, 'o' },
	{ "seed", required_argument, NULL, 's' },
	{ "property", required_argument, NULL, 'p' },
	{ "balance", no_argument, NULL, 'b' },
	{ "speed", no_argument, NULL, 'f' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	{ NULL, 0, NULL, 0 },
};

/* -1: go on; else the exit status. */
static int take_option(int option, struct request *request)
{
	switch (option) {
	case 'l':
		request->list = true;
		return -1;
	case 'o':
		request->only = optarg;
		return -1;
	case 's':
		return take_number("seed", optarg, &request->seed) ? -1 : EX_USAGE;
	case 'p':
		return take_number("property", optarg, &request->property) ? -1 : EX_USAGE;
	case 'b':
		request->balance = true;
		return -1;
	case 'f':
		request->speed = true;
		return -1;
	case 'h':
		fputs(usage, stdout);
		return EXIT_SUCCESS;
	case 'v':
		puts("bms-scenarios " BMSD_VERSION);
		return EXIT_SUCCESS;
	default:
		fputs(usage, stderr);
		return EX_USAGE;
	}
}

int main(int argc, char **argv)
{
	struct request request = { .seed = 1 };
	int option, status;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		status = take_option(option, &request);
		if (status >= 0)
			return status;
	}
	if (optind < argc) {
		fprintf(stderr, "bms-scenarios: \"%s\" is not an option\n", argv[optind]);
		return EX_USAGE;
	}
	if (request.speed)
		return speed_run();
	if (request.balance)
		return balance_bench(stdout, request.seed);
	return request.property ? run_property(&request) : run_scenarios(&request);
}
