/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "bench.h"
#include "fake_port.h"
#include "server/uart1.h"

enum {
	UNIT = 1,
	READ_ONE_ANSWER = 7
};

static const uint8_t nw_read_soc[] = { 0x4E, 0x57, 0x00, 0x13, 0x00, 0x00, 0x00, 0x00, 0x03, 0x03,
	0x00, 0x85, 0x00, 0x00, 0x00, 0x00, 0x68, 0x00, 0x00, 0x01, 0xAB };

static struct port port;
static struct bench bench;
static struct uart1 uart1;
static uint64_t now_us;

static int start(void **state)
{
	(void)state;
	fake_port_init(&port);
	bench_init(&bench);
	params_save(&bench.board.params, &port);
	bench_close(&bench);
	uart1_init(&uart1, &bench.board, &port);
	now_us = 1000000;
	uart1_poll(&uart1, now_us);
	return 0;
}

static void hear(const uint8_t *bytes, size_t size)
{
	now_us += 100000;
	port.out_size = 0;
	memcpy(port.in, bytes, size);
	port.in_size = size;
	uart1_poll(&uart1, now_us);
	assert_int_equal(port.in_size, 0);
}

static void hear_modbus(void)
{
	uint8_t bytes[BMS_MODBUS_FRAME_MAX];

	hear(bytes, bms_modbus_read_request(bytes, UNIT, 0x1290, 1));
}

static void a_new_board_speaks_4e57_and_no_modbus(void **state)
{
	(void)state;
	assert_int_equal(port.baud[PORT_UART_GPS], 115200);
	hear(nw_read_soc, sizeof(nw_read_soc));
	assert_true(port.out_size > 0);
	assert_int_equal(port.out[0], 0x4E);
	hear_modbus();
	assert_int_equal(port.out_size, 0);
}

static void protocol_1_is_modbus_and_no_4e57(void **state)
{
	(void)state;
	bench_set(&bench, BMS_SETTING_SLOT_UART1_PROTOCOL, 1);
	hear_modbus();
	assert_int_equal(port.out_size, READ_ONE_ANSWER);
	hear(nw_read_soc, sizeof(nw_read_soc));
	assert_int_equal(port.out_size, 0);
	assert_int_equal(port.baud[PORT_UART_GPS], 115200);
}

static void protocol_13_is_modbus_at_9600(void **state)
{
	(void)state;
	bench_set(&bench, BMS_SETTING_SLOT_UART1_PROTOCOL, 13);
	hear_modbus();
	assert_int_equal(port.out_size, READ_ONE_ANSWER);
	assert_int_equal(port.baud[PORT_UART_GPS], 9600);
}

static void the_port_of_can_and_rs485_does_not_matter_here(void **state)
{
	(void)state;
	bench_set(&bench, BMS_SETTING_SLOT_PORT_RS485, 0);
	bench_set(&bench, BMS_SETTING_SLOT_UART1_PROTOCOL, 1);
	hear_modbus();
	assert_int_equal(port.out_size, READ_ONE_ANSWER);
}

/* Register 0x14B2 holds the protocols of UART1 and of the CAN port. */
static void the_write_that_changes_the_protocol_is_acknowledged_in_the_old_one(void **state)
{
	static const uint8_t back[2] = { 0, 0 };
	uint8_t bytes[BMS_MODBUS_FRAME_MAX];

	(void)state;
	bench_set(&bench, BMS_SETTING_SLOT_UART1_PROTOCOL, 1);
	hear(bytes, bms_modbus_write_request(bytes, UNIT, 0x14B2, back, sizeof(back)));
	assert_int_equal(port.out_size, 8);
	hear_modbus();
	assert_int_equal(port.out_size, 0);
	hear(nw_read_soc, sizeof(nw_read_soc));
	assert_true(port.out_size > 0);
}

static void a_number_nobody_knows_anything_of_is_silence(void **state)
{
	(void)state;
	bench_set(&bench, BMS_SETTING_SLOT_UART1_PROTOCOL, 10);
	hear(nw_read_soc, sizeof(nw_read_soc));
	assert_int_equal(port.out_size, 0);
	hear_modbus();
	assert_int_equal(port.out_size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_new_board_speaks_4e57_and_no_modbus, start),
		cmocka_unit_test_setup(protocol_1_is_modbus_and_no_4e57, start),
		cmocka_unit_test_setup(protocol_13_is_modbus_at_9600, start),
		cmocka_unit_test_setup(the_port_of_can_and_rs485_does_not_matter_here, start),
		cmocka_unit_test_setup(
			the_write_that_changes_the_protocol_is_acknowledged_in_the_old_one, start),
		cmocka_unit_test_setup(a_number_nobody_knows_anything_of_is_silence, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
