/* SPDX-License-Identifier: MIT */
#include "gateway/link_serial.h"

#include <assert.h>
#include <string.h>

#include "gateway/gateway.h"

/* A tag is the station's id and, in its low byte, what the job was for. */
enum {
	TAG_SHIFT = 8
};

/* A poll of each pack waits in the queue, and writes, which are few: they go first. */
enum {
	WRITES_MAX = 16
};
static_assert(CONFIG_LINE_PACKS_MAX + WRITES_MAX <= MODBUS_LINE_QUEUE_MAX, "queue too short");

int link_serial_submit(struct serial_carrier *carrier, unsigned kind, bool insists,
	const struct modbus_step *steps, size_t step_count)
{
	struct modbus_job job = {
		.tag = carrier->carrier.station->id << TAG_SHIFT | kind,
		.unit = carrier->unit,
		.insists = insists,
		.step_count = (uint8_t)step_count,
	};

	memcpy(job.steps, steps, step_count * sizeof(*steps));
	return modbus_line_submit(carrier->carrier.link->wire, &job);
}

unsigned link_serial_job_kind(const struct modbus_result *result)
{
	return (unsigned)(result->tag & SERIAL_JOB_KIND_MAX);
}

static unsigned count_silent(const struct link *link)
{
	const struct gateway *gateway = link->gateway;
	unsigned count = 0;

	for (size_t i = 0; i < gateway->station_count; i++)
		count += gateway->stations[i]->carrier->link == link &&
			 poller_is_silent(&gateway->stations[i]->poller);
	return count;
}

static void on_result(void *userdata, const struct modbus_result *result)
{
	struct link *link = userdata;
	struct station *station = gateway_station(link->gateway, result->tag >> TAG_SHIFT);
	struct serial_carrier *carrier;

	if (!station) /* removed by a reload while its job ran */
		return;
	station->poller.silent_peers = count_silent(link);
	carrier = (struct serial_carrier *)station->carrier;
	carrier->on_result(carrier, result);
	gateway_schedule(link->gateway);
}

static void on_state(void *userdata, enum modbus_line_state state, int error)
{
	link_on_state(userdata, state == MODBUS_LINE_OPEN, error ? strerror(-error) : "");
}

static int serial_open(struct link *link)
{
	static const struct modbus_line_callbacks callbacks = {
		.on_result = on_result,
		.on_state = on_state,
	};
	struct modbus_line_options options = {
		.device = link->options.device,
		.baud = (unsigned)link->options.baud,
		.rs485 = link->options.rs485,
		.answer_timeout_ms = (unsigned)link->options.answer_timeout_ms,
	};
	struct modbus_line *line;
	int r = modbus_line_new(&line, link->gateway->event, &options, &callbacks, link);

	if (r >= 0)
		link->wire = line;
	return r;
}

static void serial_close(struct link *link)
{
	modbus_line_free(link->wire);
}

const struct link_kind link_serial = {
	.open = serial_open,
	.close = serial_close,
};
