/* SPDX-License-Identifier: MIT */
#include "plant/fault.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAST_SECOND 1e9 /* of a script: 30 years */

const struct plant_fault_row plant_fault_rows[PLANT_FAULT_COUNT] = {
#define PLANT_FAULT(id, key, count, min, max, normal, text) \
	[PLANT_FAULT_##id] = { #key, text, count, PLANT_FAULT_SLOT_##id, min, max, normal },
#include "plant/faults.def"
#undef PLANT_FAULT
};

void plant_faults_init(struct plant_faults *faults)
{
	for (size_t i = 0; i < PLANT_FAULT_COUNT; i++)
		for (size_t element = 0; element < plant_fault_rows[i].count; element++)
			faults->value[plant_fault_rows[i].slot + element] =
				plant_fault_rows[i].normal;
}

enum plant_fault plant_fault_by_key(const char *key)
{
	size_t i = 0;

	while (i < PLANT_FAULT_COUNT && strcmp(plant_fault_rows[i].key, key))
		i++;
	return (enum plant_fault)i;
}

static const char *take_value(const char *text, struct fault_event *event)
{
	const struct plant_fault_row *row = &plant_fault_rows[event->fault];
	char *end;
	long value = strtol(text, &end, 10);

	if (!strcmp(text, "normal")) {
		event->value = row->normal;
		return NULL;
	}
	if (end == text || *end)
		return "the value must be a whole number or \"normal\"";
	if (value < row->min || value > row->max)
		return "the value is outside the limits of this fault";
	event->value = (int32_t)value;
	return NULL;
}

const char *fault_event_parse(const char *line, struct fault_event *ret)
{
	struct fault_event event;
	char key[32], value[16], rest;
	unsigned element = 1;
	double seconds;
	const char *wrong;

	if (sscanf(line, "%lf %31[a-z_][%u] %15s %c", &seconds, key, &element, value, &rest) != 4 &&
		sscanf(line, "%lf %31[a-z_] %15s %c", &seconds, key, value, &rest) != 3)
		return "expected SECONDS KEY VALUE or SECONDS KEY[ELEMENT] VALUE";
	if (!isfinite(seconds) || seconds < 0 || seconds > LAST_SECOND)
		return "the time must be between 0 and 1000000000 s";
	event.fault = plant_fault_by_key(key);
	if (event.fault == PLANT_FAULT_COUNT)
		return "there is no fault of this name";
	if (element < 1 || element > plant_fault_rows[event.fault].count)
		return "this fault has no such element";
	event.at_us = (uint64_t)llround(seconds * 1e6);
	event.element = element - 1;
	wrong = take_value(value, &event);
	if (!wrong)
		*ret = event;
	return wrong;
}

void fault_event_format(const struct fault_event *event, char text[FAULT_EVENT_TEXT])
{
	const struct plant_fault_row *row = &plant_fault_rows[event->fault];
	char value[16] = "normal", element[8] = "";

	if (event->value != row->normal)
		snprintf(value, sizeof(value), "%" PRId32, event->value);
	if (row->count > 1)
		snprintf(element, sizeof(element), "[%u]", (event->element + 1) & 0xffff);
	snprintf(text, FAULT_EVENT_TEXT, "%" PRIu64 ".%06" PRIu64 " %s%s %s",
		event->at_us / 1000000, event->at_us % 1000000, row->key, element, value);
}
