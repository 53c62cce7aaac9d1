/* SPDX-License-Identifier: MIT */
#include "plant/balancer.h"

#include <math.h>

#define RAMP_S        0.1
#define OPENING_S     0.005 /* the switches' own time */
#define HEADROOM_V    0.2   /* the buck converter needs it */
#define CAPACITOR_MAX 2.5
#define CAPACITOR_MIN 0.8
#define HEAT_OHM      0.9 /* of switches and converter, as heat */
#define HEAT_C_PER_W  8.0
#define HEAT_TAU_S    240.0

void balancer_init(struct balancer *balancer, const struct balancer_config *config)
{
	*balancer = (struct balancer){
		.config = *config, .capacitor_v = CAPACITOR_MIN, .connected = -1, .lingering = -1
	};
}

void balancer_order(struct balancer *balancer, const struct port_stage_order *order)
{
	int cell = order->mode == PORT_STAGE_OFF ? -1 : order->cell;

	if (cell != balancer->connected) {
		if (balancer->connected >= 0) {
			balancer->lingering = balancer->connected;
			balancer->lingers_s = OPENING_S;
		}
		balancer->ramp_s = 0;
	} else if (order->mode != balancer->order.mode) {
		balancer->ramp_s = 0;
	}
	if (cell >= 0 && balancer->lingering >= 0 && balancer->lingering != cell)
		balancer->violations++;
	balancer->connected = cell;
	balancer->order = *order;
}

static double loop_ohm(const struct balancer *balancer)
{
	return balancer->config.wire_ohm[balancer->connected] +
	       balancer->config.wire_ohm[balancer->connected + 1];
}

/* What the converter can draw from the cell, or push into it, now. */
static double reachable_a(const struct balancer *balancer, double cell_v)
{
	double wanted_a = balancer->order.ma / 1000.0 * fmin(1, balancer->ramp_s / RAMP_S);
	double ohm = loop_ohm(balancer), room_v;

	if (balancer->dead)
		return 0;
	if (balancer->order.mode == PORT_STAGE_GIVE) {
		room_v = 5.5 - cell_v;
		return balancer->capacitor_v > CAPACITOR_MIN ? fmin(wanted_a, fmax(0, room_v / ohm))
							     : 0;
	}
	room_v = cell_v - HEADROOM_V - balancer->capacitor_v;
	return balancer->capacitor_v < CAPACITOR_MAX ? -fmin(wanted_a, fmax(0, room_v / ohm)) : 0;
}

/* Watts at the wires become watts at the capacitor, less the converter's losses. */
static void capacitor_step(struct balancer *balancer, double cell_v, double seconds)
{
	double watts = -balancer->current_a * (cell_v + balancer->current_a * loop_ohm(balancer));
	double share = watts > 0 ? balancer->config.efficiency : 1 / balancer->config.efficiency;
	double squared = balancer->capacitor_v * balancer->capacitor_v +
			 2 * watts * share * seconds / balancer->config.farad;

	balancer->capacitor_v = sqrt(fmax(0, squared));
}

static void heat_step(struct balancer *balancer, double seconds)
{
	double watts = balancer->current_a * balancer->current_a * HEAT_OHM;

	balancer->heat_c += (watts * HEAT_C_PER_W - balancer->heat_c) * seconds / HEAT_TAU_S;
}

double balancer_step(struct balancer *balancer, const double *cell_v, double seconds)
{
	int cell = balancer->connected;
	double moved_c;

	if (balancer->lingering >= 0 && (balancer->lingers_s -= seconds) <= 0)
		balancer->lingering = -1;
	balancer->current_a = 0;
	if (cell >= 0) {
		balancer->ramp_s += seconds;
		balancer->current_a = reachable_a(balancer, cell_v[cell]);
		capacitor_step(balancer, cell_v[cell], seconds);
	}
	heat_step(balancer, seconds);
	moved_c = balancer->current_a * seconds;
	if (moved_c > 0)
		balancer->given_c[cell] += moved_c;
	else if (moved_c < 0)
		balancer->taken_c[cell] -= moved_c;
	return moved_c;
}

double balancer_error_v(const struct balancer *balancer, unsigned index)
{
	int away = (int)index - balancer->connected;
	const double *ohm = balancer->config.wire_ohm;

	if (balancer->connected < 0)
		return 0;
	if (away == 0)
		return balancer->current_a * loop_ohm(balancer);
	if (away == -1)
		return -balancer->current_a * ohm[index + 1];
	if (away == 1)
		return -balancer->current_a * ohm[index];
	return 0;
}

void balancer_sense(const struct balancer *balancer, double ambient_c, struct port_stage *ret)
{
	ret->current_ma = (int32_t)lround(balancer->current_a * 1000);
	ret->capacitor_mv = (int32_t)lround(balancer->capacitor_v * 1000);
	ret->temperature_dc = (int16_t)lround((ambient_c + balancer->heat_c) * 10);
}
