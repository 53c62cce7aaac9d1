/* SPDX-License-Identifier: MIT */
/* What the board does beyond its protections: key, charger, emergency, heater, calibration, log. */
#include "check.h"

#include "bench.h"
#include "fake_port.h"

enum {
	CHARGE = PORT_RELAY_CHARGE,
	DISCHARGE = PORT_RELAY_DISCHARGE,
	BOTH = CHARGE | DISCHARGE,
};

static struct bench bench;
static struct port port;

static int start(void **state)
{
	(void)state;
	bench_init(&bench);
	fake_port_init(&port);
	return 0;
}

static bool alarmed(enum bms_alarm alarm)
{
	return board_alarms(&bench.board) & BMS_ALARM_BIT(alarm);
}

static unsigned logged(uint8_t code)
{
	unsigned count = 0;

	for (size_t i = 0; i < bms_jk_diary_event_count(&bench.board.diary); i++)
		count += bms_jk_diary_event(&bench.board.diary, i)->code == code;
	return count;
}

static void the_key_starts_discharge_where_the_board_is_built_so(void **state)
{
	(void)state;
	bench.board.wiring.key_starts = true;
	bench_run(&bench, 10000);
	assert_int_equal(bench.output.relays, CHARGE);
	bench.input.din = PORT_DIN_ACC;
	bench_run(&bench, 4000);
	assert_int_equal(bench.output.relays, BOTH);
	bench.input.din = 0;
	bench_run(&bench, 300);
	assert_int_equal(bench.output.relays, CHARGE);
}

static void the_charge_relay_waits_for_a_charger_where_the_board_is_built_so(void **state)
{
	(void)state;
	bench.board.wiring.plug_starts = true;
	bench_run(&bench, 10000);
	assert_int_equal(bench.output.relays, DISCHARGE);
	bench.input.din = PORT_DIN_CHARGER;
	bench_run(&bench, POWER_CHARGER_MS + 100);
	assert_int_equal(bench.output.relays, BOTH);
	bench.input.din = 0;
	bench_run(&bench, POWER_CHARGER_MS + POWER_UNPLUGGED_MS - 100);
	assert_int_equal(bench.output.relays, BOTH);
	bench_run(&bench, 300);
	assert_int_equal(bench.output.relays, DISCHARGE);
}

static void empty_cells_end_with_open_relays_and_the_supply_let_go(void **state)
{
	(void)state;
	bench_close(&bench);
	assert_true(bench.output.hold);
	bench_set_cells(&bench, 2499);
	bench_run(&bench, POWER_LOW_MS + POWER_CLOSING_MS + 1000);
	assert_int_equal(bench.output.relays, 0);
	assert_false(bench.output.hold);
	assert_int_equal(bench.output.outputs & (PORT_DOUT_RUN_LED | PORT_DOUT_FAULT_LED), 0);
	assert_int_equal(logged(BMS_JK_CODE_SHUTDOWN), 1);
	bench.input.din = PORT_DIN_CHARGER;
	bench_run(&bench, 10000);
	assert_true(bench.output.hold);
	assert_int_equal(bench.output.relays, CHARGE);
}

static void the_application_can_shut_the_board_down(void **state)
{
	(void)state;
	bench_close(&bench);
	board_request(&bench.board, POWER_SHUT_DOWN);
	bench_run(&bench, 2000);
	assert_int_equal(bench.output.relays, 0);
	assert_false(bench.output.hold);
	assert_int_equal(logged(BMS_JK_CODE_OFF_BY_APP), 1);
}

static void a_sleeping_board_has_its_relays_open(void **state)
{
	(void)state;
	bench_set(&bench, BMS_SETTING_SLOT_SMART_SLEEP, 1);
	bench_set(&bench, BMS_SETTING_SLOT_SMART_SLEEP_TIME, 1);
	bench_run(&bench, 3610000);
	assert_int_equal(bench.output.relays, 0);
	assert_true(bench.output.hold);
	assert_int_equal(logged(BMS_JK_CODE_SLEEP), 1);
	bench.input.din = PORT_DIN_LINK;
	bench_run(&bench, 4000);
	assert_int_equal(bench.output.relays, BOTH);
}

static void an_emergency_closes_both_whatever_the_alarms_and_switches(void **state)
{
	struct bms_telemetry told;

	(void)state;
	bench_close(&bench);
	bench_set(&bench, BMS_SETTING_SLOT_CHARGE_SWITCH, 0);
	bench_set_cells(&bench, 2450);
	bench_run(&bench, 9000);
	assert_int_equal(bench.output.relays, 0);
	board_request(&bench.board, POWER_EMERGENCY_START);
	bench_run(&bench, 4000);
	assert_int_equal(bench.output.relays, BOTH);
	assert_true(alarmed(BMS_ALARM_CELL_UVP));
	board_telemetry(&bench.board, &told);
	assert_in_range(told.value[BMS_SLOT_EMERGENCY_S], 1790, 1800);
	assert_int_equal(logged(BMS_JK_CODE_EMERGENCY_ON), 1);
	bench_run(&bench, 1800000);
	assert_int_equal(bench.output.relays & DISCHARGE, 0);
	assert_int_equal(logged(BMS_JK_CODE_EMERGENCY_TIMEOUT), 1);
}

static void not_even_an_emergency_closes_on_a_short_circuit(void **state)
{
	(void)state;
	bench_close(&bench);
	board_request(&bench.board, POWER_EMERGENCY_START);
	bench.input.shunt.short_us = 5;
	bench.input.shunt.current_ma = -1000000;
	bench_run(&bench, 20);
	assert_int_equal(bench.output.relays, 0);
}

static void cold_cells_are_heated_and_not_charged(void **state)
{
	(void)state;
	bench_set(&bench, BMS_SETTING_SLOT_CHARGE_UTP, 0);
	bench_set(&bench, BMS_SETTING_SLOT_CHARGE_UTP_RELEASE, 50);
	bench_close(&bench);
	bench_set_probes(&bench, -1);
	bench_run(&bench, 8000);
	assert_int_equal(bench.output.relays, DISCHARGE);
	assert_int_equal(bench.output.heat_permille, 0);
	bench_set(&bench, BMS_SETTING_SLOT_HEATING_SWITCH, 1);
	bench_run(&bench, 3000);
	assert_int_equal(bench.output.heat_permille, 1000);
	assert_int_equal(logged(BMS_JK_CODE_HEATING), 1);
	bench_set_probes(&bench, 50); /* not yet above the release */
	bench_run(&bench, 60000);
	assert_true(bench.output.heat_permille > 0);
	assert_int_equal(bench.output.relays, DISCHARGE);
	bench_set_probes(&bench, 51);
	bench_run(&bench, 40000);
	assert_int_equal(bench.output.heat_permille, 0);
	assert_int_equal(bench.output.relays, BOTH);
}

static void a_broken_probe_ends_the_heating(void **state)
{
	(void)state;
	bench_set(&bench, BMS_SETTING_SLOT_HEATING_SWITCH, 1);
	bench_set_probes(&bench, -201);
	bench_run(&bench, 10000);
	assert_true(bench.output.heat_permille > 0);
	bench.input.probes.probe_dc[0] = -999;
	bench_run(&bench, 6000);
	assert_int_equal(bench.output.heat_permille, 0);
}

static void an_empty_battery_does_not_heat_itself(void **state)
{
	(void)state;
	bench_set(&bench, BMS_SETTING_SLOT_HEATING_SWITCH, 1);
	bench_set_probes(&bench, -201);
	bench_set_cells(&bench, 2550);
	bench_run(&bench, 12000);
	assert_int_equal(bench.output.heat_permille, 0);
	bench.input.din = PORT_DIN_CHARGER;
	bench_run(&bench, 5000);
	assert_true(bench.output.heat_permille > 0);
}

static void a_calibration_survives_a_restart(void **state)
{
	(void)state;
	board_load(&bench.board, &port);
	bench_run(&bench, 1000);
	assert_true(board_calibrate_pack(&bench.board, &port, 52800 * 101 / 100));
	bench_run(&bench, 500);
	assert_true(board_calibrate_cell(&bench.board, &port, 2, 3330));
	bench.input.shunt.current_ma = -50000;
	bench_run(&bench, 100);
	assert_true(board_calibrate_current(&bench.board, &port, 49000));
	bench_init(&bench);
	board_load(&bench.board, &port);
	bench.input.shunt.current_ma = -50000;
	bench_run(&bench, 1000);
	assert_int_equal(bench.board.measure.rails.pack_mv, 53328);
	assert_int_equal(bench.board.measure.cells.cell_mv[0], 3333);
	assert_int_equal(bench.board.measure.cells.cell_mv[2], 3330);
	assert_int_equal(bench.board.measure.shunt.current_ma, -49000);
}

static void a_calibration_corrects_the_coulombs_from_then_on(void **state)
{
	int64_t before;

	(void)state;
	board_load(&bench.board, &port);
	bench.input.shunt.current_ma = -50000;
	bench_run(&bench, 60000);
	before = bench.board.measure.shunt.charge_uams;
	assert_true(board_calibrate_current(&bench.board, &port, 49000));
	assert_int_equal(bench.board.measure.shunt.charge_uams, before);
	bench_run(&bench, 60000);
	assert_int_equal(
		bench.board.measure.shunt.charge_uams - before, INT64_C(-49000) * 1000 * 60000);
}

static void without_a_measurement_there_is_nothing_to_calibrate(void **state)
{
	(void)state;
	assert_false(board_calibrate_pack(&bench.board, &port, 52800));
	assert_false(board_calibrate_current(&bench.board, &port, 10000));
	assert_false(board_calibrate_cell(&bench.board, &port, 0, 3300));
	assert_false(board_calibrate_cell(&bench.board, &port, PORT_CHANNELS, 3300));
}

static void what_the_flash_does_not_take_is_not_used(void **state)
{
	(void)state;
	bench_run(&bench, 1000);
	port.power = 0;
	assert_false(board_calibrate_pack(&bench.board, &port, 53000));
	bench_run(&bench, 500);
	assert_int_equal(bench.board.measure.rails.pack_mv, 52800);
}

static void setting_the_clock_is_an_event(void **state)
{
	(void)state;
	board_set_rtc(&bench.board, &port, 170000000);
	assert_int_equal(port.rtc_s, 170000000);
	assert_int_equal(logged(BMS_JK_CODE_TIME_SET), 1);
	assert_int_equal(bms_jk_diary_record(&bench.board.diary, 0)->rtc_s, 170000000);
}

static void an_event_comes_with_a_detail(void **state)
{
	const struct bms_jk_record *detail;

	(void)state;
	bench_close(&bench);
	bench.input.rtc_s = 5000;
	bench.input.shunt.current_ma = -12300;
	bench.input.cells.cell_mv[7] = 3601;
	bench_run(&bench, 3000);
	assert_int_equal(logged(BMS_JK_CODE_CELL_OVP), 1);
	assert_int_equal(logged(BMS_JK_CODE_FIRST_CELL_OVP + 7), 1);
	detail = bms_jk_diary_record(
		&bench.board.diary, bms_jk_diary_record_count(&bench.board.diary) - 1);
	assert_int_equal(detail->code, BMS_JK_CODE_CELL_OVP);
	assert_int_equal(detail->rtc_s, 5000);
	assert_int_equal(detail->bits, BMS_JK_RECORD_CHARGE | BMS_JK_RECORD_DISCHARGE);
	assert_int_equal(detail->highest, 7);
	assert_int_equal(detail->highest_mv, 3601);
	assert_int_equal(detail->lowest_mv, 3300);
	assert_int_equal(detail->pack_cv, 5280);
	assert_int_equal(detail->current_da, -123);
	assert_int_equal(detail->full_dah, 2800);
	assert_int_equal(detail->hottest_c, 25);
}

static void an_hour_without_events_is_a_detail(void **state)
{
	size_t before;

	(void)state;
	bench_run(&bench, 10000);
	before = bms_jk_diary_record_count(&bench.board.diary);
	bench_run(&bench, BMS_JK_RECORD_PERIOD_S * 1000);
	assert_int_equal(bms_jk_diary_record_count(&bench.board.diary), before + 1);
	assert_int_equal(
		bms_jk_diary_record(&bench.board.diary, before)->code, BMS_JK_CODE_PERIODIC);
}

static void switches_and_presets_are_events(void **state)
{
	(void)state;
	board_load(&bench.board, &port);
	bench_run(&bench, 100);
	bench_set(&bench, BMS_SETTING_SLOT_CHARGE_SWITCH, 0);
	bench_run(&bench, 100);
	bench_set(&bench, BMS_SETTING_SLOT_CHARGE_SWITCH, 1);
	bench_set(&bench, BMS_SETTING_SLOT_DISCHARGE_SWITCH, 0);
	bench.board.params.chemistry = BMS_CHEMISTRY_NMC;
	bench_run(&bench, 100);
	assert_int_equal(logged(BMS_JK_CODE_CHARGE_OFF), 1);
	assert_int_equal(logged(BMS_JK_CODE_CHARGE_ON), 1);
	assert_int_equal(logged(BMS_JK_CODE_DISCHARGE_OFF), 1);
	assert_int_equal(logged(BMS_JK_CODE_DISCHARGE_ON), 0);
	assert_int_equal(logged(BMS_JK_CODE_PRESET_NMC), 1);
	assert_int_equal(logged(BMS_JK_CODE_BOOT), 1);
}

static void after_a_watchdog_reset_the_relays_wait_ten_seconds(void **state)
{
	(void)state;
	port.reset = PORT_RESET_WATCHDOG;
	board_load(&bench.board, &port);
	assert_int_equal(logged(BMS_JK_CODE_WATCHDOG), 1);
	bench_run(&bench, 9990);
	assert_int_equal(bench.output.relays, 0);
	bench_run(&bench, 5000);
	assert_int_equal(bench.output.relays, BOTH);
}

static void restart(void)
{
	board_keep(&bench.board, &port, true);
	bench_init(&bench);
	board_load(&bench.board, &port);
}

static void three_watchdog_resets_in_a_row_keep_the_relays_open(void **state)
{
	(void)state;
	port.reset = PORT_RESET_WATCHDOG;
	board_load(&bench.board, &port);
	restart();
	bench_run(&bench, 20000);
	assert_int_equal(bench.output.relays, BOTH);
	restart();
	bench_run(&bench, 30000);
	assert_int_equal(bench.output.relays, 0);
	assert_true(alarmed(BMS_ALARM_COPROCESSOR));
	bench_set(&bench, BMS_SETTING_SLOT_CHARGE_SWITCH, 0);
	bench_run(&bench, 100);
	bench_set(&bench, BMS_SETTING_SLOT_CHARGE_SWITCH, 1);
	bench_run(&bench, 5000);
	assert_int_equal(bench.output.relays, BOTH);
}

static void ten_healthy_minutes_forget_the_resets(void **state)
{
	(void)state;
	port.reset = PORT_RESET_WATCHDOG;
	board_load(&bench.board, &port);
	restart();
	bench_run(&bench, 601000);
	restart();
	bench_run(&bench, 20000);
	assert_int_equal(bench.output.relays, BOTH);
}

static void a_sound_step_feeds_the_watchdog_and_a_late_one_does_not(void **state)
{
	(void)state;
	bench_run(&bench, 1000);
	assert_true(bench.output.feed);
	bench.input.now_us += 200000;
	bench_run(&bench, 10);
	assert_false(bench.output.feed);
	bench_run(&bench, 10);
	assert_true(bench.output.feed);
	bench.cells_frozen = true;
	bench_run(&bench, WATCH_SCAN_MS + 1000);
	assert_false(bench.output.feed);
}

static void a_latched_short_circuit_says_so_and_ends_with_the_key(void **state)
{
	(void)state;
	bench.input.din = PORT_DIN_ACC;
	bench_close(&bench);
	for (int times = 0; times < 2; times++) {
		bench.input.shunt.short_us = 100;
		bench_run(&bench, 20);
		bench.input.shunt.short_us = 0;
		assert_int_equal(bench.output.relays, 0);
		bench_run(&bench, 10000);
	}
	assert_true(alarmed(BMS_ALARM_SCP_RELEASE));
	bench_run(&bench, 60000);
	assert_int_equal(bench.output.relays, 0);
	bench.input.din = 0;
	bench_run(&bench, 5000);
	assert_int_equal(bench.output.relays, BOTH);
	assert_false(alarmed(BMS_ALARM_SCP_RELEASE));
}

static void the_reserved_outputs_tell_of_faults_and_low_cells(void **state)
{
	(void)state;
	bench_close(&bench);
	assert_int_equal(bench.output.outputs, PORT_DOUT_RUN_LED | PORT_DOUT_DISPLAY);
	bench_set_probes(&bench, 701);
	bench_run(&bench, 6000);
	assert_int_equal(bench.output.outputs & (PORT_DOUT_K1 | PORT_DOUT_K2), PORT_DOUT_K1);
	bench_set_cells(&bench, 2599);
	bench_run(&bench, 3000);
	assert_true(bench.output.outputs & PORT_DOUT_K2);
}

static void a_common_port_uses_one_relay(void **state)
{
	(void)state;
	bench.board.wiring.common_port = true;
	bench_close(&bench);
	assert_int_equal(bench.output.relays, DISCHARGE);
	bench_set_cells(&bench, 3610);
	bench_run(&bench, 10000);
	assert_int_equal(bench.output.relays, DISCHARGE); /* nothing charges it */
	bench.input.shunt.current_ma = 10000;
	bench_run(&bench, RELAY_COMMON_CHARGE_MS + 20);
	assert_int_equal(bench.output.relays, 0);
	bench.input.shunt.current_ma = 0;
	bench_set_cells(&bench, 3500);
	bench_run(&bench, 10000);
	assert_int_equal(bench.output.relays, DISCHARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, start)
		TEST(the_key_starts_discharge_where_the_board_is_built_so),
		TEST(the_charge_relay_waits_for_a_charger_where_the_board_is_built_so),
		TEST(empty_cells_end_with_open_relays_and_the_supply_let_go),
		TEST(the_application_can_shut_the_board_down),
		TEST(a_sleeping_board_has_its_relays_open),
		TEST(an_emergency_closes_both_whatever_the_alarms_and_switches),
		TEST(not_even_an_emergency_closes_on_a_short_circuit),
		TEST(cold_cells_are_heated_and_not_charged),
		TEST(a_broken_probe_ends_the_heating),
		TEST(an_empty_battery_does_not_heat_itself),
		TEST(a_calibration_survives_a_restart),
		TEST(a_calibration_corrects_the_coulombs_from_then_on),
		TEST(without_a_measurement_there_is_nothing_to_calibrate),
		TEST(what_the_flash_does_not_take_is_not_used),
		TEST(setting_the_clock_is_an_event),
		TEST(an_event_comes_with_a_detail),
		TEST(an_hour_without_events_is_a_detail),
		TEST(switches_and_presets_are_events),
		TEST(after_a_watchdog_reset_the_relays_wait_ten_seconds),
		TEST(three_watchdog_resets_in_a_row_keep_the_relays_open),
		TEST(ten_healthy_minutes_forget_the_resets),
		TEST(a_sound_step_feeds_the_watchdog_and_a_late_one_does_not),
		TEST(a_latched_short_circuit_says_so_and_ends_with_the_key),
		TEST(the_reserved_outputs_tell_of_faults_and_low_cells),
		TEST(a_common_port_uses_one_relay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
