/* SPDX-License-Identifier: MIT */
#include "gateway/line.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "gateway/gateway.h"

/* A poll of each pack waits in the queue, and writes, which are few: they go first. */
enum {
	WRITES_MAX = 16
};
static_assert(CONFIG_LINE_PACKS_MAX + WRITES_MAX <= MODBUS_LINE_QUEUE_MAX, "queue too short");

static unsigned count_silent(const struct line *line)
{
	const struct gateway *gateway = line->gateway;
	unsigned count = 0;

	for (size_t i = 0; i < gateway->station_count; i++)
		count += gateway->stations[i]->line == line->modbus &&
			 poller_is_silent(&gateway->stations[i]->poller);
	return count;
}

static void on_result(void *userdata, const struct modbus_result *result)
{
	struct line *line = userdata;
	struct station *station = gateway_station(line->gateway, station_id_of_tag(result->tag));

	if (!station) /* removed by a reload while its job ran */
		return;
	station->poller.silent_peers = count_silent(line);
	station_on_result(station, result);
	gateway_schedule(line->gateway);
}

static void say_state(const struct line *line, int error)
{
	struct store_event event = { .pack = STORE_NO_PACK, .time_ms = clock_wall_ms() };
	const char *reason = error ? strerror(-error) : "";

	if (line->up)
		log_notice("%s: open", line->options.device);
	else
		log_warning("%s: closed%s%s", line->options.device, error ? ": " : "", reason);
	if (!line->gateway->shared.store)
		return;
	snprintf(event.kind, sizeof(event.kind), line->up ? "line_open" : "line_closed");
	snprintf(event.subject, sizeof(event.subject), "%.*s", STORE_NAME_MAX - 1,
		line->options.device);
	snprintf(event.detail, sizeof(event.detail), "%s", reason);
	store_put_event(line->gateway->shared.store, &event);
}

static void on_state(void *userdata, enum modbus_line_state state, int error)
{
	struct line *line = userdata;
	struct gateway *gateway = line->gateway;

	line->up = state == MODBUS_LINE_OPEN;
	say_state(line, error);
	for (size_t i = 0; i < gateway->station_count; i++) {
		struct station *station = gateway->stations[i];

		if (station->line != line->modbus)
			continue;
		station_on_line(station, line->up);
		if (!line->up && gateway->bus)
			bus_service_apply_failed(gateway->bus, station->pack.name,
				"the link went down; what is left is written when it is back");
	}
	gateway_schedule(gateway);
}

int line_new(struct line **ret, struct gateway *gateway, const struct config_line *options)
{
	static const struct modbus_line_callbacks callbacks = {
		.on_result = on_result,
		.on_state = on_state,
	};
	struct modbus_line_options modbus_options = {
		.device = options->device,
		.baud = (unsigned)options->baud,
		.rs485 = options->rs485,
		.answer_timeout_ms = (unsigned)options->answer_timeout_ms,
	};
	struct line *line = calloc(1, sizeof(*line));
	int r;

	if (!line)
		return -ENOMEM;
	line->gateway = gateway;
	line->options = *options;
	r = modbus_line_new(&line->modbus, gateway->event, &modbus_options, &callbacks, line);
	if (r < 0) {
		free(line);
		return r;
	}
	*ret = line;
	return 0;
}

struct line *line_free(struct line *line)
{
	if (!line)
		return NULL;
	modbus_line_free(line->modbus);
	free(line);
	return NULL;
}

bool line_fits(const struct line *line, const struct config_line *options)
{
	return strcmp(line->options.device, options->device) == 0 &&
	       line->options.baud == options->baud && line->options.rs485 == options->rs485 &&
	       line->options.answer_timeout_ms == options->answer_timeout_ms;
}
