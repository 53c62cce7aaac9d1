/* SPDX-License-Identifier: MIT */
#include "naive.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	NAIVE_CELLS = 25
};

/* Columns that follow time and pack; the cells and their resistances come after them. */
static const struct {
	const char *name;
	size_t slot;
	double divisor; /* 0: an integer */
} columns[] = {
	{ "voltage", BMS_SLOT_PACK_MV, 1000 },
	{ "current", BMS_SLOT_CURRENT_MA, 1000 },
	{ "temperature_mos", BMS_SLOT_MOS_DC, 10 },
	{ "temperature1", BMS_SLOT_PROBE_DC, 10 },
	{ "temperature2", BMS_SLOT_PROBE_DC + 1, 10 },
	{ "soc", BMS_SLOT_SOC_PCT, 0 },
	{ "remaining_ah", BMS_SLOT_REMAINING_MAH, 1000 },
	{ "full_ah", BMS_SLOT_FULL_MAH, 1000 },
	{ "cycles", BMS_SLOT_CYCLES, 0 },
	{ "alarms", BMS_SLOT_ALARM_BITS, 0 },
	{ "balance_current", BMS_SLOT_BALANCE_MA, 1000 },
	{ "charge_on", BMS_SLOT_CHARGE_ON, 0 },
	{ "discharge_on", BMS_SLOT_DISCHARGE_ON, 0 },
	{ "precharge_on", BMS_SLOT_PRECHARGE_ON, 0 },
};

#define COLUMNS (sizeof(columns) / sizeof(*columns))

static char *schema_text(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		err(1, "memory");
	fprintf(out, "CREATE TABLE reading(id INTEGER PRIMARY KEY AUTOINCREMENT, time TEXT NOT "
		     "NULL, pack TEXT NOT NULL");
	for (size_t i = 0; i < COLUMNS; i++)
		fprintf(out, ", %s %s", columns[i].name,
			columns[i].divisor > 0 ? "REAL" : "INTEGER");
	for (int cell = 1; cell <= NAIVE_CELLS; cell++)
		fprintf(out, ", cell%d REAL", cell);
	for (int cell = 1; cell <= NAIVE_CELLS; cell++)
		fprintf(out, ", resistance%d REAL", cell);
	fprintf(out, "); CREATE INDEX reading_time ON reading(time)");
	fclose(out);
	return text;
}

static char *insert_text(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		err(1, "memory");
	fprintf(out, "INSERT INTO reading VALUES(NULL,?,?");
	for (size_t i = 0; i < COLUMNS + 2 * NAIVE_CELLS; i++)
		fprintf(out, ",?");
	fprintf(out, ")");
	fclose(out);
	return text;
}

void naive_run(struct naive *naive, const char *sql)
{
	if (sqlite3_exec(naive->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		errx(1, "naive logger: %s: %s", sql, sqlite3_errmsg(naive->db));
}

void naive_open(struct naive *naive, const char *path)
{
	char *schema = schema_text(), *insert = insert_text();

	if (sqlite3_open(path, &naive->db) != SQLITE_OK)
		errx(1, "%s: %s", path, sqlite3_errmsg(naive->db));
	naive_run(naive, schema);
	if (sqlite3_prepare_v2(naive->db, insert, -1, &naive->insert, NULL) != SQLITE_OK)
		errx(1, "naive logger: %s", sqlite3_errmsg(naive->db));
	free(schema);
	free(insert);
}

void naive_close(struct naive *naive)
{
	sqlite3_finalize(naive->insert);
	sqlite3_close(naive->db);
}

static void bind_scaled(struct naive *naive, int index, const struct bms_telemetry *telemetry,
	size_t slot, double divisor)
{
	if (!bms_telemetry_has(telemetry, slot))
		sqlite3_bind_null(naive->insert, index);
	else if (divisor > 0)
		sqlite3_bind_double(naive->insert, index, (double)telemetry->value[slot] / divisor);
	else
		sqlite3_bind_int64(naive->insert, index, telemetry->value[slot]);
}

void naive_put(struct naive *naive, int64_t time_ms, const char *pack,
	const struct bms_telemetry *telemetry)
{
	time_t seconds = (time_t)(time_ms / 1000);
	struct tm tm;
	char time[32];
	int index = 3;

	gmtime_r(&seconds, &tm);
	strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%SZ", &tm);
	sqlite3_bind_text(naive->insert, 1, time, -1, SQLITE_STATIC);
	sqlite3_bind_text(naive->insert, 2, pack, -1, SQLITE_STATIC);
	for (size_t i = 0; i < COLUMNS; i++)
		bind_scaled(naive, index++, telemetry, columns[i].slot, columns[i].divisor);
	for (size_t cell = 0; cell < NAIVE_CELLS; cell++)
		bind_scaled(naive, index++, telemetry, BMS_SLOT_CELL_MV + cell, 1000);
	for (size_t cell = 0; cell < NAIVE_CELLS; cell++)
		bind_scaled(naive, index++, telemetry, BMS_SLOT_WIRE_MOHM + cell, 1000);
	if (sqlite3_step(naive->insert) != SQLITE_DONE)
		errx(1, "naive logger: %s", sqlite3_errmsg(naive->db));
	sqlite3_reset(naive->insert);
}
