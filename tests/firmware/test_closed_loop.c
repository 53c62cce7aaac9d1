/* SPDX-License-Identifier: MIT */
/* The firmware on the host port with the battery model behind it. */
#include "check.h"

#include "port/host/station.h"

enum {
	STEP_US = 100000,
	FINE_STEP_US = 10000,
	DAY_S = 86400,
	TOLERANCE_MV = 20,
};

static struct station station;
static struct line line;
static struct fate fate;

static void begin(const struct plant_config *plant)
{
	struct station_config config = { .plant = *plant, .address = 1 };

	line = (struct line){ .master = -1, .slave = -1 };
	fate = (struct fate){ 0 };
	assert_int_equal(
		station_init(&station, &config, (struct line *[PORT_UARTS]){ &line }, &fate), 0);
}

static struct plant_config pack(enum bms_chemistry chemistry, unsigned cells, int64_t mah)
{
	return (struct plant_config){
		.chemistry = chemistry, .cells = cells, .capacity_mah = mah, .seed = 1, .soc = -1
	};
}

static void run_s(unsigned seconds)
{
	for (unsigned step = 0; step < seconds * (1000000 / FINE_STEP_US); step++)
		station_step(&station, FINE_STEP_US);
}

static bool alarmed(enum bms_alarm alarm)
{
	return board_alarms(&station.board) & BMS_ALARM_BIT(alarm);
}

/* What happened in a long run. */
struct history {
	double highest_mv, lowest_mv;
	bool overvoltage, undervoltage;
};

static void watch(struct history *history)
{
	const struct plant *plant = &station.port.plant;

	for (unsigned i = 0; i < plant->config.cells; i++) {
		if (plant->cell[i].mv > history->highest_mv)
			history->highest_mv = plant->cell[i].mv;
		if (plant->cell[i].mv < history->lowest_mv)
			history->lowest_mv = plant->cell[i].mv;
	}
	history->overvoltage |= alarmed(BMS_ALARM_CELL_OVP);
	history->undervoltage |= alarmed(BMS_ALARM_CELL_UVP);
}

static struct history live_through(unsigned seconds)
{
	struct history history = { .lowest_mv = 1e9 };

	for (unsigned step = 0; step < seconds * (1000000 / STEP_US); step++) {
		station_step(&station, STEP_US);
		watch(&history);
	}
	return history;
}

/* A charger without a limit and a load without mercy: only the board is between them. */
static void cells_stay_within_their_limits_through_hard_solar_days(void **state)
{
	(void)state;
	for (int chemistry = 0; chemistry < BMS_CHEMISTRY_COUNT; chemistry++) {
		struct plant_config plant = pack((enum bms_chemistry)chemistry, 16, 50000);
		const struct bms_settings *settings = &station.board.params.settings;
		struct history history;

		plant.dumb_charger = true;
		plant.rated_a = 20;
		begin(&plant);
		history = live_through(2 * DAY_S);
		assert_true(history.overvoltage);
		assert_true(history.undervoltage);
		assert_true(history.highest_mv <=
			    (double)settings->value[BMS_SETTING_SLOT_CELL_OVP] + TOLERANCE_MV);
		assert_true(history.lowest_mv >=
			    (double)settings->value[BMS_SETTING_SLOT_CELL_UVP] - TOLERANCE_MV);
	}
}

static void a_sensible_system_runs_for_days_without_an_alarm(void **state)
{
	struct plant_config plant = pack(BMS_CHEMISTRY_LFP, 25, 280000);
	struct history history;
	double error;

	(void)state;
	begin(&plant);
	history = live_through(3 * DAY_S);
	assert_false(history.overvoltage);
	assert_false(history.undervoltage);
	assert_int_equal(board_alarms(&station.board), BMS_ALARM_BIT(BMS_ALARM_DEFAULT_PASSWORD));
	error = (double)soc_pct(&station.board.soc) - plant_soc(&station.port.plant) * 100;
	assert_true(error > -2 && error < 2);
}

static void a_pack_of_25_lfp_cells_looks_like_one(void **state)
{
	static const int profiles[] = { PROFILE_SOLAR, PROFILE_IDLE, PROFILE_CYCLE };

	(void)state;
	for (size_t i = 0; i < LENGTH(profiles); i++) {
		struct plant_config plant = pack(BMS_CHEMISTRY_LFP, 25, 280000);
		struct bms_telemetry told;
		int64_t sum = 0;

		plant.profile = (enum profile)profiles[i];
		begin(&plant);
		run_s(60);
		board_telemetry(&station.board, &told);
		for (size_t cell = 0; cell < 25; cell++) {
			int64_t mv = told.value[BMS_SLOT_CELL_MV + cell];
			int64_t wire = told.value[BMS_SLOT_WIRE_MOHM + cell];

			assert_true(mv > 3200 && mv < 3400);
			assert_true(wire >= 38 && wire <= 75);
			sum += mv;
		}
		assert_true(sum - told.value[BMS_SLOT_PACK_MV] < 40);
		assert_true(sum - told.value[BMS_SLOT_PACK_MV] > -40);
		assert_int_equal(told.value[BMS_SLOT_CHARGE_ON], 1);
		assert_int_equal(told.value[BMS_SLOT_DISCHARGE_ON], 1);
		assert_true(bms_telemetry_has(&told, BMS_SLOT_PROBE_DC + 2));
		assert_int_equal(bms_telemetry_out_of_range(&told), BMS_SLOTS);
	}
}

static void a_seed_is_one_battery(void **state)
{
	struct plant_config plant = pack(BMS_CHEMISTRY_NMC, 14, 100000);
	struct bms_telemetry first, second;

	(void)state;
	begin(&plant);
	run_s(30);
	board_telemetry(&station.board, &first);
	begin(&plant);
	run_s(30);
	board_telemetry(&station.board, &second);
	assert_memory_equal(&first, &second, sizeof(first));
	plant.seed = 2;
	begin(&plant);
	run_s(30);
	board_telemetry(&station.board, &second);
	assert_memory_not_equal(&first, &second, sizeof(first));
}

static void current_flows_only_through_closed_contacts(void **state)
{
	struct plant_config plant = pack(BMS_CHEMISTRY_LFP, 16, 100000);

	(void)state;
	begin(&plant);
	for (int step = 0; step < 2000; step++) {
		station_step(&station, FINE_STEP_US);
		if (plant_contacts(&station.port.plant) == 0)
			assert_true(station.port.plant.current_a == 0);
		if (station.port.plant.relay[PLANT_DISCHARGE].contact)
			break;
		/* The load comes up behind the resistor first. */
		assert_true(station.port.plant.current_a > -2 ||
			    station.port.plant.relay[PLANT_CHARGE].contact);
	}
	assert_true(station.port.plant.relay[PLANT_DISCHARGE].contact);
	assert_true(station.port.plant.relay[PLANT_PRECHARGE].contact);
}

static void a_shorted_load_is_never_connected(void **state)
{
	struct plant_config plant = pack(BMS_CHEMISTRY_LFP, 16, 100000);

	(void)state;
	begin(&plant);
	assert_true(plant_fault_set(&station.port.plant, PLANT_FAULT_LOAD_SHORT_MOHM, 0, 0));
	for (int step = 0; step < 30000; step++) {
		station_step(&station, FINE_STEP_US);
		assert_false(station.port.plant.relay[PLANT_DISCHARGE].contact);
	}
	assert_true(alarmed(BMS_ALARM_DISCHARGE_START));
}

static void a_welded_charge_relay_is_noticed_when_it_should_open(void **state)
{
	struct plant_config plant = pack(BMS_CHEMISTRY_LFP, 16, 100000);

	(void)state;
	begin(&plant);
	run_s(10);
	assert_int_equal(
		plant_contacts(&station.port.plant), PORT_RELAY_CHARGE | PORT_RELAY_DISCHARGE);
	plant_fault_set(&station.port.plant, PLANT_FAULT_RELAY_WELDED, PLANT_CHARGE, 1);
	bms_settings_set(&station.board.params.settings, BMS_SETTING_SLOT_CHARGE_SWITCH, 0);
	run_s(8);
	assert_true(alarmed(BMS_ALARM_CHARGE_SWITCH));
	assert_int_equal(plant_contacts(&station.port.plant), PORT_RELAY_CHARGE);
}

static void the_coulomb_count_follows_the_battery_through_a_day(void **state)
{
	struct plant_config plant = pack(BMS_CHEMISTRY_NMC, 14, 100000);
	double counted_mah, told_mah;

	(void)state;
	begin(&plant);
	run_s(1);
	told_mah = (double)soc_remaining_mah(&station.board.soc);
	counted_mah = station.port.plant.counted_c / 3.6;
	live_through(DAY_S / 4);
	told_mah = (double)soc_remaining_mah(&station.board.soc) - told_mah;
	counted_mah = station.port.plant.counted_c / 3.6 - counted_mah;
	assert_true(told_mah - counted_mah < 3 && told_mah - counted_mah > -3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_stay_within_their_limits_through_hard_solar_days),
		cmocka_unit_test(a_sensible_system_runs_for_days_without_an_alarm),
		cmocka_unit_test(a_pack_of_25_lfp_cells_looks_like_one),
		cmocka_unit_test(a_seed_is_one_battery),
		cmocka_unit_test(current_flows_only_through_closed_contacts),
		cmocka_unit_test(a_shorted_load_is_never_connected),
		cmocka_unit_test(a_welded_charge_relay_is_noticed_when_it_should_open),
		cmocka_unit_test(the_coulomb_count_follows_the_battery_through_a_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
