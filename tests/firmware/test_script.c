/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/host/script.h"

static char folder[] = "/tmp/test_script.XXXXXX";
static char path[64];
static struct script script;

static int start(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "%s/faults", folder);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	script_deinit(&script);
	unlink(path);
	return 0;
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static void append(const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void begin(const char *text)
{
	append(text);
	assert_int_equal(script_init(&script, path), 0);
	script_read(&script);
}

static void events_come_when_their_time_has_passed(void **state)
{
	struct fault_event event;

	(void)state;
	begin("# a comment\n\n10 cell_mv[3] 3700\n2.5 acc_on 0\n");
	assert_int_equal(script.refused, 0);
	assert_false(script_next(&script, 2499999, &event));
	assert_true(script_next(&script, 2500000, &event));
	assert_int_equal(event.fault, PLANT_FAULT_ACC_ON);
	assert_false(script_next(&script, 9999999, &event));
	assert_true(script_next(&script, 10000000, &event));
	assert_int_equal(event.fault, PLANT_FAULT_CELL_MV);
	assert_int_equal(event.element, 2);
	assert_int_equal(event.value, 3700);
	assert_false(script_next(&script, UINT64_MAX, &event));
}

static void events_of_one_moment_keep_their_order(void **state)
{
	struct fault_event event;

	(void)state;
	begin("1 button 1\n1 button 0\n");
	assert_true(script_next(&script, 1000000, &event));
	assert_int_equal(event.value, 1);
	assert_true(script_next(&script, 1000000, &event));
	assert_int_equal(event.value, 0);
}

static void lines_that_are_appended_count_from_then_on(void **state)
{
	struct fault_event event;

	(void)state;
	begin("0 button 1\n0 acc_");
	assert_true(script_next(&script, 0, &event));
	assert_false(script_next(&script, 0, &event));
	append("on 0\n");
	script_read(&script);
	assert_true(script_next(&script, 0, &event));
	assert_int_equal(event.fault, PLANT_FAULT_ACC_ON);
}

static void a_pipe_may_be_written_again_and_again(void **state)
{
	struct fault_event event;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(script_init(&script, path), 0);
	for (unsigned i = 0; i < 3; i++) {
		script_read(&script);
		assert_false(script_next(&script, 0, &event));
		append("0 button 1\n");
		script_read(&script);
		assert_true(script_next(&script, 0, &event));
	}
}

static void wrong_lines_are_counted_and_the_others_kept(void **state)
{
	struct fault_event event;
	char text[400];

	(void)state;
	snprintf(text, sizeof(text), "0 nonsense 1\n0 cell_mv[99] 1\n%0200d\n0 button 1\n", 0);
	begin(text);
	assert_int_equal(script.refused, 3);
	assert_true(script_next(&script, 0, &event));
	assert_int_equal(event.fault, PLANT_FAULT_BUTTON);
}

static void more_lines_than_can_wait_are_refused(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SCRIPT_EVENTS_MAX + 5; i++)
		append("9 button 1\n");
	assert_int_equal(script_init(&script, path), 0);
	script_read(&script);
	assert_int_equal(script.count, SCRIPT_EVENTS_MAX);
	assert_int_equal(script.refused, 5);
}

static void without_a_script_nothing_happens(void **state)
{
	struct fault_event event;

	(void)state;
	assert_int_equal(script_init(&script, NULL), 0);
	script_read(&script);
	assert_false(script_next(&script, UINT64_MAX, &event));
	assert_int_equal(script_init(&script, "/nowhere/at/all"), -ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events_come_when_their_time_has_passed),
		TEST(events_of_one_moment_keep_their_order),
		TEST(lines_that_are_appended_count_from_then_on),
		TEST(a_pipe_may_be_written_again_and_again),
		TEST(wrong_lines_are_counted_and_the_others_kept),
		TEST(more_lines_than_can_wait_are_refused),
		TEST(without_a_script_nothing_happens),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
