/* SPDX-License-Identifier: MIT */
#include "line_fixture.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"

static void a_poll_of_two_blocks_comes_back_in_one_result(void **state)
{
	struct bench *bench = *state;
	struct modbus_job job = read_job(1, LIVE, 122);

	open_line(bench, 1000);
	job.steps[job.step_count++] =
		(struct modbus_step){ .function = BMS_MODBUS_READ, .reg = LIVE + 244, .count = 25 };
	submit(bench, job);
	const struct modbus_result *result = wait_result(bench, 1);
	assert_int_equal(result->status, BMS_OK);
	assert_int_equal(result->tag, LIVE);
	assert_int_equal(result->unit, 1);
	assert_int_equal(result->done_count, 2);
	assert_registers(result, 0, 122);
	assert_registers(result, 1, 25);
	assert_in_range(result->done_us, 1, clock_monotonic_us());
	assert_int_equal(stats_of(bench).jobs, 1);
	assert_int_equal(stats_of(bench).answers, 2);
	assert_in_range(stats_of(bench).busy_us, 1, PATIENCE_US);
}

static void the_most_registers_that_modbus_allows_fit(void **state)
{
	struct bench *bench = *state;

	open_line(bench, 1000);
	submit(bench, read_job(247, LIVE, 125));
	assert_registers(wait_result(bench, 1), 0, 125);
}

static void a_write_is_acknowledged(void **state)
{
	struct bench *bench = *state;

	open_line(bench, 1000);
	submit(bench, write_job(1, SETTINGS + 4));
	const struct modbus_result *result = wait_result(bench, 1);
	assert_int_equal(result->status, BMS_OK);
	assert_int_equal(result->done_count, 1);
	assert_int_equal(result->steps[0].size, 0);
}

static void writes_overtake_waiting_reads(void **state)
{
	struct bench *bench = *state;

	open_line(bench, 1000);
	pty_station_answer_next(
		bench->station, &(struct pty_answer){ .is_good = true, .delay_ms = 200 });
	submit(bench, read_job(1, LIVE, 2));
	while (pty_station_asked(bench->station, 0) == SIZE_MAX)
		usleep(1000);
	submit(bench, read_job(1, LIVE + 4, 2));
	submit(bench, write_job(1, SETTINGS + 4));
	submit(bench, write_job(1, SETTINGS + 8));
	wait_result(bench, 4);
	assert_int_equal(bench->results[0].tag, LIVE);
	assert_int_equal(bench->results[1].tag, SETTINGS + 4);
	assert_int_equal(bench->results[2].tag, SETTINGS + 8);
	assert_int_equal(bench->results[3].tag, LIVE + 4);
}

static void a_full_queue_refuses_and_recovers(void **state)
{
	struct bench *bench = *state;
	struct modbus_job job = read_job(1, LIVE, 2);

	open_line(bench, 1000);
	for (unsigned i = 0; i < MODBUS_LINE_QUEUE_MAX; i++)
		assert_int_equal(modbus_line_submit(bench->line, &job), 0);
	assert_int_equal(modbus_line_submit(bench->line, &job), -ENOBUFS);
	wait_result(bench, MODBUS_LINE_QUEUE_MAX);
	assert_next_read_is_good(bench);
	assert_int_equal(stats_of(bench).jobs, MODBUS_LINE_QUEUE_MAX + 1);
}

static void jobs_that_cannot_be_sent_are_refused(void **state)
{
	struct bench *bench = *state;
	const struct modbus_step odd = {
		.function = BMS_MODBUS_WRITE, .reg = SETTINGS, .data_size = 3
	};
	struct modbus_job jobs[] = {
		read_job(0, LIVE, 2),
		read_job(248, LIVE, 2),
		read_job(1, LIVE, 0),
		read_job(1, LIVE, 126),
		{ .unit = 1, .step_count = 0 },
		{ .unit = 1, .step_count = MODBUS_JOB_STEPS_MAX + 1 },
		{ .unit = 1, .step_count = 1, .steps = { { .function = 4, .count = 1 } } },
		{ .unit = 1, .step_count = 1, .steps = { odd } },
	};

	open_line(bench, 1000);
	for (size_t i = 0; i < sizeof(jobs) / sizeof(*jobs); i++)
		assert_int_equal(modbus_line_submit(bench->line, &jobs[i]), -EINVAL);
	assert_next_read_is_good(bench);
}

static void a_line_is_freed_promptly_while_it_waits_for_an_answer(void **state)
{
	struct bench *bench = *state;

	open_line(bench, 5000);
	pty_station_answer_next(bench->station, &(struct pty_answer){ 0 });
	submit(bench, read_job(1, LIVE, 2));
	submit(bench, read_job(2, LIVE, 2));
	while (pty_station_asked(bench->station, 0) == SIZE_MAX)
		usleep(1000);
	uint64_t from_us = clock_monotonic_us();
	bench->line = modbus_line_free(bench->line);
	assert_in_range(clock_monotonic_us() - from_us, 0, 2000000);
	assert_int_equal(bench->result_count, 0);
}

static void freeing_nothing_is_allowed(void **state)
{
	(void)state;
	assert_null(modbus_line_free(NULL));
}

static void options_that_cannot_work_are_refused(void **state)
{
	struct bench *bench = *state;
	struct modbus_line_options options = {
		.device = pty_station_path(bench->station), .baud = 115201, .answer_timeout_ms = 1
	};

	assert_int_equal(line_new(bench, &options), -EINVAL);
	options = (struct modbus_line_options){ .device = options.device, .baud = 115200 };
	assert_int_equal(line_new(bench, &options), -EINVAL);
	assert_null(bench->line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_poll_of_two_blocks_comes_back_in_one_result),
		TEST(the_most_registers_that_modbus_allows_fit),
		TEST(a_write_is_acknowledged),
		TEST(writes_overtake_waiting_reads),
		TEST(a_full_queue_refuses_and_recovers),
		TEST(jobs_that_cannot_be_sent_are_refused),
		TEST(a_line_is_freed_promptly_while_it_waits_for_an_answer),
		TEST(freeing_nothing_is_allowed),
		TEST(options_that_cannot_work_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
