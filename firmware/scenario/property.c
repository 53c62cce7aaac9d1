/* SPDX-License-Identifier: MIT */
#include "scenario/property.h"

#include <inttypes.h>
#include <stdio.h>

#include "plant/random.h"
#include "scenario/rows.h"

enum {
	SCRIPT_US = 45000000,
	RECOVERY_US = 150000000,
	FORBIDDEN_US = 20000,
	/* Of a cell at rest, to each side of its limits, at any moment. */
	BEYOND_MV = 30,
	/* Under current a cell shows what its resistance adds, at once and by any amount: for no
	 * longer than the protection looks. Its delay, a scan before the first sample counts and one
	 * until the last does, late steps and a relay. */
	STEPS_US = 4 * 50000,
	BEYOND_US = 2000000 + 2 * SENSE_SCAN_US + STEPS_US,
	HARD_MV = 100,
	/* 200 ms, and one scan more than above: the one the balancer's current has spoilt. */
	HARD_US = 200000 + 3 * SENSE_SCAN_US + STEPS_US,
	FLOWING_A = 1,
	HEALED_PCT = 60, /* of the faults, later */
	STEP_MAX_US = 50000,
};

/* A script's share of what can go wrong. */
enum kind {
	KIND_USE, /* nothing is broken: loads, chargers, weather */
	KIND_SENSOR,
	KIND_RELAY,
	KIND_SHORT,
};

static const struct {
	enum plant_fault fault;
	enum kind kind;
	int32_t low, high;
} choices[] = {
	{ PLANT_FAULT_LOAD_MA, KIND_USE, 0, 60000 },
	{ PLANT_FAULT_LOAD_MA, KIND_USE, 0, 300000 },
	{ PLANT_FAULT_CHARGER_MA, KIND_USE, 0, 60000 },
	{ PLANT_FAULT_CHARGER_MA, KIND_USE, 0, 300000 },
	{ PLANT_FAULT_CHARGER_DUMB, KIND_USE, 1, 1 },
	{ PLANT_FAULT_LOAD_UF, KIND_USE, 0, 50000 },
	{ PLANT_FAULT_PROBE_DC, KIND_USE, -300, 900 },
	{ PLANT_FAULT_BOARD_DC, KIND_USE, -300, 1200 },
	{ PLANT_FAULT_NOISE_PCT, KIND_USE, 0, 400 },
	{ PLANT_FAULT_CHARGER_PLUGGED, KIND_USE, 0, 1 },
	{ PLANT_FAULT_ACC_ON, KIND_USE, 0, 1 },
	{ PLANT_FAULT_CELL_OFFSET_MV, KIND_SENSOR, -1000, 1000 },
	{ PLANT_FAULT_CELLS_FROZEN, KIND_SENSOR, 1, 1 },
	{ PLANT_FAULT_CELLS_INVALID, KIND_SENSOR, 1, 1 },
	{ PLANT_FAULT_WIRE_OPEN, KIND_SENSOR, 1, 1 },
	{ PLANT_FAULT_WIRE_MOHM, KIND_SENSOR, 0, 2000 },
	{ PLANT_FAULT_STAGE_DEAD, KIND_SENSOR, 1, 1 },
	{ PLANT_FAULT_SHUNT_FROZEN, KIND_SENSOR, 1, 1 },
	{ PLANT_FAULT_SHUNT_INVALID, KIND_SENSOR, 1, 1 },
	{ PLANT_FAULT_SHUNT_OFFSET_MA, KIND_SENSOR, -20000, 20000 },
	{ PLANT_FAULT_SHUNT_GAIN_PPM, KIND_SENSOR, -2000000, 100000 },
	{ PLANT_FAULT_SHUNT_FULL_MA, KIND_SENSOR, 1000, 100000 },
	{ PLANT_FAULT_PROBE_OPEN, KIND_SENSOR, 1, 1 },
	{ PLANT_FAULT_PROBE_SHORT, KIND_SENSOR, 1, 1 },
	{ PLANT_FAULT_PROBES_FROZEN, KIND_SENSOR, 1, 1 },
	{ PLANT_FAULT_RAILS_FROZEN, KIND_SENSOR, 1, 1 },
	{ PLANT_FAULT_PACK_MV, KIND_SENSOR, 0, 120000 },
	{ PLANT_FAULT_LOAD_MV, KIND_SENSOR, 0, 100000 },
	{ PLANT_FAULT_RELAY_WELDED, KIND_RELAY, 1, 1 },
	{ PLANT_FAULT_RELAY_STUCK, KIND_RELAY, 1, 1 },
	{ PLANT_FAULT_RELAY_BOUNCE_MS, KIND_RELAY, 0, 200 },
	{ PLANT_FAULT_RELAY_OPERATE_MS, KIND_RELAY, 1, 200 },
	{ PLANT_FAULT_LOAD_SHORT_MOHM, KIND_SHORT, 0, 200 },
};

enum {
	CHOICES = sizeof(choices) / sizeof(*choices)
};

/* What is remembered from step to step. */
struct vigil {
	uint64_t forbidden_us[PLANT_RELAYS];
	uint64_t breaking_us;
	uint64_t high_us;
	uint64_t hard_us;
	uint64_t low_us;
	uint32_t born_outside; /* cells that were beyond a limit when the board met them */
	bool healthy;          /* nothing but use in the script */
};

static struct rig rig;

static struct rig_config random_config(uint64_t *random)
{
	struct rig_config config = rig_usual(random_next(random));

	config.plant.chemistry =
		(enum bms_chemistry)random_between(random, 0, BMS_CHEMISTRY_COUNT - 1);
	config.plant.profile = (enum profile)random_between(random, 0, PROFILE_COUNT - 1);
	config.plant.cells = (unsigned)random_between(random, 8, 25);
	config.plant.capacity_mah = random_between(random, 20, 300) * 1000;
	config.plant.soc = 0.02 + 0.96 * random_uniform(random);
	config.plant.soc_spread = 0.03 * random_uniform(random);
	config.precharge_s = (uint32_t)random_between(random, 2, 8);
	/* Counters of 32 bits in ms and in us turn over in the middle of some lives. */
	if (random_between(random, 0, 3) == 0)
		config.start_us = UINT64_C(1000) * (UINT32_MAX - 20000);
	else if (random_between(random, 0, 3) == 0)
		config.start_us = UINT32_MAX - UINT64_C(20000000);
	return config;
}

static void add_event(struct property *property, struct fault_event event)
{
	unsigned at = property->events++;

	while (at > 0 && property->event[at - 1].at_us > event.at_us) {
		property->event[at] = property->event[at - 1];
		at--;
	}
	property->event[at] = event;
}

static void random_event(struct property *property, uint64_t *random, enum kind worst)
{
	size_t choice = (size_t)random_between(random, 0, CHOICES - 1);
	const struct plant_fault_row *row = &plant_fault_rows[choices[choice].fault];
	struct fault_event event = { .fault = choices[choice].fault };

	event.at_us = (uint64_t)random_between(random, 0, SCRIPT_US);
	event.element = (unsigned)random_between(random, 0, row->count - 1);
	event.value = random_between(random, choices[choice].low, choices[choice].high);
	if (choices[choice].kind > worst)
		return;
	add_event(property, event);
	if (random_between(random, 1, 100) > HEALED_PCT)
		return;
	event.at_us += (uint64_t)random_between(random, 1, 15000000);
	event.value = row->normal;
	add_event(property, event);
}

static void make(struct property *property, uint64_t seed)
{
	uint64_t random = seed * 2 + 1;
	enum kind worst = (enum kind)random_between(&random, KIND_USE, KIND_SHORT);
	int wanted;

	*property = (struct property){ .seed = seed, .row = protect_row_count };
	property->config = random_config(&random);
	property->jitter = random_between(&random, 0, 1);
	wanted = random_between(&random, 1, PROPERTY_EVENTS / 2);
	for (int i = 0; i < wanted; i++)
		random_event(property, &random, worst);
}

static bool is_healthy(const struct property *property)
{
	for (unsigned i = 0; i < property->events; i++)
		for (size_t choice = 0; choice < CHOICES; choice++)
			if (choices[choice].fault == property->event[i].fault &&
				choices[choice].kind != KIND_USE)
				return false;
	return true;
}

/* Times of a second or so, so that trips and releases fit into a short life. */
static void set_limits(struct property *property, uint64_t *random)
{
	rig_init(&rig, &property->config);
	rig_set(&rig, BMS_SETTING_SLOT_CHARGE_OCP, random_between(random, 20000, 100000));
	rig_set(&rig, BMS_SETTING_SLOT_DISCHARGE_OCP, random_between(random, 20000, 200000));
	rig_set(&rig, BMS_SETTING_SLOT_CHARGE_OCP_DELAY, random_between(random, 2, 8));
	rig_set(&rig, BMS_SETTING_SLOT_DISCHARGE_OCP_DELAY, random_between(random, 2, 8));
	rig_set(&rig, BMS_SETTING_SLOT_CHARGE_OCP_RELEASE, random_between(random, 2, 20));
	rig_set(&rig, BMS_SETTING_SLOT_DISCHARGE_OCP_RELEASE, random_between(random, 2, 20));
}

static uint64_t grace_us(size_t relay)
{
	size_t slot = PLANT_FAULT_SLOT_RELAY_RELEASE_MS + relay;

	return FORBIDDEN_US + 2 * STEP_MAX_US + (uint64_t)plant_fault(&rig.plant, slot) * 1000;
}

/* What the contacts cannot break is left to the fuse for a while. */
static bool is_breaking(struct vigil *vigil)
{
	const struct relay *paths = &rig.board.relay;
	bool breaking =
		paths->charge.state == RELAY_BREAKING || paths->discharge.state == RELAY_BREAKING;

	vigil->breaking_us = breaking ? vigil->breaking_us + rig.step_us : 0;
	return breaking;
}

static bool has_fault(size_t slot)
{
	return plant_fault(&rig.plant, slot) == 1;
}

static const char *check_relays(struct vigil *vigil)
{
	uint8_t contacts = rig_contacts(&rig);
	bool breaking = is_breaking(vigil);

	if (vigil->breaking_us > RELAY_FUSE_MS * UINT64_C(1000) + STEP_MAX_US)
		return "the fuse is waited for too long";
	for (size_t i = 0; i < PLANT_RELAYS; i++) {
		bool forbidden = contacts >> i & 1 && !(rig.board.protect.allowed >> i & 1) &&
				 !breaking && !has_fault(PLANT_FAULT_SLOT_RELAY_WELDED + i);

		vigil->forbidden_us[i] = forbidden ? vigil->forbidden_us[i] + rig.step_us : 0;
		if (vigil->forbidden_us[i] > grace_us(i))
			return "a relay is closed although it is forbidden";
	}
	return NULL;
}

static bool is_any_beyond(int64_t limit_mv, int sign)
{
	for (unsigned i = 0; i < rig.plant.config.cells; i++)
		if ((rig.plant.cell[i].mv - (double)limit_mv) * sign > BEYOND_MV)
			return true;
	return false;
}

/* Without what the current of now and of the minutes before adds: what the cell is charged to. */
static bool is_rest_outside(const struct plant_cell *cell)
{
	double mv = cell->emf_mv - (cell->fast_v + cell->slow_v) * 1000;

	return mv > (double)rig_setting(&rig, BMS_SETTING_SLOT_CELL_OVP) + BEYOND_MV ||
	       mv < (double)rig_setting(&rig, BMS_SETTING_SLOT_CELL_UVP) - BEYOND_MV;
}

static uint32_t cells_outside(void)
{
	uint32_t outside = 0;

	for (unsigned i = 0; i < rig.plant.config.cells; i++)
		outside |= (uint32_t)is_rest_outside(&rig.plant.cell[i]) << i;
	return outside;
}

static void count_while(uint64_t *us, bool condition)
{
	*us = condition ? *us + rig.step_us : 0;
}

static const char *check_cells(struct vigil *vigil)
{
	int64_t ovp_mv = rig_setting(&rig, BMS_SETTING_SLOT_CELL_OVP);
	bool charging = rig.plant.current_a > FLOWING_A;
	uint32_t outside = cells_outside();

	count_while(&vigil->high_us, charging && is_any_beyond(ovp_mv, 1));
	count_while(&vigil->hard_us, charging && is_any_beyond(ovp_mv + HARD_MV, 1));
	count_while(&vigil->low_us,
		rig.plant.current_a < -FLOWING_A &&
			is_any_beyond(rig_setting(&rig, BMS_SETTING_SLOT_CELL_UVP), -1));
	vigil->born_outside &= outside;
	if (!vigil->healthy)
		return NULL;
	if (outside & ~vigil->born_outside)
		return "a cell is outside its limits";
	if (vigil->high_us > BEYOND_US)
		return "a cell is charged beyond its limit for too long";
	if (vigil->hard_us > HARD_US)
		return "a cell is charged far beyond its limit for too long";
	return vigil->low_us > BEYOND_US ? "a cell is discharged beyond its limit for too long"
					 : NULL;
}

static const char *check_rest(void)
{
	if (rig.plant.balancer.violations > 0)
		return "two cells were connected";
	if (soc_pct(&rig.board.soc) > 100)
		return "the state of charge is above 100 %";
	return NULL;
}

static const char *step(struct property *property, struct vigil *vigil, uint64_t *random)
{
	const char *broken;

	if (property->jitter)
		rig.step_us = (uint32_t)random_between(random, 1, STEP_MAX_US / 1000) * 1000;
	rig_step(&rig);
	broken = check_relays(vigil);
	if (!broken)
		broken = check_cells(vigil);
	return broken ? broken : check_rest();
}

static uint64_t age_us(const struct property *property)
{
	return rig.now_us - property->config.start_us;
}

static const char *live(struct property *property, struct vigil *vigil, uint64_t *random)
{
	const char *broken = NULL;
	unsigned next = 0;

	while (!broken && age_us(property) < SCRIPT_US + SCRIPT_US / 3) {
		while (next < property->events && property->event[next].at_us <= age_us(property))
			plant_fault_apply(&rig.plant, &property->event[next++]);
		broken = step(property, vigil, random);
	}
	return broken;
}

/* Everything is well again and in the middle of its range. */
static void heal(void)
{
	uint64_t middle_mv = (uint64_t)(rig_setting(&rig, BMS_SETTING_SLOT_CELL_UVP_RELEASE) +
					rig_setting(&rig, BMS_SETTING_SLOT_CELL_OVP_RELEASE)) /
			     2;

	plant_faults_init(&rig.plant.faults);
	rig_bench(&rig, (int32_t)middle_mv);
	rig_fault(&rig, PLANT_FAULT_CHARGER_PLUGGED, 0, 1);
	rig.plant.fuse_blown = false;
	if (rig.off)
		rig_reset(&rig, PORT_RESET_POWER);
}

static const char *check_recovery(struct property *property)
{
	for (size_t i = 0; i < protect_row_count; i++) {
		uint8_t state = rig.board.protect.cell[i].state;

		property->row = i;
		/* Wires are looked at again when the cells are balanced again. */
		if (!(protect_rows[i].denies & PROTECT_RELAYS))
			continue;
		if (state != PROTECT_CLEAR && state != PROTECT_LATCHED)
			return "a protection did not release after its cause was gone";
	}
	property->row = protect_row_count;
	return NULL;
}

static const char *recover(struct property *property, struct vigil *vigil, uint64_t *random)
{
	const char *broken = NULL;
	uint64_t end_us = rig.now_us + RECOVERY_US;

	heal();
	while (!broken && rig.now_us < end_us)
		broken = step(property, vigil, random);
	return broken ? broken : check_recovery(property);
}

bool property_run(struct property *property, uint64_t seed)
{
	uint64_t random = seed * 2 + 2;
	struct vigil vigil = { 0 };

	make(property, seed);
	vigil.healthy = is_healthy(property);
	set_limits(property, &random);
	vigil.born_outside = cells_outside();
	property->broken = live(property, &vigil, &random);
	if (!property->broken)
		property->broken = recover(property, &vigil, &random);
	property->fails_us = age_us(property);
	return !property->broken;
}

void property_print(const struct property *property)
{
	const struct plant_config *plant = &property->config.plant;
	char text[FAULT_EVENT_TEXT];

	printf("seed %" PRIu64 ": %s, at %" PRIu64 ".%03" PRIu64 " s\n", property->seed,
		property->broken, property->fails_us / 1000000, property->fails_us / 1000 % 1000);
	if (property->row < protect_row_count)
		printf("  row %s\n", rows_name(property->row));
	printf("  %s, %u cells, %" PRId64 " mAh, soc %.3f%s\n",
		bms_chemistry_names[plant->chemistry], plant->cells, plant->capacity_mah,
		plant->soc, property->jitter ? ", uneven steps" : "");
	for (unsigned i = 0; i < property->events; i++) {
		fault_event_format(&property->event[i], text);
		printf("  %s\n", text);
	}
}
