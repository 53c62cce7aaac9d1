/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "bench.h"
#include "fake_port.h"
#include "server/can.h"

enum {
	POLL_US = 10000,
	ROUND_US = 3000000, /* a multiple of every period */
	ID_PACK = 0x02F4,
	ID_ALARMS = 0x07F4,
	ID_ERRORS = 0x18F328F4,
	ID_SWITCHES = 0x18F528F4,
	ID_STATE = 0x18F428F4,
};

static struct port port;
static struct bench bench;
static struct can can;
static uint64_t now_us;

static int start(void **state)
{
	(void)state;
	fake_port_init(&port);
	bench_init(&bench);
	params_save(&bench.board.params, &port);
	bench_close(&bench);
	can_init(&can, &bench.board, &port);
	can.obeys = true;
	now_us = 1000000;
	return 0;
}

static void poll(void)
{
	port.can_out_size = 0;
	port.can_room = FAKE_CAN_MAX;
	can_poll(&can, now_us);
	now_us += POLL_US;
}

static unsigned sent(uint32_t id)
{
	unsigned count = 0;

	for (size_t i = 0; i < port.can_out_size; i++)
		count += port.can_out[i].id == id;
	return count;
}

static const struct port_can_frame *find(uint32_t id)
{
	for (size_t i = 0; i < port.can_out_size; i++)
		if (port.can_out[i].id == id)
			return &port.can_out[i];
	fail_msg("%08x was not sent", (unsigned)id);
	return NULL;
}

static void hear(uint32_t id, bool extended, const char *bytes, uint8_t size)
{
	struct port_can_frame frame = { .id = id, .extended = extended, .size = size };

	memcpy(frame.data, bytes, size);
	port.can_in[port.can_in_size++] = frame;
	poll();
	assert_int_equal(port.can_in_size, 0);
}

static int64_t setting(enum bms_setting_slot slot)
{
	return params_setting(&bench.board.params, slot);
}

static void run_round(unsigned counts[BMS_JK_CAN_FRAMES])
{
	memset(counts, 0, BMS_JK_CAN_FRAMES * sizeof(*counts));
	for (uint64_t passed = 0; passed < ROUND_US; passed += POLL_US) {
		poll();
		for (size_t i = 0; i < BMS_JK_CAN_FRAMES; i++)
			counts[i] += sent(bms_jk_can_rows[i].id);
	}
}

static bool is_alarm(size_t frame)
{
	return frame == BMS_JK_CAN_ALARMS || frame == BMS_JK_CAN_ERRORS;
}

static void every_frame_goes_out_at_the_captured_period(void **state)
{
	unsigned counts[BMS_JK_CAN_FRAMES];

	(void)state;
	bench_set(&bench, BMS_SETTING_SLOT_CELL_COUNT, 25);
	for (size_t i = 0; i < 25; i++)
		bench.input.cells.cell_mv[i] = 3300;
	bench.input.rails.pack_mv = 25 * 3300;
	bench_run(&bench, 30000);
	run_round(counts);
	for (size_t i = 0; i < BMS_JK_CAN_FRAMES; i++)
		assert_int_equal(counts[i],
			is_alarm(i) ? 0 : ROUND_US / 1000 / bms_jk_can_rows[i].period_ms);
}

static void cell_frames_end_with_the_last_cell(void **state)
{
	(void)state;
	poll();
	assert_int_equal(sent(0x18E028F4), 1);
	assert_int_equal(sent(0x18E328F4), 1);
	assert_int_equal(sent(0x18E428F4), 0);
	assert_int_equal(sent(0x18E628F4), 0);
}

static void the_pack_frame_says_what_the_board_measures(void **state)
{
	const struct port_can_frame *frame;

	(void)state;
	bench.input.shunt.current_ma = -20000;
	bench_run(&bench, 100);
	poll();
	frame = find(ID_PACK);
	assert_false(frame->extended);
	assert_int_equal(frame->size, 8);
	/* 52.8 V, -20.0 A with an offset of 400 A, 50 % less what the bench has taken out */
	assert_memory_equal(frame->data, "\x10\x02\xD8\x0E", 4);
	assert_in_range(frame->data[4], 49, 50);
}

static void the_sign_of_the_current_is_an_option(void **state)
{
	(void)state;
	bench.input.shunt.current_ma = -20000;
	bench_run(&bench, 100);
	can.options.discharge_positive = true;
	poll();
	assert_memory_equal(find(ID_PACK)->data + 2, "\x68\x10", 2);
}

static void alarm_frames_go_out_only_while_there_is_an_alarm(void **state)
{
	unsigned counts[BMS_JK_CAN_FRAMES];

	(void)state;
	bench.input.cells.cell_mv[2] = 3650;
	bench_run(&bench, 3000);
	run_round(counts);
	assert_int_equal(counts[BMS_JK_CAN_ALARMS], ROUND_US / 100000);
	assert_int_equal(counts[BMS_JK_CAN_ERRORS], ROUND_US / 100000);
	poll();
	assert_memory_equal(find(ID_ALARMS)->data, "\x01\0\0\0", 4);
	assert_memory_equal(find(ID_ERRORS)->data, "\x10\0\0\0", 4);
	bench.input.cells.cell_mv[2] = 3300;
	bench_run(&bench, 10000);
	run_round(counts);
	assert_int_equal(counts[BMS_JK_CAN_ALARMS], 0);
	assert_int_equal(counts[BMS_JK_CAN_ERRORS], 0);
}

static void address_1_has_the_ids_of_the_documents_and_each_further_one_adds_one(void **state)
{
	(void)state;
	for (uint32_t address = 1; address <= 12; address++) {
		bench_set(&bench, BMS_SETTING_SLOT_DEVICE_ADDRESS, address);
		now_us += ROUND_US;
		poll();
		assert_int_equal(sent(ID_PACK + address - 1), 1);
		assert_int_equal(sent(ID_SWITCHES + address - 1), 1);
		assert_int_equal(sent(0x1806E5F4 + address - 1), 1);
	}
}

static void an_address_without_ids_of_its_own_is_silent(void **state)
{
	(void)state;
	bench_set(&bench, BMS_SETTING_SLOT_DEVICE_ADDRESS, 13);
	poll();
	assert_int_equal(port.can_out_size, 0);
}

static void a_port_that_is_given_to_rs485_is_silent_and_deaf(void **state)
{
	(void)state;
	bench_set(&bench, BMS_SETTING_SLOT_PORT_RS485, 1);
	hear(BMS_JK_CAN_CONTROL_ID, true, "\1\0\0\0\0\0\0\0", 8);
	assert_int_equal(port.can_out_size, 0);
	assert_int_equal(setting(BMS_SETTING_SLOT_CHARGE_SWITCH), 1);
	bench_set(&bench, BMS_SETTING_SLOT_PORT_RS485, 0);
	poll();
	assert_int_equal(sent(ID_PACK), 1);
}

static void the_protocol_sets_the_bit_rate(void **state)
{
	(void)state;
	poll();
	assert_int_equal(port.can_bit_s, 250000);
	bench_set(&bench, BMS_SETTING_SLOT_CAN_PROTOCOL, 6);
	poll();
	assert_int_equal(port.can_bit_s, 500000);
}

static void a_protocol_that_is_not_for_this_board_is_silence(void **state)
{
	(void)state;
	bench_set(&bench, BMS_SETTING_SLOT_CAN_PROTOCOL, 2);
	poll();
	assert_int_equal(port.can_out_size, 0);
}

static void what_the_controller_does_not_take_goes_out_later(void **state)
{
	unsigned all, first;

	(void)state;
	poll();
	all = (unsigned)port.can_out_size;
	now_us += ROUND_US;
	port.can_out_size = 0;
	port.can_room = 3;
	can_poll(&can, now_us);
	first = (unsigned)port.can_out_size;
	assert_int_equal(first, 3);
	poll();
	assert_int_equal(port.can_out_size, all - first);
}

static void a_board_that_was_late_does_not_send_twice(void **state)
{
	(void)state;
	poll();
	now_us += 10 * (uint64_t)ROUND_US;
	poll();
	assert_int_equal(sent(ID_PACK), 1);
	poll();
	assert_int_equal(port.can_out_size, 0);
}

static void a_board_that_has_not_seen_its_cells_makes_nothing_up(void **state)
{
	(void)state;
	bench_init(&bench);
	poll();
	assert_int_equal(port.can_out_size, 2);
	assert_int_equal(sent(ID_STATE), 1);
	assert_int_equal(sent(ID_SWITCHES), 1);
}

static void control_works_the_switches_it_selects(void **state)
{
	(void)state;
	hear(BMS_JK_CAN_CONTROL_ID, true, "\5\0\0\0\0\0\0\0", 8);
	assert_int_equal(setting(BMS_SETTING_SLOT_CHARGE_SWITCH), 0);
	assert_int_equal(setting(BMS_SETTING_SLOT_DISCHARGE_SWITCH), 1);
	assert_int_equal(setting(BMS_SETTING_SLOT_BALANCE_SWITCH), 0);
	assert_int_equal(can.change.writes, 1);
	hear(BMS_JK_CAN_CONTROL_ID, true, "\1\1\0\0\0\0\0\0", 8);
	assert_int_equal(setting(BMS_SETTING_SLOT_CHARGE_SWITCH), 1);
	assert_int_equal(setting(BMS_SETTING_SLOT_BALANCE_SWITCH), 0);
}

static void the_answer_to_control_is_the_state_frame(void **state)
{
	(void)state;
	poll();
	assert_int_equal(find(ID_SWITCHES)->data[0] & 3, 3);
	hear(BMS_JK_CAN_CONTROL_ID, true, "\1\0\0\0\0\0\0\0", 8);
	bench_run(&bench, 5000);
	now_us += ROUND_US;
	poll();
	assert_int_equal(find(ID_SWITCHES)->data[0] & 3, 2);
}

static void a_board_that_may_not_obey_does_not(void **state)
{
	(void)state;
	can.obeys = false;
	hear(BMS_JK_CAN_CONTROL_ID, true, "\1\0\0\0\0\0\0\0", 8);
	assert_int_equal(setting(BMS_SETTING_SLOT_CHARGE_SWITCH), 1);
}

static void control_for_another_board_is_not_obeyed(void **state)
{
	(void)state;
	hear(BMS_JK_CAN_CONTROL_ID + 1, true, "\1\0\0\0\0\0\0\0", 8);
	assert_int_equal(setting(BMS_SETTING_SLOT_CHARGE_SWITCH), 1);
	bench_set(&bench, BMS_SETTING_SLOT_DEVICE_ADDRESS, 2);
	hear(BMS_JK_CAN_CONTROL_ID, true, "\1\0\0\0\0\0\0\0", 8);
	assert_int_equal(setting(BMS_SETTING_SLOT_CHARGE_SWITCH), 1);
	hear(BMS_JK_CAN_CONTROL_ID + 1, true, "\1\0\0\0\0\0\0\0", 8);
	assert_int_equal(setting(BMS_SETTING_SLOT_CHARGE_SWITCH), 0);
}

static void control_that_is_damaged_changes_nothing(void **state)
{
	(void)state;
	hear(BMS_JK_CAN_CONTROL_ID, true, "\7\2\2\2\0\0\0\0", 8);
	hear(BMS_JK_CAN_CONTROL_ID, true, "\7\0\0", 3);
	hear(BMS_JK_CAN_CONTROL_ID & 0x7ff, false, "\7\0\0\0\0\0\0\0", 8);
	assert_int_equal(can.change.writes, 0);
	assert_int_equal(setting(BMS_SETTING_SLOT_CHARGE_SWITCH), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, start)
	const struct CMUnitTest tests[] = {
		TEST(every_frame_goes_out_at_the_captured_period),
		TEST(cell_frames_end_with_the_last_cell),
		TEST(the_pack_frame_says_what_the_board_measures),
		TEST(the_sign_of_the_current_is_an_option),
		TEST(alarm_frames_go_out_only_while_there_is_an_alarm),
		TEST(address_1_has_the_ids_of_the_documents_and_each_further_one_adds_one),
		TEST(an_address_without_ids_of_its_own_is_silent),
		TEST(a_port_that_is_given_to_rs485_is_silent_and_deaf),
		TEST(the_protocol_sets_the_bit_rate),
		TEST(a_protocol_that_is_not_for_this_board_is_silence),
		TEST(what_the_controller_does_not_take_goes_out_later),
		TEST(a_board_that_was_late_does_not_send_twice),
		TEST(a_board_that_has_not_seen_its_cells_makes_nothing_up),
		TEST(control_works_the_switches_it_selects),
		TEST(the_answer_to_control_is_the_state_frame),
		TEST(a_board_that_may_not_obey_does_not),
		TEST(control_for_another_board_is_not_obeyed),
		TEST(control_that_is_damaged_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
