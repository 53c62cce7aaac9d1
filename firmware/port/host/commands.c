/* SPDX-License-Identifier: MIT */
#include "port/host/commands.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LINE_MAX_SIZE = 160,
	MEMORY_PAGES = 2, /* settings and counters have two copies each */
};

__attribute__((format(printf, 2, 3))) static void say(
	struct answer *answer, const char *format, ...)
{
	size_t room = sizeof(answer->text) - answer->size;
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(answer->text + answer->size, room, format, arguments);
	va_end(arguments);
	if (size > 0)
		answer->size += (size_t)size < room ? (size_t)size : room - 1;
}

/* NULL, or what is wrong. */
typedef const char *run(struct station *station, const char *argument, struct answer *answer);

static const char *list_faults(struct station *station, const char *argument, struct answer *answer)
{
	(void)station;
	(void)argument;
	for (size_t i = 0; i < PLANT_FAULT_COUNT; i++) {
		const struct plant_fault_row *row = &plant_fault_rows[i];

		say(answer, "%s", row->key);
		if (row->count > 1)
			say(answer, "[1..%d]", row->count);
		say(answer, " %" PRId32 "..%" PRId32 ": %s\n", row->min, row->max, row->text);
	}
	return NULL;
}

static void say_bits(
	struct answer *answer, const char *title, uint8_t bits, const char *const names[8])
{
	say(answer, "%s", title);
	for (size_t i = 0; i < 8; i++)
		if (bits >> i & 1 && names[i])
			say(answer, " %s", names[i]);
	say(answer, "\n");
}

static void say_faults(struct answer *answer, const struct plant *plant)
{
	say(answer, "faults");
	for (size_t i = 0; i < PLANT_FAULT_COUNT; i++) {
		const struct plant_fault_row *row = &plant_fault_rows[i];

		for (unsigned element = 0; element < row->count; element++) {
			int32_t value = plant_fault(plant, row->slot + element);

			if (value == row->normal)
				continue;
			say(answer, " %s", row->key);
			if (row->count > 1)
				say(answer, "[%u]", element + 1);
			say(answer, "=%" PRId32, value);
		}
	}
	say(answer, "\n");
}

/* Contacts and pins as they are, not as the board says. */
static const char *show_state(struct station *station, const char *argument, struct answer *answer)
{
	static const char *const relays[8] = { "charge", "discharge", "precharge" };
	static const char *const outputs[8] = { "run_led", "fault_led", "k1", "k2", "buzzer",
		"display" };
	struct port *port = &station->port;

	(void)argument;
	say(answer, "time_s %" PRIu64 "\n", port->now_us / 1000000);
	say(answer, "supply %s\n", port->held ? "on" : "off");
	say_bits(answer, "relays", plant_contacts(&port->plant), relays);
	say_bits(answer, "outputs", port->outputs, outputs);
	say_faults(answer, &port->plant);
	return NULL;
}

static const char *restart(struct station *station, const char *argument, struct answer *answer)
{
	(void)argument;
	(void)answer;
	port_restart(&station->port);
	return NULL;
}

static const char *bite(struct station *station, const char *argument, struct answer *answer)
{
	station->port.reset = PORT_RESET_WATCHDOG;
	return restart(station, argument, answer);
}

static const char *corrupt(struct station *station, const char *argument, struct answer *answer)
{
	static const struct {
		const char *name;
		unsigned first, pages;
	} areas[] = {
		{ "settings", 0, MEMORY_PAGES },
		{ "settings-copy", 0, 1 },
		{ "counters", COUNTERS_FIRST_PAGE, MEMORY_PAGES },
		{ "log", DIARY_EVENT_FIRST_PAGE, DIARY_EVENT_PAGES + DIARY_RECORD_PAGES },
	};

	(void)answer;
	for (size_t i = 0; i < sizeof(areas) / sizeof(*areas); i++) {
		if (strcmp(areas[i].name, argument))
			continue;
		for (unsigned page = 0; page < areas[i].pages; page++)
			nvm_spoil(&station->port.nvm, areas[i].first + page);
		return NULL;
	}
	return "corrupt what: settings, settings-copy, counters or log";
}

static const struct {
	const char *name;
	bool takes_argument;
	run *run;
	const char *help;
} commands[] = {
	{ "faults", false, list_faults, "names and limits of what can happen to a battery" },
	{ "state", false, show_state, "contacts, pins and faults as they are" },
	{ "restart", false, restart, "takes the supply away and gives it back" },
	{ "watchdog", false, bite, "the watchdog bites" },
	{ "corrupt", true, corrupt,
		"settings, settings-copy, counters or log: spoils flash; seen at a restart" },
};

static const char *say_help(struct answer *answer)
{
	say(answer, "[ADDRESS:] COMMAND, which is one of\n");
	say(answer, "NAME VALUE or NAME[ELEMENT] VALUE: a fault; normal makes it well again\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		say(answer, "%s: %s\n", commands[i].name, commands[i].help);
	return NULL;
}

static const char *run_fault(struct station *station, const char *line)
{
	char with_time[LINE_MAX_SIZE + 4];
	struct fault_event event;
	const char *wrong;

	snprintf(with_time, sizeof(with_time), "0 %s", line);
	wrong = fault_event_parse(with_time, &event);
	if (!wrong)
		plant_fault_apply(&station->port.plant, &event);
	return wrong;
}

static const char *run_line(struct station *station, const char *line, struct answer *answer)
{
	char name[LINE_MAX_SIZE] = "", argument[LINE_MAX_SIZE] = "", rest[LINE_MAX_SIZE] = "";
	int words = sscanf(line, "%159s %159s %159s", name, argument, rest);

	if (words < 1)
		return "there is no command; try help";
	if (!strcmp(name, "help"))
		return say_help(answer);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(commands[i].name, name))
			continue;
		if (words != (commands[i].takes_argument ? 2 : 1))
			return commands[i].takes_argument ? "this command takes one argument"
							  : "this command takes no argument";
		return commands[i].run(station, argument, answer);
	}
	return run_fault(station, line);
}

/* Where the command begins; NULL: there is no such board. */
static const char *take_address(
	struct station *stations, size_t count, const char *line, struct station **ret)
{
	char *end;
	unsigned long address = strtoul(line, &end, 10);

	*ret = stations;
	if (end == line || *end != ':')
		return line;
	for (size_t i = 0; i < count; i++)
		if (stations[i].address == address) {
			*ret = &stations[i];
			return end + 1;
		}
	return NULL;
}

void commands_run(struct station *stations, size_t count, const char *line, struct answer *ret)
{
	struct station *station;
	const char *command = take_address(stations, count, line, &station);
	const char *wrong = "there is no board of this address";

	ret->size = 0;
	if (strlen(line) >= LINE_MAX_SIZE)
		wrong = "the line is too long";
	else if (command)
		wrong = run_line(station, command, ret);
	if (wrong)
		say(ret, "error: %s\n", wrong);
	else
		say(ret, "ok\n");
}
