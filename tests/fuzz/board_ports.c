/* SPDX-License-Identifier: MIT */
/*
 * The board behind its ports: RS485, GPS and Bluetooth get the same bytes. Whatever comes, the
 * settings the board keeps are in their ranges and break no rule.
 */
#include "fuzz.h"

#include "bench.h"
#include "fake_port.h"
#include "server/ble.h"
#include "server/gps.h"
#include "server/rs485.h"

enum {
	STEP_US = 20000,
};

static struct port port;
static struct bench bench;
static struct rs485 rs485;
static struct gps gps;
static struct ble ble;

static void put(const uint8_t *data, size_t size)
{
	size_t room = sizeof(port.in) - port.in_size;

	if (size > room)
		size = room;
	memcpy(port.in + port.in_size, data, size);
	port.in_size += size;
	port.out_size = 0;
}

static void check_settings(void)
{
	const struct bms_settings *settings = &bench.board.params.settings;

	for (size_t slot = 0; slot < BMS_SETTING_SLOTS; slot++)
		assert(bms_setting_in_range(bms_setting_of_slot(slot), settings->value[slot]));
	assert(!bms_settings_broken_rule(settings));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t now_us = 1000000;
	uint8_t cut = fuzz_take(&data, &size);

	fake_port_init(&port);
	bench_init(&bench);
	rs485_init(&rs485, PORT_UART_RS485, &bench.board, &port);
	gps_init(&gps, &bench.board, &port);
	ble_init(&ble, &bench.board, &port);
	while (size > 0) {
		size_t piece = cut ? cut : size;

		if (piece > size)
			piece = size;
		put(data, piece);
		rs485_poll(&rs485, now_us);
		put(data, piece);
		gps_poll(&gps, now_us);
		put(data, piece);
		ble_poll(&ble, now_us);
		now_us += STEP_US;
		data += piece;
		size -= piece;
	}
	check_settings();
	return 0;
}
