/* SPDX-License-Identifier: MIT */
#include "plant/sense.h"

#include <math.h>

#include "plant/random.h"

#define SHUNT_NOISE_A  0.004
#define CELL_NOISE_MV  0.45
#define PACK_NOISE_MV  2.0
#define PROBE_NOISE_DC 0.3

enum {
	FLOATING_MV = 40,     /* an input whose wire is broken */
	PROBE_OPEN_DC = -550, /* what the converter makes of no probe, and of a short */
	PROBE_SHORT_DC = 1400,
};

static int32_t whole(double value)
{
	return (int32_t)lround(value);
}

static double noise(struct plant *plant, double deviation)
{
	int32_t pct = plant_fault(plant, PLANT_FAULT_SLOT_NOISE_PCT);

	return pct == 0 ? 0 : deviation * pct / 100 * random_normal(&plant->random);
}

static bool is_on(const struct plant *plant, size_t slot)
{
	return plant_fault(plant, slot) == 1;
}

static bool is_wire_open(const struct plant *plant, size_t wire)
{
	return is_on(plant, PLANT_FAULT_SLOT_WIRE_OPEN + wire);
}

static double loop_mohm(const struct plant *plant, size_t cell)
{
	const double *ohm = plant->balancer.config.wire_ohm;

	return (ohm[cell] + ohm[cell + 1]) * 1000;
}

/* A node without its wire falls to that below: the cell under it is gone, the one above it shows
 * both. */
static double input_mv(const struct plant *plant, size_t i)
{
	double mv = plant->cell[i].mv + balancer_error_v(&plant->balancer, (unsigned)i) * 1000;

	if (is_wire_open(plant, i + 1) || (i == 0 && is_wire_open(plant, 0)))
		return FLOATING_MV;
	if (i > 0 && is_wire_open(plant, i))
		mv += plant->cell[i - 1].mv - FLOATING_MV;
	return mv + plant_fault(plant, PLANT_FAULT_SLOT_CELL_OFFSET_MV + i);
}

void plant_sense_cells(struct plant *plant, struct port_cells *ret)
{
	plant_settle(plant);
	ret->open_mask = 0;
	for (size_t i = 0; i < PORT_CHANNELS; i++) {
		ret->cell_mv[i] = 0;
		ret->wire_mohm[i] = 0;
		if (i >= plant->config.cells)
			continue;
		ret->cell_mv[i] =
			(uint16_t)whole(fmax(0, input_mv(plant, i) + noise(plant, CELL_NOISE_MV)));
		if (is_wire_open(plant, i + 1) || (i == 0 && is_wire_open(plant, 0)))
			ret->open_mask |= UINT32_C(1) << i;
		ret->wire_mohm[i] = (uint16_t)whole(loop_mohm(plant, i));
	}
}

static int16_t probe_dc(struct plant *plant, size_t i)
{
	/* T1 and T2 sit on cells, T3 on the busbar side, nearer to the air. */
	static const double offset_c[PORT_PROBES] = { 0, 0.4, -1.1 };
	int32_t elsewhere = plant_fault(plant, PLANT_FAULT_SLOT_PROBE_DC + i);

	if (is_on(plant, PLANT_FAULT_SLOT_PROBE_OPEN + i))
		return PROBE_OPEN_DC;
	if (is_on(plant, PLANT_FAULT_SLOT_PROBE_SHORT + i))
		return PROBE_SHORT_DC;
	if (elsewhere != PLANT_FAULT_OFF)
		return (int16_t)elsewhere;
	return (int16_t)whole((plant->core_c + offset_c[i]) * 10 + noise(plant, PROBE_NOISE_DC));
}

/* The electronics are a little warmer than the cells, and warmer still while they balance. */
static int16_t board_dc(struct plant *plant)
{
	int32_t instead = plant_fault(plant, PLANT_FAULT_SLOT_BOARD_DC);
	double celsius = plant->core_c + 6 + plant->balancer.heat_c / 4;

	if (instead != PLANT_FAULT_OFF)
		return (int16_t)instead;
	return (int16_t)whole(celsius * 10 + noise(plant, PROBE_NOISE_DC));
}

void plant_sense_probes(struct plant *plant, struct port_probes *ret)
{
	for (size_t i = 0; i < PORT_PROBES; i++)
		ret->probe_dc[i] = probe_dc(plant, i);
	ret->fitted = (1u << PORT_PROBES) - 1 + PORT_PROBE_BOARD;
	ret->board_dc = board_dc(plant);
}

int32_t plant_sense_pack_mv(struct plant *plant)
{
	int32_t instead = plant_fault(plant, PLANT_FAULT_SLOT_PACK_MV);

	if (instead != PLANT_FAULT_OFF)
		return instead;
	return whole(plant_pack_v(plant) * 1000 + noise(plant, PACK_NOISE_MV));
}

int32_t plant_sense_load_mv(struct plant *plant)
{
	return whole(fmax(0, plant->load_v * 1000 + noise(plant, PACK_NOISE_MV)));
}

/* A relay board knows its true zero: with every relay open it shows none but its own error. */
int32_t plant_sense_current_ma(struct plant *plant)
{
	int32_t instead = plant_fault(plant, PLANT_FAULT_SLOT_SHUNT_MA);
	double gain = 1 + plant_fault(plant, PLANT_FAULT_SLOT_SHUNT_GAIN_PPM) * 1e-6;
	double amps = plant->current_a * gain;

	if (instead != PLANT_FAULT_OFF)
		return instead;
	if (plant->current_a != 0)
		amps += noise(plant, SHUNT_NOISE_A);
	return whole(amps * 1000) + plant_fault(plant, PLANT_FAULT_SLOT_SHUNT_OFFSET_MA);
}

int32_t plant_heater_ma(const struct plant *plant)
{
	return whole(plant->heater_a * 1000);
}

int64_t plant_counted_uams(const struct plant *plant)
{
	return (int64_t)(plant->told_c * 1e9);
}

static bool stamp(struct sense *sense, struct port_stamp *stamp, uint64_t now_us, bool valid)
{
	*stamp = (struct port_stamp){ .t_us = now_us, .seq = sense->seq, .valid = valid };
	return valid;
}

/* A converter knows nothing beyond its range. */
static int32_t converted(const struct plant *plant, int32_t ma)
{
	int32_t full_ma = plant_fault(plant, PLANT_FAULT_SLOT_SHUNT_FULL_MA);

	if (ma > full_ma)
		return full_ma;
	return ma < -full_ma ? -full_ma : ma;
}

static void sense_shunt(struct sense *sense, struct plant *plant, uint64_t now_us)
{
	int32_t full_ma = plant_fault(plant, PLANT_FAULT_SLOT_SHUNT_FULL_MA);

	if (is_on(plant, PLANT_FAULT_SLOT_SHUNT_FROZEN))
		return;
	if (!stamp(sense, &sense->shunt.stamp, now_us,
		    !is_on(plant, PLANT_FAULT_SLOT_SHUNT_INVALID)))
		return;
	sense->shunt.current_ma = converted(plant, plant_sense_current_ma(plant));
	sense->shunt.railed =
		sense->shunt.current_ma == full_ma || sense->shunt.current_ma == -full_ma;
	sense->shunt.peak_ma = whole(plant->peak_a * 1000);
	if (plant->current_a < 0)
		sense->shunt.peak_ma = -sense->shunt.peak_ma;
	sense->shunt.short_us = (uint32_t)whole(plant->short_s * 1e6);
	sense->shunt.charge_uams = plant_counted_uams(plant);
	plant->peak_a = 0;
}

static void sense_scan(struct sense *sense, struct plant *plant, uint64_t now_us)
{
	bool valid = !is_on(plant, PLANT_FAULT_SLOT_CELLS_INVALID);

	if (!is_on(plant, PLANT_FAULT_SLOT_CELLS_FROZEN) &&
		stamp(sense, &sense->cells.stamp, now_us, valid))
		plant_sense_cells(plant, &sense->cells);
	if (!is_on(plant, PLANT_FAULT_SLOT_PROBES_FROZEN)) {
		plant_sense_probes(plant, &sense->probes);
		stamp(sense, &sense->probes.stamp, now_us, true);
	}
	if (is_on(plant, PLANT_FAULT_SLOT_RAILS_FROZEN))
		return;
	sense->rails.pack_mv = plant_sense_pack_mv(plant);
	sense->rails.load_mv = plant_sense_load_mv(plant);
	stamp(sense, &sense->rails.stamp, now_us, true);
}

void sense_init(struct sense *sense, uint64_t now_us)
{
	*sense = (struct sense){ .next_scan_us = now_us };
}

void sense_step(struct sense *sense, struct plant *plant, uint64_t now_us)
{
	sense->seq++;
	sense_shunt(sense, plant, now_us);
	balancer_sense(&plant->balancer, plant->core_c, &sense->stage);
	stamp(sense, &sense->stage.stamp, now_us, true);
	if (now_us < sense->next_scan_us)
		return;
	sense->next_scan_us += SENSE_SCAN_US;
	if (sense->next_scan_us <= now_us)
		sense->next_scan_us = now_us + SENSE_SCAN_US;
	sense_scan(sense, plant, now_us);
}
