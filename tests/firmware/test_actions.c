/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "bench.h"
#include "bms/jk_command.h"
#include "fake_port.h"
#include "server/actions.h"
#include "server/jk_modbus_server.h"

enum {
	UNIT = 1
};

static struct port port;
static struct bench bench;
static struct change change;
static struct jk_modbus_server server;
static uint8_t answer[JK_MODBUS_ANSWER_MAX];

static int start(void **state)
{
	(void)state;
	fake_port_init(&port);
	bench_init(&bench);
	params_save(&bench.board.params, &port);
	bench_close(&bench);
	change_init(&change, &bench.board, &port);
	jk_modbus_server_init(&server, &bench.board, &port);
	return 0;
}

/* The exception, or 0. */
static uint8_t write_register(uint16_t reg, uint32_t value, uint8_t size)
{
	uint8_t request[BMS_MODBUS_FRAME_MAX];
	uint8_t bytes[] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
		(uint8_t)value };
	struct bms_modbus_frame reply;
	size_t asked = bms_modbus_write_request(request, UNIT, reg, bytes + 4 - size, size);
	size_t got = jk_modbus_server_answer(&server, request, asked, answer);

	assert_int_equal(bms_modbus_parse_reply(answer, got, &reply), BMS_OK);
	return reply.exception;
}

static bool run_command(uint8_t command, uint32_t value)
{
	const struct action *action = action_by_command(command);

	assert_non_null(action);
	return action_run(action, &change, value);
}

static int64_t telemetry(size_t slot)
{
	struct bms_telemetry telemetry;

	board_telemetry(&bench.board, &telemetry);
	return telemetry.value[slot];
}

static void the_documents_registers_and_the_commands_name_the_same_actions(void **state)
{
	static const struct {
		uint16_t reg;
		uint8_t command;
	} pairs[] = {
		{ 0x1600, 0x64 },
		{ 0x1604, 0x65 },
		{ 0x1606, 0x67 },
		{ 0x160A, 0x68 },
		{ 0x160C, 0x69 },
		{ 0x160E, 0x6A },
		{ 0x1612, 0x6C },
		{ 0x1616, 0x66 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(pairs); i++) {
		assert_non_null(action_by_register(pairs[i].reg));
		assert_ptr_equal(
			action_by_register(pairs[i].reg), action_by_command(pairs[i].command));
	}
	assert_null(action_by_register(0));
	assert_null(action_by_command(0));
	assert_null(action_by_register(0x1626));
	assert_null(action_by_command(0xFF));
}

static void a_voltage_calibration_makes_the_board_agree_with_the_meter(void **state)
{
	(void)state;
	assert_int_equal(telemetry(BMS_SLOT_PACK_MV), 52800);
	assert_int_equal(write_register(0x1600, 53000, 4), 0);
	bench_run(&bench, 1000);
	assert_in_range(telemetry(BMS_SLOT_PACK_MV), 52998, 53002);
	assert_true(run_command(BMS_JK_COMMAND_CALIBRATE_VOLTAGE, 52800));
	bench_run(&bench, 1000);
	assert_in_range(telemetry(BMS_SLOT_PACK_MV), 52798, 52802);
}

static void an_unlikely_voltage_is_refused(void **state)
{
	(void)state;
	assert_int_equal(write_register(0x1600, 70000, 4), BMS_MODBUS_BAD_DATA);
	assert_int_equal(write_register(0x1600, 0xFFFFFFFF, 4), BMS_MODBUS_BAD_DATA);
	assert_int_equal(write_register(0x1600, 53000, 2), BMS_MODBUS_BAD_DATA);
	bench_run(&bench, 1000);
	assert_int_equal(telemetry(BMS_SLOT_PACK_MV), 52800);
}

static void a_current_calibration_keeps_the_direction(void **state)
{
	(void)state;
	bench.input.shunt.current_ma = -100000;
	bench_run(&bench, 500);
	assert_int_equal(write_register(0x1606, 101000, 4), 0);
	bench_run(&bench, 500);
	assert_in_range(-telemetry(BMS_SLOT_CURRENT_MA), 100998, 101002);
}

static void a_current_calibration_without_current_is_refused(void **state)
{
	(void)state;
	assert_int_equal(write_register(0x1606, 10000, 4), BMS_MODBUS_BAD_DATA);
	assert_false(run_command(BMS_JK_COMMAND_CALIBRATE_CURRENT, 10000));
}

static void an_emergency_starts_by_register_and_ends_by_command(void **state)
{
	(void)state;
	assert_int_equal(write_register(0x1610, 0, 2), 0);
	bench_run(&bench, 100);
	assert_in_range(telemetry(BMS_SLOT_EMERGENCY_S), 29 * 60, 30 * 60);
	assert_true(run_command(BMS_JK_COMMAND_EMERGENCY, 0));
	bench_run(&bench, 100);
	assert_int_equal(telemetry(BMS_SLOT_EMERGENCY_S), 0);
	assert_true(run_command(BMS_JK_COMMAND_EMERGENCY, 1));
	bench_run(&bench, 100);
	assert_true(telemetry(BMS_SLOT_EMERGENCY_S) > 0);
	assert_false(run_command(BMS_JK_COMMAND_EMERGENCY, 2));
}

static void shutting_down_opens_the_relays_and_lets_the_supply_go(void **state)
{
	(void)state;
	assert_true(bench.output.relays);
	assert_true(bench.output.hold);
	assert_int_equal(write_register(0x1604, 0, 2), 0);
	bench_run(&bench, 10000);
	assert_int_equal(bench.output.relays, 0);
	assert_false(bench.output.hold);
}

static void a_restart_keeps_the_counters_and_is_the_ports(void **state)
{
	(void)state;
	assert_int_equal(write_register(0x1616, 0, 2), 0);
	assert_int_equal(port.restarts, 1);
	assert_true(port.saves > 0);
}

static void factory_values_leave_what_belongs_to_the_battery(void **state)
{
	const struct bms_settings *settings = &bench.board.params.settings;

	(void)state;
	bench_set(&bench, BMS_SETTING_SLOT_CELL_OVP, 3700);
	bench_set(&bench, BMS_SETTING_SLOT_NOMINAL_CAPACITY, 100000);
	assert_int_equal(write_register(0x1618, 0, 2), 0);
	assert_int_equal(settings->value[BMS_SETTING_SLOT_CELL_OVP], 3600);
	assert_int_equal(settings->value[BMS_SETTING_SLOT_CELL_COUNT], BENCH_CELLS);
	assert_int_equal(settings->value[BMS_SETTING_SLOT_NOMINAL_CAPACITY], 100000);
}

static void erasing_stored_data_empties_the_log(void **state)
{
	(void)state;
	bms_jk_diary_add_event(&bench.board.diary, 5, BMS_JK_CODE_BOOT);
	assert_true(bms_jk_diary_event_count(&bench.board.diary) > 0);
	assert_int_equal(write_register(0x161A, 0, 2), 0);
	assert_int_equal(bms_jk_diary_event_count(&bench.board.diary), 0);
	assert_int_equal(bms_jk_diary_record_count(&bench.board.diary), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_documents_registers_and_the_commands_name_the_same_actions),
		TEST(a_voltage_calibration_makes_the_board_agree_with_the_meter),
		TEST(an_unlikely_voltage_is_refused),
		TEST(a_current_calibration_keeps_the_direction),
		TEST(a_current_calibration_without_current_is_refused),
		TEST(an_emergency_starts_by_register_and_ends_by_command),
		TEST(shutting_down_opens_the_relays_and_lets_the_supply_go),
		TEST(a_restart_keeps_the_counters_and_is_the_ports),
		TEST(factory_values_leave_what_belongs_to_the_battery),
		TEST(erasing_stored_data_empties_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
