/* SPDX-License-Identifier: MIT */
#include "core/relay_common.h"

static bool lasted(uint64_t *since_us, bool condition, uint64_t now_us, uint32_t ms)
{
	if (!condition)
		*since_us = 0;
	else if (*since_us == 0)
		*since_us = now_us;
	return condition && now_us - *since_us >= (uint64_t)ms * 1000;
}

static void block(struct relay_common *common, uint64_t now_us)
{
	common->charging_us = common->waiting_us = 0;
	common->blocked_us = now_us;
}

static bool is_blocked(struct relay_common *common, uint64_t now_us, bool ends)
{
	if (common->blocked_us && ends &&
		now_us - common->blocked_us >= RELAY_COMMON_PAUSE_MS * UINT64_C(1000))
		common->blocked_us = 0;
	return common->blocked_us != 0;
}

/* A charge that is denied by a protection has to be released first; one that is only switched off
 * is looked for again after the pause. */
static bool may_only_discharge(struct relay_common *common, const struct relay_input *input)
{
	bool flows = input->current_ma > RELAY_COMMON_FLOW_MA;

	if (is_blocked(common, input->now_us, input->allowed & PROTECT_CHARGE))
		return false;
	if (!lasted(&common->charging_us, flows, input->now_us, RELAY_COMMON_CHARGE_MS))
		return true;
	block(common, input->now_us);
	return false;
}

static bool charger_seen(const struct relay_common_input *seen, const struct relay_input *input)
{
	return seen->charger || input->current_ma > RELAY_COMMON_FLOW_MA ||
	       (!input->no_load_sense && input->load_mv > input->pack_mv + RELAY_COMMON_CHARGER_MV);
}

static bool may_only_charge(struct relay_common *common, const struct relay_common_input *seen,
	const struct relay_input *input)
{
	bool idle = seen->driven && input->current_ma <= RELAY_COMMON_FLOW_MA;
	bool drains = seen->driven && input->current_ma < -RELAY_COMMON_FLOW_MA;

	if (is_blocked(common, input->now_us, true) || !charger_seen(seen, input))
		return false;
	if (!lasted(&common->waiting_us, idle, input->now_us, RELAY_COMMON_FLOW_MS) && !drains)
		return true;
	block(common, input->now_us);
	return false;
}

static bool may_close(struct relay_common *common, const struct relay_common_input *seen,
	const struct relay_input *input)
{
	uint8_t may = input->want & input->allowed;

	if (!(seen->allowed_ever & PROTECT_CHARGE) || !(seen->allowed_ever & PROTECT_DISCHARGE))
		return false;
	if (may & PROTECT_CHARGE && may & PROTECT_DISCHARGE) {
		*common = (struct relay_common){ 0 };
		return true;
	}
	if (may & PROTECT_DISCHARGE)
		return may_only_discharge(common, input);
	return may & PROTECT_CHARGE && may_only_charge(common, seen, input);
}

void relay_common_step(struct relay_common *common, const struct relay_common_input *seen,
	struct relay_input *input)
{
	bool wanted = input->want & (PROTECT_CHARGE | PROTECT_DISCHARGE);
	/* Switched off is no denial: it may wait for the current to go. */
	bool may = wanted ? may_close(common, seen, input)
			  : input->allowed & (PROTECT_CHARGE | PROTECT_DISCHARGE);

	input->want = wanted ? PORT_RELAY_DISCHARGE : 0;
	input->allowed = may ? PROTECT_DISCHARGE | PROTECT_PRECHARGE : 0;
}
