/* SPDX-License-Identifier: MIT */
#include "bms/jk_diary.h"

#include "bms/alarms.h"

/* What the family writes when an alarm comes, and when it goes; 0: nothing. */
static const struct {
	uint8_t alarm, came, went;
} alarm_codes[] = {
	{ BMS_ALARM_MOS_OTP, BMS_JK_CODE_MOS_OTP, BMS_JK_CODE_MOS_OTP_OVER },
	{ BMS_ALARM_CELL_COUNT, BMS_JK_CODE_CELL_COUNT, 0 },
	{ BMS_ALARM_CURRENT_SENSOR, BMS_JK_CODE_CURRENT_SENSOR, BMS_JK_CODE_CURRENT_SENSOR_OVER },
	{ BMS_ALARM_CELL_OVP, BMS_JK_CODE_CELL_OVP, BMS_JK_CODE_CELL_OVP_OVER },
	{ BMS_ALARM_PACK_OVP, BMS_JK_CODE_PACK_OVP, BMS_JK_CODE_PACK_OVP_OVER },
	{ BMS_ALARM_CHARGE_OCP, BMS_JK_CODE_CHARGE_OCP, BMS_JK_CODE_CHARGE_OCP_OVER },
	{ BMS_ALARM_CHARGE_SCP, BMS_JK_CODE_CHARGE_SCP, BMS_JK_CODE_CHARGE_SCP_OVER },
	{ BMS_ALARM_CHARGE_OTP, BMS_JK_CODE_CHARGE_OTP, BMS_JK_CODE_CHARGE_OTP_OVER },
	{ BMS_ALARM_CHARGE_UTP, BMS_JK_CODE_CHARGE_UTP, BMS_JK_CODE_CHARGE_UTP_OVER },
	{ BMS_ALARM_COPROCESSOR, BMS_JK_CODE_COPROCESSOR, BMS_JK_CODE_COPROCESSOR_OVER },
	{ BMS_ALARM_CELL_UVP, BMS_JK_CODE_CELL_UVP, BMS_JK_CODE_CELL_UVP_OVER },
	{ BMS_ALARM_PACK_UVP, BMS_JK_CODE_PACK_UVP, BMS_JK_CODE_PACK_UVP_OVER },
	{ BMS_ALARM_DISCHARGE_OCP, BMS_JK_CODE_DISCHARGE_OCP, BMS_JK_CODE_DISCHARGE_OCP_OVER },
	{ BMS_ALARM_DISCHARGE_SCP, BMS_JK_CODE_DISCHARGE_SCP, BMS_JK_CODE_DISCHARGE_SCP_OVER },
	{ BMS_ALARM_DISCHARGE_OTP, BMS_JK_CODE_DISCHARGE_OTP, BMS_JK_CODE_DISCHARGE_OTP_OVER },
	{ BMS_ALARM_CHARGE_SWITCH, BMS_JK_CODE_CHARGE_SWITCH, 0 },
	{ BMS_ALARM_DISCHARGE_SWITCH, BMS_JK_CODE_DISCHARGE_SWITCH, 0 },
	{ BMS_ALARM_DISCHARGE_START, BMS_JK_CODE_DISCHARGE_START, 0 },
	{ BMS_ALARM_SCP_RELEASE, BMS_JK_CODE_SCP_RELEASE, 0 },
	{ BMS_ALARM_DISCHARGE_OCP2, BMS_JK_CODE_DISCHARGE_OCP2, 0 },
	{ BMS_ALARM_DISCHARGE_OCP3, BMS_JK_CODE_DISCHARGE_OCP3, 0 },
	{ BMS_ALARM_DISCHARGE_UTP, BMS_JK_CODE_DISCHARGE_UTP, BMS_JK_CODE_DISCHARGE_UTP_OVER },
};

void bms_jk_diary_add_event(struct bms_jk_diary *diary, uint32_t runtime_s, enum bms_jk_code code)
{
	diary->event[diary->events++ % BMS_JK_DIARY_EVENTS] =
		(struct bms_jk_event){ .runtime_s = runtime_s, .code = (uint8_t)code };
}

void bms_jk_diary_add_record(struct bms_jk_diary *diary, const struct bms_jk_record *record)
{
	diary->record[diary->records++ % BMS_JK_DIARY_RECORDS] = *record;
}

size_t bms_jk_diary_event_count(const struct bms_jk_diary *diary)
{
	return diary->events < BMS_JK_DIARY_EVENTS ? diary->events : BMS_JK_DIARY_EVENTS;
}

size_t bms_jk_diary_record_count(const struct bms_jk_diary *diary)
{
	return diary->records < BMS_JK_DIARY_RECORDS ? diary->records : BMS_JK_DIARY_RECORDS;
}

const struct bms_jk_event *bms_jk_diary_event(const struct bms_jk_diary *diary, size_t index)
{
	size_t count = bms_jk_diary_event_count(diary);

	return index < count ? &diary->event[(diary->events - count + index) % BMS_JK_DIARY_EVENTS]
			     : NULL;
}

const struct bms_jk_record *bms_jk_diary_record(const struct bms_jk_diary *diary, size_t index)
{
	size_t count = bms_jk_diary_record_count(diary);

	return index < count
		       ? &diary->record[(diary->records - count + index) % BMS_JK_DIARY_RECORDS]
		       : NULL;
}

/* Which cell it was has a code of its own. */
static void add_cell(struct bms_jk_diary *diary, uint32_t runtime_s, uint8_t alarm, uint8_t highest,
	uint8_t lowest)
{
	if (alarm == BMS_ALARM_CELL_OVP)
		bms_jk_diary_add_event(
			diary, runtime_s, (enum bms_jk_code)(BMS_JK_CODE_FIRST_CELL_OVP + highest));
	if (alarm == BMS_ALARM_CELL_UVP)
		bms_jk_diary_add_event(
			diary, runtime_s, (enum bms_jk_code)(BMS_JK_CODE_FIRST_CELL_UVP + lowest));
}

bool bms_jk_diary_alarms(struct bms_jk_diary *diary, uint32_t runtime_s, uint32_t alarms,
	uint8_t highest, uint8_t lowest, uint8_t *ret_code)
{
	uint32_t came = alarms & ~diary->alarms, went = diary->alarms & ~alarms;
	bool any = false;

	for (size_t i = 0; i < sizeof(alarm_codes) / sizeof(*alarm_codes); i++) {
		uint32_t bit = BMS_ALARM_BIT(alarm_codes[i].alarm);
		uint8_t code = came & bit   ? alarm_codes[i].came
			       : went & bit ? alarm_codes[i].went
					    : 0;

		if (!code)
			continue;
		if (!any)
			*ret_code = code;
		any = true;
		bms_jk_diary_add_event(diary, runtime_s, (enum bms_jk_code)code);
		if (came & bit)
			add_cell(diary, runtime_s, alarm_codes[i].alarm, highest, lowest);
	}
	diary->alarms = alarms;
	return any;
}
