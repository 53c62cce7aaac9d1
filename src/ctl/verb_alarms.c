/* SPDX-License-Identifier: MIT */
/* Active alarms come from the daemon, events of the past from the history. */
#include <inttypes.h>

#include "base/board_json.h"
#include "base/cleanup.h"
#include "bms/alarms.h"
#include "ctl/alarm_text.h"
#include "ctl/client.h"
#include "ctl/database.h"
#include "ctl/format.h"
#include "ctl/snapshot_text.h"

static int alarms_of_pack(struct ctl *ctl, sd_bus *bus, struct json *json, const char *pack)
{
	struct codec_snapshot snapshot;
	int64_t bits;
	int status = client_snapshot(bus, pack, &snapshot);

	if (status != EX_OK)
		return status;
	if (ctl->options.json) {
		json_object_begin(json, NULL);
		snapshot_text_members(json, &snapshot);
		board_json_field(json, &snapshot.telemetry, BMS_FIELD_ALARM_BITS);
		json_object_end(json);
		return EX_OK;
	}
	bits = bms_telemetry_or(&snapshot.telemetry, BMS_SLOT_ALARM_BITS, 0);
	snapshot_text_head(ctl, &snapshot);
	if (!bms_telemetry_has(&snapshot.telemetry, BMS_SLOT_ALARM_BITS))
		fprintf(ctl->out, "    not known\n");
	else if (bits == 0)
		fprintf(ctl->out, "    none\n");
	alarm_text_lines(ctl, bits);
	return EX_OK;
}

enum event_column {
	EVENT_TIME,
	EVENT_PACK,
	EVENT_KIND,
	EVENT_SUBJECT,
	EVENT_VALUE,
	EVENT_DETAIL,
};

static const char *event_text(sqlite3_stmt *row, enum event_column column)
{
	return (const char *)sqlite3_column_text(row, (int)column);
}

static void event_json(struct json *json, sqlite3_stmt *row)
{
	char time[BOARD_JSON_TIME_SIZE];
	int64_t time_ms = sqlite3_column_int64(row, EVENT_TIME);
	int64_t value;

	json_object_begin(json, NULL);
	json_string(json, "time", board_json_time(time, time_ms));
	json_integer(json, "time_ms", time_ms);
	json_string(json, "pack", event_text(row, EVENT_PACK));
	json_string(json, "kind", event_text(row, EVENT_KIND));
	json_string(json, "subject", event_text(row, EVENT_SUBJECT));
	if (database_integer(row, EVENT_VALUE, &value))
		json_integer(json, "value", value);
	else
		json_null(json, "value");
	json_string(json, "detail", event_text(row, EVENT_DETAIL));
	json_object_end(json);
}

static void event_print(FILE *out, sqlite3_stmt *row)
{
	const char *pack = event_text(row, EVENT_PACK);
	const char *subject = event_text(row, EVENT_SUBJECT);
	const char *detail = event_text(row, EVENT_DETAIL);
	char time[FORMAT_SIZE];
	int64_t value;

	fprintf(out, "%s  %-12s %-12s", format_time(time, sqlite3_column_int64(row, EVENT_TIME)),
		pack ? pack : "-", event_text(row, EVENT_KIND));
	if (subject && subject[0])
		fprintf(out, " %s", subject);
	if (database_integer(row, EVENT_VALUE, &value))
		fprintf(out, " %" PRId64, value);
	if (detail && detail[0])
		fprintf(out, "%s %s", subject && subject[0] ? ":" : "", detail);
	fputc('\n', out);
}

static int events_prepare(
	sqlite3 *database, const char *pack, const struct database_range *range, sqlite3_stmt **ret)
{
	static const char text[] = "SELECT time_ms,pack,kind,subject,value,detail FROM event "
				   "WHERE time_ms>=?1 AND time_ms<?2 AND (?3 IS NULL OR pack=?3) "
				   "ORDER BY time_ms,id";

	if (sqlite3_prepare_v2(database, text, -1, ret, NULL) != SQLITE_OK)
		return database_fail(database);
	sqlite3_bind_int64(*ret, 1, range->since_ms);
	sqlite3_bind_int64(*ret, 2, range->until_ms);
	sqlite3_bind_text(*ret, 3, pack, -1, SQLITE_STATIC); /* NULL is NULL */
	return EX_OK;
}

static int events_print(
	const struct ctl *ctl, sqlite3 *database, const struct database_range *range)
{
	_cleanup_(statement_finalize_p) sqlite3_stmt *rows = NULL;
	int status = events_prepare(database, ctl_argument(ctl, 0), range, &rows);
	struct json json;
	int step;

	if (status != EX_OK)
		return status;
	ctl_json(ctl, &json);
	if (ctl->options.json)
		json_array_begin(&json, NULL);
	while ((step = sqlite3_step(rows)) == SQLITE_ROW) {
		if (ctl->options.json)
			event_json(&json, rows);
		else
			event_print(ctl->out, rows);
	}
	if (ctl->options.json) {
		json_array_end(&json);
		json_finish(&json);
	}
	return step == SQLITE_DONE ? EX_OK : database_fail(database);
}

static int events_of_history(const struct ctl *ctl)
{
	_cleanup_(database_close_p) sqlite3 *database = NULL;
	const char *pack = ctl_argument(ctl, 0);
	struct database_range range;
	int status = database_range(ctl, "1d", &range);

	if (status == EX_OK)
		status = database_open(ctl, &database);
	if (status == EX_OK && pack)
		status = database_check_pack(database, pack);
	return status == EX_OK ? events_print(ctl, database, &range) : status;
}

int verb_alarms(struct ctl *ctl)
{
	if (ctl->options.since || ctl->options.until || ctl->options.db)
		return events_of_history(ctl);
	return client_visit_packs(ctl, alarms_of_pack);
}
