/* SPDX-License-Identifier: MIT */
#include "scenario/rows.h"

#include <inttypes.h>
#include <stdio.h>

#include "scenario/drive.h"

enum {
	NAME = 40,
	KINDS_MAX = 8,
	SCAN_MS = SENSE_SCAN_US / 1000,
	SHOWS_MS = 2000,  /* until a quantity shows what was forced, at the latest */
	OPENS_MS = 50,    /* release time, and a step to notice and a step to act */
	BLIND_MS = 13000, /* the slowest sensor is missed after 10 s */
	QUIET_MS = 20000,
	CLOSES_MS = 20000,
	RECLOSES_MS = 100000, /* others hold for longer */
	EVENT_MS = 3000,
};

static const struct protect_row *row_of(const struct trial *trial)
{
	return &protect_rows[trial->scenario->of];
}

static const struct drive *drive_of_row(const struct trial *trial)
{
	return drive_of((enum measure_quantity)row_of(trial)->quantity);
}

static const struct bms_settings *settings_of(const struct trial *trial)
{
	return &trial->rig.board.params.settings;
}

static bool is_acting(const struct trial *trial)
{
	uint8_t state = trial->rig.board.protect.cell[trial->scenario->of].state;

	return state != PROTECT_CLEAR && state != PROTECT_PENDING;
}

static bool is_clear(const struct trial *trial)
{
	return !is_acting(trial);
}

static bool is_latched(const struct trial *trial)
{
	return trial->rig.board.protect.cell[trial->scenario->of].state == PROTECT_LATCHED;
}

static bool is_past(const struct trial *trial)
{
	const struct protect_row *row = row_of(trial);
	int64_t limit = protect_limit(&row->trip, settings_of(trial));
	int64_t value = trial->rig.board.measure.value[row->quantity];

	return row->below ? value < limit : value > limit;
}

static bool are_denied_open(const struct trial *trial)
{
	return !(rig_contacts(&trial->rig) & row_of(trial)->denies & PROTECT_RELAYS);
}

static int32_t limit_of(const struct trial *trial)
{
	return (int32_t)protect_limit(&row_of(trial)->trip, settings_of(trial));
}

static int32_t past_limit(const struct trial *trial)
{
	return limit_of(trial) + (row_of(trial)->below ? -1 : 1);
}

/* Where the row lets go; a current has gone by itself. */
static int32_t back_value(const struct trial *trial)
{
	const struct protect_row *row = row_of(trial);
	int32_t release = (int32_t)protect_limit(&row->release, settings_of(trial));

	if (drive_of_row(trial)->ends_itself || drive_of_row(trial)->is_age)
		return 0;
	return release + (row->below ? 1 : -1);
}

static uint32_t time_ms(const struct trial *trial, const struct protect_number *number)
{
	return (uint32_t)(protect_time_us(number, settings_of(trial)) / 1000);
}

/* How often the quantity is looked at. */
static uint32_t period_ms(const struct trial *trial)
{
	switch (measure_source_of((enum measure_quantity)row_of(trial)->quantity)) {
	case MEASURE_SHUNT:
	case MEASURE_CLOCK:
		return RIG_STEP_MS;
	case MEASURE_CELLS:
	case MEASURE_PROBES:
	case MEASURE_RAILS:
	case MEASURE_SOURCES:
		break;
	}
	return SCAN_MS;
}

static uint32_t opens_ms(const struct trial *trial)
{
	return OPENS_MS + (drive_of_row(trial)->is_unknown ? RELAY_FUSE_MS : 0);
}

static void force(struct trial *trial, int32_t value)
{
	drive_of_row(trial)->force(&trial->rig, value);
}

/* Each limit has a value of its own, so that a row that takes its neighbour's is found out. */
static void set_limits(struct rig *rig)
{
	static const struct {
		enum bms_setting_slot slot;
		int32_t value;
	} own[] = {
		{ BMS_SETTING_SLOT_CHARGE_OCP, 25000 },
		{ BMS_SETTING_SLOT_CHARGE_OCP_DELAY, 7 },
		{ BMS_SETTING_SLOT_CHARGE_OCP_RELEASE, 16 },
		{ BMS_SETTING_SLOT_DISCHARGE_OCP, 200000 },
		{ BMS_SETTING_SLOT_DISCHARGE_OCP_DELAY, 9 },
		{ BMS_SETTING_SLOT_DISCHARGE_OCP_RELEASE, 21 },
		{ BMS_SETTING_SLOT_CHARGE_OTP, 500 },
		{ BMS_SETTING_SLOT_CHARGE_OTP_RELEASE, 450 },
		{ BMS_SETTING_SLOT_DISCHARGE_OTP, 600 },
		{ BMS_SETTING_SLOT_DISCHARGE_OTP_RELEASE, 560 },
		{ BMS_SETTING_SLOT_CHARGE_UTP, 0 },
		{ BMS_SETTING_SLOT_CHARGE_UTP_RELEASE, 50 },
		{ BMS_SETTING_SLOT_BALANCE_SWITCH, 0 },
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		rig_set(rig, own[i].slot, own[i].value);
}

static int32_t middle_mv(const struct rig *rig)
{
	return (int32_t)(rig_setting(rig, BMS_SETTING_SLOT_CELL_UVP_RELEASE) +
			 rig_setting(rig, BMS_SETTING_SLOT_CELL_OVP_RELEASE)) /
	       2;
}

static bool begin(struct trial *trial)
{
	struct rig_config config = rig_usual(trial->seed);
	struct rig *rig = &trial->rig;
	const struct protect_row *row = row_of(trial);

	config.plant.chemistry = trial->scenario->chemistry;
	if (drive_of_row(trial)->wiring)
		config.wiring = *drive_of_row(trial)->wiring;
	rig_init(rig, &config);
	set_limits(rig);
	rig_bench(rig, middle_mv(rig));
	rig_fault(rig, PLANT_FAULT_CHARGER_PLUGGED, 0, 1);
	rig_fault(rig, PLANT_FAULT_FUSE_HOLDS, 0, 1);
	if (row->switched_by)
		rig_set(rig, (enum bms_setting_slot)row->switched_by, 1);
	if (!trial_expect(trial, trial_wait_ms(trial, trial_is_closed, CLOSES_MS) >= 0,
		    "the relays of a healthy board did not close"))
		return false;
	if (drive_of_row(trial)->prepare)
		drive_of_row(trial)->prepare(rig);
	return trial_expect(trial, is_clear(trial), "the row acted before anything was wrong");
}

/* Forces the value one beyond the limit and waits for the row; ms between both, or -1. */
static int64_t trip(struct trial *trial)
{
	uint32_t delay = time_ms(trial, &row_of(trial)->delay);
	uint32_t shows =
		drive_of_row(trial)->is_age ? (uint32_t)limit_of(trial) + SHOWS_MS : SHOWS_MS;
	int64_t took;

	force(trial, past_limit(trial));
	if (!trial_expect(trial, trial_wait_ms(trial, is_past, shows) >= 0,
		    "the board never saw the value"))
		return -1;
	took = trial_wait_ms(trial, is_acting, delay + 10 * period_ms(trial));
	trial_expect(trial, took >= 0, "did not trip within %" PRIu32 " ms",
		delay + 10 * period_ms(trial));
	return took;
}

/* One beyond the limit trips when the delay is over, not before, and one sample later at most. */
static void trips(struct trial *trial)
{
	int64_t took = begin(trial) ? trip(trial) : -1;
	int64_t delay = time_ms(trial, &row_of(trial)->delay), opened;

	if (took < 0)
		return;
	trial_expect(trial, took >= delay, "tripped %" PRId64 " ms early", delay - took);
	trial_expect(trial, took <= delay + period_ms(trial), "tripped %" PRId64 " ms late",
		took - delay);
	trial_expect(
		trial, rig_alarmed(&trial->rig, (enum bms_alarm)row_of(trial)->alarm), "no alarm");
	opened = trial_wait_ms(trial, are_denied_open, opens_ms(trial));
	if (!drive_of_row(trial)->prepare)
		trial_expect(trial, opened >= 0, "a denied relay was closed %" PRIu32 " ms later",
			opens_ms(trial));
	trial_margin(trial, "%+" PRId64 " ms, open after %" PRId64 " ms", took - delay, opened);
}

/* The limit itself is allowed for ever. */
static void holds(struct trial *trial)
{
	uint32_t delay;

	if (!begin(trial))
		return;
	delay = time_ms(trial, &row_of(trial)->delay);
	force(trial, limit_of(trial));
	trial_while(
		trial, is_clear, SHOWS_MS + delay + 4 * period_ms(trial), "tripped at the limit");
	trial_margin(trial, "1 LSB");
}

/* What does not last the delay does not trip. */
static void forgives(struct trial *trial)
{
	uint32_t delay, period = period_ms(trial);

	if (!begin(trial))
		return;
	delay = time_ms(trial, &row_of(trial)->delay);
	force(trial, past_limit(trial));
	trial_expect(trial, trial_wait_ms(trial, is_past, SHOWS_MS) >= 0,
		"the board never saw the value");
	trial_while(trial, is_clear, delay - period, "tripped early");
	force(trial, back_value(trial));
	trial_while(trial, is_clear, delay + 2 * period, "tripped after it was over");
	trial_margin(trial, "%" PRIu32 " ms", period);
}

/* A sensor that comes back one step before it is given up. */
static void forgives_silence(struct trial *trial)
{
	uint32_t limit = (uint32_t)limit_of(trial), period;

	if (!begin(trial))
		return;
	limit = (uint32_t)limit_of(trial);
	period = row_of(trial)->quantity == MEASURE_SHUNT_AGE_MS ? RIG_STEP_MS : SCAN_MS;
	rig_run_ms(&trial->rig, SCAN_MS);
	while (trial->rig.board.measure.value[row_of(trial)->quantity] > 0)
		rig_step(&trial->rig);
	force(trial, 1);
	trial_while(trial, is_clear, limit - period, "tripped early");
	force(trial, 0);
	trial_while(trial, is_clear, SHOWS_MS, "tripped although samples came again");
	trial_margin(trial, "%" PRIu32 " ms", period);
}

static bool has_plain_release(const struct trial *trial)
{
	const struct drive *drive = drive_of_row(trial);

	return !drive->ends_itself && !drive->is_age && !drive->is_flag;
}

/* Everything back to the middle of its range. */
static void calm(struct trial *trial)
{
	rig_heal(&trial->rig, PLANT_FAULT_PACK_MV);
	rig_heal(&trial->rig, PLANT_FAULT_PROBE_OPEN);
	rig_heal(&trial->rig, PLANT_FAULT_PROBE_SHORT);
	rig_bench(&trial->rig, middle_mv(&trial->rig));
}

/* The release value itself is not enough. The hold time is over meanwhile. */
static void linger(struct trial *trial)
{
	const struct protect_row *row = row_of(trial);

	force(trial, back_value(trial) + (row->below ? -1 : 1));
	trial_while(trial, is_acting,
		time_ms(trial, &row->hold) + time_ms(trial, &row->settle) + SHOWS_MS,
		"released at the release value");
}

/* Beyond the release value, after the hold and the settling time, and the relays close again. */
static void releases(struct trial *trial)
{
	const struct protect_row *row = row_of(trial);
	int64_t wait, took;

	if (!begin(trial) || trip(trial) < 0)
		return;
	wait = time_ms(trial, &row->settle);
	if (has_plain_release(trial))
		linger(trial);
	else
		wait += time_ms(trial, &row->hold);
	force(trial, back_value(trial));
	took = trial_wait_ms(trial, is_clear, (uint32_t)wait + SHOWS_MS);
	trial_expect(trial, took >= 0, "did not release");
	trial_expect(trial, took >= wait || took < 0, "released %" PRId64 " ms early", wait - took);
	calm(trial);
	if (!drive_of_row(trial)->prepare)
		trial_expect(trial, trial_wait_ms(trial, trial_is_closed, RECLOSES_MS) >= 0,
			"the relays did not close again");
	trial_margin(trial, "%+" PRId64 " ms", took - wait);
}

/* Denies what its row says and leaves the rest alone. */
static void keeps_to_its_path(struct trial *trial)
{
	uint8_t denied = 0, before;

	if (!begin(trial))
		return;
	before = rig_contacts(&trial->rig);
	if (trip(trial) < 0)
		return;
	rig_run_ms(&trial->rig, opens_ms(trial));
	for (size_t i = 0; i < protect_row_count; i++)
		if (trial->rig.board.protect.cell[i].state >= PROTECT_TRIPPED)
			denied |= protect_rows[i].denies;
	trial_expect(trial, (denied & row_of(trial)->denies) == row_of(trial)->denies,
		"does not deny what it should");
	trial_expect(trial, trial->rig.board.protect.allowed == (PROTECT_ALL & ~denied),
		"allows %#x, should allow %#x", trial->rig.board.protect.allowed,
		PROTECT_ALL & ~denied);
	if (!drive_of_row(trial)->prepare)
		trial_expect(trial, rig_contacts(&trial->rig) == (before & ~denied),
			"closed are %#x, should be %#x", rig_contacts(&trial->rig),
			before & ~denied);
	trial_margin(trial, "denies %#x", denied);
}

/* Without its sensor the board does not go on as if nothing were wrong. */
static void is_safe_when_blind(struct trial *trial)
{
	int64_t took;

	if (!begin(trial))
		return;
	rig_fault(&trial->rig, drive_of_row(trial)->blind, 0, 1);
	rig_run_ms(&trial->rig, SCAN_MS);
	force(trial, past_limit(trial));
	took = trial_wait_ms(trial, are_denied_open, BLIND_MS);
	trial_expect(trial, took >= 0, "its relays are closed %d ms after the sensor was lost",
		BLIND_MS);
	trial_margin(trial, "%" PRId64 " ms", took);
}

/* A sensor that stops does not release what has tripped. */
static void stays_when_blind(struct trial *trial)
{
	const struct protect_row *row = row_of(trial);

	if (!begin(trial) || trip(trial) < 0)
		return;
	rig_fault(&trial->rig, drive_of_row(trial)->blind, 0, 1);
	force(trial, back_value(trial));
	trial_while(trial, is_acting,
		time_ms(trial, &row->hold) + time_ms(trial, &row->settle) + QUIET_MS,
		"released by a sensor that has stopped");
	trial_margin(trial, "never");
}

static void make_event(struct rig *rig, enum protect_event event, bool on)
{
	if (event == PROTECT_SWITCHED) {
		rig_set(rig, BMS_SETTING_SLOT_CHARGE_SWITCH, on);
		rig_set(rig, BMS_SETTING_SLOT_DISCHARGE_SWITCH, on);
	}
	if (event == PROTECT_KEYED)
		rig_fault(rig, PLANT_FAULT_ACC_ON, 0, on);
	if (event == PROTECT_UNPLUGGED)
		rig_fault(rig, PLANT_FAULT_CHARGER_PLUGGED, 0, on);
}

static void unlatch(struct trial *trial, enum protect_event event)
{
	const struct protect_row *row = row_of(trial);

	make_event(&trial->rig, event, true);
	rig_run_ms(&trial->rig, EVENT_MS);
	make_event(&trial->rig, event, false);
	rig_run_ms(&trial->rig, EVENT_MS);
	make_event(&trial->rig, event, true);
	trial_expect(trial,
		trial_wait_ms(trial, is_clear,
			time_ms(trial, &row->hold) + time_ms(trial, &row->settle) + SHOWS_MS) >= 0,
		"event %#x did not end the latch", event);
}

/* The last trip of the row latches it; nothing but its events ends that. */
static void latch_and_wait(struct trial *trial)
{
	const struct protect_row *row = row_of(trial);
	uint32_t rest = time_ms(trial, &row->hold) + time_ms(trial, &row->settle) + SHOWS_MS;

	for (unsigned tries = 1; !trial->failed && tries <= row->latch_after; tries++) {
		if (trip(trial) < 0)
			return;
		trial_expect(trial, is_latched(trial) == (tries == row->latch_after),
			"latched: %d, after %u trips", is_latched(trial), tries);
		force(trial, back_value(trial));
		if (tries < row->latch_after)
			trial_wait_ms(trial, is_clear, rest + CLOSES_MS);
		if (tries < row->latch_after && drive_of_row(trial)->prepare)
			rig_run_ms(&trial->rig, CLOSES_MS);
		else if (tries < row->latch_after)
			trial_wait_ms(trial, trial_is_closed, CLOSES_MS);
	}
	trial_while(trial, is_latched, rest + QUIET_MS, "the latch let go");
}

static void latches(struct trial *trial)
{
	static const enum protect_event events[] = { PROTECT_SWITCHED, PROTECT_KEYED,
		PROTECT_UNPLUGGED };

	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++) {
		if (!(row_of(trial)->unlatch & events[i]) || !begin(trial))
			continue;
		latch_and_wait(trial);
		if (!trial->failed)
			unlatch(trial, events[i]);
	}
	trial_margin(trial, "%u trips", row_of(trial)->latch_after);
}

static bool is_any(const struct protect_row *row, const struct drive *drive)
{
	(void)row;
	(void)drive;
	return true;
}

static bool is_graded(const struct protect_row *row, const struct drive *drive)
{
	(void)row;
	return !drive->is_age;
}

static bool is_slow(const struct protect_row *row, const struct drive *drive)
{
	return !drive->is_age && (row->delay.kind != PROTECT_CONSTANT || row->delay.of > SCAN_MS);
}

static bool is_age(const struct protect_row *row, const struct drive *drive)
{
	(void)row;
	return drive->is_age;
}

static bool lets_go(const struct protect_row *row, const struct drive *drive)
{
	(void)drive;
	return row->latch_after != 1;
}

static bool has_sensor(const struct protect_row *row, const struct drive *drive)
{
	return drive->blind != PLANT_FAULT_COUNT && row->denies & PROTECT_RELAYS && !drive->prepare;
}

static bool can_latch(const struct protect_row *row, const struct drive *drive)
{
	(void)drive;
	return row->latch_after > 0;
}

/* The questions, and of which rows each is asked. */
static const struct {
	const char *name;
	void (*run)(struct trial *trial);
	bool (*fits)(const struct protect_row *row, const struct drive *drive);
} kinds[] = {
	{ "trips", trips, is_any },
	{ "holds", holds, is_graded },
	{ "forgives", forgives, is_slow },
	{ "forgives", forgives_silence, is_age },
	{ "releases", releases, lets_go },
	{ "path", keeps_to_its_path, is_any },
	{ "blind", is_safe_when_blind, has_sensor },
	{ "stays", stays_when_blind, has_sensor },
	{ "latches", latches, can_latch },
};

enum {
	KINDS = sizeof(kinds) / sizeof(*kinds)
};

const char *rows_name(size_t row)
{
	static char names[PROTECT_ROWS_MAX][NAME];
	unsigned number = 1;

	for (size_t i = 0; i < row; i++)
		number += protect_rows[i].alarm == protect_rows[row].alarm;
	if (number == 1)
		return bms_alarm_rows[protect_rows[row].alarm].key;
	snprintf(names[row], NAME, "%s-%u", bms_alarm_rows[protect_rows[row].alarm].key, number);
	return names[row];
}

/* A board of another chemistry is asked the same, with its own limits. */
static const char *kind_name(size_t kind, enum bms_chemistry chemistry)
{
	static char names[KINDS][BMS_CHEMISTRY_COUNT][NAME];

	if (chemistry == BMS_CHEMISTRY_LFP)
		return kinds[kind].name;
	snprintf(names[kind][chemistry], NAME, "%s-%s", kinds[kind].name,
		bms_chemistry_names[chemistry]);
	return names[kind][chemistry];
}

static size_t add_row(struct scenario *to, size_t row, enum bms_chemistry chemistry)
{
	const struct drive *drive = drive_of((enum measure_quantity)protect_rows[row].quantity);
	size_t count = 0;

	for (size_t kind = 0; drive && kind < KINDS; kind++)
		if (kinds[kind].fits(&protect_rows[row], drive))
			to[count++] = (struct scenario){ rows_name(row), kind_name(kind, chemistry),
				kinds[kind].run, row, chemistry };
	return count;
}

struct suite rows_suite(void)
{
	static struct scenario scenarios[PROTECT_ROWS_MAX * KINDS * BMS_CHEMISTRY_COUNT];
	size_t count = 0;

	for (size_t row = 0; row < protect_row_count; row++)
		for (int chemistry = 0; chemistry < BMS_CHEMISTRY_COUNT; chemistry++)
			count += add_row(scenarios + count, row, (enum bms_chemistry)chemistry);
	return (struct suite){ scenarios, count };
}
