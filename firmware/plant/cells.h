/* SPDX-License-Identifier: MIT */
/* The electrochemistry behind the terminals. */
#ifndef CELLS_H
#define CELLS_H

#include "plant/plant.h"

void cells_init(struct plant *plant, double soc);

/* The charge and the time that are pending go into the cells. */
void cells_step(struct plant *plant);

/* Electromotive force and resistance of the pack, voltages at the terminals. */
void cells_settle(struct plant *plant);

#endif
