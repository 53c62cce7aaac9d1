/* SPDX-License-Identifier: MIT */
#include "plant/plant.h"

#include <math.h>

#include "plant/cells.h"
#include "plant/random.h"

/* Cells change slowly; their step is coarser than the relays'. */
#define CELL_STEP_S      0.25
#define PRECHARGE_OHM    47.0
#define LOAD_BLEED_S     20.0
#define LOAD_ESR_OHM     0.02
#define CHARGER_WIDTH_V  0.012 /* a cell; within it the charger's current falls to nothing */
#define RATED_MAX_A      22.0
#define FUSE_A           1500.0
#define FUSE_A2S         1e6
#define THERMAL_S        5400.0
#define HEAT_C_PER_W     0.06
#define STAGE_FARAD      60.0
#define STAGE_EFFICIENCY 0.95

/* A wire belongs to two cells, but the first and the last. */
static double wire_mohm(const struct plant *plant, unsigned wire)
{
	int32_t mohm = plant->faults.value[PLANT_FAULT_SLOT_WIRE_MOHM + wire];
	unsigned cells = plant->config.cells;
	double below, above;

	if (mohm != PLANT_FAULT_OFF)
		return mohm;
	below = plant->cell[wire > 0 ? wire - 1 : 0].wire_mohm;
	above = plant->cell[wire < cells ? wire : cells - 1].wire_mohm;
	return (below + above) / 4;
}

static void wires_settle(struct plant *plant)
{
	for (unsigned wire = 0; wire <= plant->config.cells; wire++)
		plant->balancer.config.wire_ohm[wire] = wire_mohm(plant, wire) / 1000;
}

static void stage_init(struct plant *plant)
{
	struct balancer_config config = { .farad = STAGE_FARAD, .efficiency = STAGE_EFFICIENCY };

	balancer_init(&plant->balancer, &config);
	wires_settle(plant);
}

void plant_init(struct plant *plant, const struct plant_config *config)
{
	double soc = config->soc >= 0 ? config->soc : profile_start_soc(config->profile);

	*plant = (struct plant){ .config = *config, .random = config->seed, .cold = 1 };
	plant_faults_init(&plant->faults);
	plant->faults.value[PLANT_FAULT_SLOT_CHARGER_DUMB] = config->dumb_charger;
	plant->t_s = profile_start_s(config->profile);
	if (config->soc < 0)
		soc += 0.02 * random_normal(&plant->random);
	if (config->rated_a <= 0)
		plant->config.rated_a =
			fmin((double)config->capacity_mah / 1000.0 * 0.25, RATED_MAX_A);
	plant->core_c = 21;
	plant->balancer.connected = -1;
	cells_init(plant, soc);
	stage_init(plant);
}

void plant_settle(struct plant *plant)
{
	cells_settle(plant);
	wires_settle(plant);
}

bool plant_fault_set(struct plant *plant, enum plant_fault fault, unsigned element, int32_t value)
{
	const struct plant_fault_row *row = &plant_fault_rows[fault];

	if (element >= row->count)
		return false;
	if (value != row->normal && (value < row->min || value > row->max))
		return false;
	plant->faults.value[row->slot + element] = value;
	plant->balancer.dead = plant->faults.value[PLANT_FAULT_SLOT_STAGE_DEAD];
	plant_settle(plant);
	return true;
}

void plant_fault_apply(struct plant *plant, const struct fault_event *event)
{
	plant_fault_set(plant, event->fault, event->element, event->value);
}

double plant_pack_v(const struct plant *plant)
{
	return plant->emf_v + plant->current_a * plant->ohm;
}

static bool is_closed(const struct plant *plant, enum plant_relay relay)
{
	return plant->relay[relay].contact;
}

static bool is_on(const struct plant *plant, size_t slot)
{
	return plant->faults.value[slot] == 1;
}

/* A fault that takes the place of the model's own figure. */
static double instead(const struct plant *plant, size_t slot, double model, double unit)
{
	int32_t value = plant->faults.value[slot];

	return value == PLANT_FAULT_OFF ? model : value * unit;
}

static double charger_limit_v(const struct plant *plant)
{
	return chemistry_charger_mv(plant->config.chemistry) / 1000 * plant->config.cells;
}

/* A charger holds its voltage: the current falls as the pack comes near. */
static double charger_current(const struct plant *plant)
{
	double available_a = plant->demand.charger_a;
	double limit_v = charger_limit_v(plant);
	double width_v = CHARGER_WIDTH_V * plant->config.cells + available_a * plant->ohm;

	if (!is_closed(plant, plant->config.common_port ? PLANT_DISCHARGE : PLANT_CHARGE))
		return 0;
	if (is_on(plant, PLANT_FAULT_SLOT_CHARGER_DUMB))
		return available_a;
	return available_a * fmax(0, fmin(1, (limit_v - plant->emf_v) / width_v));
}

static double short_current(const struct plant *plant, double extra_ohm)
{
	int32_t mohm = plant_fault(plant, PLANT_FAULT_SLOT_LOAD_SHORT_MOHM);

	return mohm == PLANT_FAULT_OFF
		       ? 0
		       : plant->emf_v / (plant->ohm + extra_ohm + mohm / 1000.0 + 1e-4);
}

/* On a common port the charger is at the load's side of the relay and holds it up. */
static bool is_held_up(const struct plant *plant)
{
	return plant->config.common_port && plant->demand.charger_a > 0;
}

/* Through the resistor the capacitors come up, unless something keeps them down. */
static double precharge_current(struct plant *plant, double seconds)
{
	double farad = plant_fault(plant, PLANT_FAULT_SLOT_LOAD_UF) * 1e-6;
	double gone, amps;

	if (plant_fault(plant, PLANT_FAULT_SLOT_LOAD_SHORT_MOHM) != PLANT_FAULT_OFF) {
		plant->load_v = 0;
		return short_current(plant, PRECHARGE_OHM);
	}
	gone = farad > 0 ? exp(-seconds / (PRECHARGE_OHM * farad)) : 0;
	amps = (plant->emf_v - plant->load_v) * (1 - gone) * farad / seconds;
	plant->load_v = plant->emf_v - (plant->emf_v - plant->load_v) * gone;
	return amps;
}

static void note_inrush(struct plant *plant)
{
	struct plant_relay_state *relay = &plant->relay[PLANT_DISCHARGE];
	double amps = fabs(plant->emf_v - plant->load_v) / (LOAD_ESR_OHM + plant->ohm);

	if (plant_fault(plant, PLANT_FAULT_SLOT_LOAD_UF) > 0)
		relay->inrush_a = fmax(relay->inrush_a, amps);
}

/* The load's capacitors: at once through the relay, else through the resistor, else bleeding. */
static double load_current(struct plant *plant, double seconds)
{
	double amps = 0;

	if (is_closed(plant, PLANT_DISCHARGE)) {
		amps = plant->demand.load_a + short_current(plant, 0);
		if (plant->relay[PLANT_DISCHARGE].amps == 0)
			note_inrush(plant);
		plant->load_v = plant->emf_v - amps * plant->ohm;
		return amps;
	}
	if (is_held_up(plant)) {
		plant->load_v = charger_limit_v(plant);
		amps = (plant->emf_v - plant->load_v) / PRECHARGE_OHM;
		return is_closed(plant, PLANT_PRECHARGE) ? amps : 0;
	}
	if (is_closed(plant, PLANT_PRECHARGE))
		amps = precharge_current(plant, seconds);
	else
		plant->load_v *= exp(-seconds / LOAD_BLEED_S);
	plant->load_v = instead(plant, PLANT_FAULT_SLOT_LOAD_MV, plant->load_v, 1e-3);
	return amps;
}

static bool contact_next(struct plant *plant, int i, double seconds)
{
	struct plant_relay_state *relay = &plant->relay[i];

	if (relay->travel_s > 0)
		relay->travel_s -= seconds;
	else if (relay->bounce_s > 0)
		relay->bounce_s -= seconds;
	if (is_on(plant, PLANT_FAULT_SLOT_RELAY_WELDED + (size_t)i))
		return true;
	if (is_on(plant, PLANT_FAULT_SLOT_RELAY_STUCK + (size_t)i))
		return false;
	if (relay->travel_s > 0)
		return relay->contact;
	if (relay->coil && relay->contact && relay->bounce_s > 0)
		return false;
	return relay->coil;
}

static void contacts_step(struct plant *plant, double seconds)
{
	for (int i = 0; i < PLANT_RELAYS; i++) {
		struct plant_relay_state *relay = &plant->relay[i];
		bool next = contact_next(plant, i, seconds);

		if (relay->contact && !next)
			relay->broken_a = fmax(relay->broken_a, fabs(relay->amps));
		relay->contact = next;
	}
}

/* A day's demand, unless faults say what the charger gives and the load takes. */
static void demand_step(struct plant *plant)
{
	plant->demand = profile_at(plant->config.profile, plant->t_s, plant->config.rated_a);
	plant->demand.charger_a =
		instead(plant, PLANT_FAULT_SLOT_CHARGER_MA, plant->demand.charger_a, 1e-3);
	plant->demand.load_a = instead(plant, PLANT_FAULT_SLOT_LOAD_MA, plant->demand.load_a, 1e-3);
}

static void fuse_step(struct plant *plant, double seconds)
{
	double amps = fabs(plant->current_a);

	plant->fuse_a2s = amps > FUSE_A ? plant->fuse_a2s + amps * amps * seconds : 0;
	if (plant->fuse_a2s > FUSE_A2S && !is_on(plant, PLANT_FAULT_SLOT_FUSE_HOLDS))
		plant->fuse_blown = true;
}

static void circuit_step(struct plant *plant, double seconds)
{
	double charge_a = charger_current(plant), load_a = load_current(plant, seconds);
	bool main = is_closed(plant, PLANT_DISCHARGE);

	if (plant->fuse_blown)
		charge_a = load_a = plant->load_v = 0;
	plant->relay[PLANT_CHARGE].amps = charge_a;
	plant->relay[PLANT_DISCHARGE].amps = main ? load_a : 0;
	plant->relay[PLANT_PRECHARGE].amps = main ? 0 : load_a;
	plant->current_a = charge_a - load_a;
	plant->peak_a = fmax(plant->peak_a, fabs(plant->current_a));
	plant->short_s = plant->short_a > 0 && fabs(plant->current_a) > plant->short_a
				 ? plant->short_s + seconds
				 : 0;
	fuse_step(plant, seconds);
}

static void count_step(struct plant *plant, double seconds)
{
	double gain = 1 + plant_fault(plant, PLANT_FAULT_SLOT_SHUNT_GAIN_PPM) * 1e-6;
	double offset_a = plant_fault(plant, PLANT_FAULT_SLOT_SHUNT_OFFSET_MA) * 1e-3;

	plant->t_s += seconds;
	plant->counted_c += plant->current_a * seconds;
	plant->told_c += (plant->current_a * gain + offset_a) * seconds;
	/* The heater hangs on the battery's own side of the shunt. */
	plant->pending_c += (plant->current_a - plant->heater_a) * seconds;
	plant->pending_s += seconds;
}

static void stage_step(struct plant *plant, double seconds)
{
	int cell = plant->balancer.connected;
	double moved_c = balancer_step(&plant->balancer, plant->cell_v, seconds);

	if (cell >= 0)
		plant->cell[cell].balance_c += moved_c;
}

static void heater_step(struct plant *plant)
{
	int32_t full_ma = plant_fault(plant, PLANT_FAULT_SLOT_HEATER_MA);

	plant->heater_a = plant->fuse_blown ? 0 : plant->heat_permille * 1e-6 * full_ma;
}

/* Ambient follows the day; the core follows ambient, its own losses and the heater. */
static void temperature_step(struct plant *plant)
{
	double day_c = 19 - 4 * cos((plant->t_s / 3600 - 3) * 0.2617993878);
	double ambient_c = instead(plant, PLANT_FAULT_SLOT_AMBIENT_DC, day_c, 0.1);
	double watts =
		plant->current_a * plant->current_a * plant->ohm + plant->heater_a * plant->emf_v;
	double settled_c = ambient_c + watts * HEAT_C_PER_W;

	plant->core_c += (settled_c - plant->core_c) * plant->pending_s / THERMAL_S;
}

void plant_step(struct plant *plant, double seconds)
{
	demand_step(plant);
	contacts_step(plant, seconds);
	circuit_step(plant, seconds);
	heater_step(plant);
	stage_step(plant, seconds);
	count_step(plant, seconds);
	if (plant->pending_s < CELL_STEP_S - 1e-6)
		return;
	temperature_step(plant);
	cells_step(plant);
	cells_settle(plant);
}

void plant_drive(struct plant *plant, uint8_t relays)
{
	for (size_t i = 0; i < PLANT_RELAYS; i++) {
		struct plant_relay_state *relay = &plant->relay[i];
		bool coil = relays >> i & 1;
		size_t travel = coil ? PLANT_FAULT_SLOT_RELAY_OPERATE_MS
				     : PLANT_FAULT_SLOT_RELAY_RELEASE_MS;

		if (coil == relay->coil)
			continue;
		relay->coil = coil;
		relay->travel_s = plant_fault(plant, travel + i) * 1e-3;
		relay->bounce_s =
			coil ? plant_fault(plant, PLANT_FAULT_SLOT_RELAY_BOUNCE_MS + i) * 1e-3 : 0;
	}
}

void plant_heat(struct plant *plant, uint16_t permille)
{
	plant->heat_permille = permille;
}

void plant_short_level(struct plant *plant, int32_t level_ma)
{
	plant->short_a = level_ma / 1000.0;
}

void plant_drive_stage(struct plant *plant, const struct port_stage_order *order)
{
	balancer_order(&plant->balancer, order);
}

uint8_t plant_contacts(const struct plant *plant)
{
	uint8_t relays = 0;

	for (int i = 0; i < PLANT_RELAYS; i++)
		relays |= (uint8_t)(plant->relay[i].contact << i);
	return relays;
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

	return instead(plant, PLANT_FAULT_SLOT_CHARGER_MA, demand.charger_a, 1e-3) > 0;
}

uint8_t plant_digital_inputs(const struct plant *plant)
{
	int32_t plugged = plant_fault(plant, PLANT_FAULT_SLOT_CHARGER_PLUGGED);
	uint8_t din = is_on(plant, PLANT_FAULT_SLOT_ACC_ON) ? PORT_DIN_ACC : 0;

	if (plugged == PLANT_FAULT_OFF ? plant_has_charger(plant) : plugged)
		din |= PORT_DIN_CHARGER;
	if (is_on(plant, PLANT_FAULT_SLOT_BUTTON))
		din |= PORT_DIN_BUTTON;
	if (is_on(plant, PLANT_FAULT_SLOT_LINK))
		din |= PORT_DIN_LINK;
	return din;
}
