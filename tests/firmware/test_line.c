/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bms/checksum.h"
#include "bms/modbus_rtu.h"
#include "port/host/line.h"

enum {
	TURNAROUND_US = 5000,
	BYTE_US = 87,
	ANSWER_SIZE = 255
};

static struct line line;
static struct line_config config;
static int other_end;
static uint8_t answer[ANSWER_SIZE];
static char directory[] = "/tmp/bms-test-line.XXXXXX";
static char link_path[64];

static void open_line(void)
{
	const char *step;

	assert_int_equal(line_init(&line, &config, &step), 0);
	other_end = open(line.path, O_RDWR | O_NOCTTY | O_NONBLOCK);
	assert_true(other_end >= 0);
}

static int start(void **state)
{
	uint8_t bytes[ANSWER_SIZE - 5];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	bms_modbus_read_reply(answer, 1, bytes, sizeof(bytes));
	config = (struct line_config){ .baud = 115200, .turnaround_us = TURNAROUND_US };
	return 0;
}

static int stop(void **state)
{
	(void)state;
	close(other_end);
	line_deinit(&line);
	return 0;
}

/* Sends a request of 8 bytes at a time and answers it; returns when its last byte has passed. */
static uint64_t exchange(uint64_t now_us)
{
	struct pollfd master = { .fd = line.master, .events = POLLIN };
	uint8_t request[8] = { 0 }, heard[16];

	assert_int_equal(write(other_end, request, sizeof(request)), sizeof(request));
	assert_int_equal(poll(&master, 1, 2000), 1);
	assert_int_equal(line_read(&line, heard, sizeof(heard), now_us), sizeof(request));
	line_send(&line, answer, sizeof(answer));
	return now_us + sizeof(request) * BYTE_US;
}

/* The kernel carries bytes across in its own time: waits for as many as were sent, or a second for
 * more than none. */
static size_t take(uint8_t bytes[LINE_OUT_MAX], size_t sent)
{
	struct pollfd end = { .fd = other_end, .events = POLLIN };
	size_t came = 0;

	while (came < sent && poll(&end, 1, 2000) > 0) {
		ssize_t size = read(other_end, bytes + came, LINE_OUT_MAX - came);

		assert_true(size > 0);
		came += (size_t)size;
	}
	return came;
}

/* Lets the line deliver everything and returns what came. */
static size_t take_all(uint64_t now_us, uint8_t bytes[LINE_OUT_MAX])
{
	size_t size = line.size;

	line_run(&line, now_us + 10000000);
	assert_int_equal(line.size, 0);
	return take(bytes, size);
}

static void an_answer_takes_the_time_of_the_wire(void **state)
{
	uint8_t bytes[LINE_OUT_MAX];
	uint64_t heard_us;

	(void)state;
	open_line();
	heard_us = exchange(1000000);
	line_run(&line, heard_us + TURNAROUND_US);
	assert_int_equal(line.sent, 0);
	for (unsigned ms = 1; ms <= 22; ms++) {
		line_run(&line, heard_us + TURNAROUND_US + ms * 1000);
		assert_in_range(line.sent, ms * 1000 / BYTE_US - 1, ms * 1000 / BYTE_US + 1);
	}
	line_run(&line, heard_us + TURNAROUND_US + ANSWER_SIZE * BYTE_US + 10);
	assert_true(line_deadline_us(&line) == UINT64_MAX);
	assert_int_equal(take(bytes, ANSWER_SIZE), ANSWER_SIZE);
	assert_memory_equal(bytes, answer, ANSWER_SIZE);
}

static void its_deadlines_lead_to_the_end_without_spinning(void **state)
{
	uint8_t bytes[LINE_OUT_MAX];
	unsigned wakes = 0;

	(void)state;
	open_line();
	exchange(1000000);
	while (line_deadline_us(&line) != UINT64_MAX && wakes < 1000) {
		line_run(&line, line_deadline_us(&line));
		wakes++;
	}
	assert_in_range(wakes, 15, 30);
	assert_int_equal(take(bytes, ANSWER_SIZE), ANSWER_SIZE);
}

static void a_line_survives_that_everybody_closes_it(void **state)
{
	uint8_t bytes[LINE_OUT_MAX];

	(void)state;
	open_line();
	close(other_end);
	assert_int_equal(line_read(&line, bytes, sizeof(bytes), 1), 0);
	other_end = open(line.path, O_RDWR | O_NOCTTY | O_NONBLOCK);
	assert_int_equal(take_all(exchange(1000000), bytes), ANSWER_SIZE);
}

static void what_nobody_read_is_gone_a_second_later(void **state)
{
	uint8_t bytes[LINE_OUT_MAX];
	struct pollfd end = { .events = POLLIN };

	(void)state;
	open_line();
	end.fd = other_end;
	line_run(&line, exchange(1000000) + 100000);
	assert_int_equal(poll(&end, 1, 2000), 1);
	assert_int_equal(take_all(exchange(5000000), bytes), ANSWER_SIZE);
	assert_int_equal(read(other_end, bytes, sizeof(bytes)), -1);
}

static void a_fault_spoils_every_third_answer_in_its_own_way(void **state)
{
	(void)state;
	for (int fault = 0; fault < LINE_FAULTS; fault++) {
		config = (struct line_config){ .baud = 115200 };
		config.fault_every[fault] = 3;
		open_line();
		for (uint64_t i = 1; i <= 9; i++) {
			uint8_t bytes[LINE_OUT_MAX] = { 0 };
			size_t size = take_all(exchange(i * 20000000), bytes);
			bool whole = size == ANSWER_SIZE && bms_crc16_modbus(bytes, size) == 0;

			if (i % 3) {
				assert_int_equal(size, ANSWER_SIZE);
				assert_memory_equal(bytes, answer, size);
			} else if (fault == LINE_FAULT_ADDRESS) {
				assert_true(whole);
				assert_int_not_equal(bytes[0], answer[0]);
			} else {
				assert_false(whole);
			}
			assert_true(fault != LINE_FAULT_SILENT || i % 3 || size == 0);
			assert_true(fault != LINE_FAULT_SHORT || i % 3 || size == ANSWER_SIZE / 2);
			assert_true(fault != LINE_FAULT_LONG || i % 3 || size > ANSWER_SIZE);
		}
		stop(NULL);
	}
	open_line();
}

static void the_link_is_set_over_an_old_one_and_removed_at_the_end(void **state)
{
	char target[64] = { 0 };

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(link_path, sizeof(link_path), "%s/line", directory);
	assert_int_equal(symlink("/dev/null", link_path), 0);
	config.link = link_path;
	open_line();
	assert_true(readlink(link_path, target, sizeof(target) - 1) > 0);
	assert_string_equal(target, line.path);
	stop(NULL);
	assert_int_equal(access(link_path, F_OK), -1);
	open_line();
	unlink(link_path);
	assert_int_equal(symlink("/dev/zero", link_path), 0);
	stop(NULL);
	assert_int_equal(readlink(link_path, target, sizeof(target) - 1), strlen("/dev/zero"));
	unlink(link_path);
	rmdir(directory);
	config.link = NULL;
	open_line();
}

static void a_link_that_cannot_be_made_says_so(void **state)
{
	const char *step;

	(void)state;
	config.link = "/nowhere/at/all";
	assert_int_equal(line_init(&line, &config, &step), -ENOENT);
	assert_string_equal(step, "cannot make the link");
	config.link = NULL;
	open_line();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_takes_the_time_of_the_wire),
		TEST(its_deadlines_lead_to_the_end_without_spinning),
		TEST(a_line_survives_that_everybody_closes_it),
		TEST(what_nobody_read_is_gone_a_second_later),
		TEST(a_fault_spoils_every_third_answer_in_its_own_way),
		TEST(the_link_is_set_over_an_old_one_and_removed_at_the_end),
		TEST(a_link_that_cannot_be_made_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
