/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "core/lamp.h"
#include "port/port.h"

/* Share of ten seconds a lamp is lit, in permille, and how often it went on. */
static void watch(enum lamp_mood mood, uint8_t lamp, unsigned *permille, unsigned *blinks)
{
	bool before = true;

	*permille = *blinks = 0;
	for (unsigned ms = 0; ms < 10000; ms += 10) {
		bool lit = lamp_pattern(mood, UINT64_C(1000) * ms) & lamp;

		*permille += lit;
		*blinks += lit && !before;
		before = lit;
	}
}

static void each_mood_looks_different(void **state)
{
	unsigned look[LAMP_MOODS][4];

	(void)state;
	for (int mood = 0; mood < LAMP_MOODS; mood++) {
		watch((enum lamp_mood)mood, PORT_DOUT_RUN_LED, &look[mood][0], &look[mood][1]);
		watch((enum lamp_mood)mood, PORT_DOUT_FAULT_LED, &look[mood][2], &look[mood][3]);
		for (int other = 0; other < mood; other++)
			assert_memory_not_equal(look[mood], look[other], sizeof(look[mood]));
	}
}

static void closed_is_steady_and_off_is_dark(void **state)
{
	unsigned permille, blinks;

	(void)state;
	watch(LAMP_CLOSED, PORT_DOUT_RUN_LED, &permille, &blinks);
	assert_int_equal(permille, 1000);
	watch(LAMP_OFF, PORT_DOUT_RUN_LED | PORT_DOUT_FAULT_LED, &permille, &blinks);
	assert_int_equal(permille, 0);
}

static void only_a_fault_or_an_emergency_lights_the_fault_lamp(void **state)
{
	(void)state;
	for (int mood = 0; mood < LAMP_MOODS; mood++) {
		unsigned permille, blinks;

		watch((enum lamp_mood)mood, PORT_DOUT_FAULT_LED, &permille, &blinks);
		assert_int_equal(permille > 0, mood == LAMP_FAULT || mood == LAMP_EMERGENCY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mood_looks_different),
		cmocka_unit_test(closed_is_steady_and_off_is_dark),
		cmocka_unit_test(only_a_fault_or_an_emergency_lights_the_fault_lamp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
