/* SPDX-License-Identifier: MIT */
#include "line_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"

static void a_missing_device_is_reported_once(void **state)
{
	struct bench *bench = *state;

	pty_station_unplug(bench->station);
	open_line(bench, 100);
	wait_state(bench, MODBUS_LINE_CLOSED, -ENOENT);
	for (unsigned i = 0; i < 12; i++) /* two further attempts fit in here */
		assert_return_code(sd_event_run(bench->event, 100000), 0);
	assert_int_equal(bench->state_count, 1);
	submit(bench, read_job(1, LIVE, 2));
	assert_int_equal(wait_result(bench, 1)->status, BMS_LINK_DOWN);
}

static void an_unplugged_device_is_opened_again_when_it_is_back(void **state)
{
	struct bench *bench = *state;

	open_line(bench, 1000);
	wait_state(bench, MODBUS_LINE_OPEN, 0);
	assert_next_read_is_good(bench);
	pty_station_unplug(bench->station);
	wait_state(bench, MODBUS_LINE_CLOSED, -ENOENT);
	submit(bench, read_job(1, LIVE, 2));
	assert_int_equal(wait_result(bench, 2)->status, BMS_LINK_DOWN);

	pty_station_plug(bench->station);
	uint64_t from_us = clock_monotonic_us();
	wait_state(bench, MODBUS_LINE_OPEN, 0);
	assert_in_range(clock_monotonic_us() - from_us, 0, 2000000);
	assert_next_read_is_good(bench);
	assert_int_equal(stats_of(bench).reopened, 1);
}

static void a_device_that_goes_in_the_middle_of_a_job_ends_all_jobs(void **state)
{
	struct bench *bench = *state;

	open_line(bench, 5000);
	pty_station_answer_next(bench->station, &(struct pty_answer){ 0 });
	submit(bench, read_job(1, LIVE, 2));
	submit(bench, read_job(1, LIVE, 2));
	while (pty_station_asked(bench->station, 0) == SIZE_MAX)
		usleep(1000);
	uint64_t from_us = clock_monotonic_us();
	pty_station_unplug(bench->station);
	wait_result(bench, 2);
	assert_in_range(clock_monotonic_us() - from_us, 0, 3000000);
	assert_int_equal(bench->results[0].status, BMS_LINK_DOWN);
	assert_int_equal(bench->results[1].status, BMS_LINK_DOWN);
}

static void a_path_that_moves_to_another_device_is_followed(void **state)
{
	struct bench *bench = *state;

	open_line(bench, 50);
	assert_next_read_is_good(bench);
	pty_station_move(bench->station);
	submit(bench, read_job(1, LIVE, 2));
	assert_int_equal(wait_result(bench, 2)->status, BMS_LINK_DOWN);
	wait_state(bench, MODBUS_LINE_OPEN, 0);
	assert_next_read_is_good(bench);
}

static void a_direction_switch_that_the_driver_lacks_keeps_the_line_closed(void **state)
{
	struct bench *bench = *state;
	const struct modbus_line_options options = {
		.device = pty_station_path(bench->station),
		.baud = 115200,
		.rs485 = true,
		.answer_timeout_ms = 100,
	};

	assert_int_equal(line_new(bench, &options), 0);
	wait_state(bench, MODBUS_LINE_CLOSED, -ENOTTY);
	submit(bench, read_job(1, LIVE, 2));
	assert_int_equal(wait_result(bench, 1)->status, BMS_LINK_DOWN);
	assert_int_equal(bench->state_count, 1);
}

static void a_device_that_another_program_holds_is_left_alone(void **state)
{
	struct bench *bench = *state;
	int fd = open(pty_station_path(bench->station), O_RDWR | O_NOCTTY | O_CLOEXEC);

	assert_return_code(fd, errno);
	assert_return_code(flock(fd, LOCK_EX | LOCK_NB), errno);
	open_line(bench, 1000);
	wait_state(bench, MODBUS_LINE_CLOSED, -EBUSY);
	close(fd);
	wait_state(bench, MODBUS_LINE_OPEN, 0);
	assert_next_read_is_good(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_missing_device_is_reported_once),
		TEST(an_unplugged_device_is_opened_again_when_it_is_back),
		TEST(a_device_that_goes_in_the_middle_of_a_job_ends_all_jobs),
		TEST(a_path_that_moves_to_another_device_is_followed),
		TEST(a_direction_switch_that_the_driver_lacks_keeps_the_line_closed),
		TEST(a_device_that_another_program_holds_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
