/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "bench.h"
#include "fake_port.h"

enum {
	CHARGE = PORT_RELAY_CHARGE,
	DISCHARGE = PORT_RELAY_DISCHARGE,
	BOTH = CHARGE | DISCHARGE,
};

static struct bench bench;

static int start(void **state)
{
	(void)state;
	bench_init(&bench);
	return 0;
}

static bool alarmed(enum bms_alarm alarm)
{
	return board_alarms(&bench.board) & BMS_ALARM_BIT(alarm);
}

static void relays_stay_open_until_the_battery_was_seen_for_a_second(void **state)
{
	(void)state;
	bench_run(&bench, 900);
	assert_int_equal(bench.output.relays, 0);
	bench_run(&bench, 4000);
	assert_int_equal(bench.output.relays, BOTH);
}

static void without_a_single_scan_no_relay_ever_closes(void **state)
{
	(void)state;
	bench.cells_invalid = true;
	bench_run(&bench, 60000);
	assert_int_equal(bench.output.relays, 0);
	assert_true(alarmed(BMS_ALARM_COPROCESSOR));
}

static void high_cell(void)
{
	bench.input.cells.cell_mv[7] = 3601;
}

static void low_cell(void)
{
	bench.input.cells.cell_mv[3] = 2599;
}

static void high_pack(void)
{
	bench_set_cells(&bench, 3590);
	bench.input.rails.pack_mv = 3600 * BENCH_CELLS + 1;
}

static void low_pack(void)
{
	bench_set_cells(&bench, 2610);
	bench.input.rails.pack_mv = 2600 * BENCH_CELLS - 1;
}

static void too_much_charge(void)
{
	bench.input.shunt.current_ma = 25001;
}

static void too_much_discharge(void)
{
	bench.input.shunt.current_ma = -1000001;
}

static void hot(void)
{
	bench_set_probes(&bench, 701);
}

static void too_cold_to_charge(void)
{
	bench_set(&bench, BMS_SETTING_SLOT_CHARGE_UTP, -100);
	bench_set_probes(&bench, -101);
}

static void too_cold(void)
{
	bench_set_probes(&bench, -201);
}

static void broken_probe(void)
{
	bench.input.probes.probe_dc[1] = -999;
}

static void no_probe_left(void)
{
	bench_set_probes(&bench, 1251);
}

static void probes_lost(void)
{
	bench.probes_frozen = true;
}

static void hot_board(void)
{
	bench.input.probes.fitted |= PORT_PROBE_BOARD;
	bench.input.probes.board_dc = 1001;
}

static void much_too_high_cell(void)
{
	bench.input.cells.cell_mv[7] = 3701;
}

static void second_stage(void)
{
	bench_set(&bench, BMS_SETTING_SLOT_DISCHARGE_OCP, 100000);
	bench_set(&bench, BMS_SETTING_SLOT_DISCHARGE_OCP2, 1);
	bench.input.shunt.current_ma = -150001;
}

static void third_stage(void)
{
	bench_set(&bench, BMS_SETTING_SLOT_DISCHARGE_OCP, 100000);
	bench_set(&bench, BMS_SETTING_SLOT_DISCHARGE_OCP3, 1);
	bench.input.shunt.current_ma = -250001;
}

static void short_circuit(void)
{
	bench.input.shunt.short_us = 1;
	bench.input.shunt.peak_ma = -900000;
}

static void charging_short_circuit(void)
{
	bench.input.shunt.short_us = 1;
	bench.input.shunt.peak_ma = 900000;
}

static void railed(void)
{
	bench.input.shunt.current_ma = -100;
	bench.input.shunt.railed = true;
}

static void open_wire(void)
{
	bench.input.cells.open_mask = 1u << 3;
}

static void frozen_rails(void)
{
	bench.rails_frozen = true;
}

static void contact_that_does_not_close(void)
{
	bench.board.wiring.no_contacts = true;
	bench.stuck_open = DISCHARGE;
}

static void resets(void)
{
	bench.board.counters.watchdog_resets = 3;
}

/* Both commanded open, and current all the same. */
static void stray_charge(void)
{
	bench.board.wiring.no_contacts = true;
	bench_set(&bench, BMS_SETTING_SLOT_CHARGE_SWITCH, 0);
	bench_set(&bench, BMS_SETTING_SLOT_DISCHARGE_SWITCH, 0);
	bench_run(&bench, 3000);
	bench.input.shunt.current_ma = 3001;
}

static void stray_discharge(void)
{
	stray_charge();
	bench.input.shunt.current_ma = -3001;
}

static void charge_anyway(void)
{
	bench.board.wiring.no_contacts = true;
	bench.input.shunt.current_ma = 5000;
	high_cell();
}

static void missing_cell(void)
{
	bench.input.cells.cell_mv[BENCH_CELLS - 1] = 0;
	bench.input.rails.pack_mv = 3300 * (BENCH_CELLS - 1);
}

static void extra_cell(void)
{
	bench.input.cells.cell_mv[BENCH_CELLS] = 301;
}

static void wrong_sum(void)
{
	bench.input.rails.pack_mv = 3300 * BENCH_CELLS - 1700;
}

static void frozen_cells(void)
{
	bench.cells_frozen = true;
}

static void invalid_cells(void)
{
	bench.cells_invalid = true;
}

static void frozen_shunt(void)
{
	bench.shunt_frozen = true;
}

static void welded_charge(void)
{
	bench.stuck_closed = CHARGE;
	bench_set(&bench, BMS_SETTING_SLOT_CHARGE_SWITCH, 0);
}

static void stuck_discharge(void)
{
	bench.stuck_open = DISCHARGE;
}

static void high_wire(void)
{
	bench.input.cells.wire_mohm[0] = 401;
}

static void lost_settings(void)
{
	bench.board.params.state = SLOTS_LOST;
}

/* What happens at the sensors, and what must come of it within the given time. */
static const struct {
	void (*happen)(void);
	enum bms_alarm alarm;
	uint8_t relays; /* that stay closed */
	unsigned within_ms;
} cases[] = {
	{ high_cell, BMS_ALARM_CELL_OVP, DISCHARGE, 2600 },
	{ low_cell, BMS_ALARM_CELL_UVP, CHARGE, 2600 },
	{ high_pack, BMS_ALARM_PACK_OVP, DISCHARGE, 2600 },
	{ low_pack, BMS_ALARM_PACK_UVP, CHARGE, 2600 },
	{ too_much_charge, BMS_ALARM_CHARGE_OCP, DISCHARGE, 30100 },
	{ too_much_discharge, BMS_ALARM_DISCHARGE_OCP, CHARGE, 300100 },
	{ too_cold_to_charge, BMS_ALARM_CHARGE_UTP, DISCHARGE, 5600 },
	{ hot, BMS_ALARM_CHARGE_OTP, 0, 5600 },
	{ hot, BMS_ALARM_DISCHARGE_OTP, 0, 5600 },
	{ too_cold, BMS_ALARM_CHARGE_UTP, 0, 5600 },
	{ too_cold, BMS_ALARM_DISCHARGE_UTP, 0, 5600 },
	{ broken_probe, BMS_ALARM_PROBE, DISCHARGE, 5600 },
	{ no_probe_left, BMS_ALARM_PROBE, 0, 5600 },
	{ probes_lost, BMS_ALARM_PROBE, 0, 10600 },
	{ hot_board, BMS_ALARM_MOS_OTP, 0, 5600 },
	{ much_too_high_cell, BMS_ALARM_CELL_OVP, DISCHARGE, 1350 },
	{ second_stage, BMS_ALARM_DISCHARGE_OCP2, CHARGE, 3100 },
	{ third_stage, BMS_ALARM_DISCHARGE_OCP3, CHARGE, 400 },
	{ short_circuit, BMS_ALARM_DISCHARGE_SCP, 0, 20 },
	{ charging_short_circuit, BMS_ALARM_CHARGE_SCP, 0, 20 },
	{ railed, BMS_ALARM_CURRENT_SENSOR, 0, 4100 },
	{ open_wire, BMS_ALARM_WIRE_RESISTANCE, DISCHARGE, 800 },
	{ open_wire, BMS_ALARM_WIRE_RESISTANCE, 0, 61000 },
	{ frozen_rails, BMS_ALARM_COPROCESSOR, 0, 2300 },
	{ contact_that_does_not_close, BMS_ALARM_DISCHARGE_START, CHARGE, 1100 },
	{ resets, BMS_ALARM_COPROCESSOR, 0, 100 },
	{ stray_charge, BMS_ALARM_CHARGE_SWITCH, 0, 300 },
	{ stray_discharge, BMS_ALARM_DISCHARGE_SWITCH, 0, 300 },
	{ charge_anyway, BMS_ALARM_CHARGE_SWITCH, 0, 4800 },
	{ missing_cell, BMS_ALARM_CELL_COUNT, 0, 1300 },
	{ extra_cell, BMS_ALARM_CELL_COUNT, 0, 1300 },
	{ wrong_sum, BMS_ALARM_CELL_COUNT, 0, 1300 },
	{ frozen_cells, BMS_ALARM_COPROCESSOR, 0, 2300 },
	{ invalid_cells, BMS_ALARM_COPROCESSOR, 0, 2300 },
	{ frozen_shunt, BMS_ALARM_CURRENT_SENSOR, 0, 2100 },
	{ welded_charge, BMS_ALARM_CHARGE_SWITCH, 0, 3600 },
	{ stuck_discharge, BMS_ALARM_DISCHARGE_SWITCH, 0, 600 },
	{ high_wire, BMS_ALARM_WIRE_RESISTANCE, BOTH, 1300 },
	{ lost_settings, BMS_ALARM_COPROCESSOR, 0, 100 },
};

static void whatever_goes_wrong_opens_its_relays_in_time_and_no_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		bench_init(&bench);
		bench_close(&bench);
		assert_int_equal(bench.output.relays, BOTH);
		assert_int_equal(
			board_alarms(&bench.board), BMS_ALARM_BIT(BMS_ALARM_DEFAULT_PASSWORD));
		cases[i].happen();
		bench_run(&bench, cases[i].within_ms);
		if (!alarmed(cases[i].alarm) || bench.output.relays != cases[i].relays)
			fail_msg("case %zu: alarms %#x, relays %#x", i, board_alarms(&bench.board),
				bench.output.relays);
	}
}

static void every_protection_has_a_case(void **state)
{
	(void)state;
	for (size_t row = 0; row < protect_row_count; row++) {
		bool found = false;

		for (size_t i = 0; i < LENGTH(cases); i++)
			found |= cases[i].alarm == protect_rows[row].alarm;
		assert_true(found);
	}
}

static void a_battery_that_is_well_again_is_used_again(void **state)
{
	(void)state;
	bench_close(&bench);
	high_cell();
	bench_run(&bench, 5000);
	assert_int_equal(bench.output.relays, DISCHARGE);
	bench_set_cells(&bench, 3551); /* not below the release voltage */
	bench_run(&bench, 20000);
	assert_int_equal(bench.output.relays, DISCHARGE);
	bench_set_cells(&bench, 3540);
	bench_run(&bench, 5000);
	assert_int_equal(bench.output.relays, BOTH);
}

static void an_invalid_scan_is_not_a_good_one(void **state)
{
	(void)state;
	bench_close(&bench);
	high_cell();
	bench_run(&bench, 3000);
	assert_true(alarmed(BMS_ALARM_CELL_OVP));
	bench_set_cells(&bench, 3300);
	bench.cells_invalid = true;
	bench_run(&bench, 60000);
	assert_true(alarmed(BMS_ALARM_CELL_OVP));
}

static void a_load_that_does_not_come_up_is_an_alarm(void **state)
{
	(void)state;
	bench.load_shorted = true;
	bench_run(&bench, 4000);
	assert_true(alarmed(BMS_ALARM_DISCHARGE_START));
	assert_int_equal(bench.output.relays, CHARGE);
}

static void the_switches_are_obeyed(void **state)
{
	(void)state;
	bench_close(&bench);
	bench_set(&bench, BMS_SETTING_SLOT_CHARGE_SWITCH, 0);
	bench_run(&bench, 3000);
	assert_int_equal(bench.output.relays, DISCHARGE);
	bench_set(&bench, BMS_SETTING_SLOT_DISCHARGE_SWITCH, 0);
	bench_run(&bench, 3000);
	assert_int_equal(bench.output.relays, 0);
}

static void a_changed_password_clears_its_alarm(void **state)
{
	(void)state;
	bench_close(&bench);
	assert_true(alarmed(BMS_ALARM_DEFAULT_PASSWORD));
	bench.board.params.identity.text[BMS_IDENTITY_SETTINGS_PASSWORD][0] = 'x';
	assert_false(alarmed(BMS_ALARM_DEFAULT_PASSWORD));
}

static void step_lengths_from_1_to_50_ms_trip_at_the_same_time(void **state)
{
	static const unsigned lengths_us[] = { 1000, 10000, 17000, 50000 };

	(void)state;
	for (size_t i = 0; i < LENGTH(lengths_us); i++) {
		uint64_t begin_us;

		bench_init(&bench);
		bench_close(&bench);
		high_cell();
		begin_us = bench.input.now_us;
		while (!alarmed(BMS_ALARM_CELL_OVP)) {
			bench.input.now_us += lengths_us[i];
			bench.input.shunt.stamp.seq++;
			bench.input.shunt.stamp.t_us = bench.input.now_us;
			bench.input.cells.stamp.seq++;
			bench.input.cells.stamp.t_us = bench.input.now_us;
			board_step(&bench.board, &bench.input, &bench.output);
			assert_true(bench.input.now_us - begin_us < 2200000);
		}
		assert_true(bench.input.now_us - begin_us >= 2000000);
	}
}

static void counters_survive_a_restart(void **state)
{
	static struct port port;
	struct bms_identity identity;
	int64_t remaining;

	(void)state;
	fake_port_init(&port);
	assert_false(board_load(&bench.board, &port));
	soc_set_permille(&bench.board.soc, 500);
	bench_run(&bench, 10);
	bench.input.shunt.current_ma = -20000;
	bench_run(&bench, 3600000);
	board_keep(&bench.board, &port, true);
	remaining = soc_remaining_mah(&bench.board.soc);
	assert_int_equal(remaining, 140000 - 20000);

	bench_init(&bench);
	assert_true(board_load(&bench.board, &port));
	assert_int_equal(soc_remaining_mah(&bench.board.soc), remaining);
	assert_int_equal(soc_cycled_mah(&bench.board.soc), 20000);
	board_identity(&bench.board, &identity);
	assert_int_equal(identity.number[BMS_IDENTITY_TOTAL_RUNTIME_S], 3600);
	assert_int_equal(identity.number[BMS_IDENTITY_POWER_ON_COUNT], 2);
}

static void counters_are_kept_every_five_minutes(void **state)
{
	static struct port port;
	unsigned log_pages;

	(void)state;
	fake_port_init(&port);
	board_load(&bench.board, &port);
	board_keep(&bench.board, &port, false);
	log_pages = port.saves;
	for (int minute = 0; minute < 21; minute++) {
		bench_run(&bench, 60000);
		board_keep(&bench.board, &port, false);
	}
	assert_int_equal(port.saves, log_pages + 4);
}

static void telemetry_says_what_the_sensors_say(void **state)
{
	struct bms_telemetry told;

	(void)state;
	bench.input.din = PORT_DIN_ACC;
	bench.input.rtc_s = 170000000;
	bench_close(&bench);
	bench.input.cells.cell_mv[4] = 3310;
	bench.input.cells.cell_mv[9] = 3290;
	bench.input.shunt.current_ma = -12345;
	bench_run(&bench, 500);
	board_telemetry(&bench.board, &told);
	assert_int_equal(bms_telemetry_length(&told, BMS_FIELD_CELL_MV), BENCH_CELLS);
	assert_int_equal(told.value[BMS_SLOT_CELL_MV + 4], 3310);
	assert_int_equal(told.value[BMS_SLOT_CELL_MASK], 0xffff);
	assert_int_equal(told.value[BMS_SLOT_CELL_DELTA_MV], 20);
	assert_int_equal(told.value[BMS_SLOT_CELL_HIGHEST], 4);
	assert_int_equal(told.value[BMS_SLOT_CELL_LOWEST], 9);
	assert_int_equal(told.value[BMS_SLOT_WIRE_MOHM + 15], 55);
	assert_int_equal(told.value[BMS_SLOT_CURRENT_MA], -12345);
	assert_int_equal(told.value[BMS_SLOT_POWER_MW], 52800 * 12345 / 1000);
	assert_int_equal(told.value[BMS_SLOT_PROBE_DC + 2], 250);
	assert_false(bms_telemetry_has(&told, BMS_SLOT_PROBE_DC + 3));
	assert_false(bms_telemetry_has(&told, BMS_SLOT_MOS_DC));
	assert_int_equal(told.value[BMS_SLOT_ACC_ON], 1);
	assert_int_equal(told.value[BMS_SLOT_CHARGE_ON], 1);
	assert_int_equal(told.value[BMS_SLOT_DISCHARGE_ON], 1);
	assert_int_equal(told.value[BMS_SLOT_RTC_S], 170000000);
	assert_int_equal(bms_telemetry_out_of_range(&told), BMS_SLOTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			relays_stay_open_until_the_battery_was_seen_for_a_second, start),
		cmocka_unit_test_setup(without_a_single_scan_no_relay_ever_closes, start),
		cmocka_unit_test_setup(
			whatever_goes_wrong_opens_its_relays_in_time_and_no_others, start),
		cmocka_unit_test_setup(every_protection_has_a_case, start),
		cmocka_unit_test_setup(a_battery_that_is_well_again_is_used_again, start),
		cmocka_unit_test_setup(an_invalid_scan_is_not_a_good_one, start),
		cmocka_unit_test_setup(a_load_that_does_not_come_up_is_an_alarm, start),
		cmocka_unit_test_setup(the_switches_are_obeyed, start),
		cmocka_unit_test_setup(a_changed_password_clears_its_alarm, start),
		cmocka_unit_test_setup(step_lengths_from_1_to_50_ms_trip_at_the_same_time, start),
		cmocka_unit_test_setup(counters_survive_a_restart, start),
		cmocka_unit_test_setup(counters_are_kept_every_five_minutes, start),
		cmocka_unit_test_setup(telemetry_says_what_the_sensors_say, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
