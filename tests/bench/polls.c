/* SPDX-License-Identifier: MIT */
#include "polls.h"

#include <err.h>
#include <string.h>

static void on_result(void *userdata, const struct modbus_result *result)
{
	struct polls *polls = userdata;

	polls->done++;
	if (result->status != BMS_OK) {
		polls->failed++;
		warnx("unit %u: %s", result->unit, bms_status_text(result->status));
	}
}

static void on_state(void *userdata, enum modbus_line_state state, int error)
{
	(void)userdata;
	if (state != MODBUS_LINE_OPEN)
		errx(1, "line closed: %s", strerror(-error));
}

void polls_start(struct polls *polls, const char *device, unsigned baud)
{
	const struct modbus_line_callbacks callbacks = { on_result, on_state };
	const struct modbus_line_options options = {
		.device = device,
		.baud = baud,
		.answer_timeout_ms = POLL_ANSWER_TIMEOUT_MS,
	};

	*polls = (struct polls){ 0 };
	int r = sd_event_new(&polls->event);
	if (r >= 0)
		r = modbus_line_new(&polls->line, polls->event, &options, &callbacks, polls);
	if (r < 0)
		errx(1, "%s: %s", device, strerror(-r));
}

void polls_stop(struct polls *polls)
{
	polls->line = modbus_line_free(polls->line);
	polls->event = sd_event_unref(polls->event);
}

void polls_submit(struct polls *polls, uint8_t unit)
{
	const struct modbus_job job = {
		.unit = unit,
		.step_count = 2,
		.steps = {
			{ BMS_MODBUS_READ, POLL_REGISTER, POLL_FIRST_COUNT, 0, { 0 } },
			{ BMS_MODBUS_READ, POLL_REST_REGISTER, POLL_REST_COUNT, 0, { 0 } },
		},
	};

	if (modbus_line_submit(polls->line, &job) < 0)
		errx(1, "queue full");
}

void polls_wait(struct polls *polls, unsigned done)
{
	while (polls->done < done)
		if (sd_event_run(polls->event, UINT64_MAX) < 0)
			errx(1, "event loop");
}
