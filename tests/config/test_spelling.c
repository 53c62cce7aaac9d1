/* SPDX-License-Identifier: MIT */
#include "config/spelling.h"

#include "check.h"

static const char *nearest(const char *word)
{
	static const char *const known[] = { "address", "device", "cell_ovp", "cell_ovp_release",
		"log", "log_level" };
	struct spelling spelling;

	spelling_init(&spelling, word);
	for (size_t i = 0; i < LENGTH(known); i++)
		spelling_offer(&spelling, known[i]);
	return spelling_nearest(&spelling);
}

static void a_slip_of_the_hand_finds_its_word(void **state)
{
	(void)state;
	assert_string_equal(nearest("adress"), "address");
	assert_string_equal(nearest("addresss"), "address");
	assert_string_equal(nearest("devixe"), "device");
	assert_string_equal(nearest("lgo"), "log");
	assert_string_equal(nearest("cell-ovp"), "cell_ovp");
	assert_string_equal(nearest("cell_ovp_mv"), "cell_ovp");
	assert_string_equal(nearest("cell_ovp_releas"), "cell_ovp_release");
}

static void another_word_finds_none(void **state)
{
	(void)state;
	assert_null(nearest("voltage"));
	assert_null(nearest("x"));
	assert_null(nearest(""));
	assert_null(nearest("cell_ovp_release_cell_ovp_release_cell_ovp_release"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slip_of_the_hand_finds_its_word),
		cmocka_unit_test(another_word_finds_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
