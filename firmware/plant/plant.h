/* SPDX-License-Identifier: MIT */
/*
 * The battery, its wiring and what hangs on it: cells with an open circuit curve, hysteresis,
 * resistance and two polarisations each; relays that operate and release late, bounce, weld and
 * stick; a fuse; a pre-charge resistor and the capacitors of the load; sense wires; temperature;
 * noise. Deterministic: a seed gives one battery. Everything that can go wrong is a row of
 * faults.def.
 */
#ifndef PLANT_H
#define PLANT_H

#include "plant/balancer.h"
#include "plant/chemistry.h"
#include "plant/fault.h"
#include "plant/profile.h"
#include "port/port.h"

struct plant_config {
	enum bms_chemistry chemistry;
	enum profile profile;
	unsigned cells;
	int64_t capacity_mah;
	uint64_t seed;
	double soc; /* 0..1 at the start; negative: the profile's */
	/* Nobody but the board ends a charge: the charger has no voltage limit. */
	bool dumb_charger;
	double rated_a;    /* 0: from the capacity, below the boards' factory limit for charging */
	bool common_port;  /* the charger comes through the discharge relay */
	double soc_spread; /* deviation between the cells; 0: that of a sound pack */
};

struct plant_cell {
	double capacity_c; /* coulombs */
	double charge_c;
	double ohm;    /* at 25 C */
	double fast_v; /* polarisations */
	double slow_v;
	double hysteresis; /* -1 after discharging .. 1 after charging */
	double emf_mv;     /* at its terminals without current */
	double mv;         /* at its terminals now */
	double wire_mohm;  /* both sense wires, as built */
	double balance_c;  /* from the balancer, not yet in charge_c */
};

struct plant_relay_state {
	double travel_s; /* until the contact follows its coil */
	double bounce_s;
	double amps;     /* through the contact */
	double broken_a; /* the most it has had to interrupt */
	double inrush_a; /* the most it has closed into */
	bool coil;
	bool contact;
};

struct plant {
	struct plant_config config;
	struct plant_faults faults;
	struct plant_cell cell[PORT_CHANNELS];
	struct plant_relay_state relay[PLANT_RELAYS];
	struct balancer balancer;
	double cell_v[PORT_CHANNELS]; /* at the terminals, as the balancer sees them */
	struct profile_demand demand;
	uint64_t random;
	double t_s;       /* time of the battery's life, from 00:00 of its first day */
	double current_a; /* through the shunt, positive is charging */
	double counted_c; /* through the shunt since the start */
	double told_c;    /* of it, with the shunt's errors */
	double pending_s; /* of the cells' own slower step */
	double pending_c;
	double emf_v; /* of all cells */
	double ohm;
	double cold; /* resistance, as a multiple of that at 25 C */
	double load_v;
	double core_c; /* temperature */
	double heater_a;
	uint16_t heat_permille;
	double short_a;  /* level of the comparator; 0: none */
	double short_s;  /* for how long it has been passed */
	double peak_a;   /* since the last sample of the shunt */
	double fuse_a2s; /* spent */
	bool fuse_blown;
};

void plant_init(struct plant *plant, const struct plant_config *config);

/* Moves time on; call in steps of a few ms to a few 100 ms. */
void plant_step(struct plant *plant, double seconds);

void plant_drive(struct plant *plant, uint8_t relays);
uint8_t plant_contacts(const struct plant *plant);
void plant_heat(struct plant *plant, uint16_t permille);
void plant_short_level(struct plant *plant, int32_t level_ma);
void plant_drive_stage(struct plant *plant, const struct port_stage_order *order);

/* False: the fault has no such element, or the value is outside its limits. */
bool plant_fault_set(struct plant *plant, enum plant_fault fault, unsigned element, int32_t value);
void plant_fault_apply(struct plant *plant, const struct fault_event *event);

static inline int32_t plant_fault(const struct plant *plant, size_t slot)
{
	return plant->faults.value[slot];
}

/* What sensors see now, with noise and their faults. */
void plant_sense_cells(struct plant *plant, struct port_cells *ret);
void plant_sense_probes(struct plant *plant, struct port_probes *ret);
int32_t plant_sense_pack_mv(struct plant *plant);
int32_t plant_sense_load_mv(struct plant *plant);
int32_t plant_sense_current_ma(struct plant *plant);
int64_t plant_counted_uams(const struct plant *plant);
int32_t plant_heater_ma(const struct plant *plant);

/* Bits of enum port_din. */
uint8_t plant_digital_inputs(const struct plant *plant);

double plant_soc(const struct plant *plant);
double plant_pack_v(const struct plant *plant);
bool plant_has_charger(const struct plant *plant);

/* Terminal voltages and wires after something other than time has changed. */
void plant_settle(struct plant *plant);

#endif
