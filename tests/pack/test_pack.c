/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "pack/pack.h"

enum {
	SECOND_US = 1000000
};

static struct bms_telemetry reading(int64_t runtime_s)
{
	struct bms_telemetry report = { 0 };

	bms_telemetry_set(&report, BMS_SLOT_CELL_MV, 3300);
	bms_telemetry_set(&report, BMS_SLOT_CELL_MV + 1, 3310);
	bms_telemetry_set(&report, BMS_SLOT_CELL_MASK, 3);
	bms_telemetry_set(&report, BMS_SLOT_PACK_MV, 6610);
	bms_telemetry_set(&report, BMS_SLOT_RUNTIME_S, runtime_s);
	bms_telemetry_set(&report, BMS_SLOT_TICKS_DS, 5000);
	return report;
}

static bool take(struct pack *pack, const struct bms_telemetry *report, uint64_t now_us)
{
	char reason[PLAUSIBILITY_REASON_SIZE] = "";
	bool taken = pack_take_reading(pack, report, now_us, 1700000000000, reason);

	assert_true(taken || reason[0]);
	return taken;
}

static void a_new_pack_is_unseen(void **state)
{
	struct pack pack;

	(void)state;
	pack_init(&pack, "garage", 3 * SECOND_US);
	assert_string_equal(pack.name, "garage");
	assert_int_equal(pack_health(&pack, 0), PACK_UNSEEN);
	assert_int_equal(pack_health(&pack, 100 * (uint64_t)SECOND_US), PACK_UNSEEN);
}

static void a_name_that_is_too_long_is_cut(void **state)
{
	char name[2 * PACK_NAME_MAX];
	struct pack pack;

	(void)state;
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	pack_init(&pack, name, SECOND_US);
	assert_int_equal(strlen(pack.name), PACK_NAME_MAX - 1);
}

static void a_reading_is_fresh_until_its_limit_and_stale_after(void **state)
{
	struct bms_telemetry report = reading(100);
	struct pack pack;

	(void)state;
	pack_init(&pack, "garage", 3 * SECOND_US);
	assert_true(take(&pack, &report, 10 * SECOND_US));
	assert_int_equal(pack.snapshot_us, 10 * SECOND_US);
	assert_int_equal(pack.snapshot_wall_ms, 1700000000000);
	assert_int_equal(pack.counters.accepted, 1);
	assert_int_equal(pack_health(&pack, 9 * SECOND_US), PACK_FRESH);
	assert_int_equal(pack_health(&pack, 13 * SECOND_US), PACK_FRESH);
	assert_int_equal(pack_health(&pack, 13 * SECOND_US + 1), PACK_STALE);
}

static void what_a_reading_lacks_is_absent_and_not_old(void **state)
{
	struct bms_telemetry report = reading(100);
	struct pack pack;

	(void)state;
	pack_init(&pack, "garage", 3 * SECOND_US);
	bms_telemetry_set(&report, BMS_SLOT_PROBE_DC, 215);
	assert_true(take(&pack, &report, 1));
	report = reading(101);
	assert_true(take(&pack, &report, 2));
	assert_false(bms_telemetry_has(&pack.snapshot, BMS_SLOT_PROBE_DC));
	assert_int_equal(pack.snapshot.value[BMS_SLOT_RUNTIME_S], 101);
}

static void a_refused_reading_changes_nothing_but_its_counter(void **state)
{
	struct bms_telemetry report = reading(100);
	struct pack pack;

	(void)state;
	pack_init(&pack, "garage", 3 * SECOND_US);
	assert_true(take(&pack, &report, 1));
	bms_telemetry_set(&report, BMS_SLOT_PACK_MV, 60000);
	for (int i = 0; i < 10; i++)
		assert_false(take(&pack, &report, 2));
	assert_int_equal(pack.counters.implausible, 10);
	assert_int_equal(pack.counters.accepted, 1);
	assert_int_equal(pack.snapshot_us, 1);
	assert_int_equal(pack.snapshot.value[BMS_SLOT_PACK_MV], 6610);
}

static void one_odd_reading_does_not_lock_the_pack_out(void **state)
{
	struct bms_telemetry odd = reading(4000000000); /* plausible for itself */
	struct bms_telemetry report = reading(100);
	struct pack pack;

	(void)state;
	pack_init(&pack, "garage", 3 * SECOND_US);
	assert_true(take(&pack, &odd, 2));
	assert_false(take(&pack, &report, 3));
	assert_false(take(&pack, &report, 4));
	assert_true(take(&pack, &report, 5));
	assert_int_equal(pack.snapshot.value[BMS_SLOT_RUNTIME_S], 100);
	assert_int_equal(pack.counters.implausible, 2);
}

/* What a splice of two frames looks like: gone with the next frame. */
static void a_reading_that_does_not_follow_is_believed_the_third_time(void **state)
{
	struct bms_telemetry report = reading(100);
	struct bms_telemetry later = reading(101);
	struct pack pack;

	(void)state;
	pack_init(&pack, "garage", 3 * SECOND_US);
	bms_telemetry_set(&report, BMS_SLOT_PROBE_DC, 215);
	bms_telemetry_set(&later, BMS_SLOT_PROBE_DC, 600);
	assert_true(take(&pack, &report, 1));
	assert_false(take(&pack, &later, SECOND_US));
	assert_true(take(&pack, &report, 2 * SECOND_US));
	assert_false(take(&pack, &later, 3 * SECOND_US));
	assert_false(take(&pack, &later, 4 * SECOND_US));
	assert_true(take(&pack, &later, 5 * SECOND_US));
	assert_int_equal(pack.snapshot.value[BMS_SLOT_PROBE_DC], 600);
}

/* An hour between two readings leaves room for what no second does. */
static void a_reading_after_an_hour_may_have_moved_far(void **state)
{
	struct bms_telemetry report = reading(100);
	struct bms_telemetry later = reading(3700);
	struct pack pack;

	(void)state;
	pack_init(&pack, "garage", 3 * SECOND_US);
	bms_telemetry_set(&report, BMS_SLOT_PROBE_DC, 215);
	bms_telemetry_set(&later, BMS_SLOT_PROBE_DC, 600);
	assert_true(take(&pack, &report, 1));
	assert_true(take(&pack, &later, 3600 * (uint64_t)SECOND_US));
}

static void contradictions_count_only_in_a_row(void **state)
{
	struct bms_telemetry report = reading(100);
	struct bms_telemetry earlier = reading(99);
	struct pack pack;

	(void)state;
	pack_init(&pack, "garage", 3 * SECOND_US);
	assert_true(take(&pack, &report, 1));
	for (uint64_t i = 0; i < 10; i++) {
		assert_false(take(&pack, &earlier, 2 + i));
		assert_false(take(&pack, &earlier, 2 + i));
		assert_true(take(&pack, &report, 2 + i));
	}
}

static void every_health_has_a_text(void **state)
{
	(void)state;
	assert_string_equal(pack_health_text(PACK_UNSEEN), "unseen");
	assert_string_equal(pack_health_text(PACK_FRESH), "fresh");
	assert_string_equal(pack_health_text(PACK_STALE), "stale");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_pack_is_unseen),
		cmocka_unit_test(a_name_that_is_too_long_is_cut),
		cmocka_unit_test(a_reading_is_fresh_until_its_limit_and_stale_after),
		cmocka_unit_test(what_a_reading_lacks_is_absent_and_not_old),
		cmocka_unit_test(a_refused_reading_changes_nothing_but_its_counter),
		cmocka_unit_test(one_odd_reading_does_not_lock_the_pack_out),
		cmocka_unit_test(a_reading_that_does_not_follow_is_believed_the_third_time),
		cmocka_unit_test(a_reading_after_an_hour_may_have_moved_far),
		cmocka_unit_test(contradictions_count_only_in_a_row),
		cmocka_unit_test(every_health_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
