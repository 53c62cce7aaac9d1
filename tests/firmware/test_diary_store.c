/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "core/diary_store.h"
#include "fake_port.h"

static struct port port;
static struct bms_jk_diary diary;
static struct diary_store store;

static void restart(void)
{
	diary = (struct bms_jk_diary){ 0 };
	store = (struct diary_store){ 0 };
	diary_store_load(&store, &diary, &port);
}

static int start(void **state)
{
	(void)state;
	fake_port_init(&port);
	restart();
	return 0;
}

static void add(uint32_t number)
{
	struct bms_jk_record record = {
		.rtc_s = number, .code = BMS_JK_CODE_BOOT, .current_da = -5
	};

	bms_jk_diary_add_event(&diary, number, BMS_JK_CODE_BOOT);
	bms_jk_diary_add_record(&diary, &record);
}

static void expect(uint32_t first_event, uint32_t first_record, uint32_t last)
{
	size_t events = bms_jk_diary_event_count(&diary);
	size_t records = bms_jk_diary_record_count(&diary);

	assert_int_equal(events, last + 1 - first_event);
	assert_int_equal(records, last + 1 - first_record);
	for (size_t i = 0; i < events; i++)
		assert_int_equal(bms_jk_diary_event(&diary, i)->runtime_s, first_event + i);
	for (size_t i = 0; i < records; i++)
		assert_int_equal(bms_jk_diary_record(&diary, i)->rtc_s, first_record + i);
	assert_int_equal(bms_jk_diary_event(&diary, 0)->code, BMS_JK_CODE_BOOT);
	assert_int_equal(bms_jk_diary_record(&diary, 0)->current_da, -5);
}

static void an_empty_flash_is_an_empty_diary(void **state)
{
	(void)state;
	assert_int_equal(bms_jk_diary_event_count(&diary), 0);
	assert_int_equal(bms_jk_diary_record_count(&diary), 0);
}

static void what_was_kept_is_there_after_a_restart_and_what_was_not_is_not(void **state)
{
	(void)state;
	add(0);
	add(1);
	diary_store_keep(&store, &diary, &port);
	add(2);
	restart();
	expect(0, 0, 1);
}

static void an_entry_is_kept_once(void **state)
{
	(void)state;
	add(0);
	for (int i = 0; i < 5; i++)
		diary_store_keep(&store, &diary, &port);
	add(1);
	diary_store_keep(&store, &diary, &port);
	restart();
	diary_store_keep(&store, &diary, &port);
	restart();
	expect(0, 0, 1);
}

static void the_newest_ones_of_many_come_back(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		add(i);
		diary_store_keep(&store, &diary, &port);
		if (i % 97 == 0)
			restart();
	}
	restart();
	expect(1000 - BMS_JK_DIARY_EVENTS, 1000 - BMS_JK_DIARY_RECORDS, 999);
}

static void more_at_once_than_memory_holds_are_the_newest(void **state)
{
	(void)state;
	add(0);
	diary_store_keep(&store, &diary, &port);
	for (uint32_t i = 1; i <= 500; i++)
		add(i);
	diary_store_keep(&store, &diary, &port);
	restart();
	expect(501 - BMS_JK_DIARY_EVENTS, 501 - BMS_JK_DIARY_RECORDS, 500);
}

static void a_flash_that_fails_loses_nothing_in_memory(void **state)
{
	(void)state;
	add(0);
	diary_store_keep(&store, &diary, &port);
	port.power = 0;
	add(1);
	diary_store_keep(&store, &diary, &port);
	expect(0, 0, 1);
	port.power = FAKE_POWERED;
	add(2);
	diary_store_keep(&store, &diary, &port);
	expect(0, 0, 2);
}

static void an_erased_diary_stays_empty(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 300; i++) {
		add(i);
		diary_store_keep(&store, &diary, &port);
	}
	add(300);
	diary_store_erase(&store, &diary, &port);
	assert_int_equal(bms_jk_diary_event_count(&diary), 0);
	diary_store_keep(&store, &diary, &port);
	restart();
	assert_int_equal(bms_jk_diary_event_count(&diary), 0);
	assert_int_equal(bms_jk_diary_record_count(&diary), 0);
	add(7);
	diary_store_keep(&store, &diary, &port);
	restart();
	expect(7, 7, 7);
}

static void without_flash_nothing_is_kept(void **state)
{
	(void)state;
	store = (struct diary_store){ 0 };
	add(0);
	diary_store_keep(&store, &diary, &port);
	expect(0, 0, 0);
	diary_store_erase(&store, &diary, &port);
	assert_int_equal(port.saves, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, start)
	const struct CMUnitTest tests[] = {
		TEST(an_empty_flash_is_an_empty_diary),
		TEST(what_was_kept_is_there_after_a_restart_and_what_was_not_is_not),
		TEST(an_entry_is_kept_once),
		TEST(the_newest_ones_of_many_come_back),
		TEST(more_at_once_than_memory_holds_are_the_newest),
		TEST(a_flash_that_fails_loses_nothing_in_memory),
		TEST(an_erased_diary_stays_empty),
		TEST(without_flash_nothing_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
