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
	port_read_stage(port, &input.stage);
	input.rtc_s = port_rtc_s(port);
	input.relays = port_relay_feedback(port);
	input.din = port_digital_inputs(port);
	input.heater_ma = port_heater_ma(port);
	board_step(board, &input, &output);
	port_drive_relays(port, output.relays);
	port_drive_stage(port, &output.stage);
	port_heat(port, output.heat_permille);
	port_digital_outputs(port, output.outputs);
	port_short_level(port, output.short_ma);
	if (output.feed)
		port_watchdog_feed(port);
	board_keep(board, port, false);
	port_hold(port, output.hold);
}
