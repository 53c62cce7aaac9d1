/* SPDX-License-Identifier: MIT */
/* The line against the simulated boards, whose protocol is not our station's in this directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <err.h>

#include "base/clock.h"
#include "link/modbus_line.h"
#include "simulator.h"

enum {
	LIVE = 0x1200,
	CELL_UVP = 0x1004,
	BOARDS = 4,
	PATIENCE_US = 30000000,
	RESULTS_MAX = 64
};

static const char *program;

struct bench {
	struct simulator boards;
	sd_event *event;
	struct modbus_line *line;
	unsigned result_count;
	struct modbus_result results[RESULTS_MAX];
};

static void on_result(void *userdata, const struct modbus_result *result)
{
	struct bench *bench = userdata;

	assert_true(bench->result_count < RESULTS_MAX);
	bench->results[bench->result_count++] = *result;
}

static void on_state(void *userdata, enum modbus_line_state state, int error)
{
	(void)userdata;
	(void)state;
	(void)error;
}

static int set_up(void **state)
{
	static struct bench bench;
	const struct modbus_line_callbacks callbacks = { on_result, on_state };
	const struct modbus_line_options options = {
		.device = bench.boards.link,
		.baud = SIMULATOR_BAUD,
		.answer_timeout_ms = 2000,
	};

	bench = (struct bench){ 0 };
	simulator_start(&bench.boards, program, BOARDS);
	assert_return_code(sd_event_new(&bench.event), 0);
	assert_int_equal(
		modbus_line_new(&bench.line, bench.event, &options, &callbacks, &bench), 0);
	*state = &bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	modbus_line_free(bench->line);
	sd_event_unref(bench->event);
	simulator_stop(&bench->boards);
	return 0;
}

static void wait_results(struct bench *bench, unsigned count)
{
	uint64_t until_us = clock_monotonic_us() + PATIENCE_US;

	while (bench->result_count < count) {
		assert_true(clock_monotonic_us() < until_us);
		assert_return_code(sd_event_run(bench->event, 100000), 0);
	}
}

static void submit(
	struct bench *bench, uint8_t unit, const struct modbus_step *steps, uint8_t count)
{
	struct modbus_job job = { .tag = unit, .unit = unit, .step_count = count };

	for (unsigned i = 0; i < count; i++)
		job.steps[i] = steps[i];
	assert_int_equal(modbus_line_submit(bench->line, &job), 0);
}

static void all_boards_on_a_line_answer_with_their_live_block(void **state)
{
	const struct modbus_step steps[] = {
		{ .function = BMS_MODBUS_READ, .reg = LIVE, .count = 122 },
		{ .function = BMS_MODBUS_READ, .reg = LIVE + 244, .count = 25 },
	};
	struct bench *bench = *state;

	for (unsigned i = 0; i < 3 * BOARDS; i++)
		submit(bench, (uint8_t)(1 + i % BOARDS), steps, 2);
	wait_results(bench, 3 * BOARDS);
	for (unsigned i = 0; i < 3 * BOARDS; i++) {
		const struct modbus_result *result = &bench->results[i];

		assert_int_equal(result->status, BMS_OK);
		assert_int_equal(result->unit, 1 + i % BOARDS);
		assert_int_equal(result->done_count, 2);
		assert_int_equal(result->steps[0].size, 244);
		assert_int_equal(result->steps[1].size, 50);
	}
}

static void what_is_written_is_read_back(void **state)
{
	const struct modbus_step read = {
		.function = BMS_MODBUS_READ, .reg = CELL_UVP, .count = 2
	};
	struct modbus_step write = {
		.function = BMS_MODBUS_WRITE, .reg = CELL_UVP, .data_size = 4
	};
	struct bench *bench = *state;

	submit(bench, 1, &read, 1);
	wait_results(bench, 1);
	const uint8_t *before = bench->results[0].steps[0].data;
	unsigned raised_mv = (unsigned)(before[2] << 8 | before[3]) + 10;
	write.data[2] = (uint8_t)(raised_mv >> 8);
	write.data[3] = (uint8_t)raised_mv;
	submit(bench, 1, (const struct modbus_step[]){ write, read }, 2);
	wait_results(bench, 2);
	assert_int_equal(bench->results[1].status, BMS_OK);
	assert_memory_equal(bench->results[1].steps[1].data, write.data, 4);
}

static void an_odd_register_is_refused_with_its_exception(void **state)
{
	const struct modbus_step odd = { .function = BMS_MODBUS_READ, .reg = LIVE + 1, .count = 2 };
	struct bench *bench = *state;

	submit(bench, 2, &odd, 1);
	wait_results(bench, 1);
	assert_int_equal(bench->results[0].status, BMS_EXCEPTION);
	assert_int_equal(bench->results[0].exception, BMS_MODBUS_BAD_REGISTER);
}

static void an_address_without_a_board_is_silent(void **state)
{
	const struct modbus_step read = { .function = BMS_MODBUS_READ, .reg = LIVE, .count = 2 };
	struct bench *bench = *state;

	submit(bench, BOARDS + 1, &read, 1);
	submit(bench, BOARDS, &read, 1);
	wait_results(bench, 2);
	assert_int_equal(bench->results[0].status, BMS_SILENCE);
	assert_int_equal(bench->results[1].status, BMS_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(all_boards_on_a_line_answer_with_their_live_block),
		TEST(what_is_written_is_read_back),
		TEST(an_odd_register_is_refused_with_its_exception),
		TEST(an_address_without_a_board_is_silent),
	};

	if (argc != 2)
		errx(1, "usage: test_simulator BMS-SIM");
	program = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
