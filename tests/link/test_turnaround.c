/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "link/turnaround.h"

enum {
	MAX_US = 350000,
	GAP_US = 1750
};

/* A station of the given turnaround, asked once; the sleeper wakes up overslept_us too late. */
static bool ask(struct turnaround *turnaround, uint32_t station_us, uint32_t overslept_us)
{
	bool is_probe = turnaround_next_is_probe(turnaround);
	uint32_t looked_us = turnaround->us + overslept_us + (is_probe ? 0 : GAP_US);

	if (station_us > looked_us)
		turnaround_late(turnaround, station_us - turnaround->us);
	else if (is_probe)
		turnaround_in_time(turnaround);
	return is_probe;
}

static unsigned ask_often(
	struct turnaround *turnaround, unsigned times, uint32_t station_us, uint32_t overslept_us)
{
	unsigned probes = 0;

	for (unsigned i = 0; i < times; i++)
		probes += ask(turnaround, station_us, overslept_us);
	return probes;
}

static void the_estimate_converges_upwards(void **state)
{
	struct turnaround turnaround;

	(void)state;
	turnaround_init(&turnaround, 5000, MAX_US);
	ask_often(&turnaround, 40, 20000, 0);
	assert_in_range(turnaround.us, 19000, 20200);
}

static void the_estimate_converges_downwards(void **state)
{
	struct turnaround turnaround;

	(void)state;
	turnaround_init(&turnaround, 50000, MAX_US);
	ask_often(&turnaround, 60, 5000, 0);
	assert_in_range(turnaround.us, 4500, 5500);
}

static void a_station_that_answers_at_once_is_learned(void **state)
{
	struct turnaround turnaround;

	(void)state;
	turnaround_init(&turnaround, 5000, MAX_US);
	ask_often(&turnaround, 100, 0, 0);
	assert_int_equal(turnaround.us, 0);
}

static void oversleeping_does_not_ratchet_the_estimate_up(void **state)
{
	struct turnaround turnaround;

	(void)state;
	turnaround_init(&turnaround, 5000, MAX_US);
	for (unsigned i = 0; i < 2000; i++) {
		ask(&turnaround, 5000, i % 3 ? 100 : 30000);
		assert_in_range(turnaround.us, 0, 6000);
	}
}

static void constant_oversleeping_does_not_ratchet_the_estimate_up(void **state)
{
	struct turnaround turnaround;

	(void)state;
	turnaround_init(&turnaround, 5000, MAX_US);
	for (unsigned i = 0; i < 2000; i++) {
		ask(&turnaround, 5000, 2000);
		assert_in_range(turnaround.us, 1000, 5200);
	}
}

static void one_stall_of_the_station_is_forgotten(void **state)
{
	struct turnaround turnaround;

	(void)state;
	turnaround_init(&turnaround, 5000, MAX_US);
	ask_often(&turnaround, 50, 5000, 0);
	ask(&turnaround, 300000, 0);
	assert_in_range(turnaround.us, 5000, 9000);
	ask_often(&turnaround, 40, 5000, 0);
	assert_in_range(turnaround.us, 4500, 5500);
}

static void the_estimate_stays_within_its_bounds(void **state)
{
	struct turnaround turnaround;

	(void)state;
	turnaround_init(&turnaround, 5000, 20000);
	for (unsigned i = 0; i < 100; i++)
		turnaround_late(&turnaround, UINT32_MAX);
	assert_int_equal(turnaround.us, 20000);
	for (unsigned i = 0; i < 1000; i++)
		turnaround_in_time(&turnaround);
	assert_int_equal(turnaround.us, 0);
}

static void a_first_estimate_beyond_the_bound_is_cut(void **state)
{
	struct turnaround turnaround;

	(void)state;
	turnaround_init(&turnaround, 5000, 1000);
	assert_int_equal(turnaround.us, 1000);
}

static void a_settled_estimate_is_probed_rarely(void **state)
{
	struct turnaround turnaround;

	(void)state;
	turnaround_init(&turnaround, 5000, MAX_US);
	ask_often(&turnaround, 200, 5000, 0);
	assert_in_range(ask_often(&turnaround, 800, 5000, 0), 50, 200);
}

static void a_varying_station_is_late_rarely(void **state)
{
	struct turnaround turnaround;
	unsigned late = 0;

	(void)state;
	turnaround_init(&turnaround, 5000, MAX_US);
	for (unsigned i = 0; i < 4000; i++) {
		uint32_t station_us = 4600 + i * 7919 % 1000; /* as captured: 4.6 to 5.6 ms */
		uint32_t before_us = turnaround.us;

		ask(&turnaround, station_us, 0);
		late += turnaround.us > before_us;
		assert_in_range(turnaround.us, 3500, 7500);
	}
	assert_in_range(late, 1, 4000 / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_estimate_converges_upwards),
		cmocka_unit_test(the_estimate_converges_downwards),
		cmocka_unit_test(a_station_that_answers_at_once_is_learned),
		cmocka_unit_test(oversleeping_does_not_ratchet_the_estimate_up),
		cmocka_unit_test(constant_oversleeping_does_not_ratchet_the_estimate_up),
		cmocka_unit_test(one_stall_of_the_station_is_forgotten),
		cmocka_unit_test(the_estimate_stays_within_its_bounds),
		cmocka_unit_test(a_first_estimate_beyond_the_bound_is_cut),
		cmocka_unit_test(a_settled_estimate_is_probed_rarely),
		cmocka_unit_test(a_varying_station_is_late_rarely),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
