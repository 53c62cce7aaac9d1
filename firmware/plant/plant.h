/* SPDX-License-Identifier: MIT */
/*
 * The battery, its wiring and what hangs on it: cells with an open circuit curve, resistance and a
 * slow polarisation each; relays that operate and release late; a pre-charge resistor and the
 * capacitors of the load; sense wires; noise. Deterministic: a seed gives one battery.
 */
#ifndef PLANT_H
#define PLANT_H

#include "plant/chemistry.h"
#include "plant/profile.h"
#include "port/port.h"

enum plant_relay {
	PLANT_CHARGE,
	PLANT_DISCHARGE,
	PLANT_PRECHARGE,
	PLANT_RELAYS
};

struct plant_config {
	enum bms_chemistry chemistry;
	enum profile profile;
	unsigned cells;
	int64_t capacity_mah;
	uint64_t seed;
	double soc; /* 0..1 at the start; negative: the profile's */
	/* Nobody but the board ends a charge: the charger has no voltage limit. */
	bool dumb_charger;
	double rated_a; /* 0: from the capacity, below the boards' factory limit for charging */
};

struct plant_cell {
	double capacity_c; /* coulombs */
	double charge_c;
	double ohm;
	double polarisation_v;
	double tau_s;
	double mv; /* at its terminals now */
	double wire_mohm;
};

struct plant {
	struct plant_config config;
	struct plant_cell cell[PORT_CHANNELS];
	uint64_t random;
	double t_s;       /* time of the battery's life, from 00:00 of its first day */
	double current_a; /* through the shunt, positive is charging */
	double counted_c; /* by the shunt since the start */
	double pending_s; /* of the cells' own slower step */
	double pending_c;
	double load_v;
	double core_c;                  /* temperature */
	double contact_s[PLANT_RELAYS]; /* until the contact follows its coil */
	bool coil[PLANT_RELAYS];
	bool contact[PLANT_RELAYS];
	bool welded[PLANT_RELAYS]; /* stays closed */
	bool load_shorted;         /* the load never comes up behind the pre-charge resistor */
};

void plant_init(struct plant *plant, const struct plant_config *config);

/* Moves time on; call in steps of a few ms to a few 100 ms. */
void plant_step(struct plant *plant, double seconds);

void plant_drive(struct plant *plant, uint8_t relays);
uint8_t plant_contacts(const struct plant *plant);

/* What sensors see now, with noise. */
void plant_sense_cells(struct plant *plant, struct port_cells *ret);
void plant_sense_probes(struct plant *plant, struct port_probes *ret);
int32_t plant_sense_pack_mv(struct plant *plant);
int32_t plant_sense_load_mv(struct plant *plant);
int32_t plant_sense_current_ma(struct plant *plant);
int64_t plant_counted_uams(const struct plant *plant);

double plant_soc(const struct plant *plant);
bool plant_has_charger(const struct plant *plant);

#endif
