/* SPDX-License-Identifier: MIT */
#include "mirror/witness.h"

static const struct {
	uint8_t slot; /* of the switch */
	uint8_t on, off;
} switch_codes[] = {
	{ BMS_SETTING_SLOT_CHARGE_SWITCH, BMS_JK_CODE_CHARGE_ON, BMS_JK_CODE_CHARGE_OFF },
	{ BMS_SETTING_SLOT_DISCHARGE_SWITCH, BMS_JK_CODE_DISCHARGE_ON, BMS_JK_CODE_DISCHARGE_OFF },
};

static int64_t value_of(const struct bms_telemetry *reading, size_t slot)
{
	return bms_telemetry_or(reading, slot, 0);
}

static uint32_t runtime_of(const struct bms_telemetry *reading)
{
	return (uint32_t)value_of(reading, BMS_SLOT_RUNTIME_S);
}

static int64_t within(int64_t value, int64_t low, int64_t high)
{
	if (value < low)
		return low;
	return value > high ? high : value;
}

static uint16_t to_u16(int64_t value)
{
	return (uint16_t)within(value, 0, UINT16_MAX);
}

static int8_t to_c(int64_t dc)
{
	return (int8_t)within(dc / 10, INT8_MIN, INT8_MAX);
}

static uint16_t cell_mv(const struct bms_telemetry *reading, int64_t cell)
{
	return to_u16(
		value_of(reading, BMS_SLOT_CELL_MV + (size_t)within(cell, 0, BMS_CELLS_MAX - 1)));
}

static void put_probes(const struct bms_telemetry *reading, struct bms_jk_record *record)
{
	bool any = false;

	for (size_t i = 0; i < BMS_PROBES_MAX; i++) {
		int8_t c = to_c(value_of(reading, BMS_SLOT_PROBE_DC + i));

		if (!bms_telemetry_has(reading, BMS_SLOT_PROBE_DC + i))
			continue;
		if (!any || c > record->hottest_c)
			record->hottest_c = c;
		if (!any || c < record->coldest_c)
			record->coldest_c = c;
		any = true;
	}
	record->mos_c = to_c(value_of(reading, BMS_SLOT_MOS_DC));
}

static uint8_t bits_of(const struct bms_telemetry *reading)
{
	static const struct {
		uint8_t slot, bit;
	} bits[] = {
		{ BMS_SLOT_CHARGE_ON, BMS_JK_RECORD_CHARGE },
		{ BMS_SLOT_DISCHARGE_ON, BMS_JK_RECORD_DISCHARGE },
		{ BMS_SLOT_BALANCE_STATE, BMS_JK_RECORD_BALANCING },
		{ BMS_SLOT_HEATER_ON, BMS_JK_RECORD_HEATING },
	};
	uint8_t all = 0;

	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		all |= value_of(reading, bits[i].slot) ? bits[i].bit : 0;
	return all;
}

static void add_record(struct witness *witness, const struct bms_telemetry *reading, uint8_t code)
{
	int64_t highest = value_of(reading, BMS_SLOT_CELL_HIGHEST);
	int64_t lowest = value_of(reading, BMS_SLOT_CELL_LOWEST);
	struct bms_jk_record record = {
		.rtc_s = (uint32_t)value_of(reading, BMS_SLOT_RTC_S),
		.code = code,
		.bits = bits_of(reading),
		.highest = (uint8_t)highest,
		.lowest = (uint8_t)lowest,
		.highest_mv = cell_mv(reading, highest),
		.lowest_mv = cell_mv(reading, lowest),
		.pack_cv = to_u16(value_of(reading, BMS_SLOT_PACK_MV) / 10),
		.current_da = (int16_t)within(
			value_of(reading, BMS_SLOT_CURRENT_MA) / 100, INT16_MIN, INT16_MAX),
		.remaining_dah = to_u16(value_of(reading, BMS_SLOT_REMAINING_MAH) / 100),
		.full_dah = to_u16(value_of(reading, BMS_SLOT_FULL_MAH) / 100),
		.heater_da =
			(uint8_t)within(value_of(reading, BMS_SLOT_HEATER_MA) / 100, 0, UINT8_MAX),
	};

	put_probes(reading, &record);
	bms_jk_diary_add_record(&witness->diary, &record);
}

/* A board that was reset starts its run time anew; so does the hour. */
static void note_hour(struct witness *witness, const struct bms_telemetry *reading)
{
	uint32_t now_s = runtime_of(reading);

	if (now_s >= witness->diary.record_s &&
		now_s - witness->diary.record_s < BMS_JK_RECORD_PERIOD_S)
		return;
	witness->diary.record_s = now_s;
	add_record(witness, reading, BMS_JK_CODE_PERIODIC);
}

void witness_reading(struct witness *witness, const struct bms_telemetry *reading)
{
	uint32_t alarms = (uint32_t)value_of(reading, BMS_SLOT_ALARM_BITS);
	uint8_t code;

	if (!witness->has_seen) {
		witness->has_seen = true;
		witness->diary.alarms = alarms;
		witness->diary.record_s = runtime_of(reading);
		return;
	}
	if (bms_jk_diary_alarms(&witness->diary, runtime_of(reading), alarms,
		    (uint8_t)value_of(reading, BMS_SLOT_CELL_HIGHEST),
		    (uint8_t)value_of(reading, BMS_SLOT_CELL_LOWEST), &code))
		add_record(witness, reading, code);
	note_hour(witness, reading);
}

void witness_settings(struct witness *witness, const struct bms_settings *settings,
	const struct bms_telemetry *reading)
{
	for (size_t i = 0; i < sizeof(switch_codes) / sizeof(*switch_codes); i++) {
		size_t slot = switch_codes[i].slot;
		int64_t now = settings->value[slot];
		uint8_t code = now ? switch_codes[i].on : switch_codes[i].off;

		if (witness->has_settings && bms_settings_has(settings, slot) &&
			now != witness->switches[i]) {
			bms_jk_diary_add_event(
				&witness->diary, runtime_of(reading), (enum bms_jk_code)code);
			add_record(witness, reading, code);
		}
		witness->switches[i] = now;
	}
	witness->has_settings = true;
}
