/* SPDX-License-Identifier: MIT */
#include "core/soc.h"

#include "core/ocv.h"

#define S_US UINT64_C(1000000)

enum {
	ANCHOR_S = 10,     /* a load step must not look like an empty cell */
	TAIL_S = 60,       /* a charge that ends */
	TAIL_DIVISOR = 20, /* C/20 */
	LEARN_DIVISOR = 5, /* C/5: above, the cells' resistance makes the anchor early */
	LEARN_STEP_DIVISOR = 10,
	LEARNED_MIN_PCT = 40,
	LEARNED_MAX_PCT = 120,
	ZERO_WAIT_S = 2,
	ZERO_S = 10,
	ZERO_DIVISOR = 2000, /* of the shunt's range: more is not an offset */
	REST_S = 3600,
	REST_DIVISOR = 500, /* C/500 */
	REST_PERIOD_S = 36, /* in which the voltage moves the count by up to 0.01 % */
	REST_STEP = 10000,
	KNEE_UV = 10000,
	PPM = 1000000,
};

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
	if (value < low)
		return low;
	return value > high ? high : value;
}

static int64_t nominal(const struct bms_settings *settings)
{
	return settings->value[BMS_SETTING_SLOT_NOMINAL_CAPACITY] * SOC_UAMS_PER_MAH;
}

/* A capacity that was learned of another battery is not believed. */
static void take_capacity(struct soc *soc, int64_t nominal_uams)
{
	int64_t learned = soc->count.learned_uams;

	soc->nominal_uams = nominal_uams;
	if (learned < nominal_uams / 100 * LEARNED_MIN_PCT ||
		learned > nominal_uams / 100 * LEARNED_MAX_PCT)
		soc->count.learned_uams = 0;
	soc->full_uams = soc->count.learned_uams ? soc->count.learned_uams : nominal_uams;
}

void soc_init(struct soc *soc, const struct bms_settings *settings)
{
	take_capacity(soc, nominal(settings));
	soc->count.remaining_uams = clamp(soc->count.remaining_uams, 0, soc->full_uams);
	soc->started = false;
	soc->anchor = SOC_ANCHOR_NONE;
	soc->known = soc->known || soc->count.remaining_uams > 0;
}

void soc_set_permille(struct soc *soc, uint16_t permille)
{
	soc->count.remaining_uams = clamp(soc->full_uams / 1000 * permille, 0, soc->full_uams);
	soc->anchor = SOC_ANCHOR_NONE;
	soc->known = true;
}

static int32_t magnitude(int32_t value)
{
	return value < 0 ? -value : value;
}

/* Is the pack's current below the capacity over so many hours? */
static bool below(const struct soc *soc, const struct measure *measure, int64_t hours)
{
	return magnitude(measure->shunt.current_ma) < soc->full_uams / SOC_UAMS_PER_MAH / hours;
}

/* With the relays open a small reading is the shunt's own; a large one is a relay's weld. */
static bool is_offset(const struct soc_input *input)
{
	int64_t range_ma = input->settings->value[BMS_SETTING_SLOT_CURRENT_RANGE];

	return input->isolated &&
	       magnitude(input->measure->shunt.current_ma) <= range_ma / ZERO_DIVISOR;
}

static void zero(struct soc *soc, const struct soc_input *input)
{
	const struct port_shunt *shunt = &input->measure->shunt;
	uint64_t t_us = input->measure->source[MEASURE_SHUNT].t_us;

	if (!is_offset(input)) {
		soc->zero_us = 0;
	} else if (soc->zero_us == 0) {
		soc->zero_us = t_us + ZERO_WAIT_S * S_US;
	} else if (t_us <= soc->zero_us) {
		soc->zero_uams = shunt->charge_uams;
	} else if (t_us - soc->zero_us >= ZERO_S * S_US) {
		soc->count.zero_ua = (shunt->charge_uams - soc->zero_uams) /
				     (int64_t)((t_us - soc->zero_us) / 1000);
		soc->zero_us = t_us;
		soc->zero_uams = shunt->charge_uams;
	}
}

static void book(struct soc *soc, int64_t uams)
{
	if (uams < 0)
		soc->count.discharged_uams -= uams;
	soc->since_uams += uams;
	soc->count.remaining_uams = clamp(soc->count.remaining_uams + uams, 0, soc->full_uams);
}

static void count_charge(struct soc *soc, const struct soc_input *input)
{
	uint64_t t_us = input->measure->source[MEASURE_SHUNT].t_us;
	int64_t delta = input->measure->shunt.charge_uams - soc->last_uams;
	int64_t offset = soc->count.zero_ua * (int64_t)(t_us - soc->last_us) / 1000;
	bool started = soc->started;

	zero(soc, input);
	soc->last_uams = input->measure->shunt.charge_uams;
	soc->last_us = t_us;
	soc->started = true;
	if (started && !is_offset(input))
		book(soc, delta - offset);
}

static bool lasted(uint64_t *since_us, bool condition, uint64_t now_us, uint64_t seconds)
{
	if (!condition)
		*since_us = 0;
	else if (*since_us == 0)
		*since_us = now_us;
	return condition && now_us - *since_us >= seconds * S_US;
}

/* Not more than a tenth at a time: one odd cycle must not spoil it. */
static void learn_capacity(struct soc *soc)
{
	int64_t seen = soc->since_uams < 0 ? -soc->since_uams : soc->since_uams;
	int64_t step = soc->full_uams / LEARN_STEP_DIVISOR;

	seen = clamp(seen, soc->full_uams - step, soc->full_uams + step);
	soc->count.learned_uams = clamp(seen, soc->nominal_uams / 100 * LEARNED_MIN_PCT,
		soc->nominal_uams / 100 * LEARNED_MAX_PCT);
	soc->full_uams = soc->count.learned_uams;
}

static void anchor_at(struct soc *soc, const struct soc_input *input, enum soc_anchor anchor)
{
	bool other = soc->anchor != SOC_ANCHOR_NONE && soc->anchor != anchor;

	if (other && below(soc, input->measure, LEARN_DIVISOR))
		learn_capacity(soc);
	soc->anchor = (uint8_t)anchor;
	soc->since_uams = 0;
	soc->count.remaining_uams = anchor == SOC_ANCHOR_FULL ? soc->full_uams : 0;
	soc->known = true;
}

/* Full is a cell at the voltage while the charge tails off, or at the protection's in any case:
 * it ends the charge. Empty is one at the voltage, at the protection's soon for the same reason. */
static void look_for_anchor(struct soc *soc, const struct soc_input *input)
{
	const struct measure *measure = input->measure;
	const int64_t *setting = input->settings->value;
	uint64_t t_us = measure->source[MEASURE_CELLS].t_us;
	int32_t highest_mv = measure->value[MEASURE_CELL_MAX_MV];
	bool empty = measure->value[MEASURE_CELL_MIN_MV] <= setting[BMS_SETTING_SLOT_SOC0_VOLTAGE];
	bool full = highest_mv >= setting[BMS_SETTING_SLOT_SOC100_VOLTAGE] && !empty;
	bool over = full && highest_mv >= setting[BMS_SETTING_SLOT_CELL_OVP];
	bool under = empty && !full && below(soc, measure, LEARN_DIVISOR) &&
		     measure->value[MEASURE_CELL_MIN_MV] < setting[BMS_SETTING_SLOT_CELL_UVP];
	bool tail = full && below(soc, measure, TAIL_DIVISOR);

	if (lasted(&soc->full_us, tail, t_us, TAIL_S) || lasted(&soc->over_us, over, t_us, 1))
		anchor_at(soc, input, SOC_ANCHOR_FULL);
	if (lasted(&soc->empty_us, empty && !full, t_us, ANCHOR_S) ||
		lasted(&soc->under_us, under, t_us, 1))
		anchor_at(soc, input, SOC_ANCHOR_EMPTY);
}

static int64_t told_by_voltage(const struct soc *soc, const struct soc_input *input)
{
	int32_t uv = input->measure->average_mv * 1000;

	return soc->full_uams / PPM * ocv_ppm((enum bms_chemistry)input->chemistry, uv);
}

/* A board that was never told begins with the voltage, which on a plateau is a guess. */
static void guess(struct soc *soc, const struct soc_input *input)
{
	if (soc->known || !input->isolated)
		return;
	soc->count.remaining_uams = told_by_voltage(soc, input);
	soc->known = true;
}

/* After an hour at rest the voltage draws the count by up to 1 % an hour, off the plateau. */
static void correct(struct soc *soc, const struct soc_input *input)
{
	const struct measure *measure = input->measure;
	uint64_t t_us = measure->source[MEASURE_CELLS].t_us;
	int32_t trusted_uv = ocv_trusted_uv((enum bms_chemistry)input->chemistry) + KNEE_UV;
	bool rests = below(soc, measure, REST_DIVISOR) && measure->average_mv * 1000 > trusted_uv;
	int64_t apart, step = soc->full_uams / REST_STEP;

	if (!lasted(&soc->rest_us, rests, t_us, REST_S) ||
		t_us - soc->corrected_us < REST_PERIOD_S * S_US)
		return;
	soc->corrected_us = t_us;
	apart = told_by_voltage(soc, input) - soc->count.remaining_uams;
	soc->count.remaining_uams =
		clamp(soc->count.remaining_uams + clamp(apart, -step, step), 0, soc->full_uams);
}

void soc_step(struct soc *soc, const struct soc_input *input)
{
	const struct measure *measure = input->measure;

	if (nominal(input->settings) != soc->nominal_uams) {
		uint8_t pct = soc_pct(soc);

		soc->count.learned_uams = 0;
		take_capacity(soc, nominal(input->settings));
		soc_set_permille(soc, (uint16_t)(pct * 10));
	}
	if (measure->source[MEASURE_SHUNT].fresh)
		count_charge(soc, input);
	if (!measure->source[MEASURE_CELLS].fresh)
		return;
	guess(soc, input);
	look_for_anchor(soc, input);
	correct(soc, input);
}

/* Rounded to the nearest, but 100 % is only full. */
uint8_t soc_pct(const struct soc *soc)
{
	int64_t one = soc->full_uams / 100;
	int64_t pct = one > 0 ? (soc->count.remaining_uams + one / 2) / one : 0;

	if (pct >= 100)
		return soc->count.remaining_uams + one / 100 >= soc->full_uams ? 100 : 99;
	return (uint8_t)pct;
}

uint8_t soc_health_pct(const struct soc *soc)
{
	int64_t one = soc->nominal_uams / 100;
	int64_t pct = one > 0 ? (soc->full_uams + one / 2) / one : 100;

	return pct > 100 ? 100 : (uint8_t)pct;
}

int64_t soc_remaining_mah(const struct soc *soc)
{
	return soc->count.remaining_uams / SOC_UAMS_PER_MAH;
}

int64_t soc_full_mah(const struct soc *soc)
{
	return soc->full_uams / SOC_UAMS_PER_MAH;
}

int64_t soc_cycled_mah(const struct soc *soc)
{
	return soc->count.discharged_uams / SOC_UAMS_PER_MAH;
}

uint32_t soc_cycles(const struct soc *soc)
{
	return soc->full_uams > 0 ? (uint32_t)(soc->count.discharged_uams / soc->full_uams) : 0;
}
