/* SPDX-License-Identifier: MIT */
#include "line_fixture.h"

#include <string.h>

#include "base/clock.h"

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

/* The station answers a read of ten registers of unit 1 with this; then all is well again, and the
 * second try shows it. */
static const struct modbus_result *refused(
	struct bench *bench, const struct pty_answer *answer, enum bms_status status)
{
	open_line(bench, 300);
	pty_station_answer_next(bench->station, answer);
	submit(bench, read_job(1, LIVE, 10));
	const struct modbus_result *result = wait_result(bench, 1);
	assert_int_equal(result->bad_status, status);
	assert_int_equal(result->bad_reg, LIVE);
	assert_registers(result, 0, 10);
	assert_next_read_is_good(bench);
	assert_int_equal(stats_of(bench).errors[status], 1);
	assert_int_equal(stats_of(bench).answers, 2);
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
	pty_station_answer_next(bench->station, &wrong);
	submit(bench, job);
	const struct modbus_result *result = wait_result(bench, 1);
	assert_int_equal(result->status, BMS_BAD_SUM);
	assert_int_equal(result->done_count, 1);
	assert_registers(result, 0, 2);
	assert_int_equal(result->steps[1].reg, LIVE + 4);
	assert_int_equal(pty_station_asked(bench->station, 3), SIZE_MAX);
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

static void a_read_that_insists_is_asked_once_more_after_silence(void **state)
{
	struct bench *bench = *state;
	struct modbus_job job = read_job(1, LIVE, 10);

	job.insists = true;
	open_line(bench, 100);
	pty_station_answer_next(bench->station, &(struct pty_answer){ 0 });
	submit(bench, job);
	const struct modbus_result *result = wait_result(bench, 1);
	assert_registers(result, 0, 10);
	assert_int_equal(result->bad_status, BMS_SILENCE);
	for (int i = 0; i < 2; i++)
		pty_station_answer_next(bench->station, &(struct pty_answer){ 0 });
	submit(bench, job);
	assert_int_equal(wait_result(bench, 2)->status, BMS_SILENCE);
	assert_next_read_is_good(bench);
}

static void a_write_is_never_sent_twice(void **state)
{
	struct bench *bench = *state;
	struct modbus_job job = write_job(1, SETTINGS);
	struct pty_answer wrong = { 0 };

	wrong.size = bms_modbus_write_reply(wrong.bytes, 1, SETTINGS, 2);
	wrong.bytes[wrong.size - 1] ^= 1;
	job.insists = true;
	open_line(bench, 100);
	pty_station_answer_next(bench->station, &wrong);
	submit(bench, job);
	assert_int_equal(wait_result(bench, 1)->status, BMS_BAD_SUM);
	assert_int_equal(pty_station_asked(bench->station, 1), SIZE_MAX);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
		TEST(a_read_that_insists_is_asked_once_more_after_silence),
		TEST(a_write_is_never_sent_twice),
		TEST(a_late_answer_is_not_taken_for_the_next_one),
		TEST(a_silent_station_does_not_hold_up_the_others),
		TEST(bytes_that_nobody_asked_for_are_counted_and_dropped),
		TEST(endless_babble_neither_hangs_nor_harms_the_line),
		TEST(a_port_that_nobody_reads_gives_silence),
		TEST(the_turnaround_of_a_station_is_learned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
