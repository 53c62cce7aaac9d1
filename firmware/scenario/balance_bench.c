/* SPDX-License-Identifier: MIT */
/*
 * The balancer's core against cells and the power stage, without the rest of the board: days of
 * balancing in seconds. The cells' curve is not the one the firmware knows: its slope is off by up
 * to 8 %.
 *
 * The bound: every coulomb enters or leaves exactly one cell at no more than the stage's current
 * while that cell is connected, so no schedule takes less than the sum of what each cell must give
 * or get to come into the band of the permitted spread, divided by the current. The band's place
 * follows from the efficiency that the run has shown.
 */
#include "scenario/balance_bench.h"

#include <math.h>
#include <string.h>

#include "core/balance.h"
#include "plant/balancer.h"
#include "plant/chemistry.h"
#include "plant/random.h"

#define STEP_S     0.01
#define SCAN_STEPS 25
#define STEP_US    UINT64_C(10000)
#define BAND_MV    5.0 /* half of the trigger */
#define TRIGGER_MV 10
#define RELAX_S    1800
#define LIMIT_H    400.0
#define CHANNELS   PORT_CHANNELS
#define WARP       0.004 /* of the curve, in state of charge */
#define FAST_SHARE 0.35  /* polarisations, as shares of the resistance */
#define FAST_S     9.0
#define SLOW_SHARE 0.45
#define SLOW_S     110.0
#define RATIO_GOAL 1.15
#define MOVED_GOAL 1.05
#define PONG_GOAL  0.02

struct bench_case {
	const char *name;
	enum bms_chemistry chemistry;
	unsigned cells;
	double amp_hours;
	double soc,
		spread; /* of the cells' charge; a negative spread: one cell is that much lower */
	double noise_mv, offset_mv;
	double plateau_soc; /* what the pack is taken to once the cells are known; 0: it stays */
	int64_t trigger_mv;
	bool plateau; /* nothing may be learned here, so nothing may be done */
};

struct bench_cell {
	double capacity_c, charge_c, ohm, fast_v, slow_v, offset_mv, sum_c;
};

struct pack {
	const struct bench_case *what;
	struct bench_cell cell[CHANNELS];
	double volts[CHANNELS];
	double pack_a;
	struct balancer balancer;
	struct balance balance;
	struct wire wire;
	struct measure measure;
	struct board_input input;
	struct bms_settings settings;
	uint64_t random;
	uint64_t steps;
};

struct result {
	double hours, bound_h, moved, needed, pong, spread_mv, soc_before, soc_after;
	unsigned violations;
	bool done;
};

static double ocv_mv(const struct pack *pack, double soc)
{
	double warped = soc + WARP * sin(soc * 6.283185307 * 3);

	return chemistry_ocv_mv(pack->what->chemistry, warped);
}

static double rest_mv(const struct pack *pack, unsigned index)
{
	const struct bench_cell *cell = &pack->cell[index];

	return ocv_mv(pack, cell->charge_c / cell->capacity_c);
}

static double start_soc(struct pack *pack, unsigned index)
{
	const struct bench_case *what = pack->what;

	if (what->spread < 0)
		return what->soc + (index == what->cells / 3 ? what->spread : 0);
	return fmin(0.999, what->soc + what->spread * random_normal(&pack->random));
}

static void cell_init(struct pack *pack, unsigned index)
{
	struct bench_cell *cell = &pack->cell[index];
	double amp_hours = pack->what->amp_hours;

	cell->capacity_c = amp_hours * 3600 * (1 + 0.003 * random_normal(&pack->random));
	cell->ohm = 0.048 / amp_hours * (1 + 0.08 * random_normal(&pack->random));
	cell->charge_c = cell->capacity_c * start_soc(pack, index);
	cell->offset_mv = pack->what->offset_mv * (2 * random_uniform(&pack->random) - 1);
}

static void settings_init(struct pack *pack)
{
	const struct bench_case *what = pack->what;

	bms_settings_preset(&pack->settings, what->chemistry);
	bms_settings_set(&pack->settings, BMS_SETTING_SLOT_CELL_COUNT, what->cells);
	bms_settings_set(&pack->settings, BMS_SETTING_SLOT_NOMINAL_CAPACITY,
		(int64_t)(what->amp_hours * 1000));
	bms_settings_set(&pack->settings, BMS_SETTING_SLOT_BALANCE_TRIGGER, what->trigger_mv);
}

static void pack_init(struct pack *pack, const struct bench_case *what, uint64_t seed)
{
	struct balancer_config stage = { .farad = 60, .efficiency = 0.97 };

	memset(pack, 0, sizeof(*pack));
	pack->what = what;
	pack->random = seed;
	for (unsigned i = 0; i <= what->cells; i++)
		stage.wire_ohm[i] = 0.026 + 0.004 * random_uniform(&pack->random);
	for (unsigned i = 0; i < what->cells; i++)
		cell_init(pack, i);
	settings_init(pack);
	balancer_init(&pack->balancer, &stage);
	balance_init(&pack->balance);
	wire_init(&pack->wire);
}

/* Polarisation follows the charge since the last scan. */
static void cells_step(struct pack *pack, double seconds)
{
	double fast = exp(-seconds / FAST_S), slow = exp(-seconds / SLOW_S);

	for (unsigned i = 0; i < pack->what->cells; i++) {
		struct bench_cell *cell = &pack->cell[i];
		double drop_v = cell->sum_c / seconds * cell->ohm;

		cell->fast_v = drop_v * FAST_SHARE + (cell->fast_v - drop_v * FAST_SHARE) * fast;
		cell->slow_v = drop_v * SLOW_SHARE + (cell->slow_v - drop_v * SLOW_SHARE) * slow;
		cell->sum_c = 0;
		pack->volts[i] = rest_mv(pack, i) / 1000 + cell->fast_v + cell->slow_v +
				 pack->pack_a * cell->ohm;
	}
}

static double seen_mv(struct pack *pack, unsigned index)
{
	const struct bench_cell *cell = &pack->cell[index];
	double volts = pack->volts[index] + balancer_error_v(&pack->balancer, index);

	if (pack->balancer.connected == (int)index)
		volts += pack->balancer.current_a * cell->ohm;
	return volts * 1000 + cell->offset_mv + pack->what->noise_mv * random_normal(&pack->random);
}

static void scan(struct pack *pack)
{
	struct board_input *input = &pack->input;

	for (unsigned i = 0; i < pack->what->cells; i++)
		input->cells.cell_mv[i] = (uint16_t)lround(seen_mv(pack, i));
	input->cells.stamp.seq++;
	input->cells.stamp.t_us = input->now_us;
	input->cells.stamp.valid = true;
}

/* What measure.c would make of the scan. */
static void measure(struct pack *pack, bool fresh)
{
	struct measure *measure = &pack->measure;
	const uint16_t *mv = pack->input.cells.cell_mv;
	int32_t high = mv[0], low = mv[0];

	measure->source[MEASURE_CELLS].fresh = fresh;
	measure->shunt.current_ma = (int32_t)lround(pack->pack_a * 1000);
	if (!fresh)
		return;
	for (unsigned i = 1; i < pack->what->cells; i++) {
		high = mv[i] > high ? mv[i] : high;
		low = mv[i] < low ? mv[i] : low;
	}
	measure->source[MEASURE_CELLS].t_us = pack->input.cells.stamp.t_us;
	measure->cells = pack->input.cells;
	measure->value[MEASURE_CELL_MAX_MV] = high;
	measure->value[MEASURE_CELL_MIN_MV] = low;
}

static void firmware_step(struct pack *pack, bool fresh)
{
	struct balance_input input = {
		.now_us = pack->input.now_us,
		.settings = &pack->settings,
		.measure = &pack->measure,
		.stage = &pack->input.stage,
		.chemistry = (uint8_t)pack->what->chemistry,
		.allowed = true,
	};

	wire_step(&pack->wire, &pack->input, &pack->balance.order, &pack->settings);
	measure(pack, fresh);
	balance_step(&pack->balance, &pack->wire, &input);
	balancer_order(&pack->balancer, &pack->balance.order);
}

static void pack_step(struct pack *pack)
{
	double moved_c = balancer_step(&pack->balancer, pack->volts, STEP_S);
	bool fresh = pack->steps % SCAN_STEPS == 0;

	if (moved_c != 0) {
		pack->cell[pack->balancer.connected].charge_c += moved_c;
		pack->cell[pack->balancer.connected].sum_c += moved_c;
	}
	if (pack->pack_a != 0)
		for (unsigned i = 0; i < pack->what->cells; i++) {
			pack->cell[i].charge_c += pack->pack_a * STEP_S;
			pack->cell[i].sum_c += pack->pack_a * STEP_S;
		}
	pack->input.now_us += STEP_US;
	if (fresh) {
		cells_step(pack, SCAN_STEPS * STEP_S);
		scan(pack);
	}
	balancer_sense(&pack->balancer, 25, &pack->input.stage);
	pack->input.stage.stamp.valid = true;
	firmware_step(pack, fresh);
	pack->steps++;
}

/* --- the bound --- */

static double curve_soc(const struct pack *pack, double mv)
{
	double low = 0, high = 1.05;

	for (int i = 0; i < 50; i++) {
		double middle = (low + high) / 2;

		if (ocv_mv(pack, middle) < mv)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Coulombs all cells must get, and give, to lie within the band above a level. */
static void must_move(
	const struct pack *pack, double level_mv, double band_mv, double *get_c, double *give_c)
{
	double low = curve_soc(pack, level_mv), high = curve_soc(pack, level_mv + band_mv);

	*get_c = *give_c = 0;
	for (unsigned i = 0; i < pack->what->cells; i++) {
		double soc = pack->cell[i].charge_c / pack->cell[i].capacity_c;

		*get_c += fmax(0, low - soc) * pack->cell[i].capacity_c;
		*give_c += fmax(0, soc - high) * pack->cell[i].capacity_c;
	}
}

static double least_charge_c(const struct pack *pack, double band_mv, double efficiency)
{
	double low = 1000, high = 4500, get_c = 0, give_c = 0;

	for (int i = 0; i < 50; i++) {
		double middle = (low + high) / 2;

		must_move(pack, middle, band_mv, &get_c, &give_c);
		if (get_c < efficiency * give_c)
			low = middle;
		else
			high = middle;
	}
	return get_c + give_c;
}

/* --- a run --- */

static double spread_mv(const struct pack *pack)
{
	double high = rest_mv(pack, 0), low = high;

	for (unsigned i = 1; i < pack->what->cells; i++) {
		high = fmax(high, rest_mv(pack, i));
		low = fmin(low, rest_mv(pack, i));
	}
	return high - low;
}

static double soc_spread(const struct pack *pack)
{
	double high = 0, low = 1;

	for (unsigned i = 0; i < pack->what->cells; i++) {
		high = fmax(high, pack->cell[i].charge_c / pack->cell[i].capacity_c);
		low = fmin(low, pack->cell[i].charge_c / pack->cell[i].capacity_c);
	}
	return high - low;
}

static double time_h(const struct pack *pack)
{
	return (double)pack->steps * STEP_S / 3600;
}

static void run_h(struct pack *pack, double hours)
{
	uint64_t end = pack->steps + (uint64_t)(hours * 3600 / STEP_S);

	while (pack->steps < end)
		pack_step(pack);
}

/* Until the balancer says that it has finished. */
static bool run_until_done(struct pack *pack)
{
	while (time_h(pack) < LIMIT_H) {
		pack_step(pack);
		if (pack->balance.learned_us && !pack->balance.continuing)
			return true;
	}
	return false;
}

static double sum(const double *value)
{
	double total = 0;

	for (unsigned i = 0; i < CHANNELS; i++)
		total += value[i];
	return total;
}

static void tell_moved(const struct pack *pack, struct result *result)
{
	const struct balancer *balancer = &pack->balancer;

	result->moved = sum(balancer->taken_c) + sum(balancer->given_c);
	result->pong = 0;
	for (unsigned i = 0; i < CHANNELS; i++)
		result->pong += fmin(balancer->taken_c[i], balancer->given_c[i]);
	if (result->moved > 0)
		result->pong /= result->moved;
}

/* Discharged to the plateau as soon as the first plan is made, so that it is paid there. */
static void take_to_plateau(struct pack *pack)
{
	double hours = 0.5;

	while (!pack->balance.learned_us && time_h(pack) < LIMIT_H)
		pack_step(pack);
	pack->pack_a = -(pack->what->soc - pack->what->plateau_soc) * pack->what->amp_hours / hours;
	run_h(pack, hours);
	pack->pack_a = 0;
	while (pack->balance.state != BALANCE_IDLE && time_h(pack) < LIMIT_H)
		pack_step(pack);
}

static struct result run_case(const struct bench_case *what, uint64_t seed)
{
	static struct pack pack, before;
	struct result result = { 0 };
	double current_a, needed_c;

	pack_init(&pack, what, seed);
	cells_step(&pack, 1);
	before = pack;
	result.soc_before = soc_spread(&pack);
	if (what->plateau_soc > 0)
		take_to_plateau(&pack);
	if (what->plateau)
		run_h(&pack, 24);
	else
		result.done = what->plateau_soc > 0 || run_until_done(&pack);
	result.hours = time_h(&pack);
	tell_moved(&pack, &result);
	run_h(&pack, RELAX_S / 3600.0);
	current_a = fmin(2, what->amp_hours / 10);
	needed_c = least_charge_c(&before, (double)what->trigger_mv / 2,
		sum(pack.balancer.given_c) / fmax(1, sum(pack.balancer.taken_c)));
	result.bound_h = needed_c / current_a / 3600;
	result.needed = needed_c;
	result.spread_mv = spread_mv(&pack);
	result.soc_after = soc_spread(&pack);
	result.violations = pack.balancer.violations;
	return result;
}

static const struct bench_case cases[] = {
	{ "NMC 16S 100 Ah, one cell 10 % low", BMS_CHEMISTRY_NMC, 16, 100, 0.6, -0.10, 0.45, 0, 0,
		TRIGGER_MV, false },
	{ "NMC 16S 100 Ah, 3 %", BMS_CHEMISTRY_NMC, 16, 100, 0.6, 0.03, 0.45, 0, 0, TRIGGER_MV,
		false },
	{ "NMC 16S 100 Ah, 3 %, noise 2 mV", BMS_CHEMISTRY_NMC, 16, 100, 0.6, 0.03, 2, 0, 0,
		TRIGGER_MV, false },
	{ "NMC 16S 10 Ah, 3 %", BMS_CHEMISTRY_NMC, 16, 10, 0.6, 0.03, 0.45, 0, 0, TRIGGER_MV,
		false },
	{ "NMC 25S 280 Ah, 2 %", BMS_CHEMISTRY_NMC, 25, 280, 0.5, 0.02, 0.45, 0, 0, TRIGGER_MV,
		false },
	{ "LFP 16S 280 Ah, 1 % at the knee", BMS_CHEMISTRY_LFP, 16, 280, 0.985, 0.01, 0.45, 0, 0,
		TRIGGER_MV, false },
	{ "LFP 16S 280 Ah, learned at the knee, paid at 75 %", BMS_CHEMISTRY_LFP, 16, 280, 0.975,
		0.006, 0.45, 0, 0.75, TRIGGER_MV, false },
	{ "LFP 16S 280 Ah, 3 % at 75 %, offsets 3 mV", BMS_CHEMISTRY_LFP, 16, 280, 0.75, 0.03, 0.45,
		3, 0, 3, true },
};

static bool meets_goals(const struct bench_case *what, const struct result *result)
{
	if (what->plateau)
		return result->moved < 100 && result->violations == 0;
	if (what->plateau_soc > 0)
		return result->soc_after < result->soc_before / 2 && result->violations == 0;
	return result->done && result->hours <= result->bound_h * RATIO_GOAL &&
	       result->moved <= result->needed * MOVED_GOAL && result->pong <= PONG_GOAL &&
	       result->spread_mv <= BAND_MV && result->violations == 0;
}

static void print_row(FILE *out, const struct bench_case *what, const struct result *result)
{
	bool ratio = !what->plateau && what->plateau_soc <= 0;

	fprintf(out, "%-52s %7.2f ", what->name, result->hours);
	if (ratio)
		fprintf(out, "%7.2f %6.3f %6.3f ", result->bound_h, result->hours / result->bound_h,
			result->moved / result->needed);
	else
		fprintf(out, "%7s %6s %6s ", "-", "-", "-");
	fprintf(out, "%6.2f %6.2f %6.2f %6.2f  %s\n", result->pong * 100, result->spread_mv,
		result->soc_before * 100, result->soc_after * 100,
		meets_goals(what, result) ? "yes" : "NO");
}

int balance_bench(FILE *out, uint64_t seed)
{
	double worst = 0;
	int missed = 0;

	fprintf(out, "%-52s %7s %7s %6s %6s %6s %6s %6s %6s  %s\n", "case", "time h", "bound h",
		"ratio", "moved", "pong %", "mV", "soc %", "soc %", "goals");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct result result = run_case(&cases[i], seed + i);

		print_row(out, &cases[i], &result);
		fflush(out);
		missed |= !meets_goals(&cases[i], &result);
		if (!cases[i].plateau && cases[i].plateau_soc <= 0)
			worst = fmax(worst, result.hours / result.bound_h);
	}
	fprintf(out, "worst ratio %.2f\n", worst);
	return missed;
}
