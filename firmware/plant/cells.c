/* SPDX-License-Identifier: MIT */
#include "plant/cells.h"

#include <math.h>

#include "plant/random.h"

/* Two polarisations a cell, as shares of its resistance. */
#define FAST_SHARE 0.35
#define FAST_S     9.0
#define SLOW_SHARE 0.45
#define SLOW_S     110.0
/* Share of the capacity that must pass until the hysteresis has turned: 63 % of it. */
#define HYSTERESIS_TURN 0.02
/* Resistance grows by this a degree below 25 C. */
#define COLD_PER_C 0.03
#define COLD_MAX   4.0
#define SOC_SPREAD 0.0015

/* Cables are longest to the ends of the pack, as on the captured relay board. */
static double wire_mohm(unsigned cell, unsigned cells)
{
	double middle = (cells - 1) / 2.0;
	double away = middle > 0 ? fabs(cell - middle) / middle : 0;

	return 45 + 22 * away;
}

static void cell_init(struct plant *plant, unsigned index, double soc)
{
	struct plant_cell *cell = &plant->cell[index];
	double amp_hours = (double)plant->config.capacity_mah / 1000.0;
	double spread = plant->config.soc_spread > 0 ? plant->config.soc_spread : SOC_SPREAD;

	cell->capacity_c = amp_hours * 3600 * (1 + 0.006 * random_normal(&plant->random));
	cell->charge_c = cell->capacity_c * (soc + spread * random_normal(&plant->random));
	/* 0.17 mOhm for 280 Ah, more for smaller cells. */
	cell->ohm = 0.048 / amp_hours * (1 + 0.08 * random_normal(&plant->random));
	cell->wire_mohm =
		wire_mohm(index, plant->config.cells) + 1.5 * random_normal(&plant->random);
}

void cells_init(struct plant *plant, double soc)
{
	for (unsigned i = 0; i < plant->config.cells; i++)
		cell_init(plant, i, soc);
	cells_settle(plant);
}

/* The hysteresis follows the charge that has passed, not the time. */
static double turned(const struct plant_cell *cell, double coulombs)
{
	double share = fabs(coulombs) / (cell->capacity_c * HYSTERESIS_TURN);
	double end = coulombs > 0 ? 1 : -1;

	return end + (cell->hysteresis - end) * (1 - fmin(share, 1));
}

void cells_step(struct plant *plant)
{
	double seconds = plant->pending_s;
	double fast = exp(-seconds / FAST_S), slow = exp(-seconds / SLOW_S);

	plant->cold = fmax(1, fmin(COLD_MAX, 1 + (25 - plant->core_c) * COLD_PER_C));
	for (unsigned i = 0; i < plant->config.cells; i++) {
		struct plant_cell *cell = &plant->cell[i];
		double coulombs = plant->pending_c + cell->balance_c;
		double volts = coulombs / seconds * cell->ohm * plant->cold;

		cell->charge_c += coulombs;
		cell->balance_c = 0;
		cell->fast_v = volts * FAST_SHARE + (cell->fast_v - volts * FAST_SHARE) * fast;
		cell->slow_v = volts * SLOW_SHARE + (cell->slow_v - volts * SLOW_SHARE) * slow;
		cell->hysteresis = turned(cell, coulombs);
	}
	plant->pending_s = 0;
	plant->pending_c = 0;
}

static double emf_mv(const struct plant *plant, const struct plant_cell *cell)
{
	enum bms_chemistry chemistry = plant->config.chemistry;

	return chemistry_ocv_mv(chemistry, cell->charge_c / cell->capacity_c) +
	       cell->hysteresis * chemistry_hysteresis_mv(chemistry) +
	       (cell->fast_v + cell->slow_v) * 1000;
}

void cells_settle(struct plant *plant)
{
	const int32_t *bench_mv = &plant->faults.value[PLANT_FAULT_SLOT_CELL_MV];

	plant->emf_v = 0;
	plant->ohm = 0;
	for (unsigned i = 0; i < plant->config.cells; i++) {
		struct plant_cell *cell = &plant->cell[i];
		bool bench = bench_mv[i] != PLANT_FAULT_OFF;
		double ohm = bench ? 0 : cell->ohm * plant->cold;
		double amps = plant->current_a;

		if (plant->balancer.connected == (int)i)
			amps += plant->balancer.current_a;
		cell->emf_mv = bench ? bench_mv[i] : emf_mv(plant, cell);
		cell->mv = cell->emf_mv + amps * ohm * 1000;
		plant->cell_v[i] = cell->mv / 1000;
		plant->emf_v += cell->emf_mv / 1000;
		plant->ohm += ohm;
	}
}
