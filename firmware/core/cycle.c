/* SPDX-License-Identifier: MIT */
#include "core/cycle.h"

void cycle_run(struct board *board, struct port *port)
{
	struct board_input input;
	struct board_output output;

	input.now_us = port_now_us(port);
	port_read_cells(port, &input.cells);
	port_read_shunt(port, &input.shunt);
	port_read_probes(port, &input.probes);
	port_read_rails(port, &input.rails);
	input.rtc_s = port_rtc_s(port);
	input.relays = port_relay_feedback(port);
	input.din = port_digital_inputs(port);
	board_step(board, &input, &output);
	port_drive_relays(port, output.relays);
	board_keep(board, port, false);
}
