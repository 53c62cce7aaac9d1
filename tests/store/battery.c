/* SPDX-License-Identifier: MIT */
#include "battery.h"

#include <string.h>

static const int64_t full_mas = INT64_C(280000) * 3600;

int64_t battery_random(struct battery *battery, int64_t limit)
{
	battery->random = battery->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (int64_t)(battery->random >> 33) % limit;
}

/* Twelve uniform numbers add up to a normal one. */
static int64_t noise(struct battery *battery, int64_t sigma)
{
	int64_t sum = 0;

	for (int i = 0; i < 12; i++)
		sum += battery_random(battery, 2001) - 1000;
	return sum * sigma / 2000;
}

void battery_init(struct battery *battery, uint64_t seed, int64_t noise_uv)
{
	*battery = (struct battery){
		.random = seed,
		.noise_uv = noise_uv,
		.charge_mas = full_mas / 2,
		.load_ma = 2000,
	};
	for (int i = 0; i < BATTERY_CELLS; i++) {
		battery->offset_uv[i] = noise(battery, 3000);
		battery->wire_mohm[i] = 40 + battery_random(battery, 20);
	}
}

/* Of an LFP cell at rest, over tenths of its charge. */
static int64_t open_uv(int64_t charge_mas)
{
	static const int64_t uv[] = { 2900000, 3200000, 3240000, 3265000, 3285000, 3290000, 3295000,
		3310000, 3325000, 3335000, 3400000, 3400000 };
	int64_t tenth = full_mas / 10, at = charge_mas / tenth, rest = charge_mas % tenth;

	if (charge_mas < 0)
		return uv[0];
	if (at > 9)
		return uv[10];
	return uv[at] + (uv[at + 1] - uv[at]) * (rest / 1000) / (tenth / 1000);
}

/* A parabola of sun from 7 to 17 o'clock, and a load that changes every few minutes. */
static int64_t current_ma(struct battery *battery, int64_t time_ms)
{
	int64_t second = time_ms / 1000 % 86400, from_noon = (second - 43200) / 10, sun_ma;

	sun_ma = 60000 - from_noon * from_noon * 60000 / (1800 * 1800) / 4;
	if (second < 25200 || second > 61200 || battery->charge_mas >= full_mas)
		sun_ma = 0;
	if (battery_random(battery, 300) == 0)
		battery->load_ma = 1000 + battery_random(battery, second > 61200 ? 25000 : 6000);
	return sun_ma - battery->load_ma + noise(battery, 40);
}

static void read_cells(struct battery *battery, int64_t ma, struct bms_telemetry *telemetry)
{
	int64_t pack_uv = 0;

	for (int i = 0; i < BATTERY_CELLS; i++) {
		int64_t uv = open_uv(battery->charge_mas) + battery->offset_uv[i] + ma * 3 / 10 +
			     noise(battery, battery->noise_uv);

		bms_telemetry_set(telemetry, (size_t)(BMS_SLOT_CELL_MV + i), (uv + 500) / 1000);
		pack_uv += uv;
		if (battery_random(battery, 43200) == 0)
			battery->wire_mohm[i] = 40 + battery_random(battery, 20);
		bms_telemetry_set(
			telemetry, (size_t)(BMS_SLOT_WIRE_MOHM + i), battery->wire_mohm[i]);
	}
	bms_telemetry_set(telemetry, BMS_SLOT_PACK_MV, pack_uv / 1000);
}

void battery_read(struct battery *battery, int64_t time_ms, struct bms_telemetry *telemetry)
{
	int64_t ma = current_ma(battery, time_ms), mah = battery->charge_mas / 3600;

	memset(telemetry, 0, sizeof(*telemetry));
	battery->charge_mas += ma;
	read_cells(battery, ma, telemetry);
	bms_telemetry_set(telemetry, BMS_SLOT_CURRENT_MA, ma);
	bms_telemetry_set(telemetry, BMS_SLOT_MOS_DC, 250 + ma / 2000);
	bms_telemetry_set(telemetry, BMS_SLOT_PROBE_DC, 220 + ma / 10000);
	bms_telemetry_set(telemetry, BMS_SLOT_PROBE_DC + 1, 221 + ma / 10000);
	bms_telemetry_set(telemetry, BMS_SLOT_ALARM_BITS, 0);
	bms_telemetry_set(telemetry, BMS_SLOT_BALANCE_MA, 0);
	bms_telemetry_set(telemetry, BMS_SLOT_BALANCE_STATE, 0);
	bms_telemetry_set(telemetry, BMS_SLOT_SOC_PCT, mah / 2800);
	bms_telemetry_set(telemetry, BMS_SLOT_REMAINING_MAH, mah);
	bms_telemetry_set(telemetry, BMS_SLOT_FULL_MAH, 280000);
	bms_telemetry_set(telemetry, BMS_SLOT_CYCLES, 12);
	bms_telemetry_set(telemetry, BMS_SLOT_PRECHARGE_ON, 0);
	bms_telemetry_set(telemetry, BMS_SLOT_CHARGE_ON, 1);
	bms_telemetry_set(telemetry, BMS_SLOT_DISCHARGE_ON, 1);
	bms_telemetry_set(telemetry, BMS_SLOT_HEATER_ON, 0);
}
