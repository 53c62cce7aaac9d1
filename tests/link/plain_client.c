/* SPDX-License-Identifier: MIT */
/* Nothing but libmodbus' own calls against the simulated board: what other people's clients do. */
#include <err.h>
#include <errno.h>
#include <modbus/modbus.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "simulator.h"

enum {
	SETTINGS = 0x1000,
	LIVE = 0x1200,
	DEVICE = 0x1400,
	MOST = 122,
	BLOCK = 147,
	CELL_UVP = 0x1004
};

static void expect(bool holds, const char *what)
{
	if (!holds)
		errx(EXIT_FAILURE, "%s: %s", what, modbus_strerror(errno));
}

/* Registers are numbered by bytes: the rest of a block begins two numbers per register later. */
static void read_block(modbus_t *modbus, int from, int count, uint16_t *registers)
{
	for (int done = 0; done < count; done += MOST) {
		int now = count - done < MOST ? count - done : MOST;

		expect(modbus_read_registers(modbus, from + 2 * done, now, registers + done) == now,
			"read");
	}
}

static uint32_t number(const uint16_t *registers)
{
	return (uint32_t)registers[0] << 16 | registers[1];
}

int main(int argc, char **argv)
{
	struct simulator board;
	uint16_t settings[BLOCK], live[BLOCK], device[BLOCK], written[2];

	if (argc != 2)
		errx(EXIT_FAILURE, "usage: plain_client BMS-SIM");
	simulator_start(&board, argv[1], 1);
	modbus_t *modbus = modbus_new_rtu(board.link, SIMULATOR_BAUD, 'N', 8, 1);
	expect(modbus && !modbus_set_slave(modbus, 1) && !modbus_connect(modbus), "connect");
	modbus_set_response_timeout(modbus, 5, 0);

	read_block(modbus, SETTINGS, BLOCK, settings);
	read_block(modbus, LIVE, BLOCK, live);
	read_block(modbus, DEVICE, BLOCK, device);
	expect(number(settings + 0x6c / 2) >= 2 && number(settings + 0x6c / 2) <= 32, "cell count");
	expect(live[0] > 1000 && live[0] < 5000, "voltage of the first cell");
	expect(number(live + 0x90 / 2) > 2 * 1000, "voltage of the pack");
	expect(device[0] != 0, "model");

	uint16_t uvp[2] = { settings[2], (uint16_t)(settings[3] + 10) };
	expect(modbus_write_registers(modbus, CELL_UVP, 2, uvp) == 2, "write");
	expect(modbus_read_registers(modbus, CELL_UVP, 2, written) == 2, "read back");
	expect(memcmp(written, uvp, sizeof(uvp)) == 0, "value read back");
	expect(modbus_read_registers(modbus, LIVE + 1, 2, written) == -1 && errno == EMBXILADD,
		"odd register");

	modbus_close(modbus);
	modbus_free(modbus);
	simulator_stop(&board);
	return EXIT_SUCCESS;
}
