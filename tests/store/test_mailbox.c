/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "store/mailbox.h"

static int mailbox_setup(void **state)
{
	static struct mailbox mailbox;

	assert_int_equal(mailbox_init(&mailbox), 0);
	*state = &mailbox;
	return 0;
}

static int mailbox_teardown(void **state)
{
	mailbox_deinit(*state);
	return 0;
}

static bool put_sample(struct mailbox *mailbox, int64_t time_ms)
{
	struct mailbox_item item = { .kind = MAILBOX_SAMPLE };

	item.sample.time_ms = time_ms;
	return mailbox_put(mailbox, &item, false);
}

static bool put_event(struct mailbox *mailbox)
{
	struct mailbox_item item = { .kind = MAILBOX_EVENT };

	return mailbox_put(mailbox, &item, true);
}

static void values_come_out_in_order(void **state)
{
	struct mailbox *mailbox = *state;
	struct mailbox_item item;
	int64_t in = 0, out = 0;

	/* More than the ring holds, in uneven steps. */
	for (int round = 0; round < 2000; round++) {
		for (int i = 0; i < round % 7; i++)
			assert_true(put_sample(mailbox, in++));
		for (int i = 0; i < 3 && mailbox_take(mailbox, &item); i++)
			assert_int_equal(item.sample.time_ms, out++);
		while (round % 50 == 0 && mailbox_take(mailbox, &item))
			assert_int_equal(item.sample.time_ms, out++);
	}
	while (mailbox_take(mailbox, &item))
		assert_int_equal(item.sample.time_ms, out++);
	assert_int_equal(in, out);
}

static void samples_leave_room_for_events(void **state)
{
	struct mailbox *mailbox = *state;
	struct store_stats stats;

	for (int i = 0; i < MAILBOX_ITEMS - MAILBOX_RESERVE; i++)
		assert_true(put_sample(mailbox, i));
	assert_false(put_sample(mailbox, 0));
	for (int i = 0; i < MAILBOX_RESERVE; i++)
		assert_true(put_event(mailbox));
	assert_false(put_event(mailbox));
	mailbox_stats(mailbox, &stats);
	assert_int_equal(stats.dropped, 2);
	assert_int_equal(stats.samples, MAILBOX_ITEMS - MAILBOX_RESERVE + 1);
}

static void waiting_ends_at_its_time(void **state)
{
	struct mailbox *mailbox = *state;
	uint64_t begun_us = clock_monotonic_us();

	put_sample(mailbox, 1);
	assert_true(mailbox_wait(mailbox, begun_us + 50000));
	assert_true(clock_monotonic_us() - begun_us >= 50000);
}

static void waiting_ends_at_a_batch_or_something_urgent(void **state)
{
	struct mailbox *mailbox = *state;
	uint64_t far_us = clock_monotonic_us() + UINT64_C(600000000);
	struct mailbox_item item;

	for (int i = 0; i < MAILBOX_BATCH; i++)
		put_sample(mailbox, i);
	assert_true(mailbox_wait(mailbox, far_us));
	while (mailbox_take(mailbox, &item))
		;
	put_event(mailbox);
	assert_true(mailbox_wait(mailbox, far_us));
	put_sample(mailbox, 1);
	assert_true(mailbox_wait(mailbox, 0));
	mailbox_stop(mailbox);
	assert_false(mailbox_wait(mailbox, far_us));
}

static void names_have_one_index_each(void **state)
{
	struct mailbox *mailbox = *state;
	char name[STORE_NAME_MAX];

	assert_int_equal(mailbox_add_pack(mailbox, "a"), 0);
	assert_int_equal(mailbox_add_pack(mailbox, "b"), 1);
	assert_int_equal(mailbox_add_pack(mailbox, "a"), 0);
	assert_true(mailbox_pack_name(mailbox, 1, name));
	assert_string_equal(name, "b");
	assert_false(mailbox_pack_name(mailbox, 2, name));
	assert_false(mailbox_pack_name(mailbox, STORE_NO_PACK, name));
}

static void every_intent_is_told_once_and_in_order(void **state)
{
	struct mailbox *mailbox = *state;
	struct mailbox_intent intent;

	for (unsigned i = 0; i < 500; i++)
		mailbox_tell_intent(mailbox, i, i % 2 ? -EIO : 0);
	for (unsigned i = 0; i < 500; i++) {
		assert_true(mailbox_take_intent(mailbox, &intent));
		assert_int_equal(intent.change_id, i);
		assert_int_equal(intent.error, i % 2 ? -EIO : 0);
	}
	assert_false(mailbox_take_intent(mailbox, &intent));
}

static void the_newest_state_is_never_lost(void **state)
{
	struct mailbox *mailbox = *state;
	struct mailbox_state told = { 0 };
	struct store_stats stats;

	for (int i = 0; i < 100; i++)
		mailbox_tell_state(mailbox, -ENOSPC, "full");
	mailbox_tell_state(mailbox, 0, NULL);
	while (mailbox_take_state(mailbox, &told))
		;
	assert_int_equal(told.error, 0);
	assert_string_equal(told.reason, "");
	mailbox_stats(mailbox, &stats);
	assert_int_equal(stats.error, 0);
}

int main(void)
{
#define MAILBOX_TEST(name) cmocka_unit_test_setup_teardown(name, mailbox_setup, mailbox_teardown)
	const struct CMUnitTest tests[] = {
		MAILBOX_TEST(values_come_out_in_order),
		MAILBOX_TEST(samples_leave_room_for_events),
		MAILBOX_TEST(waiting_ends_at_its_time),
		MAILBOX_TEST(waiting_ends_at_a_batch_or_something_urgent),
		MAILBOX_TEST(names_have_one_index_each),
		MAILBOX_TEST(every_intent_is_told_once_and_in_order),
		MAILBOX_TEST(the_newest_state_is_never_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
