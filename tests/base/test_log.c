/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

/* Where stderr points while a test writes. */
static FILE *caught;
static int real_stderr;

static int catch_begin(void **state)
{
	(void)state;
	caught = tmpfile();
	real_stderr = dup(STDERR_FILENO);
	return caught && real_stderr >= 0 && dup2(fileno(caught), STDERR_FILENO) >= 0 ? 0 : -1;
}

static int catch_end(void **state)
{
	(void)state;
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	fclose(caught);
	unsetenv("JOURNAL_STREAM");
	return 0;
}

static const char *caught_text(void)
{
	static char text[8192];
	ssize_t len = pread(fileno(caught), text, sizeof(text) - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	return text;
}

static void a_line_on_stderr_has_the_program_and_a_priority_word(void **state)
{
	(void)state;
	log_open(LOG_TARGET_STDERR, LOG_DEBUG);
	log_error("%s is %d", "cell", 3);
	log_warning("low");
	log_notice("up");
	log_info("started");
	log_debug("frame");
	assert_string_equal(caught_text(), "test_base_log: error: cell is 3\n"
					   "test_base_log: warning: low\n"
					   "test_base_log: notice: up\n"
					   "test_base_log: info: started\n"
					   "test_base_log: debug: frame\n");
}

static void a_level_above_the_limit_is_not_shown(void **state)
{
	(void)state;
	log_open(LOG_TARGET_STDERR, LOG_WARNING);
	log_notice("up");
	log_warning("low");
	assert_string_equal(caught_text(), "test_base_log: warning: low\n");
}

static void errno_survives_a_stderr_that_takes_nothing(void **state)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(full >= 0);
	assert_true(dup2(full, STDERR_FILENO) >= 0);
	close(full);
	log_open(LOG_TARGET_STDERR, LOG_INFO);
	errno = ENOENT;
	log_error("lost");
	assert_int_equal(errno, ENOENT);
}

static void a_journal_stream_of_another_file_leaves_stderr_in_use(void **state)
{
	(void)state;
	setenv("JOURNAL_STREAM", "1:1", 1);
	log_open(LOG_TARGET_AUTO, LOG_INFO);
	log_error("here");
	assert_string_equal(caught_text(), "test_base_log: error: here\n");
}

static void a_long_line_is_cut(void **state)
{
	char text[5000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_open(LOG_TARGET_STDERR, LOG_INFO);
	log_info("%s", text);
	assert_int_equal(strlen(caught_text()), strlen("test_base_log: info: ") + 2047 + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_line_on_stderr_has_the_program_and_a_priority_word, catch_begin,
			catch_end),
		cmocka_unit_test_setup_teardown(
			a_level_above_the_limit_is_not_shown, catch_begin, catch_end),
		cmocka_unit_test_setup_teardown(
			errno_survives_a_stderr_that_takes_nothing, catch_begin, catch_end),
		cmocka_unit_test_setup_teardown(
			a_journal_stream_of_another_file_leaves_stderr_in_use, catch_begin,
			catch_end),
		cmocka_unit_test_setup_teardown(a_long_line_is_cut, catch_begin, catch_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
