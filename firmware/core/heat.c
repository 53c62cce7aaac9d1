/* SPDX-License-Identifier: MIT */
#include "core/heat.h"

enum {
	FULL = 1000
};

/* Current above the limit at the lowest duty: a transistor that conducts for ever, or a short. */
static bool is_out_of_hand(struct heat *heat, const struct heat_input *input)
{
	bool over = input->heater_ma > HEAT_MAX_MA;

	if (!over)
		heat->over_us = 0;
	else if (heat->over_us == 0)
		heat->over_us = input->now_us;
	return over && input->now_us - heat->over_us >= HEAT_OVER_MS * UINT64_C(1000);
}

static bool may_heat(const struct heat *heat, const struct heat_input *input)
{
	return input->wanted && input->cold && input->allowed && !heat->fault_us;
}

/* Down at once, in proportion; up slowly. */
static uint16_t regulate(const struct heat *heat, int32_t heater_ma)
{
	if (heater_ma > HEAT_MAX_MA)
		return (uint16_t)((int64_t)heat->permille * HEAT_AIM_MA / heater_ma);
	if (heater_ma > HEAT_AIM_MA)
		return heat->permille > 0 ? heat->permille - 1 : 0;
	if (heater_ma > HEAT_AIM_MA - 100 || heat->permille + HEAT_RAMP_PERMILLE > FULL)
		return heat->permille;
	return heat->permille + HEAT_RAMP_PERMILLE;
}

uint16_t heat_step(struct heat *heat, const struct heat_input *input)
{
	heat->now_us = input->now_us;
	if (is_out_of_hand(heat, input))
		heat->fault_us = input->now_us;
	else if (heat->fault_us && input->now_us - heat->fault_us >= HEAT_REST_MS * UINT64_C(1000))
		heat->fault_us = 0;
	if (!may_heat(heat, input)) {
		heat->permille = 0;
	} else if (input->now_us - heat->ramp_us >= HEAT_PERIOD_MS * UINT64_C(1000)) {
		heat->ramp_us = input->now_us;
		heat->permille = regulate(heat, input->heater_ma);
	}
	return heat->permille;
}

bool heat_is_on(const struct heat *heat)
{
	return heat->permille > 0;
}

bool heat_has_failed(const struct heat *heat)
{
	return heat->fault_us != 0;
}
