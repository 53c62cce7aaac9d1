/* SPDX-License-Identifier: MIT */
/* What the ids of the 4E 57 protocol mean in our tables. */
#include <string.h>

#include "bms/alarms.h"
#include "bms/jk_nw.h"

enum {
	LOW_SOC_PCT = 20,
	NO_PROBE_C = -40, /* the lowest the protocol can say */
	STATUS_CHARGE = 1 << 0,
	STATUS_DISCHARGE = 1 << 1,
	STATUS_BALANCE = 1 << 2,
	ALARM_SOC_LOW = 1 << 0,

	VERSION_HARDWARE = 8, /* then S and the software, padded with _ */
	MAKER_USER_DATA = 12,
};

struct place {
	uint8_t number; /* enum bms_nw_number */
	uint8_t slot;
	uint16_t scale; /* ours is the protocol's times this */
};

/* clang-format off */
static const struct place live[] = {
	{ BMS_NW_PROBE1_C, BMS_SLOT_PROBE_DC, 10 },
	{ BMS_NW_PROBE2_C, BMS_SLOT_PROBE_DC + 1, 10 },
	{ BMS_NW_PACK_CV, BMS_SLOT_PACK_MV, 10 },
	{ BMS_NW_CURRENT_CA, BMS_SLOT_CURRENT_MA, 10 },
	{ BMS_NW_SOC_PCT, BMS_SLOT_SOC_PCT, 1 },
	{ BMS_NW_CYCLES, BMS_SLOT_CYCLES, 1 },
	{ BMS_NW_CYCLED_AH, BMS_SLOT_CYCLED_MAH, 1000 },
	{ BMS_NW_RUNTIME_MIN, BMS_SLOT_RUNTIME_S, 60 },
	{ BMS_NW_FULL_AH, BMS_SLOT_FULL_MAH, 1000 },
	{ BMS_NW_BATTERY_TYPE, BMS_SLOT_BATTERY_TYPE, 1 },
};

static const struct place kept[] = {
	{ BMS_NW_CELL_OVP, BMS_SETTING_SLOT_CELL_OVP, 1 },
	{ BMS_NW_CELL_OVP_RELEASE, BMS_SETTING_SLOT_CELL_OVP_RELEASE, 1 },
	{ BMS_NW_CELL_UVP, BMS_SETTING_SLOT_CELL_UVP, 1 },
	{ BMS_NW_CELL_UVP_RELEASE, BMS_SETTING_SLOT_CELL_UVP_RELEASE, 1 },
	{ BMS_NW_DISCHARGE_OCP, BMS_SETTING_SLOT_DISCHARGE_OCP, 1000 },
	{ BMS_NW_DISCHARGE_OCP_DELAY, BMS_SETTING_SLOT_DISCHARGE_OCP_DELAY, 1 },
	{ BMS_NW_CHARGE_OCP, BMS_SETTING_SLOT_CHARGE_OCP, 1000 },
	{ BMS_NW_CHARGE_OCP_DELAY, BMS_SETTING_SLOT_CHARGE_OCP_DELAY, 1 },
	{ BMS_NW_BALANCE_START, BMS_SETTING_SLOT_BALANCE_START_VOLTAGE, 1 },
	{ BMS_NW_BALANCE_TRIGGER, BMS_SETTING_SLOT_BALANCE_TRIGGER, 1 },
	{ BMS_NW_BALANCE_SWITCH, BMS_SETTING_SLOT_BALANCE_SWITCH, 1 },
	{ BMS_NW_MOS_OTP, BMS_SETTING_SLOT_MOS_OTP, 10 },
	{ BMS_NW_MOS_OTP_RELEASE, BMS_SETTING_SLOT_MOS_OTP_RELEASE, 10 },
	{ BMS_NW_CHARGE_OTP, BMS_SETTING_SLOT_CHARGE_OTP, 10 },
	{ BMS_NW_DISCHARGE_OTP, BMS_SETTING_SLOT_DISCHARGE_OTP, 10 },
	{ BMS_NW_CHARGE_UTP, BMS_SETTING_SLOT_CHARGE_UTP, 10 },
	{ BMS_NW_CHARGE_UTP_RELEASE, BMS_SETTING_SLOT_CHARGE_UTP_RELEASE, 10 },
	{ BMS_NW_DISCHARGE_UTP, BMS_SETTING_SLOT_DISCHARGE_UTP, 1 },
	{ BMS_NW_DISCHARGE_UTP_RELEASE, BMS_SETTING_SLOT_DISCHARGE_UTP_RELEASE, 1 },
	{ BMS_NW_CELL_COUNT, BMS_SETTING_SLOT_CELL_COUNT, 1 },
	{ BMS_NW_CAPACITY_AH, BMS_SETTING_SLOT_NOMINAL_CAPACITY, 1000 },
	{ BMS_NW_CHARGE_SWITCH, BMS_SETTING_SLOT_CHARGE_SWITCH, 1 },
	{ BMS_NW_DISCHARGE_SWITCH, BMS_SETTING_SLOT_DISCHARGE_SWITCH, 1 },
	{ BMS_NW_ADDRESS, BMS_SETTING_SLOT_DEVICE_ADDRESS, 1 },
	{ BMS_NW_SPECIAL_CHARGER, BMS_SETTING_SLOT_SPECIAL_CHARGER, 1 },
};

/* What no board of this kind measures or lets be set. Delays are the firmware's own; the rest as
 * the captured 11.26 says it. */
static const struct {
	uint8_t number;
	uint16_t value;
} constants[] = {
	{ BMS_NW_PROBES, 2 },
	{ BMS_NW_CELL_OVP_DELAY, 2 },
	{ BMS_NW_CELL_UVP_DELAY, 2 },
	{ BMS_NW_CELL_DIFFERENCE, 0 },
	{ BMS_NW_BOX_OTP, 100 },
	{ BMS_NW_BOX_OTP_RELEASE, 100 },
	{ BMS_NW_PROBE_DIFFERENCE, 20 },
	{ BMS_NW_LOW_SOC_PCT, LOW_SOC_PCT },
	{ BMS_NW_CURRENT_CALIBRATION, 1000 },
	{ BMS_NW_CALIBRATE_CURRENT, 0 },
	{ BMS_NW_PROTOCOL_VERSION, 1 },
};

/* Bit of the 16-bit word: any of these alarms. */
static const uint32_t alarm_map[16] = {
	[1] = BMS_ALARM_BIT(BMS_ALARM_MOS_OTP),
	[2] = BMS_ALARM_BIT(BMS_ALARM_CELL_OVP) | BMS_ALARM_BIT(BMS_ALARM_PACK_OVP),
	[3] = BMS_ALARM_BIT(BMS_ALARM_CELL_UVP) | BMS_ALARM_BIT(BMS_ALARM_PACK_UVP),
	[4] = BMS_ALARM_BIT(BMS_ALARM_CHARGE_OTP) | BMS_ALARM_BIT(BMS_ALARM_DISCHARGE_OTP) |
		BMS_ALARM_BIT(BMS_ALARM_BATTERY_OT),
	[5] = BMS_ALARM_BIT(BMS_ALARM_CHARGE_OCP) | BMS_ALARM_BIT(BMS_ALARM_CHARGE_SCP),
	[6] = BMS_ALARM_BIT(BMS_ALARM_DISCHARGE_OCP) | BMS_ALARM_BIT(BMS_ALARM_DISCHARGE_SCP),
	[9] = BMS_ALARM_BIT(BMS_ALARM_CHARGE_UTP) | BMS_ALARM_BIT(BMS_ALARM_DISCHARGE_UTP),
	[10] = BMS_ALARM_BIT(BMS_ALARM_CELL_OVP),
	[11] = BMS_ALARM_BIT(BMS_ALARM_CELL_UVP),
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

uint16_t bms_nw_alarms(uint32_t alarm_bits, bool soc_low)
{
	uint16_t alarms = soc_low ? ALARM_SOC_LOW : 0;

	for (size_t bit = 0; bit < COUNT(alarm_map); bit++)
		if (alarm_bits & alarm_map[bit])
			alarms = (uint16_t)(alarms | 1u << bit);
	return alarms;
}

static void say(struct bms_nw_report *report, enum bms_nw_number number, int64_t value)
{
	report->number[number] = value;
	report->has_number[number] = true;
}

static void say_text(struct bms_nw_report *report, enum bms_nw_text number, size_t at,
	const char *text, size_t room)
{
	size_t size = strlen(text);

	memcpy(report->text[number] + at, text, size < room ? size : room);
	report->has_text[number] = true;
}

static void say_cells(struct bms_nw_report *report, const struct bms_telemetry *telemetry)
{
	report->cells = (uint8_t)bms_telemetry_length(telemetry, BMS_FIELD_CELL_MV);
	for (size_t i = 0; i < report->cells; i++)
		report->cell_mv[i] = (uint16_t)bms_telemetry_or(telemetry, BMS_SLOT_CELL_MV + i, 0);
	say(report, BMS_NW_CELLS_SEEN, report->cells);
}

/* A relay board has no power stage: the hottest probe stands for it. */
static void say_temperatures(struct bms_nw_report *report, const struct bms_telemetry *telemetry)
{
	int64_t hottest = NO_PROBE_C * 10;

	for (size_t i = 0; i < BMS_PROBES_MAX; i++) {
		int64_t dc = bms_telemetry_or(telemetry, BMS_SLOT_PROBE_DC + i, NO_PROBE_C * 10);

		hottest = dc > hottest ? dc : hottest;
	}
	say(report, BMS_NW_MOS_C, bms_telemetry_or(telemetry, BMS_SLOT_MOS_DC, hottest) / 10);
	say(report, BMS_NW_PROBE1_C,
		bms_telemetry_or(telemetry, BMS_SLOT_PROBE_DC, NO_PROBE_C * 10) / 10);
	say(report, BMS_NW_PROBE2_C,
		bms_telemetry_or(telemetry, BMS_SLOT_PROBE_DC + 1, NO_PROBE_C * 10) / 10);
}

static void say_live(struct bms_nw_report *report, const struct bms_telemetry *telemetry)
{
	int64_t soc = bms_telemetry_or(telemetry, BMS_SLOT_SOC_PCT, 100);
	int64_t status = 0;

	for (size_t i = 0; i < COUNT(live); i++)
		say(report, (enum bms_nw_number)live[i].number,
			bms_telemetry_or(telemetry, live[i].slot, 0) / live[i].scale);
	if (bms_telemetry_or(telemetry, BMS_SLOT_CHARGE_ON, 0))
		status |= STATUS_CHARGE;
	if (bms_telemetry_or(telemetry, BMS_SLOT_DISCHARGE_ON, 0))
		status |= STATUS_DISCHARGE;
	if (bms_telemetry_or(telemetry, BMS_SLOT_BALANCE_STATE, 0))
		status |= STATUS_BALANCE;
	say(report, BMS_NW_STATUS, status);
	say(report, BMS_NW_ALARMS,
		bms_nw_alarms((uint32_t)bms_telemetry_or(telemetry, BMS_SLOT_ALARM_BITS, 0),
			soc < LOW_SOC_PCT));
	say_cells(report, telemetry);
	say_temperatures(report, telemetry);
}

static void say_settings(struct bms_nw_report *report, const struct bms_settings *settings)
{
	int64_t cells = settings->value[BMS_SETTING_SLOT_CELL_COUNT];

	for (size_t i = 0; i < COUNT(kept); i++)
		say(report, (enum bms_nw_number)kept[i].number,
			settings->value[kept[i].slot] / kept[i].scale);
	say(report, BMS_NW_SLEEP_WAIT_S, settings->value[BMS_SETTING_SLOT_SMART_SLEEP_TIME] * 3600);
	say(report, BMS_NW_PACK_OVP, cells * settings->value[BMS_SETTING_SLOT_CELL_OVP] / 10);
	say(report, BMS_NW_PACK_UVP, cells * settings->value[BMS_SETTING_SLOT_CELL_UVP] / 10);
}

static void say_versions(struct bms_nw_report *report, const struct bms_identity *identity)
{
	char *text = report->text[BMS_NW_TEXT_VERSIONS];

	memset(text, '_', 15);
	say_text(report, BMS_NW_TEXT_VERSIONS, 0, identity->text[BMS_IDENTITY_HARDWARE],
		VERSION_HARDWARE);
	text[VERSION_HARDWARE] = 'S';
	say_text(report, BMS_NW_TEXT_VERSIONS, VERSION_HARDWARE + 1,
		identity->text[BMS_IDENTITY_SOFTWARE], 6);
}

void bms_nw_report_board(struct bms_nw_report *report, const struct bms_telemetry *telemetry,
	const struct bms_settings *settings, const struct bms_identity *identity)
{
	const char *user_data = identity->text[BMS_IDENTITY_USER_DATA];

	memset(report, 0, sizeof(*report));
	for (size_t i = 0; i < COUNT(constants); i++)
		say(report, (enum bms_nw_number)constants[i].number, constants[i].value);
	say_settings(report, settings);
	say_live(report, telemetry);
	say_versions(report, identity);
	say_text(report, BMS_NW_TEXT_PASSWORD, 0, "", 0);
	say_text(report, BMS_NW_TEXT_DEVICE, 0, user_data, 8);
	say_text(report, BMS_NW_TEXT_PRODUCED, 0, identity->text[BMS_IDENTITY_FIRST_USE], 4);
	say_text(report, BMS_NW_TEXT_MAKER, 0, user_data, MAKER_USER_DATA);
	say_text(report, BMS_NW_TEXT_MAKER, MAKER_USER_DATA, identity->text[BMS_IDENTITY_MODEL],
		BMS_NW_TEXT_MAX - MAKER_USER_DATA);
}

void bms_nw_report_telemetry(const struct bms_nw_report *report, struct bms_telemetry *telemetry)
{
	for (size_t i = 0; i < report->cells; i++)
		bms_telemetry_set(telemetry, BMS_SLOT_CELL_MV + i, report->cell_mv[i]);
	for (size_t i = 0; i < COUNT(live); i++)
		if (report->has_number[live[i].number])
			bms_telemetry_set(telemetry, live[i].slot,
				report->number[live[i].number] * live[i].scale);
	if (report->has_number[BMS_NW_MOS_C])
		bms_telemetry_set(telemetry, BMS_SLOT_MOS_DC, report->number[BMS_NW_MOS_C] * 10);
	if (!report->has_number[BMS_NW_STATUS])
		return;
	bms_telemetry_set(telemetry, BMS_SLOT_CHARGE_ON,
		(report->number[BMS_NW_STATUS] & STATUS_CHARGE) != 0);
	bms_telemetry_set(telemetry, BMS_SLOT_DISCHARGE_ON,
		(report->number[BMS_NW_STATUS] & STATUS_DISCHARGE) != 0);
}

bool bms_nw_setting(enum bms_nw_number number, int64_t raw, size_t *ret_slot, int64_t *ret_value)
{
	for (size_t i = 0; i < COUNT(kept); i++) {
		if (kept[i].number != number)
			continue;
		*ret_slot = kept[i].slot;
		*ret_value = raw * kept[i].scale;
		return true;
	}
	return false;
}
