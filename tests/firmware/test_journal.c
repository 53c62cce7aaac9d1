/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "core/journal.h"
#include "fake_port.h"

enum {
	FIRST_PAGE = 5,
	PAGES = 3,
	RECORD = 24,
	A_PAGE = (PORT_NVM_PAGE_SIZE - 12) / (RECORD + 2),
	PAGE_COST =
		PORT_NVM_PAGE_SIZE + 4 + 12, /* bytes that go through the flash for a new page */
};

static const struct journal_layout layout = { FIRST_PAGE, PAGES, RECORD };
static struct port port;
static struct journal journal;

static int start(void **state)
{
	(void)state;
	fake_port_init(&port);
	journal_load(&journal, &port, &layout);
	return 0;
}

static bool append(uint32_t number)
{
	uint8_t record[RECORD];

	memset(record, (int)(number % 251), sizeof(record));
	memcpy(record, &number, sizeof(number));
	return journal_append(&journal, &port, record);
}

/* The number of the record at an index; every record must be whole. */
static uint32_t number_at(size_t index)
{
	uint8_t record[RECORD], expected[RECORD];
	uint32_t number;

	assert_true(journal_read(&journal, &port, index, record));
	memcpy(&number, record, sizeof(number));
	memset(expected, (int)(number % 251), sizeof(expected));
	memcpy(expected, &number, sizeof(number));
	assert_memory_equal(record, expected, sizeof(record));
	return number;
}

static void fill(uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		assert_true(append(i));
}

/* Numbers that follow each other, up to the last one. */
static void check_tail(uint32_t last)
{
	size_t count = journal_count(&journal);
	uint8_t record[RECORD];

	assert_true(count > 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(number_at(i), last - (count - 1 - i));
	assert_false(journal_read(&journal, &port, count, record));
}

static void an_empty_flash_is_an_empty_journal(void **state)
{
	uint8_t record[RECORD];

	(void)state;
	assert_int_equal(journal_count(&journal), 0);
	assert_false(journal_read(&journal, &port, 0, record));
}

static void records_are_found_again_at_every_fill_level(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 5 * A_PAGE; i++) {
		size_t count;

		assert_true(append(i));
		count = journal_count(&journal);
		journal_load(&journal, &port, &layout);
		assert_int_equal(journal_count(&journal), count);
		assert_int_equal(number_at(count - 1), i);
		assert_int_equal(number_at(0), i + 1 - count);
	}
	check_tail(5 * A_PAGE - 1);
}

static void at_least_all_pages_but_one_are_kept(void **state)
{
	(void)state;
	fill(0, 10 * A_PAGE + 1);
	assert_int_equal(journal_count(&journal), (PAGES - 1) * A_PAGE + 1);
	check_tail(10 * A_PAGE);
}

static void every_page_wears_equally(void **state)
{
	unsigned erased[PAGES];
	unsigned before = 0;

	(void)state;
	for (unsigned round = 0; round < 4; round++)
		for (unsigned page = 0; page < PAGES; page++) {
			fill(0, A_PAGE);
			erased[page] = port.saves - before;
			before = port.saves;
			assert_int_equal(erased[page], 1);
			assert_int_equal(port.nvm[FIRST_PAGE + page][12 + 4], 0);
		}
}

static void other_pages_are_left_alone(void **state)
{
	(void)state;
	fill(0, 10 * A_PAGE);
	journal_clear(&journal, &port);
	for (unsigned page = 0; page < PORT_NVM_PAGES; page++)
		for (size_t i = 0; i < PORT_NVM_PAGE_SIZE; i++)
			if (page < FIRST_PAGE || page >= FIRST_PAGE + PAGES)
				assert_int_equal(port.nvm[page][i], 0xff);
}

/* The power goes after some bytes of an append; then the board starts again. */
static bool append_cut_at(uint32_t number, long bytes)
{
	bool whole;

	port.power = bytes;
	whole = append(number);
	port.power = FAKE_POWERED;
	journal_load(&journal, &port, &layout);
	return whole;
}

static void cut_everywhere(uint32_t filled, long cost)
{
	static struct port before;

	fake_port_init(&port);
	journal_load(&journal, &port, &layout);
	fill(0, filled);
	before = port;
	for (long bytes = 0; bytes <= cost + 1; bytes++) {
		bool whole;

		port = before;
		journal_load(&journal, &port, &layout);
		whole = append_cut_at(filled, bytes);
		assert_int_equal(whole, bytes >= cost);
		check_tail(whole ? filled : filled - 1);
		/* And it goes on from there. */
		assert_true(append(whole ? filled + 1 : filled));
		check_tail(whole ? filled + 1 : filled);
	}
}

static void a_power_cut_in_a_record_costs_this_record_only(void **state)
{
	(void)state;
	cut_everywhere(1, RECORD + 2);
	cut_everywhere(A_PAGE - 1, RECORD + 2);
	cut_everywhere(3 * A_PAGE + 7, RECORD + 2);
}

static void a_power_cut_in_a_new_page_costs_this_record_only(void **state)
{
	(void)state;
	cut_everywhere(A_PAGE, PAGE_COST + RECORD + 2);
	cut_everywhere(PAGES * A_PAGE, PAGE_COST + RECORD + 2);
}

static void many_power_cuts_in_a_row_cost_no_record_that_was_written(void **state)
{
	uint32_t last = 0, random = 1;

	(void)state;
	assert_true(append(0));
	for (unsigned i = 0; i < 3000; i++) {
		random = random * 1664525 + 1013904223;
		if (append_cut_at(last + 1, random >> 8 & 0x3f))
			last++;
		check_tail(last);
		if (journal_count(&journal) > 20 && i % 7 == 0)
			assert_true(append(++last));
	}
	assert_true(last > 100);
}

static void a_half_erased_page_is_no_page(void **state)
{
	unsigned oldest;

	(void)state;
	fill(0, PAGES * A_PAGE);
	oldest = FIRST_PAGE + journal.first;
	append_cut_at(PAGES * A_PAGE, 4); /* declared void, not erased */
	for (size_t i = 200; i < 900; i++)
		port.nvm[oldest][i] = (uint8_t)(i * 7);
	journal_load(&journal, &port, &layout);
	assert_int_equal(journal_count(&journal), (PAGES - 1) * A_PAGE);
	check_tail(PAGES * A_PAGE - 1);
}

static void a_record_that_rots_is_left_out(void **state)
{
	(void)state;
	fill(0, 10);
	port.nvm[FIRST_PAGE][12 + 3 * (RECORD + 2) + 9] ^= 4;
	journal_load(&journal, &port, &layout);
	assert_int_equal(journal_count(&journal), 9);
	assert_int_equal(number_at(2), 2);
	assert_int_equal(number_at(3), 4);
	assert_int_equal(number_at(8), 9);
	assert_true(append(10));
	assert_int_equal(number_at(9), 10);
}

static void numbers_of_pages_wrap(void **state)
{
	(void)state;
	journal.seq = UINT32_MAX - 1;
	fill(0, 4 * A_PAGE);
	journal_load(&journal, &port, &layout);
	assert_int_equal(journal_count(&journal), PAGES * A_PAGE);
	check_tail(4 * A_PAGE - 1);
}

static void pages_of_another_record_size_are_not_read(void **state)
{
	static const struct journal_layout other = { FIRST_PAGE, PAGES, 6 };

	(void)state;
	fill(0, 20);
	journal_load(&journal, &port, &other);
	assert_int_equal(journal_count(&journal), 0);
}

static void a_cleared_journal_begins_anew(void **state)
{
	(void)state;
	fill(0, 4 * A_PAGE + 3);
	journal_clear(&journal, &port);
	assert_int_equal(journal_count(&journal), 0);
	journal_load(&journal, &port, &layout);
	assert_int_equal(journal_count(&journal), 0);
	fill(0, 2 * A_PAGE);
	check_tail(2 * A_PAGE - 1);
}

static void clearing_that_is_cut_leaves_the_newest(void **state)
{
	(void)state;
	fill(0, PAGES * A_PAGE);
	port.power = PORT_NVM_PAGE_SIZE + 100;
	journal_clear(&journal, &port);
	port.power = FAKE_POWERED;
	journal_load(&journal, &port, &layout);
	check_tail(PAGES * A_PAGE - 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, start)
	const struct CMUnitTest tests[] = {
		TEST(an_empty_flash_is_an_empty_journal),
		TEST(records_are_found_again_at_every_fill_level),
		TEST(at_least_all_pages_but_one_are_kept),
		TEST(every_page_wears_equally),
		TEST(other_pages_are_left_alone),
		TEST(a_power_cut_in_a_record_costs_this_record_only),
		TEST(a_power_cut_in_a_new_page_costs_this_record_only),
		TEST(many_power_cuts_in_a_row_cost_no_record_that_was_written),
		TEST(a_half_erased_page_is_no_page),
		TEST(a_record_that_rots_is_left_out),
		TEST(numbers_of_pages_wrap),
		TEST(pages_of_another_record_size_are_not_read),
		TEST(a_cleared_journal_begins_anew),
		TEST(clearing_that_is_cut_leaves_the_newest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
