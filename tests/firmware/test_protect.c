/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "core/protect.h"

/* One row with its sensor: samples every 10 ms. */
struct trial {
	struct protect protect;
	struct measure measure;
	struct bms_settings settings;
	const struct protect_row *row;
	struct protect_cell *cell;
	uint64_t now_us;
};

enum {
	SAMPLE_US = 10000
};

/* On the good side of every row that looks at the quantity of this one. */
static void set_harmless(struct trial *trial, const struct protect_row *of)
{
	int32_t *value = &trial->measure.value[of->quantity];

	*value = of->below ? INT32_MIN : INT32_MAX;
	for (size_t i = 0; i < protect_row_count; i++) {
		const struct protect_row *row = &protect_rows[i];
		int32_t release = (int32_t)protect_limit(&row->release, &trial->settings);

		if (row->quantity != of->quantity)
			continue;
		if (row->below && *value <= release)
			*value = release + 1;
		else if (!row->below && *value >= release)
			*value = release - 1;
	}
}

static void trial_init(struct trial *trial, size_t row)
{
	*trial = (struct trial){ .row = &protect_rows[row], .now_us = 1000000 };
	bms_settings_preset(&trial->settings, BMS_CHEMISTRY_LFP);
	protect_init(&trial->protect);
	trial->cell = &trial->protect.cell[row];
	if (trial->row->switched_by)
		bms_settings_set(&trial->settings, trial->row->switched_by, 1);
	for (size_t i = 0; i < protect_row_count; i++)
		set_harmless(trial, &protect_rows[i]);
}

static void feed(struct trial *trial, bool fresh)
{
	struct measure_state *source =
		&trial->measure
			 .source[measure_source_of((enum measure_quantity)trial->row->quantity)];

	trial->now_us += SAMPLE_US;
	source->fresh = fresh;
	source->t_us = trial->now_us;
	protect_step(&trial->protect, &trial->measure, &trial->settings);
}

static void feed_for(struct trial *trial, uint64_t us)
{
	for (uint64_t passed = 0; passed < us; passed += SAMPLE_US)
		feed(trial, true);
}

/* by: 1 is one unit past the limit, -1 one unit on the good side. */
static void set_near_limit(struct trial *trial, int by)
{
	int64_t limit = protect_limit(&trial->row->trip, &trial->settings);

	trial->measure.value[trial->row->quantity] =
		(int32_t)(trial->row->below ? limit - by : limit + by);
}

static void set_released(struct trial *trial)
{
	int64_t limit = protect_limit(&trial->row->release, &trial->settings);

	trial->measure.value[trial->row->quantity] =
		(int32_t)(trial->row->below ? limit + 1 : limit - 1);
}

static uint64_t delay_us(const struct trial *trial)
{
	return protect_time_us(&trial->row->delay, &trial->settings);
}

/* The delay is counted from the first sample, and one sample alone never trips. */
static uint64_t samples_to_trip(const struct trial *trial)
{
	uint64_t samples = delay_us(trial) / SAMPLE_US + 1;

	if (trial->row->at_once)
		return 1;
	return samples < PROTECT_SAMPLES_MIN ? PROTECT_SAMPLES_MIN : samples;
}

/* The first trip of some rows is already one too many. */
static enum protect_state state_after_trip(const struct trial *trial)
{
	return trial->row->latch_after == 1 ? PROTECT_LATCHED : PROTECT_TRIPPED;
}

static void trip(struct trial *trial)
{
	set_near_limit(trial, 1);
	feed_for(trial, delay_us(trial) + 3 * SAMPLE_US);
	assert_int_equal(trial->cell->state, state_after_trip(trial));
}

static bool is_acting(const struct protect_cell *cell)
{
	return cell->state != PROTECT_CLEAR && cell->state != PROTECT_PENDING;
}

static void every_row_trips_one_unit_past_its_limit_and_not_before_its_delay(void **state)
{
	(void)state;
	for (size_t row = 0; row < protect_row_count; row++) {
		struct trial trial;

		trial_init(&trial, row);
		feed(&trial, true);
		assert_int_equal(trial.cell->state, PROTECT_CLEAR);
		set_near_limit(&trial, 1);
		feed_for(&trial, (samples_to_trip(&trial) - 1) * SAMPLE_US);
		if (!trial.row->at_once)
			assert_int_equal(trial.cell->state, PROTECT_PENDING);
		assert_false(is_acting(trial.cell));
		feed(&trial, true);
		assert_int_equal(trial.cell->state, state_after_trip(&trial));
		assert_true(trial.protect.alarms & BMS_ALARM_BIT(trial.row->alarm));
		assert_false(trial.protect.allowed & trial.row->denies);
	}
}

static void no_row_trips_at_its_limit_or_one_unit_before_it(void **state)
{
	(void)state;
	for (size_t row = 0; row < protect_row_count; row++)
		for (int by = -1; by <= 0; by++) {
			struct trial trial;

			trial_init(&trial, row);
			set_near_limit(&trial, by);
			feed_for(&trial, delay_us(&trial) + 1000000);
			assert_int_equal(trial.cell->state, PROTECT_CLEAR);
		}
}

static void every_row_releases_after_its_times_and_not_before(void **state)
{
	(void)state;
	for (size_t row = 0; row < protect_row_count; row++) {
		struct trial trial;
		uint64_t hold, settle;

		trial_init(&trial, row);
		trip(&trial);
		protect_unlatch(&trial.protect, trial.row->unlatch);
		hold = protect_time_us(&trial.row->hold, &trial.settings);
		settle = protect_time_us(&trial.row->settle, &trial.settings);
		set_released(&trial);
		if (hold + settle > 5 * SAMPLE_US) {
			feed_for(&trial, hold + settle - 5 * SAMPLE_US);
			assert_true(is_acting(trial.cell));
			assert_true(trial.protect.alarms & BMS_ALARM_BIT(trial.row->alarm));
		}
		feed_for(&trial, 8 * SAMPLE_US);
		assert_int_equal(trial.cell->state, PROTECT_CLEAR);
		assert_false(trial.protect.alarms & BMS_ALARM_BIT(trial.row->alarm));
	}
}

static void a_row_between_limit_and_release_stays_tripped(void **state)
{
	(void)state;
	for (size_t row = 0; row < protect_row_count; row++) {
		struct trial trial;
		int64_t release;

		trial_init(&trial, row);
		release = protect_limit(&trial.row->release, &trial.settings);
		trip(&trial);
		trial.measure.value[trial.row->quantity] = (int32_t)release;
		feed_for(&trial, UINT64_C(120000000));
		assert_int_equal(trial.cell->state, state_after_trip(&trial));
	}
}

static void a_condition_that_goes_away_in_time_starts_the_delay_again(void **state)
{
	struct trial trial;

	(void)state;
	trial_init(&trial, 0);
	set_near_limit(&trial, 1);
	feed_for(&trial, delay_us(&trial) - 2 * SAMPLE_US);
	set_near_limit(&trial, 0);
	feed(&trial, true);
	assert_int_equal(trial.cell->state, PROTECT_CLEAR);
	set_near_limit(&trial, 1);
	feed_for(&trial, delay_us(&trial) - 2 * SAMPLE_US);
	assert_int_equal(trial.cell->state, PROTECT_PENDING);
}

static void a_relapse_while_releasing_does_not_start_the_hold_time_again(void **state)
{
	struct trial trial;

	(void)state;
	trial_init(&trial, 0);
	trip(&trial);
	set_released(&trial);
	feed_for(&trial, 10 * SAMPLE_US);
	assert_int_equal(trial.cell->state, PROTECT_RELEASING);
	set_near_limit(&trial, 0);
	feed(&trial, true);
	assert_int_equal(trial.cell->state, PROTECT_TRIPPED);
}

static void a_frozen_sensor_neither_trips_nor_releases(void **state)
{
	(void)state;
	for (size_t row = 0; row < protect_row_count; row++) {
		struct trial trial;

		trial_init(&trial, row);
		set_near_limit(&trial, 1);
		for (int i = 0; i < 100000; i++)
			feed(&trial, false);
		assert_int_equal(trial.cell->state, PROTECT_CLEAR);
		trip(&trial);
		set_released(&trial);
		for (int i = 0; i < 100000; i++)
			feed(&trial, false);
		assert_int_equal(trial.cell->state, state_after_trip(&trial));
	}
}

static void one_sample_past_the_limit_after_a_long_gap_does_not_trip(void **state)
{
	struct trial trial;

	(void)state;
	trial_init(&trial, 0);
	feed(&trial, true);
	trial.now_us += UINT64_C(3600000000);
	set_near_limit(&trial, 1);
	feed(&trial, true);
	assert_int_equal(trial.cell->state, PROTECT_PENDING);
}

static void temperatures_do_not_act_while_the_probes_are_disabled(void **state)
{
	(void)state;
	for (size_t row = 0; row < protect_row_count; row++) {
		struct trial trial;

		if (!protect_rows[row].uses_probes)
			continue;
		trial_init(&trial, row);
		trip(&trial);
		trial.settings.value[BMS_SETTING_SLOT_PROBES_DISABLED] = 1;
		feed(&trial, true);
		assert_int_equal(trial.cell->state, PROTECT_CLEAR);
		assert_int_equal(trial.protect.allowed, PROTECT_ALL);
	}
}

static void what_is_allowed_is_what_no_tripped_row_denies(void **state)
{
	struct trial trial;
	struct measure_state *cells;

	(void)state;
	trial_init(&trial, 0);
	cells = &trial.measure.source[MEASURE_CELLS];
	trial.measure.value[MEASURE_CELL_MAX_MV] = 4000;
	trial.measure.value[MEASURE_CELL_MIN_MV] = 2000;
	for (int i = 0; i < 400; i++) {
		cells->fresh = true;
		cells->t_us = trial.now_us += SAMPLE_US;
		protect_step(&trial.protect, &trial.measure, &trial.settings);
	}
	assert_int_equal(trial.protect.alarms,
		BMS_ALARM_BIT(BMS_ALARM_CELL_OVP) | BMS_ALARM_BIT(BMS_ALARM_CELL_UVP));
	assert_int_equal(trial.protect.allowed, PROTECT_BALANCE | PROTECT_HEAT);
}

/* Trips and releases once more. */
static void trip_and_wait(struct trial *trial)
{
	feed_for(trial, delay_us(trial) + 3 * SAMPLE_US);
	set_released(trial);
	feed_for(trial, protect_time_us(&trial->row->hold, &trial->settings) +
				protect_time_us(&trial->row->settle, &trial->settings) +
				5 * SAMPLE_US);
}

static void a_row_that_trips_too_often_is_latched_until_its_event(void **state)
{
	(void)state;
	for (size_t row = 0; row < protect_row_count; row++) {
		struct trial trial;

		trial_init(&trial, row);
		if (!trial.row->latch_after)
			continue;
		for (unsigned trips = 1; trips < trial.row->latch_after; trips++) {
			set_near_limit(&trial, 1);
			trip_and_wait(&trial);
			assert_int_equal(trial.cell->state, PROTECT_CLEAR);
		}
		set_near_limit(&trial, 1);
		trip_and_wait(&trial);
		assert_int_equal(trial.cell->state, PROTECT_LATCHED);
		if (trial.row->latched_alarm)
			assert_true(trial.protect.alarms & BMS_ALARM_BIT(trial.row->latched_alarm));
		protect_unlatch(&trial.protect, (uint8_t)~trial.row->unlatch);
		feed_for(&trial, 200000000);
		assert_int_equal(trial.cell->state, PROTECT_LATCHED);
		protect_unlatch(&trial.protect, trial.row->unlatch);
		feed_for(&trial, 20000000);
		assert_int_equal(trial.cell->state, PROTECT_CLEAR);
	}
}

static void a_latch_has_an_event_that_ends_it(void **state)
{
	(void)state;
	for (size_t row = 0; row < protect_row_count; row++)
		assert_int_equal(
			protect_rows[row].latch_after != 0, protect_rows[row].unlatch != 0);
}

static size_t row_of(enum bms_alarm alarm)
{
	size_t row = 0;

	while (protect_rows[row].alarm != alarm)
		row++;
	return row;
}

static void trips_that_lie_more_than_an_hour_apart_do_not_latch(void **state)
{
	struct trial trial;

	(void)state;
	trial_init(&trial, row_of(BMS_ALARM_DISCHARGE_SCP));
	for (int trips = 0; trips < 5; trips++) {
		set_near_limit(&trial, 1);
		trip_and_wait(&trial);
		assert_int_equal(trial.cell->state, PROTECT_CLEAR);
		trial.now_us += (PROTECT_LATCH_WINDOW_S + 1) * UINT64_C(1000000);
	}
}

static void a_stage_that_is_switched_off_does_not_act(void **state)
{
	struct trial trial;

	(void)state;
	trial_init(&trial, row_of(BMS_ALARM_DISCHARGE_OCP3));
	trip(&trial);
	bms_settings_set(&trial.settings, BMS_SETTING_SLOT_DISCHARGE_OCP3, 0);
	feed(&trial, true);
	assert_int_equal(trial.cell->state, PROTECT_CLEAR);
	feed_for(&trial, 5000000);
	assert_int_equal(trial.cell->state, PROTECT_CLEAR);
}

static void the_comparator_is_believed_at_once(void **state)
{
	struct trial trial;

	(void)state;
	trial_init(&trial, row_of(BMS_ALARM_DISCHARGE_SCP));
	set_near_limit(&trial, 1);
	feed(&trial, true);
	assert_int_equal(trial.cell->state, PROTECT_TRIPPED);
	assert_false(trial.protect.allowed & PROTECT_RELAYS);
	assert_false(trial.protect.allowed_ever & PROTECT_RELAYS);
}

static void only_absolute_rows_deny_what_an_emergency_wants(void **state)
{
	(void)state;
	for (size_t row = 0; row < protect_row_count; row++) {
		struct trial trial;

		trial_init(&trial, row);
		trip(&trial);
		if (trial.row->absolute)
			assert_false(trial.protect.allowed_ever & trial.row->denies);
	}
}

static void limits_are_parts_of_settings_or_more(void **state)
{
	struct bms_settings settings;
	struct protect_number half = { PROTECT_SETTING, BMS_SETTING_SLOT_CURRENT_RANGE,
		.permille = 5, .at_least = 3000 };
	struct protect_number more = { PROTECT_SETTING, BMS_SETTING_SLOT_CELL_OVP, .plus = 100 };

	(void)state;
	bms_settings_preset(&settings, BMS_CHEMISTRY_NMC);
	assert_int_equal(protect_limit(&more, &settings), 4300);
	assert_int_equal(protect_limit(&half, &settings), 3000);
	bms_settings_set(&settings, BMS_SETTING_SLOT_CURRENT_RANGE, 1000000);
	assert_int_equal(protect_limit(&half, &settings), 5000);
}

static void the_time_to_release_counts_down_to_zero(void **state)
{
	struct trial trial;
	size_t row = 0;

	(void)state;
	while (protect_rows[row].alarm != BMS_ALARM_CHARGE_OCP)
		row++;
	trial_init(&trial, row);
	assert_int_equal(protect_release_s(&trial.protect, BMS_ALARM_CHARGE_OCP, &trial.settings,
				 trial.now_us),
		0);
	trip(&trial);
	set_released(&trial);
	assert_int_equal(protect_release_s(&trial.protect, BMS_ALARM_CHARGE_OCP, &trial.settings,
				 trial.cell->tripped_us),
		60);
	assert_int_equal(protect_release_s(&trial.protect, BMS_ALARM_CHARGE_OCP, &trial.settings,
				 trial.cell->tripped_us + 59000001),
		1);
	assert_int_equal(protect_release_s(&trial.protect, BMS_ALARM_CHARGE_OCP, &trial.settings,
				 trial.cell->tripped_us + 59999999),
		1);
	feed_for(&trial, 61000000);
	assert_int_equal(protect_release_s(&trial.protect, BMS_ALARM_CHARGE_OCP, &trial.settings,
				 trial.now_us),
		0);
}

/* The comparator's row trips with one sample; the second trip latches. */
static enum protect_state state_after_second_trip(uint64_t apart_us)
{
	struct trial trial;

	trial_init(&trial, row_of(BMS_ALARM_DISCHARGE_SCP));
	set_near_limit(&trial, 1);
	feed(&trial, true);
	set_released(&trial);
	feed_for(&trial, 10000000);
	assert_int_equal(trial.cell->state, PROTECT_CLEAR);
	set_near_limit(&trial, 1);
	trial.now_us = trial.cell->tripped_us + apart_us - SAMPLE_US;
	feed(&trial, true);
	return (enum protect_state)trial.cell->state;
}

static void trips_exactly_an_hour_apart_still_latch(void **state)
{
	(void)state;
	assert_int_equal(state_after_second_trip(3600000000), PROTECT_LATCHED);
	assert_int_equal(state_after_second_trip(3600000001), PROTECT_TRIPPED);
}

static void a_hold_time_ends_with_its_last_sample(void **state)
{
	struct trial trial;

	(void)state;
	trial_init(&trial, row_of(BMS_ALARM_CHARGE_OCP));
	trip(&trial);
	set_released(&trial);
	while (trial.now_us < trial.cell->tripped_us + 60000000 - SAMPLE_US)
		feed(&trial, true);
	assert_int_equal(trial.cell->state, PROTECT_TRIPPED);
	feed(&trial, true);
	assert_int_equal(trial.cell->state, PROTECT_RELEASING);
	feed(&trial, true);
	assert_int_equal(trial.cell->state, PROTECT_CLEAR);
}

static void an_event_begins_the_count_of_trips_anew(void **state)
{
	struct trial trial;

	(void)state;
	trial_init(&trial, row_of(BMS_ALARM_DISCHARGE_SCP));
	set_near_limit(&trial, 1);
	trip_and_wait(&trial);
	assert_int_equal(trial.cell->state, PROTECT_CLEAR);
	protect_unlatch(&trial.protect, PROTECT_SWITCHED);
	set_near_limit(&trial, 1);
	feed(&trial, true);
	assert_int_equal(trial.cell->state, PROTECT_TRIPPED);
}

static void nothing_is_denied_at_the_start(void **state)
{
	struct protect protect;

	(void)state;
	protect_init(&protect);
	assert_int_equal(protect.allowed, PROTECT_ALL);
	assert_int_equal(protect.allowed_ever, PROTECT_ALL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_trips_one_unit_past_its_limit_and_not_before_its_delay),
		cmocka_unit_test(no_row_trips_at_its_limit_or_one_unit_before_it),
		cmocka_unit_test(every_row_releases_after_its_times_and_not_before),
		cmocka_unit_test(a_row_between_limit_and_release_stays_tripped),
		cmocka_unit_test(a_condition_that_goes_away_in_time_starts_the_delay_again),
		cmocka_unit_test(a_relapse_while_releasing_does_not_start_the_hold_time_again),
		cmocka_unit_test(a_frozen_sensor_neither_trips_nor_releases),
		cmocka_unit_test(one_sample_past_the_limit_after_a_long_gap_does_not_trip),
		cmocka_unit_test(temperatures_do_not_act_while_the_probes_are_disabled),
		cmocka_unit_test(what_is_allowed_is_what_no_tripped_row_denies),
		cmocka_unit_test(the_time_to_release_counts_down_to_zero),
		cmocka_unit_test(a_row_that_trips_too_often_is_latched_until_its_event),
		cmocka_unit_test(a_latch_has_an_event_that_ends_it),
		cmocka_unit_test(trips_that_lie_more_than_an_hour_apart_do_not_latch),
		cmocka_unit_test(a_stage_that_is_switched_off_does_not_act),
		cmocka_unit_test(the_comparator_is_believed_at_once),
		cmocka_unit_test(only_absolute_rows_deny_what_an_emergency_wants),
		cmocka_unit_test(limits_are_parts_of_settings_or_more),
		cmocka_unit_test(trips_exactly_an_hour_apart_still_latch),
		cmocka_unit_test(a_hold_time_ends_with_its_last_sample),
		cmocka_unit_test(an_event_begins_the_count_of_trips_anew),
		cmocka_unit_test(nothing_is_denied_at_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
