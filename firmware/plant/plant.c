/* SPDX-License-Identifier: MIT */
#include "plant/plant.h"

#include <math.h>

/* Cells change slowly; their step is coarser than the relays'. */
#define CELL_STEP_S    0.25
#define OPERATE_S      0.030
#define RELEASE_S      0.012
#define PRECHARGE_OHM  47.0
#define LOAD_FARAD     0.010
#define LOAD_BLEED_S   20.0
#define SHUNT_NOISE_A  0.004
#define CELL_NOISE_MV  0.45
#define PACK_NOISE_MV  2.0
#define PROBE_NOISE_DC 0.3
#define RATED_MAX_A    22.0
#define THERMAL_S      5400.0
#define HEAT_C_PER_W   0.06

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static double uniform(uint64_t *state)
{
	return (double)(next_random(state) >> 11) * 0x1p-53;
}

/* Near enough to a normal distribution for sensors: mean 0, deviation 1, never beyond 3.5. */
static double normal(uint64_t *state)
{
	double sum = 0;

	for (int i = 0; i < 4; i++)
		sum += uniform(state);
	return (sum - 2.0) * 1.7320508;
}

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

	cell->capacity_c = amp_hours * 3600 * (1 + 0.006 * normal(&plant->random));
	cell->charge_c = cell->capacity_c * (soc + 0.0015 * normal(&plant->random));
	/* 0.17 mOhm for 280 Ah, more for smaller cells. */
	cell->ohm = 0.048 / amp_hours * (1 + 0.08 * normal(&plant->random));
	cell->tau_s = 45;
	cell->wire_mohm = wire_mohm(index, plant->config.cells) + 1.5 * normal(&plant->random);
	cell->mv = chemistry_ocv_mv(plant->config.chemistry, cell->charge_c / cell->capacity_c);
}

void plant_init(struct plant *plant, const struct plant_config *config)
{
	double soc = config->soc >= 0 ? config->soc : profile_start_soc(config->profile);

	*plant = (struct plant){ .config = *config, .random = config->seed };
	plant->t_s = profile_start_s(config->profile);
	if (config->soc < 0)
		soc += 0.02 * normal(&plant->random);
	if (config->rated_a <= 0)
		plant->config.rated_a =
			fmin((double)config->capacity_mah / 1000.0 * 0.25, RATED_MAX_A);
	for (unsigned i = 0; i < config->cells; i++)
		cell_init(plant, i, soc);
	plant->core_c = 21;
}

static double pack_v(const struct plant *plant)
{
	double sum = 0;

	for (unsigned i = 0; i < plant->config.cells; i++)
		sum += plant->cell[i].mv;
	return sum / 1000;
}

/* A charger holds its voltage: the current falls as the pack comes near. */
static double charger_current(const struct plant *plant, double available_a, double volts)
{
	double limit_v = chemistry_charger_mv(plant->config.chemistry) / 1000 * plant->config.cells;
	double width_v = 0.012 * plant->config.cells;

	if (!plant->contact[PLANT_CHARGE])
		return 0;
	if (plant->config.dumb_charger)
		return available_a;
	return available_a * fmax(0, fmin(1, (limit_v - volts) / width_v));
}

/* The load's capacitors: charged through the resistor, at once through the relay, else bleeding. */
static double load_current(struct plant *plant, double wanted_a, double volts, double seconds)
{
	double into_a = 0;

	if (plant->contact[PLANT_DISCHARGE]) {
		plant->load_v = volts;
		return wanted_a;
	}
	if (plant->contact[PLANT_PRECHARGE] && !plant->load_shorted) {
		double gone = exp(-seconds / (PRECHARGE_OHM * LOAD_FARAD));

		into_a = (volts - plant->load_v) * (1 - gone) * LOAD_FARAD / seconds;
		plant->load_v = volts - (volts - plant->load_v) * gone;
		return into_a;
	}
	if (plant->contact[PLANT_PRECHARGE])
		into_a = volts / PRECHARGE_OHM;
	plant->load_v *= exp(-seconds / LOAD_BLEED_S);
	return into_a;
}

static void contacts_step(struct plant *plant, double seconds)
{
	for (int i = 0; i < PLANT_RELAYS; i++) {
		if (plant->contact_s[i] > 0)
			plant->contact_s[i] -= seconds;
		if (plant->contact_s[i] <= 0)
			plant->contact[i] = plant->coil[i] || plant->welded[i];
	}
}

static void cells_step(struct plant *plant)
{
	double seconds = plant->pending_s;
	double amps = plant->pending_c / seconds;
	double decay = exp(-seconds / plant->cell[0].tau_s);

	for (unsigned i = 0; i < plant->config.cells; i++) {
		struct plant_cell *cell = &plant->cell[i];
		double settled_v = amps * cell->ohm * 0.8;

		cell->charge_c += plant->pending_c;
		cell->polarisation_v = settled_v + (cell->polarisation_v - settled_v) * decay;
	}
	plant->pending_s = 0;
	plant->pending_c = 0;
}

static void cells_settle(struct plant *plant)
{
	for (unsigned i = 0; i < plant->config.cells; i++) {
		struct plant_cell *cell = &plant->cell[i];
		double soc = cell->charge_c / cell->capacity_c;

		cell->mv = chemistry_ocv_mv(plant->config.chemistry, soc) +
			   (plant->current_a * cell->ohm + cell->polarisation_v) * 1000;
	}
}

/* Ambient follows the day; the core follows ambient and its own losses. */
static void temperature_step(struct plant *plant, double seconds)
{
	double ambient_c = 19 - 4 * cos((plant->t_s / 3600 - 3) * 0.2617993878);
	double watts =
		plant->current_a * plant->current_a * plant->cell[0].ohm * plant->config.cells;
	double settled_c = ambient_c + watts * HEAT_C_PER_W;

	plant->core_c += (settled_c - plant->core_c) * seconds / THERMAL_S;
}

void plant_step(struct plant *plant, double seconds)
{
	struct profile_demand demand =
		profile_at(plant->config.profile, plant->t_s, plant->config.rated_a);
	double volts = pack_v(plant);

	contacts_step(plant, seconds);
	plant->current_a = charger_current(plant, demand.charger_a, volts) -
			   load_current(plant, demand.load_a, volts, seconds);
	plant->t_s += seconds;
	plant->counted_c += plant->current_a * seconds;
	plant->pending_c += plant->current_a * seconds;
	plant->pending_s += seconds;
	if (plant->pending_s < CELL_STEP_S - 1e-6)
		return;
	temperature_step(plant, plant->pending_s);
	cells_step(plant);
	cells_settle(plant);
}

void plant_drive(struct plant *plant, uint8_t relays)
{
	for (int i = 0; i < PLANT_RELAYS; i++) {
		bool coil = relays >> i & 1;

		if (coil == plant->coil[i])
			continue;
		plant->coil[i] = coil;
		plant->contact_s[i] = coil ? OPERATE_S : RELEASE_S;
	}
}

uint8_t plant_contacts(const struct plant *plant)
{
	uint8_t relays = 0;

	for (int i = 0; i < PLANT_RELAYS; i++)
		relays |= (uint8_t)(plant->contact[i] << i);
	return relays;
}

static int32_t whole(double value)
{
	return (int32_t)lround(value);
}

void plant_sense_cells(struct plant *plant, struct port_cells *ret)
{
	for (unsigned i = 0; i < PORT_CHANNELS; i++) {
		const struct plant_cell *cell = &plant->cell[i];
		bool fitted = i < plant->config.cells;

		ret->cell_mv[i] =
			fitted ? (uint16_t)whole(
					 fmax(0, cell->mv + CELL_NOISE_MV * normal(&plant->random)))
			       : 0;
		ret->wire_mohm[i] = fitted ? (uint16_t)whole(cell->wire_mohm) : 0;
	}
}

/* T1 and T2 sit on cells, T3 on the busbar side, nearer to the air. */
void plant_sense_probes(struct plant *plant, struct port_probes *ret)
{
	static const double offset_c[PORT_PROBES] = { 0, 0.4, -1.1 };

	for (int i = 0; i < PORT_PROBES; i++)
		ret->probe_dc[i] = (int16_t)whole((plant->core_c + offset_c[i]) * 10 +
						  PROBE_NOISE_DC * normal(&plant->random));
	ret->fitted = (1u << PORT_PROBES) - 1;
}

int32_t plant_sense_pack_mv(struct plant *plant)
{
	return whole(pack_v(plant) * 1000 + PACK_NOISE_MV * normal(&plant->random));
}

int32_t plant_sense_load_mv(struct plant *plant)
{
	return whole(fmax(0, plant->load_v * 1000 + PACK_NOISE_MV * normal(&plant->random)));
}

/* A relay board knows its true zero: with every relay open it shows none. */
int32_t plant_sense_current_ma(struct plant *plant)
{
	if (plant->current_a == 0)
		return 0;
	return whole((plant->current_a + SHUNT_NOISE_A * normal(&plant->random)) * 1000);
}

int64_t plant_counted_uams(const struct plant *plant)
{
	return (int64_t)(plant->counted_c * 1e9);
}

double plant_soc(const struct plant *plant)
{
	double soc = 0;

	for (unsigned i = 0; i < plant->config.cells; i++)
		soc += plant->cell[i].charge_c / plant->cell[i].capacity_c;
	return soc / plant->config.cells;
}

bool plant_has_charger(const struct plant *plant)
{
	struct profile_demand demand =
		profile_at(plant->config.profile, plant->t_s, plant->config.rated_a);

	return demand.charger_a > 0;
}
