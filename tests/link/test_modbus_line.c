/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "link/modbus_line.h"
#include "pty_station.h"

enum {
	LIVE = 0x1200,
	SETTINGS = 0x1000,
	RESULTS_MAX = 128,
	PATIENCE_US = 20000000, /* the machine may be busy: only a hang takes longer */
};

struct bench {
	struct pty_station *station;
	struct modbus_line *line;
	sd_event *event;
	unsigned result_count;
	struct modbus_result results[RESULTS_MAX];
	unsigned state_count;
	enum modbus_line_state state;
	int error;
};

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

static int line_new(struct bench *bench, const struct modbus_line_options *options)
{
	const struct modbus_line_callbacks callbacks = { on_result, on_state };

	return modbus_line_new(&bench->line, bench->event, options, &callbacks, bench);
}

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	bench->station = pty_station_new();
	assert_return_code(sd_event_new(&bench->event), 0);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	bench->line = modbus_line_free(bench->line);
	bench->event = sd_event_unref(bench->event);
	bench->station = pty_station_free(bench->station);
	free(bench);
	return 0;
}

static void open_line(struct bench *bench, unsigned answer_timeout_ms)
{
	const struct modbus_line_options options = {
		.device = pty_station_path(bench->station),
		.baud = 115200,
		.answer_timeout_ms = answer_timeout_ms,
	};

	assert_int_equal(line_new(bench, &options), 0);
}

static const struct modbus_result *wait_result(struct bench *bench, unsigned count)
{
	uint64_t until_us = clock_monotonic_us() + PATIENCE_US;

	while (bench->result_count < count) {
		assert_true(clock_monotonic_us() < until_us);
		assert_return_code(sd_event_run(bench->event, 100000), 0);
	}
	return &bench->results[count - 1];
}

static void wait_state(struct bench *bench, enum modbus_line_state state, int error)
{
	uint64_t until_us = clock_monotonic_us() + PATIENCE_US;

	while (bench->state_count == 0 || bench->state != state || bench->error != error) {
		assert_true(clock_monotonic_us() < until_us);
		assert_return_code(sd_event_run(bench->event, 100000), 0);
	}
}

static struct modbus_job read_job(uint8_t unit, uint16_t reg, uint16_t count)
{
	return (struct modbus_job){
		.tag = reg,
		.unit = unit,
		.step_count = 1,
		.steps = { { .function = BMS_MODBUS_READ, .reg = reg, .count = count } },
	};
}

static struct modbus_job write_job(uint8_t unit, uint16_t reg)
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

static void submit(struct bench *bench, struct modbus_job job)
{
	assert_int_equal(modbus_line_submit(bench->line, &job), 0);
}

static void assert_registers(const struct modbus_result *result, unsigned step, uint16_t count)
{
	assert_int_equal(result->steps[step].size, count * 2);
	for (unsigned i = 0; i < count * 2u; i++)
		assert_int_equal(
			result->steps[step].data[i], (uint8_t)(result->steps[step].reg + i));
}

/* The line still works after what has happened. */
static void assert_next_read_is_good(struct bench *bench)
{
	unsigned before = bench->result_count;

	submit(bench, read_job(1, SETTINGS, 10));
	const struct modbus_result *result = wait_result(bench, before + 1);
	assert_int_equal(result->status, BMS_OK);
	assert_int_equal(result->tag, SETTINGS);
	assert_registers(result, 0, 10);
}

static struct modbus_line_stats stats_of(struct bench *bench)
{
	struct modbus_line_stats stats;

	modbus_line_stats(bench->line, &stats);
	return stats;
}

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

static void an_answer_in_small_pieces_is_put_together(void **state)
{
	struct bench *bench = *state;

	open_line(bench, 1000);
	pty_station_answer_next(bench->station,
		&(struct pty_answer){ .is_good = true, .chunk_size = 1, .chunk_gap_us = 87 });
	pty_station_answer_next(bench->station,
		&(struct pty_answer){ .is_good = true, .chunk_size = 62, .chunk_gap_us = 8000 });
	submit(bench, read_job(1, LIVE, 122));
	submit(bench, read_job(1, SETTINGS, 122));
	wait_result(bench, 2);
	assert_registers(&bench->results[0], 0, 122);
	assert_registers(&bench->results[1], 0, 122);
}

static void a_slow_answer_within_the_timeout_is_taken(void **state)
{
	struct bench *bench = *state;

	open_line(bench, 2000);
	pty_station_answer_next(
		bench->station, &(struct pty_answer){ .is_good = true, .delay_ms = 300 });
	submit(bench, read_job(1, LIVE, 4));
	assert_registers(wait_result(bench, 1), 0, 4);
}

static struct pty_answer good_bytes(uint8_t unit, uint16_t reg, uint16_t count)
{
	struct pty_answer answer = { 0 };
	uint8_t registers[250];

	for (unsigned i = 0; i < sizeof(registers); i++)
		registers[i] = (uint8_t)(reg + i);
	answer.size = bms_modbus_read_reply(answer.bytes, unit, registers, (uint8_t)(count * 2));
	return answer;
}

/* The station answers a read of ten registers of unit 1 with this; then all is well again. */
static const struct modbus_result *refused(
	struct bench *bench, const struct pty_answer *answer, enum bms_status status)
{
	open_line(bench, 300);
	pty_station_answer_next(bench->station, answer);
	submit(bench, read_job(1, LIVE, 10));
	const struct modbus_result *result = wait_result(bench, 1);
	assert_int_equal(result->status, status);
	assert_int_equal(result->done_count, 0);
	assert_next_read_is_good(bench);
	assert_int_equal(stats_of(bench).errors[status], 1);
	assert_int_equal(stats_of(bench).answers, 1);
	return result;
}

static void assert_kept(const struct modbus_result *result, const struct pty_answer *answer)
{
	assert_int_equal(result->bad_size, answer->size);
	assert_memory_equal(result->bad, answer->bytes, answer->size);
}

static void a_wrong_crc_is_refused_and_its_bytes_kept(void **state)
{
	struct pty_answer answer = good_bytes(1, LIVE, 10);

	answer.bytes[7] ^= 0x10;
	assert_kept(refused(*state, &answer, BMS_BAD_SUM), &answer);
}

static void an_answer_from_another_station_is_refused(void **state)
{
	struct pty_answer answer = good_bytes(2, LIVE, 10);

	assert_kept(refused(*state, &answer, BMS_BAD_ADDRESS), &answer);
}

static void an_answer_to_another_function_is_refused(void **state)
{
	struct pty_answer answer = { 0 };

	answer.size = bms_modbus_write_reply(answer.bytes, 1, LIVE, 10);
	assert_kept(refused(*state, &answer, BMS_BAD_FUNCTION), &answer);
}

static void an_answer_with_other_registers_is_refused(void **state)
{
	struct pty_answer answer = good_bytes(1, LIVE, 8);

	assert_kept(refused(*state, &answer, BMS_BAD_LENGTH), &answer);
}

static void a_length_byte_that_promises_too_much_is_refused(void **state)
{
	struct pty_answer answer = good_bytes(1, LIVE, 10);

	answer.bytes[2] = 250;
	assert_kept(refused(*state, &answer, BMS_SHORT), &answer);
}

static void a_short_answer_is_refused(void **state)
{
	struct pty_answer answer = good_bytes(1, LIVE, 10);

	answer.size -= 1;
	assert_kept(refused(*state, &answer, BMS_SHORT), &answer);
}

static void a_single_byte_is_refused(void **state)
{
	struct pty_answer answer = { .size = 1, .bytes = { 1 } };

	assert_kept(refused(*state, &answer, BMS_SHORT), &answer);
}

static void a_long_answer_is_refused(void **state)
{
	struct pty_answer answer = good_bytes(1, LIVE, 10);

	answer.bytes[answer.size++] = 0xff;
	assert_kept(refused(*state, &answer, BMS_LONG), &answer);
}

static void an_answer_longer_than_any_frame_is_refused(void **state)
{
	struct pty_answer answer = { .size = 600 };

	memset(answer.bytes, 0x55, answer.size);
	const struct modbus_result *result = refused(*state, &answer, BMS_LONG);
	assert_int_equal(result->bad_size, BMS_MODBUS_FRAME_MAX);
	assert_memory_equal(result->bad, answer.bytes, BMS_MODBUS_FRAME_MAX);
}

static void a_write_echo_for_another_register_is_refused(void **state)
{
	struct bench *bench = *state;
	struct pty_answer answer = { 0 };

	open_line(bench, 300);
	answer.size = bms_modbus_write_reply(answer.bytes, 1, SETTINGS + 8, 2);
	pty_station_answer_next(bench->station, &answer);
	submit(bench, write_job(1, SETTINGS + 4));
	assert_int_equal(wait_result(bench, 1)->status, BMS_BAD_ECHO);
	assert_next_read_is_good(bench);
}

static void an_exception_tells_its_code(void **state)
{
	struct bench *bench = *state;
	struct pty_answer answer = { 0 };

	open_line(bench, 1000);
	answer.size = bms_modbus_exception_reply(
		answer.bytes, 1, BMS_MODBUS_READ, BMS_MODBUS_BAD_REGISTER);
	pty_station_answer_next(bench->station, &answer);
	submit(bench, read_job(1, 0x1201, 2));
	const struct modbus_result *result = wait_result(bench, 1);
	assert_int_equal(result->status, BMS_EXCEPTION);
	assert_int_equal(result->exception, BMS_MODBUS_BAD_REGISTER);
	assert_int_equal(result->bad_size, 0);
	assert_next_read_is_good(bench);
}

static void steps_end_at_the_first_that_fails(void **state)
{
	struct bench *bench = *state;
	struct modbus_job job = read_job(1, LIVE, 2);
	struct pty_answer wrong = good_bytes(1, LIVE, 2);

	wrong.bytes[3] ^= 1;
	open_line(bench, 1000);
	for (uint16_t i = 1; i < 3; i++)
		job.steps[job.step_count++] = (struct modbus_step){
			.function = BMS_MODBUS_READ, .reg = (uint16_t)(LIVE + 4 * i), .count = 2
		};
	pty_station_answer_next(bench->station, &(struct pty_answer){ .is_good = true });
	pty_station_answer_next(bench->station, &wrong);
	submit(bench, job);
	const struct modbus_result *result = wait_result(bench, 1);
	assert_int_equal(result->status, BMS_BAD_SUM);
	assert_int_equal(result->done_count, 1);
	assert_registers(result, 0, 2);
	assert_int_equal(pty_station_asked(bench->station, 2), SIZE_MAX);
}

static void silence_ends_with_the_answer_timeout(void **state)
{
	struct bench *bench = *state;

	open_line(bench, 100);
	pty_station_answer_next(bench->station, &(struct pty_answer){ 0 });
	uint64_t from_us = clock_monotonic_us();
	submit(bench, read_job(1, LIVE, 10));
	const struct modbus_result *result = wait_result(bench, 1);
	assert_int_equal(result->status, BMS_SILENCE);
	assert_int_equal(result->bad_size, 0);
	assert_in_range(result->done_us - from_us, 100000, 2000000);
	assert_next_read_is_good(bench);
}

static void a_late_answer_is_not_taken_for_the_next_one(void **state)
{
	struct bench *bench = *state;

	open_line(bench, 400);
	pty_station_answer_next(
		bench->station, &(struct pty_answer){ .is_good = true, .delay_ms = 600 });
	submit(bench, read_job(1, LIVE + 0x10, 2));
	submit(bench, read_job(1, SETTINGS, 2));
	assert_int_equal(wait_result(bench, 1)->status, BMS_SILENCE);
	const struct modbus_result *result = wait_result(bench, 2);
	assert_int_equal(result->status, BMS_OK);
	assert_registers(result, 0, 2);
	assert_int_equal(result->steps[0].reg, SETTINGS);
	assert_int_equal(stats_of(bench).stray_bytes, 9);
}

static void a_silent_station_does_not_hold_up_the_others(void **state)
{
	struct bench *bench = *state;

	open_line(bench, 2000);
	pty_station_answer_next(bench->station, &(struct pty_answer){ 0 });
	submit(bench, read_job(1, LIVE, 2));
	submit(bench, read_job(2, LIVE, 2));
	uint64_t silent_us = wait_result(bench, 1)->done_us;
	const struct modbus_result *result = wait_result(bench, 2);
	assert_int_equal(result->status, BMS_OK);
	assert_in_range(result->done_us - silent_us, 1, 1500000);
}

static void bytes_that_nobody_asked_for_are_counted_and_dropped(void **state)
{
	struct bench *bench = *state;
	struct pty_answer stray = good_bytes(1, LIVE + 0x20, 10);

	open_line(bench, 1000);
	wait_state(bench, MODBUS_LINE_OPEN, 0);
	pty_station_say(bench->station, stray.bytes, stray.size);
	submit(bench, read_job(1, LIVE, 10));
	assert_registers(wait_result(bench, 1), 0, 10);
	assert_int_equal(stats_of(bench).stray_bytes, stray.size);
}

static void endless_babble_neither_hangs_nor_harms_the_line(void **state)
{
	struct bench *bench = *state;
	struct pty_answer babble = { .size = 16, .chunk_gap_us = 500, .repeat = 1000 };

	memset(babble.bytes, 0x01, babble.size);
	open_line(bench, 100);
	pty_station_answer_next(bench->station, &babble);
	submit(bench, read_job(1, LIVE, 10));
	submit(bench, read_job(1, LIVE, 10));
	wait_result(bench, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(bench->results[i].status == BMS_LONG);
		assert_in_range(bench->results[i].bad_size, 1, BMS_MODBUS_FRAME_MAX);
	}
	while (bench->results[bench->result_count - 1].status != BMS_OK) {
		assert_true(bench->result_count < RESULTS_MAX - 1);
		submit(bench, read_job(1, LIVE, 10));
		wait_result(bench, bench->result_count + 1);
	}
	assert_next_read_is_good(bench);
}

static void a_port_that_nobody_reads_gives_silence(void **state)
{
	struct bench *bench = *state;
	const unsigned many = 60;

	pty_station_freeze(bench->station);
	open_line(bench, 20);
	for (unsigned i = 0; i < many; i++)
		submit(bench, write_job((uint8_t)(i + 1), SETTINGS));
	wait_result(bench, many);
	for (unsigned i = 0; i < many; i++)
		assert_int_equal(bench->results[i].status, BMS_SILENCE);
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

static void the_turnaround_of_a_station_is_learned(void **state)
{
	struct bench *bench = *state;

	open_line(bench, 1000);
	for (unsigned i = 0; i < 50; i++) {
		pty_station_answer_next(
			bench->station, &(struct pty_answer){ .is_good = true, .delay_ms = 20 });
		submit(bench, read_job(1, LIVE, 2));
	}
	wait_result(bench, 50);
	assert_in_range(stats_of(bench).turnaround_us, 12000, 60000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_poll_of_two_blocks_comes_back_in_one_result),
		TEST(the_most_registers_that_modbus_allows_fit),
		TEST(a_write_is_acknowledged),
		TEST(an_answer_in_small_pieces_is_put_together),
		TEST(a_slow_answer_within_the_timeout_is_taken),
		TEST(a_wrong_crc_is_refused_and_its_bytes_kept),
		TEST(an_answer_from_another_station_is_refused),
		TEST(an_answer_to_another_function_is_refused),
		TEST(an_answer_with_other_registers_is_refused),
		TEST(a_length_byte_that_promises_too_much_is_refused),
		TEST(a_short_answer_is_refused),
		TEST(a_single_byte_is_refused),
		TEST(a_long_answer_is_refused),
		TEST(an_answer_longer_than_any_frame_is_refused),
		TEST(a_write_echo_for_another_register_is_refused),
		TEST(an_exception_tells_its_code),
		TEST(steps_end_at_the_first_that_fails),
		TEST(silence_ends_with_the_answer_timeout),
		TEST(a_late_answer_is_not_taken_for_the_next_one),
		TEST(a_silent_station_does_not_hold_up_the_others),
		TEST(bytes_that_nobody_asked_for_are_counted_and_dropped),
		TEST(endless_babble_neither_hangs_nor_harms_the_line),
		TEST(a_port_that_nobody_reads_gives_silence),
		TEST(writes_overtake_waiting_reads),
		TEST(a_full_queue_refuses_and_recovers),
		TEST(jobs_that_cannot_be_sent_are_refused),
		TEST(a_line_is_freed_promptly_while_it_waits_for_an_answer),
		TEST(freeing_nothing_is_allowed),
		TEST(a_missing_device_is_reported_once),
		TEST(an_unplugged_device_is_opened_again_when_it_is_back),
		TEST(a_device_that_goes_in_the_middle_of_a_job_ends_all_jobs),
		TEST(a_path_that_moves_to_another_device_is_followed),
		TEST(a_direction_switch_that_the_driver_lacks_keeps_the_line_closed),
		TEST(a_device_that_another_program_holds_is_left_alone),
		TEST(options_that_cannot_work_are_refused),
		TEST(the_turnaround_of_a_station_is_learned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
