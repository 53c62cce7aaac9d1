/* SPDX-License-Identifier: MIT */
#include "bench.h"

void bench_set(struct bench *bench, enum bms_setting_slot slot, int64_t value)
{
	bms_settings_set(&bench->board.params.settings, slot, value);
}

void bench_set_cells(struct bench *bench, uint16_t mv)
{
	for (size_t i = 0; i < BENCH_CELLS; i++)
		bench->input.cells.cell_mv[i] = mv;
	bench->input.rails.pack_mv = mv * BENCH_CELLS;
}

void bench_set_probes(struct bench *bench, int16_t dc)
{
	for (size_t i = 0; i < PORT_PROBES; i++)
		bench->input.probes.probe_dc[i] = dc;
}

void bench_init(struct bench *bench)
{
	*bench = (struct bench){ 0 };
	board_init(&bench->board, BMS_CHEMISTRY_LFP, 0);
	bench_set(bench, BMS_SETTING_SLOT_CELL_COUNT, BENCH_CELLS);
	bench_set(bench, BMS_SETTING_SLOT_PRECHARGE_TIME, 1);
	bench_set_cells(bench, 3300);
	bench_set_probes(bench, 250);
	bench->input.probes.fitted = 7;
	for (size_t i = 0; i < BENCH_CELLS; i++)
		bench->input.cells.wire_mohm[i] = 55;
	soc_set_permille(&bench->board.soc, 500);
}

static void stamp(struct port_stamp *stamp, uint64_t t_us, bool valid)
{
	stamp->t_us = t_us;
	stamp->seq++;
	stamp->valid = valid;
}

static void sample(struct bench *bench)
{
	struct board_input *input = &bench->input;
	uint64_t t_us = input->now_us;

	if (!bench->shunt_frozen) {
		input->shunt.charge_uams += (int64_t)input->shunt.current_ma * 1000 * BENCH_STEP_MS;
		stamp(&input->shunt.stamp, t_us, true);
	}
	if (t_us % (BENCH_SCAN_MS * 1000))
		return;
	if (!bench->cells_frozen)
		stamp(&input->cells.stamp, t_us, !bench->cells_invalid);
	if (!bench->probes_frozen)
		stamp(&input->probes.stamp, t_us, true);
	if (!bench->rails_frozen)
		stamp(&input->rails.stamp, t_us, true);
}

static void follow(struct bench *bench)
{
	struct board_input *input = &bench->input;
	uint8_t closed =
		(uint8_t)((bench->output.relays | bench->stuck_closed) & ~bench->stuck_open);

	input->relays = closed;
	if (closed & PORT_RELAY_DISCHARGE)
		input->rails.load_mv = input->rails.pack_mv;
	else if (closed & PORT_RELAY_PRECHARGE && !bench->load_shorted)
		input->rails.load_mv += (input->rails.pack_mv - input->rails.load_mv) / 20;
	else
		input->rails.load_mv = 0;
}

void bench_run(struct bench *bench, unsigned ms)
{
	for (unsigned passed = 0; passed < ms; passed += BENCH_STEP_MS) {
		bench->input.now_us += BENCH_STEP_MS * 1000;
		follow(bench);
		sample(bench);
		board_step(&bench->board, &bench->input, &bench->output);
	}
}

void bench_close(struct bench *bench)
{
	bench_run(bench, 5000);
}
