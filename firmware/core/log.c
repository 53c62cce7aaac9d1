/* SPDX-License-Identifier: MIT */
#include "core/log.h"

#include "bms/alarms.h"

/* What the family writes when an alarm comes, and when it goes; 0: nothing. */
static const struct {
	uint8_t alarm, came, went;
} alarm_codes[] = {
	{ BMS_ALARM_MOS_OTP, LOG_MOS_OTP, LOG_MOS_OTP_OVER },
	{ BMS_ALARM_CELL_COUNT, LOG_CELL_COUNT, 0 },
	{ BMS_ALARM_CURRENT_SENSOR, LOG_CURRENT_SENSOR, LOG_CURRENT_SENSOR_OVER },
	{ BMS_ALARM_CELL_OVP, LOG_CELL_OVP, LOG_CELL_OVP_OVER },
	{ BMS_ALARM_PACK_OVP, LOG_PACK_OVP, LOG_PACK_OVP_OVER },
	{ BMS_ALARM_CHARGE_OCP, LOG_CHARGE_OCP, LOG_CHARGE_OCP_OVER },
	{ BMS_ALARM_CHARGE_SCP, LOG_CHARGE_SCP, LOG_CHARGE_SCP_OVER },
	{ BMS_ALARM_CHARGE_OTP, LOG_CHARGE_OTP, LOG_CHARGE_OTP_OVER },
	{ BMS_ALARM_CHARGE_UTP, LOG_CHARGE_UTP, LOG_CHARGE_UTP_OVER },
	{ BMS_ALARM_COPROCESSOR, LOG_COPROCESSOR, LOG_COPROCESSOR_OVER },
	{ BMS_ALARM_CELL_UVP, LOG_CELL_UVP, LOG_CELL_UVP_OVER },
	{ BMS_ALARM_PACK_UVP, LOG_PACK_UVP, LOG_PACK_UVP_OVER },
	{ BMS_ALARM_DISCHARGE_OCP, LOG_DISCHARGE_OCP, LOG_DISCHARGE_OCP_OVER },
	{ BMS_ALARM_DISCHARGE_SCP, LOG_DISCHARGE_SCP, LOG_DISCHARGE_SCP_OVER },
	{ BMS_ALARM_DISCHARGE_OTP, LOG_DISCHARGE_OTP, LOG_DISCHARGE_OTP_OVER },
	{ BMS_ALARM_CHARGE_SWITCH, LOG_CHARGE_SWITCH, 0 },
	{ BMS_ALARM_DISCHARGE_SWITCH, LOG_DISCHARGE_SWITCH, 0 },
	{ BMS_ALARM_DISCHARGE_START, LOG_DISCHARGE_START, 0 },
	{ BMS_ALARM_SCP_RELEASE, LOG_SCP_RELEASE, 0 },
	{ BMS_ALARM_DISCHARGE_OCP2, LOG_DISCHARGE_OCP2, 0 },
	{ BMS_ALARM_DISCHARGE_OCP3, LOG_DISCHARGE_OCP3, 0 },
	{ BMS_ALARM_DISCHARGE_UTP, LOG_DISCHARGE_UTP, LOG_DISCHARGE_UTP_OVER },
};

void log_event_add(struct log *log, uint32_t t_s, enum log_code code)
{
	log->event[log->events++ % LOG_EVENTS] =
		(struct log_event){ .t_s = t_s, .code = (uint8_t)code };
}

void log_detail_add(struct log *log, const struct log_detail *detail)
{
	log->detail[log->details++ % LOG_DETAILS] = *detail;
}

size_t log_event_count(const struct log *log)
{
	return log->events < LOG_EVENTS ? log->events : LOG_EVENTS;
}

size_t log_detail_count(const struct log *log)
{
	return log->details < LOG_DETAILS ? log->details : LOG_DETAILS;
}

const struct log_event *log_event_at(const struct log *log, size_t index)
{
	size_t count = log_event_count(log);

	return index < count ? &log->event[(log->events - count + index) % LOG_EVENTS] : NULL;
}

const struct log_detail *log_detail_at(const struct log *log, size_t index)
{
	size_t count = log_detail_count(log);

	return index < count ? &log->detail[(log->details - count + index) % LOG_DETAILS] : NULL;
}

/* Which cell it was has a code of its own. */
static void add_cell(struct log *log, uint32_t t_s, uint8_t alarm, uint8_t highest, uint8_t lowest)
{
	if (alarm == BMS_ALARM_CELL_OVP)
		log_event_add(log, t_s, (enum log_code)(LOG_FIRST_CELL_OVP + highest));
	if (alarm == BMS_ALARM_CELL_UVP)
		log_event_add(log, t_s, (enum log_code)(LOG_FIRST_CELL_UVP + lowest));
}

bool log_alarms(struct log *log, uint32_t t_s, uint32_t alarms, uint8_t highest, uint8_t lowest,
	uint8_t *ret_code)
{
	uint32_t came = alarms & ~log->alarms, went = log->alarms & ~alarms;
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
		log_event_add(log, t_s, (enum log_code)code);
		if (came & bit)
			add_cell(log, t_s, alarm_codes[i].alarm, highest, lowest);
	}
	log->alarms = alarms;
	return any;
}
