/* SPDX-License-Identifier: MIT */
#include "core/log.h"

#include <string.h>

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

/* An event in flash: time and code; a byte keeps the size even. */
enum {
	EVENT_SIZE = 6,
	EVENT_CODE = 4,
	DETAIL_SIZE = 24,
};

static const struct journal_layout event_layout = { LOG_EVENT_FIRST_PAGE, LOG_EVENT_PAGES,
	EVENT_SIZE };
static const struct journal_layout detail_layout = { LOG_DETAIL_FIRST_PAGE, LOG_DETAIL_PAGES,
	DETAIL_SIZE };

_Static_assert(LOG_DETAIL_FIRST_PAGE + LOG_DETAIL_PAGES <= (int)PORT_NVM_PAGES, "there is flash");
_Static_assert(LOG_EVENT_PAGES <= (int)JOURNAL_PAGES_MAX, "a journal has room");
_Static_assert(LOG_DETAIL_PAGES <= (int)JOURNAL_PAGES_MAX, "a journal has room");
_Static_assert(DETAIL_SIZE <= (int)JOURNAL_RECORD_MAX, "a journal has room");
/* Nobody else reads this flash, so a detail lies there as in memory. */
_Static_assert(sizeof(struct log_detail) == DETAIL_SIZE, "a detail has no gaps");

void log_load(struct log *log, struct port *port)
{
	journal_load(&log->kept_events, port, &event_layout);
	journal_load(&log->kept_details, port, &detail_layout);
}

void log_keep(struct log *log, struct port *port)
{
	uint8_t bytes[EVENT_SIZE];

	if (!log->kept_events.layout)
		return;
	for (size_t i = 0; i < log->events; i++) {
		memcpy(bytes, &log->event[i].t_s, EVENT_CODE);
		bytes[EVENT_CODE] = log->event[i].code;
		bytes[EVENT_CODE + 1] = 0;
		journal_append(&log->kept_events, port, bytes);
	}
	for (size_t i = 0; i < log->details; i++)
		journal_append(&log->kept_details, port, (const uint8_t *)&log->detail[i]);
	log->events = log->details = 0;
}

void log_erase(struct log *log, struct port *port)
{
	log->events = log->details = 0;
	journal_clear(&log->kept_events, port);
	journal_clear(&log->kept_details, port);
}

void log_event_add(struct log *log, uint32_t t_s, enum log_code code)
{
	if (log->events == LOG_EVENTS_WAITING)
		memmove(log->event, log->event + 1, --log->events * sizeof(*log->event));
	log->event[log->events++] = (struct log_event){ .t_s = t_s, .code = (uint8_t)code };
}

void log_detail_add(struct log *log, const struct log_detail *detail)
{
	if (log->details == LOG_DETAILS_WAITING)
		memmove(log->detail, log->detail + 1, --log->details * sizeof(*log->detail));
	log->detail[log->details++] = *detail;
}

size_t log_event_count(const struct log *log)
{
	return journal_count(&log->kept_events) + log->events;
}

size_t log_detail_count(const struct log *log)
{
	return journal_count(&log->kept_details) + log->details;
}

bool log_event_at(const struct log *log, struct port *port, size_t index, struct log_event *ret)
{
	size_t kept = journal_count(&log->kept_events);
	uint8_t bytes[EVENT_SIZE];

	if (index >= kept + log->events)
		return false;
	if (index >= kept) {
		*ret = log->event[index - kept];
		return true;
	}
	if (!journal_read(&log->kept_events, port, index, bytes))
		return false;
	memcpy(&ret->t_s, bytes, EVENT_CODE);
	ret->code = bytes[EVENT_CODE];
	return true;
}

bool log_detail_at(const struct log *log, struct port *port, size_t index, struct log_detail *ret)
{
	size_t kept = journal_count(&log->kept_details);

	if (index >= kept + log->details)
		return false;
	if (index < kept)
		return journal_read(&log->kept_details, port, index, (uint8_t *)ret);
	*ret = log->detail[index - kept];
	return true;
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
