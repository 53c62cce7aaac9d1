/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "store/text.h"

static void assert_cleaned(const char *text, const char *expected)
{
	char out[64];

	text_clean(out, sizeof(out), text);
	assert_string_equal(out, expected);
}

static void what_people_write_stays(void **state)
{
	(void)state;
	assert_cleaned("", "");
	assert_cleaned("JK-B2A24S-20P", "JK-B2A24S-20P");
	assert_cleaned("K\xc3\xbc"
		       "che \xe2\x82\xac \xf0\x9f\x94\x8b",
		"K\xc3\xbc"
		"che \xe2\x82\xac \xf0\x9f\x94\x8b");
}

static void control_characters_and_stray_bytes_become_question_marks(void **state)
{
	(void)state;
	assert_cleaned("a\nb\x7f"
		       "c\x01",
		"a?b?c?");
	assert_cleaned("\xff\xfe"
		       "x",
		"??x");
	assert_cleaned("\x80", "?");
}

static void forms_that_utf8_forbids_become_question_marks(void **state)
{
	(void)state;
	assert_cleaned("\xc0\xaf", "??");
	assert_cleaned("\xe0\x80\xaf", "???");
	assert_cleaned("\xed\xa0\x80", "???");
	assert_cleaned("\xf4\x90\x80\x80", "????");
	assert_cleaned("\xe2\x82", "??");
	assert_cleaned("\xe2\x82x", "??x");
}

static void a_text_that_is_too_long_is_cut(void **state)
{
	char out[4];

	(void)state;
	text_clean(out, sizeof(out), "abcdef");
	assert_string_equal(out, "abc");
	/* Not in the middle of a character. */
	text_clean(out, sizeof(out), "ab\xc3\xbc");
	assert_string_equal(out, "ab?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_people_write_stays),
		cmocka_unit_test(control_characters_and_stray_bytes_become_question_marks),
		cmocka_unit_test(forms_that_utf8_forbids_become_question_marks),
		cmocka_unit_test(a_text_that_is_too_long_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
