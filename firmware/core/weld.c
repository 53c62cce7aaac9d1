/* SPDX-License-Identifier: MIT */
#include "core/weld.h"

enum {
	FEEDING = PORT_RELAY_DISCHARGE | PORT_RELAY_PRECHARGE /* the load */
};

void weld_init(struct weld *weld, uint64_t now_us)
{
	*weld = (struct weld){ .changed_us = now_us };
}

static bool lasted(uint64_t since_us, uint64_t now_us, uint32_t ms)
{
	return now_us - since_us >= (uint64_t)ms * 1000;
}

static bool load_above(const struct measure *measure, int pct)
{
	const struct port_rails *rails = &measure->rails;

	return measure->source[MEASURE_RAILS].ever &&
	       (int64_t)rails->load_mv * 100 > (int64_t)rails->pack_mv * pct;
}

/* With the charge relay closed, current behind an open discharge relay still shows at the load. */
static bool must_not_discharge(const struct measure *measure, const struct weld_input *input)
{
	if (input->driven & FEEDING)
		return false;
	return !input->driven || (!input->no_load_sense && load_above(measure, WELD_FED_PCT));
}

/* One way round only: a motor that brakes charges through the discharge port, and may. */
static bool is_denied(const struct weld_input *input, uint8_t relay)
{
	return !input->common_port && !((input->driven | input->allowed) & relay);
}

static void look_for_current(
	const struct weld *weld, struct measure *measure, const struct weld_input *input)
{
	bool open = lasted(weld->changed_us, input->now_us, WELD_OPEN_MS);
	int32_t ma = open ? measure->shunt.current_ma : 0;
	int32_t in_ma = ma > 0 ? ma : 0, out_ma = ma < 0 ? -ma : 0;
	int32_t *value = measure->value;

	value[MEASURE_CHARGE_STRAY_MA] = input->driven ? 0 : in_ma;
	value[MEASURE_DISCHARGE_STRAY_MA] = must_not_discharge(measure, input) ? out_ma : 0;
	value[MEASURE_CHARGE_ANYWAY_MA] = is_denied(input, PORT_RELAY_CHARGE) ? in_ma : 0;
	value[MEASURE_DISCHARGE_ANYWAY_MA] = is_denied(input, PORT_RELAY_DISCHARGE) ? out_ma : 0;
}

static void look_at_load(
	const struct weld *weld, struct measure *measure, const struct weld_input *input)
{
	int32_t ma = measure->shunt.current_ma;
	bool still = ma < WELD_NO_CURRENT_MA && ma > -WELD_NO_CURRENT_MA;

	measure->value[MEASURE_LOAD_DOWN] =
		!input->no_load_sense && input->driven & PORT_RELAY_DISCHARGE &&
		lasted(weld->changed_us, input->now_us, WELD_CLOSED_MS) && still &&
		!load_above(measure, WELD_DOWN_PCT);
}

static void suspect(
	struct weld *weld, const struct measure *measure, const struct weld_input *input)
{
	bool high = !input->no_load_sense && !(input->driven & FEEDING) &&
		    load_above(measure, WELD_SUSPECT_PCT);

	if (!high)
		weld->high_us = 0;
	else if (weld->high_us == 0)
		weld->high_us = input->now_us;
	weld->suspect = high && lasted(weld->high_us, input->now_us, WELD_SUSPECT_MS);
}

void weld_step(struct weld *weld, struct measure *measure, const struct weld_input *input)
{
	if (input->driven != weld->driven) {
		weld->driven = input->driven;
		weld->changed_us = input->now_us;
	}
	look_for_current(weld, measure, input);
	look_at_load(weld, measure, input);
	suspect(weld, measure, input);
}
