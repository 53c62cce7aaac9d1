/* SPDX-License-Identifier: MIT */
#include "core/power.h"

enum {
	NEVER_S = 86400
};

/* The regulators feed everything, so what they lose is in their own row. The coils have their own
 * 12 V supply; here is what their drivers take. */
const struct power_consumer power_consumers[] = {
	{ "microcontroller", { 66000, 6600, 66000, 0 } },
	{ "front end", { 50000, 5000, 50000, 0 } },
	{ "shunt amplifier", { 16500, 16500, 16500, 0 } },
	{ "balancer control", { 180000, 0, 0, 0 } },
	{ "relay drivers", { 360000, 0, 120000, 0 } },
	{ "RS485, CAN, GPS and display lines", { 330000, 33000, 330000, 0 } },
	{ "bluetooth", { 99000, 33000, 99000, 0 } },
	{ "lamps", { 40000, 4000, 40000, 0 } },
	{ "regulators", { 340000, 50000, 340000, 11000 } },
	{ "wake circuit", { 4000, 4000, 4000, 4000 } },
};

const size_t power_consumer_count = sizeof(power_consumers) / sizeof(*power_consumers);

uint32_t power_budget_uw(enum power_state state)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < power_consumer_count; i++)
		sum += power_consumers[i].uw[state];
	return sum;
}

static bool passed(uint64_t since_us, uint64_t now_us, uint32_t ms)
{
	return now_us - since_us >= (uint64_t)ms * 1000;
}

static bool lasted(uint64_t *since_us, bool condition, uint64_t now_us, uint64_t us)
{
	if (!condition)
		*since_us = 0;
	else if (*since_us == 0)
		*since_us = now_us;
	return condition && now_us - *since_us >= us;
}

static void line_step(struct power_line *line, bool raw, uint64_t now_us, uint32_t ms)
{
	line->edge = 0;
	if (raw != line->raw) {
		line->raw = raw;
		line->since_us = now_us;
	}
	if (raw == line->on || !passed(line->since_us, now_us, ms))
		return;
	line->on = raw;
	line->edge = raw ? 1 : -1;
}

static void power_enter(struct power *power, enum power_state state, uint16_t event)
{
	power->state = (uint8_t)state;
	power->since_us = power->now_us;
	if (state == POWER_CLOSING)
		power->closing_us = power->now_us;
	power->quiet_us = power->low_us = 0;
	power->events |= event;
}

static bool hand_wakes(const struct power *power)
{
	return power->key.edge > 0 || power->button.edge > 0;
}

static bool is_low(struct power *power, const struct power_input *input)
{
	int64_t limit_mv = input->settings->value[BMS_SETTING_SLOT_POWER_OFF_VOLTAGE];
	bool low = input->cells_known && input->lowest_mv < limit_mv && !power->charger.on &&
		   !power->emergency_us;

	if (power->woken_by_hand && !passed(power->since_us, power->now_us, POWER_GRACE_MS))
		low = false;
	return lasted(&power->low_us, low, power->now_us, POWER_LOW_MS * UINT64_C(1000));
}

static bool is_quiet(const struct power *power, const struct power_input *input)
{
	return input->settings->value[BMS_SETTING_SLOT_SMART_SLEEP] && input->cells_known &&
	       input->highest_mv < input->settings->value[BMS_SETTING_SLOT_SMART_SLEEP_VOLTAGE] &&
	       input->current_ma < POWER_QUIET_MA && input->current_ma > -POWER_QUIET_MA &&
	       !power->emergency_us && !(input->din & PORT_DIN_LINK);
}

static uint64_t sleep_time_us(const struct bms_settings *settings)
{
	return (uint64_t)settings->value[BMS_SETTING_SLOT_SMART_SLEEP_TIME] * UINT64_C(3600000000);
}

static void from_run(struct power *power, const struct power_input *input)
{
	bool sleepy = lasted(&power->quiet_us, is_quiet(power, input), power->now_us,
		sleep_time_us(input->settings));

	if (power->button.on &&
		passed(power->button.since_us, power->now_us, POWER_BUTTON_OFF_MS) &&
		power->button.since_us > power->since_us)
		power_enter(power, POWER_CLOSING, POWER_WENT_OFF_BY_BUTTON);
	else if (is_low(power, input))
		power_enter(power, POWER_CLOSING, POWER_WENT_OFF);
	else if (sleepy)
		power_enter(power, POWER_SLEEP, POWER_WENT_TO_SLEEP);
}

static void wake(struct power *power)
{
	power->woken_by_hand = hand_wakes(power);
	power_enter(power, POWER_RUN, POWER_WOKE);
}

static void from_sleep(struct power *power, const struct power_input *input)
{
	if (hand_wakes(power) || power->charger.edge > 0 || input->din & PORT_DIN_LINK)
		wake(power);
	else if (is_low(power, input))
		power_enter(power, POWER_CLOSING, POWER_WENT_OFF);
}

/* Without current if it goes; the supply does not wait for it for ever. */
static void from_closing(struct power *power, const struct power_input *input)
{
	if (input->relays_open || passed(power->since_us, power->now_us, POWER_CLOSING_MS))
		power_enter(power, POWER_OFF, 0);
}

/* A charger that came while the board was closing counts as well. */
static void from_off(struct power *power, const struct power_input *input)
{
	bool came = power->charger.on && power->charger.since_us > power->closing_us;

	(void)input;
	if (hand_wakes(power) || power->charger.edge > 0 || came)
		wake(power);
}

static void (*const states[POWER_STATES])(struct power *, const struct power_input *) = {
	[POWER_RUN] = from_run,
	[POWER_SLEEP] = from_sleep,
	[POWER_CLOSING] = from_closing,
	[POWER_OFF] = from_off,
};

static void start_emergency(
	struct power *power, uint16_t event, const struct bms_settings *settings)
{
	int64_t minutes = settings->value[BMS_SETTING_SLOT_EMERGENCY_TIME];

	if (minutes == 0)
		minutes = POWER_EMERGENCY_MIN;
	power->emergency_us = power->now_us + (uint64_t)minutes * 60000000;
	if (power->state != POWER_RUN)
		wake(power);
	power->events |= event;
}

static void stop_emergency(struct power *power, uint16_t event)
{
	if (!power->emergency_us)
		return;
	power->emergency_us = 0;
	power->events |= event;
}

/* A press that is neither short nor long, when it ends. */
static void look_at_emergency(struct power *power, const struct power_input *input)
{
	uint64_t held = power->button.since_us - power->pressed_us;

	if (power->button.edge > 0)
		power->pressed_us = power->button.since_us;
	if (power->emergency_us && power->now_us >= power->emergency_us)
		stop_emergency(power, POWER_EMERGENCY_OVER);
	if (power->button.edge >= 0 || held < POWER_BUTTON_EMERGENCY_MS * UINT64_C(1000) ||
		held >= POWER_BUTTON_OFF_MS * UINT64_C(1000) ||
		!input->settings->value[BMS_SETTING_SLOT_BUTTON_EMERGENCY])
		return;
	if (power->emergency_us)
		stop_emergency(power, POWER_EMERGENCY_BUTTON_OFF);
	else
		start_emergency(power, POWER_EMERGENCY_BUTTON_ON, input->settings);
}

void power_init(struct power *power, uint64_t now_us)
{
	*power = (struct power){ .now_us = now_us, .since_us = now_us, .state = POWER_RUN };
}

void power_step(struct power *power, const struct power_input *input)
{
	power->events = power->asked;
	power->asked = 0;
	power->now_us = input->now_us;
	line_step(&power->key, input->din & PORT_DIN_ACC, input->now_us, POWER_KEY_MS);
	line_step(&power->charger, input->din & PORT_DIN_CHARGER, input->now_us, POWER_CHARGER_MS);
	line_step(&power->button, input->din & PORT_DIN_BUTTON, input->now_us, POWER_BUTTON_MS);
	if (power->key.edge < 0)
		power->events |= POWER_KEY_OFF;
	if (power->charger.edge < 0)
		power->events |= POWER_CHARGER_GONE;
	if (power->charger.on || input->current_ma >= POWER_QUIET_MA)
		power->idle_us = input->now_us;
	look_at_emergency(power, input);
	states[power->state](power, input);
}

void power_request(
	struct power *power, enum power_request request, const struct bms_settings *settings)
{
	power->events = 0;
	if (request == POWER_EMERGENCY_START)
		start_emergency(power, POWER_EMERGENCY_ON, settings);
	else if (request == POWER_EMERGENCY_STOP)
		stop_emergency(power, POWER_EMERGENCY_OFF);
	else if (power->state == POWER_RUN || power->state == POWER_SLEEP) {
		stop_emergency(power, POWER_EMERGENCY_OFF);
		power_enter(power, POWER_CLOSING, POWER_WENT_OFF_BY_APP);
	}
	power->asked |= power->events;
}

bool power_is_on(const struct power *power)
{
	return power->state == POWER_RUN;
}

bool power_is_emergency(const struct power *power)
{
	return power->emergency_us != 0;
}

uint16_t power_emergency_s(const struct power *power)
{
	if (power->emergency_us <= power->now_us)
		return 0;
	return (uint16_t)((power->emergency_us - power->now_us + 999999) / 1000000);
}

uint32_t power_sleep_s(const struct power *power, const struct bms_settings *settings)
{
	uint64_t all_us = sleep_time_us(settings);
	uint64_t gone_us = power->quiet_us ? power->now_us - power->quiet_us : 0;

	if (!settings->value[BMS_SETTING_SLOT_SMART_SLEEP])
		return NEVER_S;
	return gone_us < all_us ? (uint32_t)((all_us - gone_us) / 1000000) : 0;
}

bool power_has_charger(const struct power *power)
{
	return power->charger.on ||
	       (power->idle_us && !passed(power->idle_us, power->now_us, POWER_UNPLUGGED_MS));
}
