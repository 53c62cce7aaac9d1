/* SPDX-License-Identifier: MIT */
#include "ctl/alarm_text.h"

#include "bms/alarms.h"
#include "ctl/format.h"

static const struct {
	const char *name;
	enum format_color color;
} severities[] = {
	[BMS_SEVERITY_NOTE] = { "note", FORMAT_PLAIN },
	[BMS_SEVERITY_WARNING] = { "warning", FORMAT_WARNING },
	[BMS_SEVERITY_FAULT] = { "fault", FORMAT_BAD },
};

const char *alarm_text_severity(unsigned severity)
{
	return severities[severity].name;
}

void alarm_text_lines(const struct ctl *ctl, int64_t bits)
{
	for (unsigned bit = 0; bit < BMS_ALARM_COUNT; bit++) {
		const struct bms_alarm_row *row = &bms_alarm_rows[bit];

		if (bits >> bit & 1)
			fprintf(ctl->out, "    %s%-8s%s %-18s %s\n",
				format_color(ctl, severities[row->severity].color),
				severities[row->severity].name, format_color(ctl, FORMAT_PLAIN),
				row->key, row->text);
	}
}
