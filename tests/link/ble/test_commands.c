/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "link/ble/commands.h"

enum {
	NUMBER = 4,
};

static void add(struct ble_commands *commands, uint8_t number)
{
	uint8_t bytes[BMS_JK_COMMAND_SIZE];

	bms_jk_command_build(bytes, number, NULL, 0);
	assert_true(ble_commands_add(commands, bytes));
}

static void expect_sent(struct ble_commands *commands, uint64_t now_us, uint8_t number)
{
	const uint8_t *bytes = ble_commands_send(commands, now_us);

	assert_non_null(bytes);
	assert_int_equal(bytes[NUMBER], number);
}

static void a_command_waits_for_the_one_before(void **state)
{
	struct ble_commands commands;
	uint8_t number;

	(void)state;
	ble_commands_init(&commands);
	assert_null(ble_commands_send(&commands, 1));
	add(&commands, 0x97);
	add(&commands, 0x96);
	expect_sent(&commands, 1, 0x97);
	assert_null(ble_commands_send(&commands, 2));
	assert_true(ble_commands_end(&commands, &number));
	assert_int_equal(number, 0x97);
	assert_true(ble_commands_has(&commands, 0x96));
	assert_false(ble_commands_has(&commands, 0x97));
	expect_sent(&commands, 3, 0x96);
}

static void an_answer_to_nothing_ends_nothing(void **state)
{
	struct ble_commands commands;
	uint8_t number = 0xEE;

	(void)state;
	ble_commands_init(&commands);
	assert_false(ble_commands_end(&commands, &number));
	add(&commands, 0x97);
	assert_false(ble_commands_end(&commands, &number)); /* not sent yet */
	assert_int_equal(number, 0xEE);
	assert_int_equal(commands.deadline_us, UINT64_MAX);
}

static void the_one_on_the_air_has_a_deadline(void **state)
{
	struct ble_commands commands;
	uint8_t number;

	(void)state;
	ble_commands_init(&commands);
	add(&commands, 0x04);
	expect_sent(&commands, 1000, 0x04);
	assert_int_equal(commands.deadline_us, 1000 + 3000000);
	assert_true(ble_commands_end(&commands, &number));
	assert_int_equal(commands.deadline_us, UINT64_MAX);
}

static void a_full_queue_takes_no_more_and_loses_none(void **state)
{
	uint8_t bytes[BMS_JK_COMMAND_SIZE] = { 0 };
	struct ble_commands commands;
	uint8_t number;

	(void)state;
	ble_commands_init(&commands);
	for (uint8_t i = 0; i < BLE_COMMANDS_MAX; i++)
		add(&commands, i);
	assert_false(ble_commands_add(&commands, bytes));
	for (uint8_t i = 0; i < BLE_COMMANDS_MAX; i++) {
		assert_true(ble_commands_drop(&commands, &number));
		assert_int_equal(number, i);
	}
	assert_false(ble_commands_drop(&commands, &number));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_waits_for_the_one_before),
		cmocka_unit_test(an_answer_to_nothing_ends_nothing),
		cmocka_unit_test(the_one_on_the_air_has_a_deadline),
		cmocka_unit_test(a_full_queue_takes_no_more_and_loses_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
