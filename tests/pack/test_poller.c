/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "pack/poller.h"
#include "random.h"

#define MS(n) (UINT64_C(1000) * (n))
#define S(n)  (UINT64_C(1000000) * (n))

/* A line that answers after a while; runs the poller as an event loop does. */
struct bench {
	struct poller poller;
	uint64_t now_us;
	uint64_t answer_us; /* how long an answer takes */
	bool silent;
	unsigned sent[POLL_SETTINGS + 1];
	uint64_t last_sent_us[POLL_SETTINGS + 1];
};

static void bench_init(struct bench *bench, uint64_t period_us, uint64_t settings_period_us)
{
	*bench = (struct bench){ .now_us = S(100), .answer_us = MS(40) };
	poller_init(&bench->poller, period_us, settings_period_us, S(100));
}

static void bench_run(struct bench *bench, uint64_t until_us)
{
	while (poller_next_us(&bench->poller) < until_us) {
		enum poll_kind kind;

		if (bench->now_us < poller_next_us(&bench->poller))
			bench->now_us = poller_next_us(&bench->poller);
		kind = poller_due(&bench->poller, bench->now_us);
		assert_int_not_equal(kind, POLL_NOTHING);
		bench->sent[kind]++;
		bench->last_sent_us[kind] = bench->now_us;
		poller_on_sent(&bench->poller, kind, bench->now_us);
		bench->now_us += bench->answer_us;
		poller_on_done(&bench->poller, kind, !bench->silent, bench->now_us);
	}
	if (bench->now_us < until_us)
		bench->now_us = until_us;
}

static void live_data_comes_first_then_settings(void **state)
{
	struct poller poller;

	(void)state;
	poller_init(&poller, S(1), S(600), S(5));
	assert_int_equal(poller_next_us(&poller), S(5));
	assert_int_equal(poller_due(&poller, S(5) - 1), POLL_NOTHING);
	assert_int_equal(poller_due(&poller, S(5)), POLL_LIVE);
	poller_on_sent(&poller, POLL_LIVE, S(5));
	assert_int_equal(poller_next_us(&poller), UINT64_MAX);
	assert_int_equal(poller_due(&poller, S(9)), POLL_NOTHING);
	poller_on_done(&poller, POLL_LIVE, true, S(5) + MS(40));
	assert_int_equal(poller_due(&poller, S(5) + MS(40)), POLL_SETTINGS);
	poller_on_sent(&poller, POLL_SETTINGS, S(5) + MS(40));
	poller_on_done(&poller, POLL_SETTINGS, true, S(5) + MS(90));
	assert_int_equal(poller_next_us(&poller), S(6));
}

static void the_grid_does_not_drift(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, S(1), S(600));
	bench_run(&bench, S(100) + S(10000));
	assert_int_equal(bench.sent[POLL_LIVE], 10000);
	assert_int_equal(bench.last_sent_us[POLL_LIVE], S(100) + S(9999));
	assert_int_equal(bench.sent[POLL_SETTINGS], 17);
	assert_int_equal(bench.poller.missed, 0);
}

static void a_late_poll_keeps_its_grid_point_and_counts_those_passed(void **state)
{
	struct poller poller;

	(void)state;
	poller_init(&poller, S(1), 0, S(10));
	poller_on_sent(&poller, POLL_LIVE, S(10));
	/* The line was busy until 13.3 s: 11 is asked late, 12 and 13 are not asked. */
	poller_on_done(&poller, POLL_LIVE, true, S(13) + MS(300));
	poller.next_settings_us = UINT64_MAX;
	assert_int_equal(poller_due(&poller, S(13) + MS(300)), POLL_LIVE);
	poller_on_sent(&poller, POLL_LIVE, S(13) + MS(300));
	poller_on_done(&poller, POLL_LIVE, true, S(13) + MS(340));
	assert_int_equal(poller.missed, 2);
	assert_int_equal(poller_next_us(&poller), S(14));
}

static void period_zero_polls_as_fast_as_answers_come(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, 0, S(10));
	bench_run(&bench, S(100) + S(60));
	/* 60 s of 40 ms each, six of them settings */
	assert_in_range(bench.sent[POLL_LIVE] + bench.sent[POLL_SETTINGS], 1500, 1501);
	assert_int_equal(bench.sent[POLL_SETTINGS], 6);
	assert_int_equal(bench.poller.missed, 0);
}

static void settings_do_not_starve_on_a_line_that_is_too_slow(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, MS(100), S(10));
	bench.answer_us = MS(150);
	bench_run(&bench, S(100) + S(60));
	assert_int_equal(bench.sent[POLL_SETTINGS], 6);
	assert_true(bench.sent[POLL_LIVE] > 390);
	assert_in_range(bench.poller.missed, 190, 210);
}

static void settings_wanted_all_the_time_do_not_starve_live_data(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, MS(100), S(10));
	bench_run(&bench, S(101));
	memset(bench.sent, 0, sizeof(bench.sent));
	for (unsigned i = 0; i < 100; i++) {
		poller_want_settings(&bench.poller, bench.now_us);
		bench_run(&bench, bench.now_us + MS(100));
	}
	assert_true(bench.sent[POLL_LIVE] > 90);
	assert_true(bench.sent[POLL_SETTINGS] > 40);
}

static void wanted_settings_are_read_at_once_and_then_on_their_period(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, S(10), S(600));
	bench_run(&bench, S(104));
	assert_int_equal(bench.sent[POLL_SETTINGS], 1);
	poller_want_settings(&bench.poller, bench.now_us);
	assert_int_equal(poller_next_us(&bench.poller), S(104));
	bench_run(&bench, S(105));
	assert_int_equal(bench.sent[POLL_SETTINGS], 2);
	assert_int_equal(bench.poller.next_settings_us, S(704));
}

static void settings_wanted_while_they_are_read_are_read_again(void **state)
{
	struct poller poller;

	(void)state;
	poller_init(&poller, S(10), S(600), S(1));
	poller_on_sent(&poller, POLL_LIVE, S(1));
	poller_on_done(&poller, POLL_LIVE, true, S(1));
	poller_on_sent(&poller, POLL_SETTINGS, S(2));
	poller_want_settings(&poller, S(2) + 1);
	poller_on_done(&poller, POLL_SETTINGS, true, S(3));
	assert_int_equal(poller_due(&poller, S(3)), POLL_SETTINGS);
}

static void failed_settings_are_tried_again_soon_but_not_at_once(void **state)
{
	struct poller poller;

	(void)state;
	poller_init(&poller, S(10), S(600), S(1));
	poller_on_sent(&poller, POLL_LIVE, S(1));
	poller_on_done(&poller, POLL_LIVE, true, S(1));
	poller_on_sent(&poller, POLL_SETTINGS, S(2));
	poller_on_done(&poller, POLL_SETTINGS, false, S(3));
	assert_int_equal(poller_due(&poller, S(4) - 1), POLL_NOTHING);
	assert_int_equal(poller_due(&poller, S(4)), POLL_SETTINGS);
}

static void held_settings_wait_and_live_data_do_not(void **state)
{
	struct poller poller;

	(void)state;
	poller_init(&poller, S(10), S(600), S(1));
	poller_on_sent(&poller, POLL_LIVE, S(1));
	poller_on_done(&poller, POLL_LIVE, true, S(1));
	poller.hold_settings = true;
	assert_int_equal(poller_due(&poller, S(10)), POLL_NOTHING);
	assert_int_equal(poller_next_us(&poller), S(11));
	assert_int_equal(poller_due(&poller, S(11)), POLL_LIVE);
	poller.hold_settings = false;
	assert_int_equal(poller_due(&poller, S(10)), POLL_SETTINGS);
}

static void a_settings_period_of_zero_reads_them_only_when_wanted(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, S(1), 0);
	bench_run(&bench, S(10000));
	assert_int_equal(bench.sent[POLL_SETTINGS], 1);
	poller_want_settings(&bench.poller, bench.now_us);
	bench_run(&bench, S(20000));
	assert_int_equal(bench.sent[POLL_SETTINGS], 2);
}

static void a_silent_station_is_asked_less_often_and_only_for_live_data(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, S(2), S(600));
	bench.silent = true;
	bench_run(&bench, S(110));
	assert_true(poller_is_silent(&bench.poller));
	memset(bench.sent, 0, sizeof(bench.sent));
	bench_run(&bench, S(1110));
	/* every five periods, on the grid: 10 s and up to one period more */
	assert_in_range(bench.sent[POLL_LIVE], 80, 100);
	assert_int_equal(bench.sent[POLL_SETTINGS], 0);
	assert_int_equal((bench.last_sent_us[POLL_LIVE] - S(100)) % S(2), 0);
	assert_int_equal(bench.poller.missed, 0);
}

static void the_pause_of_a_silent_station_is_bounded_both_ways(void **state)
{
	static const struct {
		uint64_t period_us, least_us, most_us;
	} cases[] = {
		{ 0, S(5), S(5) },
		{ MS(10), S(5), S(5) + MS(10) },
		{ S(1), S(5), S(6) },
		{ S(30), S(60), S(90) },
		{ S(3600), S(3600), S(7200) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench bench;
		uint64_t done_us;

		bench_init(&bench, cases[i].period_us, 0);
		bench.silent = true;
		while (!poller_is_silent(&bench.poller))
			bench_run(&bench, poller_next_us(&bench.poller) + 1);
		done_us = bench.last_sent_us[POLL_LIVE] + bench.answer_us;
		if (bench.last_sent_us[POLL_SETTINGS] > bench.last_sent_us[POLL_LIVE])
			done_us = bench.last_sent_us[POLL_SETTINGS] + bench.answer_us;
		assert_in_range(poller_next_us(&bench.poller) - done_us, cases[i].least_us,
			cases[i].most_us);
	}
}

static void many_silent_stations_take_turns_on_their_line(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, S(1), 0);
	bench.silent = true;
	bench.poller.silent_peers = 30;
	bench_run(&bench, S(150));
	assert_true(poller_is_silent(&bench.poller));
	memset(bench.sent, 0, sizeof(bench.sent));
	bench_run(&bench, S(1150));
	/* 45 s and up to one period more */
	assert_in_range(bench.sent[POLL_LIVE], 20, 23);
}

static void the_first_answer_ends_the_silence(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, S(1), S(600));
	bench.silent = true;
	bench_run(&bench, S(150));
	bench.silent = false;
	bench_run(&bench, S(157));
	assert_false(poller_is_silent(&bench.poller));
	memset(bench.sent, 0, sizeof(bench.sent));
	bench_run(&bench, S(167));
	assert_int_equal(bench.sent[POLL_LIVE], 10);
}

static void a_station_that_is_heard_is_not_silent(void **state)
{
	struct poller poller;

	(void)state;
	poller_init(&poller, S(1), 0, S(1));
	poller.next_settings_us = UINT64_MAX;
	for (unsigned i = 1; i < 100; i++) {
		poller_on_sent(&poller, POLL_LIVE, S(i));
		poller_on_heard(&poller);
		poller_on_done(&poller, POLL_LIVE, false, S(i) + MS(350));
		assert_false(poller_is_silent(&poller));
		assert_int_equal(poller_next_us(&poller), S(i + 1));
	}
}

static void two_failures_do_not_slow_anything_down(void **state)
{
	struct poller poller;

	(void)state;
	poller_init(&poller, S(1), 0, S(1));
	poller.next_settings_us = UINT64_MAX;
	for (unsigned i = 1; i < POLLER_SILENT_AFTER; i++) {
		poller_on_sent(&poller, POLL_LIVE, S(i));
		poller_on_done(&poller, POLL_LIVE, false, S(i) + MS(350));
		assert_int_equal(poller_next_us(&poller), S(i + 1));
	}
}

static void a_link_that_comes_back_is_asked_at_once_and_misses_nothing(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, S(1), S(600));
	bench.silent = true;
	bench_run(&bench, S(150));
	/* down for an hour, then up a little off the grid */
	bench.silent = false;
	bench.now_us = S(3750) + MS(300);
	poller_on_link_up(&bench.poller, bench.now_us);
	assert_int_equal(poller_due(&bench.poller, bench.now_us), POLL_LIVE);
	memset(bench.sent, 0, sizeof(bench.sent));
	bench_run(&bench, S(3760));
	assert_int_equal(bench.sent[POLL_SETTINGS], 1);
	assert_int_equal(bench.sent[POLL_LIVE], 10);
	assert_int_equal(bench.last_sent_us[POLL_LIVE], S(3759));
	assert_int_equal(bench.poller.missed, 0);
}

static void a_link_that_comes_back_early_ends_a_long_wait(void **state)
{
	static const uint64_t periods_us[] = { 0, S(10), S(50), S(3600) };

	(void)state;
	for (size_t i = 0; i < sizeof(periods_us) / sizeof(periods_us[0]); i++) {
		struct poller poller;

		poller_init(&poller, periods_us[i], 0, S(100));
		for (unsigned failure = 0; failure < POLLER_SILENT_AFTER; failure++) {
			poller_on_sent(&poller, POLL_LIVE, poller.next_live_us);
			poller_on_done(&poller, POLL_LIVE, false, S(100));
		}
		poller_on_link_up(&poller, S(101));
		assert_int_equal(poller_due(&poller, S(101)), POLL_LIVE);
		poller_on_sent(&poller, POLL_LIVE, S(101));
		assert_in_range(poller.next_live_us, S(101), S(101) + periods_us[i]);
		assert_int_equal(poller.missed, 0);
	}
}

static void a_shorter_period_takes_effect_at_once(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, S(3600), S(86400));
	bench_run(&bench, S(200));
	poller_set_periods(&bench.poller, S(1), S(60), S(200));
	assert_int_equal(poller_next_us(&bench.poller), S(201));
	bench_run(&bench, S(261));
	assert_int_equal(bench.sent[POLL_LIVE], 61);
	assert_int_equal(bench.sent[POLL_SETTINGS], 2);
}

static void something_is_due_exactly_when_the_poller_said_so(void **state)
{
	struct random random = { 0xD0E };
	struct poller poller;
	uint64_t now_us = S(1);

	(void)state;
	poller_init(&poller, MS(700), S(20), now_us);
	for (int i = 0; i < 100000; i++) {
		enum poll_kind kind = poller_due(&poller, now_us);

		assert_int_equal(kind != POLL_NOTHING, poller_next_us(&poller) <= now_us);
		if (kind != POLL_NOTHING) {
			poller_on_sent(&poller, kind, now_us);
			assert_int_equal(poller_due(&poller, now_us), POLL_NOTHING);
			now_us += (uint64_t)random_between(&random, 0, (int64_t)MS(900));
			poller_on_done(&poller, kind, !random_once_in(&random, 2), now_us);
		}
		if (random_once_in(&random, 100))
			poller_want_settings(&poller, now_us);
		if (random_once_in(&random, 1000))
			poller_on_link_up(&poller, now_us);
		now_us += (uint64_t)random_between(&random, 0, (int64_t)MS(100));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(live_data_comes_first_then_settings),
		cmocka_unit_test(the_grid_does_not_drift),
		cmocka_unit_test(a_late_poll_keeps_its_grid_point_and_counts_those_passed),
		cmocka_unit_test(period_zero_polls_as_fast_as_answers_come),
		cmocka_unit_test(settings_do_not_starve_on_a_line_that_is_too_slow),
		cmocka_unit_test(settings_wanted_all_the_time_do_not_starve_live_data),
		cmocka_unit_test(wanted_settings_are_read_at_once_and_then_on_their_period),
		cmocka_unit_test(settings_wanted_while_they_are_read_are_read_again),
		cmocka_unit_test(failed_settings_are_tried_again_soon_but_not_at_once),
		cmocka_unit_test(held_settings_wait_and_live_data_do_not),
		cmocka_unit_test(a_settings_period_of_zero_reads_them_only_when_wanted),
		cmocka_unit_test(a_silent_station_is_asked_less_often_and_only_for_live_data),
		cmocka_unit_test(the_pause_of_a_silent_station_is_bounded_both_ways),
		cmocka_unit_test(many_silent_stations_take_turns_on_their_line),
		cmocka_unit_test(the_first_answer_ends_the_silence),
		cmocka_unit_test(a_station_that_is_heard_is_not_silent),
		cmocka_unit_test(two_failures_do_not_slow_anything_down),
		cmocka_unit_test(a_link_that_comes_back_is_asked_at_once_and_misses_nothing),
		cmocka_unit_test(a_link_that_comes_back_early_ends_a_long_wait),
		cmocka_unit_test(a_shorter_period_takes_effect_at_once),
		cmocka_unit_test(something_is_due_exactly_when_the_poller_said_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
