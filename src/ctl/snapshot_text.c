/* SPDX-License-Identifier: MIT */
#include "ctl/snapshot_text.h"

#include <string.h>

#include "base/board_json.h"
#include "ctl/format.h"

const char *snapshot_text_color(const struct ctl *ctl, const struct codec_snapshot *snapshot)
{
	return format_color(ctl, strcmp(snapshot->health, "fresh") == 0 ? FORMAT_GOOD : FORMAT_BAD);
}

void snapshot_text_head(const struct ctl *ctl, const struct codec_snapshot *snapshot)
{
	char age[FORMAT_SIZE];

	fprintf(ctl->out, "%s: %s%s%s", snapshot->name, snapshot_text_color(ctl, snapshot),
		snapshot->health, format_color(ctl, FORMAT_PLAIN));
	if (snapshot->has_reading)
		fprintf(ctl->out, ", %s ago", format_age(age, snapshot->age_ms));
	fputc('\n', ctl->out);
}

void snapshot_text_members(struct json *json, const struct codec_snapshot *snapshot)
{
	char time[BOARD_JSON_TIME_SIZE];

	json_string(json, "pack", snapshot->name);
	if (snapshot->has_reading) {
		json_string(json, "time", board_json_time(time, snapshot->time_ms));
		json_integer(json, "age_ms", snapshot->age_ms);
	} else {
		json_null(json, "time");
		json_null(json, "age_ms");
	}
	json_string(json, "health", snapshot->health);
	json_string(json, "link", snapshot->link);
}
