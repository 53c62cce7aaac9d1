/* SPDX-License-Identifier: MIT */
/*
 * The balancer's power stage: a switch for each cell onto a bus, a converter that holds its current
 * whatever the voltages, and a capacitor. Its wires are the sense wires, so cells that share one
 * with the connected cell are seen wrong while current flows. Notes when two cells are connected.
 */
#ifndef BALANCER_H
#define BALANCER_H

#include "port/port.h"

struct balancer_config {
	double farad;
	double efficiency;                  /* of the converter, one way */
	double wire_ohm[PORT_CHANNELS + 1]; /* the cell i is between wires i and i + 1 */
};

struct balancer {
	struct balancer_config config;
	struct port_stage_order order;
	double capacitor_v;
	double current_a; /* positive charges the cell */
	double heat_c;    /* of the switches, above ambient */
	double ramp_s;    /* since the cell was connected */
	double lingers_s; /* until the switches of the last cell have opened */
	double taken_c[PORT_CHANNELS];
	double given_c[PORT_CHANNELS];
	int connected;       /* cell, or -1 */
	int lingering;       /* cell whose switches are opening, or -1 */
	unsigned violations; /* times two cells were connected at once */
	bool dead;           /* the converter carries no current */
};

void balancer_init(struct balancer *balancer, const struct balancer_config *config);
void balancer_order(struct balancer *balancer, const struct port_stage_order *order);

/* Moves time on. The cells' voltages are those at their terminals; the charge that went into the
 * connected cell is returned, in coulombs. */
double balancer_step(struct balancer *balancer, const double *cell_v, double seconds);

/* How much the voltage between wires index and index + 1 differs from that of its cell. */
double balancer_error_v(const struct balancer *balancer, unsigned index);

void balancer_sense(const struct balancer *balancer, double ambient_c, struct port_stage *ret);

#endif
