/* SPDX-License-Identifier: MIT */
#include "line_fixture.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"

static void on_result(void *userdata, const struct modbus_result *result)
{
	struct bench *bench = userdata;

	assert_true(bench->result_count < RESULTS_MAX);
	bench->results[bench->result_count++] = *result;
}

static void on_state(void *userdata, enum modbus_line_state state, int error)
{
	struct bench *bench = userdata;

	bench->state_count++;
	bench->state = state;
	bench->error = error;
}

int line_new(struct bench *bench, const struct modbus_line_options *options)
{
	const struct modbus_line_callbacks callbacks = { on_result, on_state };

	return modbus_line_new(&bench->line, bench->event, options, &callbacks, bench);
}

int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	bench->station = pty_station_new();
	assert_return_code(sd_event_new(&bench->event), 0);
	*state = bench;
	return 0;
}

int tear_down(void **state)
{
	struct bench *bench = *state;

	bench->line = modbus_line_free(bench->line);
	bench->event = sd_event_unref(bench->event);
	bench->station = pty_station_free(bench->station);
	free(bench);
	return 0;
}

void open_line(struct bench *bench, unsigned answer_timeout_ms)
{
	const struct modbus_line_options options = {
		.device = pty_station_path(bench->station),
		.baud = 115200,
		.answer_timeout_ms = answer_timeout_ms,
	};

	assert_int_equal(line_new(bench, &options), 0);
}

const struct modbus_result *wait_result(struct bench *bench, unsigned count)
{
	uint64_t until_us = clock_monotonic_us() + PATIENCE_US;

	while (bench->result_count < count) {
		assert_true(clock_monotonic_us() < until_us);
		assert_return_code(sd_event_run(bench->event, 100000), 0);
	}
	return &bench->results[count - 1];
}

void wait_state(struct bench *bench, enum modbus_line_state state, int error)
{
	uint64_t until_us = clock_monotonic_us() + PATIENCE_US;

	while (bench->state_count == 0 || bench->state != state || bench->error != error) {
		assert_true(clock_monotonic_us() < until_us);
		assert_return_code(sd_event_run(bench->event, 100000), 0);
	}
}

struct modbus_job read_job(uint8_t unit, uint16_t reg, uint16_t count)
{
	return (struct modbus_job){
		.tag = reg,
		.unit = unit,
		.step_count = 1,
		.steps = { { .function = BMS_MODBUS_READ, .reg = reg, .count = count } },
	};
}

struct modbus_job write_job(uint8_t unit, uint16_t reg)
{
	return (struct modbus_job){
		.tag = reg,
		.unit = unit,
		.step_count = 1,
		.steps = { { .function = BMS_MODBUS_WRITE,
			.reg = reg,
			.data_size = 4,
			.data = { 0, 0, 0x0b, 0x0e } } },
	};
}

void submit(struct bench *bench, struct modbus_job job)
{
	assert_int_equal(modbus_line_submit(bench->line, &job), 0);
}

void assert_registers(const struct modbus_result *result, unsigned step, uint16_t count)
{
	assert_int_equal(result->steps[step].size, count * 2);
	for (unsigned i = 0; i < count * 2u; i++)
		assert_int_equal(
			result->steps[step].data[i], (uint8_t)(result->steps[step].reg + i));
}

void assert_next_read_is_good(struct bench *bench)
{
	unsigned before = bench->result_count;

	submit(bench, read_job(1, SETTINGS, 10));
	const struct modbus_result *result = wait_result(bench, before + 1);
	assert_int_equal(result->status, BMS_OK);
	assert_int_equal(result->tag, SETTINGS);
	assert_registers(result, 0, 10);
}

struct modbus_line_stats stats_of(struct bench *bench)
{
	struct modbus_line_stats stats;

	modbus_line_stats(bench->line, &stats);
	return stats;
}
