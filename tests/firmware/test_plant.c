/* SPDX-License-Identifier: MIT */
/* The battery model by itself: what the scenarios rely on. */
#include "check.h"

#include "plant/sense.h"

enum {
	CLOSED = PORT_RELAY_CHARGE | PORT_RELAY_DISCHARGE
};

static struct plant plant;
static struct sense sense;
static uint64_t now_us;

static void begin(enum bms_chemistry chemistry, double soc)
{
	struct plant_config config = { .chemistry = chemistry,
		.profile = PROFILE_IDLE,
		.cells = 16,
		.capacity_mah = 100000,
		.seed = 7,
		.soc = soc };

	plant_init(&plant, &config);
	sense_init(&sense, 0);
	now_us = 0;
	plant_fault_set(&plant, PLANT_FAULT_NOISE_PCT, 0, 0);
	plant_fault_set(&plant, PLANT_FAULT_LOAD_MA, 0, 0);
	plant_fault_set(&plant, PLANT_FAULT_CHARGER_MA, 0, 0);
}

static void run_ms(unsigned ms)
{
	for (unsigned passed = 0; passed < ms; passed += 10) {
		now_us += 10000;
		plant_step(&plant, 0.01);
		sense_step(&sense, &plant, now_us);
	}
}

static void charge_is_conserved(void **state)
{
	double before = 0, after = 0;

	(void)state;
	begin(BMS_CHEMISTRY_NMC, 0.5);
	for (unsigned i = 0; i < 16; i++)
		before += plant.cell[i].charge_c;
	plant_fault_set(&plant, PLANT_FAULT_LOAD_MA, 0, 25000);
	plant_drive(&plant, CLOSED);
	run_ms(100000);
	for (unsigned i = 0; i < 16; i++)
		after += plant.cell[i].charge_c;
	assert_true(plant.counted_c < -2480 && plant.counted_c > -2510);
	assert_true(after - before - 16 * plant.counted_c < 16 &&
		    after - before - 16 * plant.counted_c > -16);
}

static void a_load_pulls_the_voltage_down_at_once_and_further_with_time(void **state)
{
	double rest_v, soon_v, late_v;

	(void)state;
	begin(BMS_CHEMISTRY_NMC, 0.5);
	plant_drive(&plant, CLOSED);
	run_ms(1000);
	rest_v = plant_pack_v(&plant);
	plant_fault_set(&plant, PLANT_FAULT_LOAD_MA, 0, 50000);
	run_ms(20);
	soon_v = plant_pack_v(&plant);
	run_ms(120000);
	late_v = plant_pack_v(&plant);
	assert_true(soon_v < rest_v - 0.2);
	assert_true(late_v < soon_v - 0.1);
}

static void a_rest_after_charging_is_above_one_after_discharging(void **state)
{
	double charged_v, discharged_v;

	(void)state;
	begin(BMS_CHEMISTRY_LFP, 0.5);
	plant_drive(&plant, CLOSED);
	plant_fault_set(&plant, PLANT_FAULT_CHARGER_MA, 0, 50000);
	run_ms(600000);
	plant_fault_set(&plant, PLANT_FAULT_CHARGER_MA, 0, 0);
	run_ms(1800000);
	charged_v = plant_pack_v(&plant);
	plant_fault_set(&plant, PLANT_FAULT_CHARGER_MA, 0, 50000);
	run_ms(600000);
	plant_fault_set(&plant, PLANT_FAULT_CHARGER_MA, 0, 0);
	plant_fault_set(&plant, PLANT_FAULT_LOAD_MA, 0, 50000);
	run_ms(600000);
	plant_fault_set(&plant, PLANT_FAULT_LOAD_MA, 0, 0);
	run_ms(1800000);
	discharged_v = plant_pack_v(&plant);
	assert_true(charged_v - discharged_v > 16 * 0.005);
	assert_true(charged_v - discharged_v < 16 * 0.02);
}

static void contacts_follow_their_coils_late(void **state)
{
	(void)state;
	begin(BMS_CHEMISTRY_LFP, 0.5);
	plant_drive(&plant, PORT_RELAY_CHARGE);
	run_ms(20);
	assert_int_equal(plant_contacts(&plant), 0);
	run_ms(20);
	assert_int_equal(plant_contacts(&plant), PORT_RELAY_CHARGE);
	plant_drive(&plant, 0);
	run_ms(10);
	assert_int_equal(plant_contacts(&plant), PORT_RELAY_CHARGE);
	run_ms(10);
	assert_int_equal(plant_contacts(&plant), 0);
}

static void a_bouncing_contact_opens_again_before_it_stays(void **state)
{
	unsigned openings = 0;
	uint8_t was = 0;

	(void)state;
	begin(BMS_CHEMISTRY_LFP, 0.5);
	plant_fault_set(&plant, PLANT_FAULT_RELAY_BOUNCE_MS, PLANT_CHARGE, 60);
	plant_drive(&plant, PORT_RELAY_CHARGE);
	for (int i = 0; i < 20; i++) {
		run_ms(10);
		openings += was && !plant_contacts(&plant);
		was = plant_contacts(&plant);
	}
	assert_true(openings >= 2);
	assert_int_equal(was, PORT_RELAY_CHARGE);
}

static void a_welded_contact_stays_and_a_stuck_one_never_closes(void **state)
{
	(void)state;
	begin(BMS_CHEMISTRY_LFP, 0.5);
	plant_fault_set(&plant, PLANT_FAULT_RELAY_WELDED, PLANT_CHARGE, 1);
	plant_fault_set(&plant, PLANT_FAULT_RELAY_STUCK, PLANT_DISCHARGE, 1);
	plant_drive(&plant, CLOSED);
	run_ms(100);
	assert_int_equal(plant_contacts(&plant), PORT_RELAY_CHARGE);
	plant_drive(&plant, 0);
	run_ms(100);
	assert_int_equal(plant_contacts(&plant), PORT_RELAY_CHARGE);
}

static void a_fuse_ends_a_dead_short_and_a_relay_that_opens_later_breaks_nothing(void **state)
{
	(void)state;
	begin(BMS_CHEMISTRY_LFP, 0.5);
	plant_drive(&plant, CLOSED);
	run_ms(100);
	plant_fault_set(&plant, PLANT_FAULT_LOAD_SHORT_MOHM, 0, 0);
	run_ms(10);
	assert_true(plant.current_a < -3000);
	run_ms(500);
	assert_true(plant.fuse_blown);
	assert_true(plant.current_a == 0);
	plant_drive(&plant, 0);
	run_ms(100);
	assert_true(plant.relay[PLANT_DISCHARGE].broken_a < 1);
}

static void a_broken_wire_hides_one_cell_and_doubles_the_next(void **state)
{
	(void)state;
	begin(BMS_CHEMISTRY_LFP, 0.5);
	plant_fault_set(&plant, PLANT_FAULT_WIRE_OPEN, 5, 1);
	run_ms(300);
	assert_true(sense.cells.cell_mv[4] < 100);
	assert_true(sense.cells.cell_mv[5] > 6000);
	assert_true(sense.cells.cell_mv[6] < 3500);
	assert_true(sense.cells.open_mask & UINT32_C(1) << 4);
}

static void a_frozen_sensor_has_no_new_samples_and_an_invalid_one_says_so(void **state)
{
	uint32_t seq;

	(void)state;
	begin(BMS_CHEMISTRY_LFP, 0.5);
	run_ms(300);
	seq = sense.cells.stamp.seq;
	plant_fault_set(&plant, PLANT_FAULT_CELLS_FROZEN, 0, 1);
	plant_fault_set(&plant, PLANT_FAULT_SHUNT_INVALID, 0, 1);
	run_ms(1000);
	assert_int_equal(sense.cells.stamp.seq, seq);
	assert_false(sense.shunt.stamp.valid);
	assert_true(sense.shunt.stamp.seq > seq);
}

static void a_shunt_with_an_offset_counts_it_too(void **state)
{
	(void)state;
	begin(BMS_CHEMISTRY_LFP, 0.5);
	plant_fault_set(&plant, PLANT_FAULT_SHUNT_OFFSET_MA, 0, 500);
	run_ms(10000);
	assert_int_equal(sense.shunt.current_ma, 500);
	assert_true(sense.shunt.charge_uams > INT64_C(4980000000));
	assert_true(sense.shunt.charge_uams < INT64_C(5020000000));
	assert_true(plant.counted_c == 0);
}

static void a_fault_takes_only_elements_and_values_it_has(void **state)
{
	(void)state;
	begin(BMS_CHEMISTRY_LFP, 0.5);
	assert_true(plant_fault_set(&plant, PLANT_FAULT_PROBE_OPEN, 2, 1));
	assert_false(plant_fault_set(&plant, PLANT_FAULT_PROBE_OPEN, 3, 1));
	assert_false(plant_fault_set(&plant, PLANT_FAULT_PROBE_OPEN, 0, 2));
	assert_false(plant_fault_set(&plant, PLANT_FAULT_CELL_MV, 0, -1));
	assert_true(plant_fault_set(&plant, PLANT_FAULT_CELL_MV, 0, PLANT_FAULT_OFF));
}

static void every_fault_is_normal_at_the_start_and_found_by_its_name(void **state)
{
	(void)state;
	begin(BMS_CHEMISTRY_LFP, 0.5);
	for (size_t i = 0; i < PLANT_FAULT_COUNT; i++) {
		const struct plant_fault_row *row = &plant_fault_rows[i];

		assert_int_equal(plant_fault_by_key(row->key), i);
		if (row->normal != PLANT_FAULT_OFF) {
			assert_true(row->normal >= row->min);
			assert_true(row->normal <= row->max);
		}
	}
	assert_int_equal(plant_fault_by_key("nonsense"), PLANT_FAULT_COUNT);
}

static void a_line_of_a_script_says_when_what_and_how_much(void **state)
{
	struct fault_event event;
	char text[FAULT_EVENT_TEXT];

	(void)state;
	assert_null(fault_event_parse("12.5 relay_welded[2] 1", &event));
	assert_int_equal(event.at_us, 12500000);
	assert_int_equal(event.fault, PLANT_FAULT_RELAY_WELDED);
	assert_int_equal(event.element, PLANT_DISCHARGE);
	assert_int_equal(event.value, 1);
	fault_event_format(&event, text);
	assert_string_equal(text, "12.500000 relay_welded[2] 1");
	assert_null(fault_event_parse("0 load_ma normal\n", &event));
	assert_int_equal(event.value, PLANT_FAULT_OFF);
	fault_event_format(&event, text);
	assert_string_equal(text, "0.000000 load_ma normal");
}

static void a_line_that_means_nothing_is_refused_with_the_reason(void **state)
{
	static const char *const lines[] = { "", "5", "5 load_ma", "x load_ma 5", "-1 load_ma 5",
		"nan load_ma 5", "inf load_ma 5", "5 no_such_fault 1", "5 relay_welded[0] 1",
		"5 relay_welded[4] 1", "5 relay_welded[1] 2", "5 load_ma 5x", "5 load_ma 5 6",
		"5 load_ma -5", "5 load_ma 99999999999999999999" };
	struct fault_event event = { .at_us = 1 };

	(void)state;
	for (size_t i = 0; i < LENGTH(lines); i++) {
		assert_non_null(fault_event_parse(lines[i], &event));
		assert_int_equal(event.at_us, 1);
	}
}

static void a_heater_warms_the_cells_and_takes_their_charge(void **state)
{
	double cold_c, charge_c;

	(void)state;
	begin(BMS_CHEMISTRY_LFP, 0.5);
	plant_fault_set(&plant, PLANT_FAULT_AMBIENT_DC, 0, -100);
	plant.core_c = cold_c = -10;
	charge_c = plant.cell[0].charge_c;
	plant_heat(&plant, 1000);
	run_ms(600000);
	assert_int_equal(plant_heater_ma(&plant), 5000);
	assert_true(plant.core_c > cold_c + 1);
	assert_true(charge_c - plant.cell[0].charge_c > 2900);
	assert_true(plant.counted_c == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(charge_is_conserved),
		cmocka_unit_test(a_load_pulls_the_voltage_down_at_once_and_further_with_time),
		cmocka_unit_test(a_rest_after_charging_is_above_one_after_discharging),
		cmocka_unit_test(contacts_follow_their_coils_late),
		cmocka_unit_test(a_bouncing_contact_opens_again_before_it_stays),
		cmocka_unit_test(a_welded_contact_stays_and_a_stuck_one_never_closes),
		cmocka_unit_test(
			a_fuse_ends_a_dead_short_and_a_relay_that_opens_later_breaks_nothing),
		cmocka_unit_test(a_broken_wire_hides_one_cell_and_doubles_the_next),
		cmocka_unit_test(a_frozen_sensor_has_no_new_samples_and_an_invalid_one_says_so),
		cmocka_unit_test(a_shunt_with_an_offset_counts_it_too),
		cmocka_unit_test(a_fault_takes_only_elements_and_values_it_has),
		cmocka_unit_test(every_fault_is_normal_at_the_start_and_found_by_its_name),
		cmocka_unit_test(a_line_of_a_script_says_when_what_and_how_much),
		cmocka_unit_test(a_line_that_means_nothing_is_refused_with_the_reason),
		cmocka_unit_test(a_heater_warms_the_cells_and_takes_their_charge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
