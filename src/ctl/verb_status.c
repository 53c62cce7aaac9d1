/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdarg.h>

#include "base/board_json.h"
#include "bms/alarms.h"
#include "ctl/alarm_text.h"
#include "ctl/client.h"
#include "ctl/format.h"
#include "ctl/snapshot_text.h"

static void label(FILE *out, const char *name)
{
	fprintf(out, "  %-12s", name);
}

/* The value of a slot as people read it, "-" where it is absent. */
static const char *slot_text(
	char out[FORMAT_SIZE], const struct bms_telemetry *telemetry, size_t slot)
{
	if (!bms_telemetry_has(telemetry, slot))
		return "-";
	return format_value(out, telemetry->value[slot],
		(enum bms_unit)bms_field_rows[bms_field_of_slot(slot)].unit);
}

static void line(FILE *out, const char *name, const struct bms_telemetry *telemetry, size_t slot)
{
	char text[FORMAT_SIZE];

	label(out, name);
	fprintf(out, "%s\n", slot_text(text, telemetry, slot));
}

static void charge_line(FILE *out, const struct bms_telemetry *telemetry)
{
	char soc[FORMAT_SIZE], remaining[FORMAT_SIZE], full[FORMAT_SIZE], cycles[FORMAT_SIZE],
		soh[FORMAT_SIZE];

	label(out, "charge");
	fprintf(out, "%s, %s of %s, %s cycles, health %s\n",
		slot_text(soc, telemetry, BMS_SLOT_SOC_PCT),
		slot_text(remaining, telemetry, BMS_SLOT_REMAINING_MAH),
		slot_text(full, telemetry, BMS_SLOT_FULL_MAH),
		slot_text(cycles, telemetry, BMS_SLOT_CYCLES),
		slot_text(soh, telemetry, BMS_SLOT_SOH_PCT));
}

static void cells_line(FILE *out, const struct bms_telemetry *telemetry)
{
	size_t low = BMS_SLOTS, high = BMS_SLOTS, count = 0;
	char low_text[FORMAT_SIZE], high_text[FORMAT_SIZE];

	for (size_t slot = BMS_SLOT_CELL_MV; slot <= BMS_SLOT_CELL_MV_LAST; slot++) {
		if (!bms_telemetry_has(telemetry, slot))
			continue;
		count++;
		if (low == BMS_SLOTS || telemetry->value[slot] < telemetry->value[low])
			low = slot;
		if (high == BMS_SLOTS || telemetry->value[slot] > telemetry->value[high])
			high = slot;
	}
	if (count == 0)
		return;
	label(out, "cells");
	fprintf(out, "%zu, %s (cell %zu) to %s (cell %zu), difference %" PRId64 " mV\n", count,
		slot_text(low_text, telemetry, low), low - BMS_SLOT_CELL_MV + 1,
		slot_text(high_text, telemetry, high), high - BMS_SLOT_CELL_MV + 1,
		telemetry->value[high] - telemetry->value[low]);
}

static void temperature_line(FILE *out, const struct bms_telemetry *telemetry)
{
	const char *separator = "";
	char text[FORMAT_SIZE];

	label(out, "temperature");
	for (size_t slot = BMS_SLOT_PROBE_DC; slot <= BMS_SLOT_PROBE_DC_LAST; slot++) {
		if (!bms_telemetry_has(telemetry, slot))
			continue;
		fprintf(out, "%sT%zu %s", separator, slot - BMS_SLOT_PROBE_DC + 1,
			slot_text(text, telemetry, slot));
		separator = ", ";
	}
	if (bms_telemetry_has(telemetry, BMS_SLOT_MOS_DC)) {
		fprintf(out, "%spower stage %s", separator,
			slot_text(text, telemetry, BMS_SLOT_MOS_DC));
		separator = ", ";
	}
	fprintf(out, "%s\n", separator[0] ? "" : "no probes");
}

static void relays_line(FILE *out, const struct bms_telemetry *telemetry)
{
	static const struct {
		const char *name;
		size_t slot;
	} relays[] = {
		{ "charge", BMS_SLOT_CHARGE_ON },
		{ "discharge", BMS_SLOT_DISCHARGE_ON },
		{ "pre-charge", BMS_SLOT_PRECHARGE_ON },
		{ "heater", BMS_SLOT_HEATER_ON },
	};
	char text[FORMAT_SIZE];

	label(out, "relays");
	for (size_t i = 0; i < sizeof(relays) / sizeof(*relays); i++)
		fprintf(out, "%s%s %s", i > 0 ? ", " : "", relays[i].name,
			slot_text(text, telemetry, relays[i].slot));
	fputc('\n', out);
}

static void balance_line(FILE *out, const struct bms_telemetry *telemetry)
{
	static const char *const states[] = { "off", "charging the weak cell",
		"discharging the strong cell" };
	int64_t state = bms_telemetry_or(telemetry, BMS_SLOT_BALANCE_STATE, -1);
	char text[FORMAT_SIZE];

	label(out, "balance");
	if (state < 0 || (size_t)state >= sizeof(states) / sizeof(*states))
		fprintf(out, "%s\n", slot_text(text, telemetry, BMS_SLOT_BALANCE_STATE));
	else if (state == 0)
		fprintf(out, "%s\n", states[0]);
	else
		fprintf(out, "%s, %s\n", states[state],
			slot_text(text, telemetry, BMS_SLOT_BALANCE_MA));
}

static void alarms_lines(const struct ctl *ctl, const struct bms_telemetry *telemetry)
{
	if (!bms_telemetry_has(telemetry, BMS_SLOT_ALARM_BITS))
		return;
	label(ctl->out, "alarms");
	if (telemetry->value[BMS_SLOT_ALARM_BITS] == 0) {
		fprintf(ctl->out, "none\n");
		return;
	}
	fputc('\n', ctl->out);
	alarm_text_lines(ctl, telemetry->value[BMS_SLOT_ALARM_BITS]);
}

static void status_print(const struct ctl *ctl, const struct codec_snapshot *snapshot,
	const struct bms_identity *identity)
{
	const struct bms_telemetry *telemetry = &snapshot->telemetry;

	snapshot_text_head(ctl, snapshot);
	label(ctl->out, "link");
	fprintf(ctl->out, "%s\n", snapshot->link);
	if (identity->text[BMS_IDENTITY_MODEL][0]) {
		label(ctl->out, "board");
		fprintf(ctl->out, "%s, hardware %s, software %s\n",
			identity->text[BMS_IDENTITY_MODEL], identity->text[BMS_IDENTITY_HARDWARE],
			identity->text[BMS_IDENTITY_SOFTWARE]);
	}
	if (!snapshot->has_reading)
		return;
	line(ctl->out, "voltage", telemetry, BMS_SLOT_PACK_MV);
	line(ctl->out, "current", telemetry, BMS_SLOT_CURRENT_MA);
	line(ctl->out, "power", telemetry, BMS_SLOT_POWER_MW);
	charge_line(ctl->out, telemetry);
	cells_line(ctl->out, telemetry);
	temperature_line(ctl->out, telemetry);
	relays_line(ctl->out, telemetry);
	balance_line(ctl->out, telemetry);
	alarms_lines(ctl, telemetry);
}

static int status_of_pack(struct ctl *ctl, sd_bus *bus, struct json *json, const char *pack)
{
	struct codec_snapshot snapshot;
	struct bms_identity identity;
	int status = client_snapshot(bus, pack, &snapshot);

	if (status == EX_OK)
		status = client_identity(bus, pack, &identity);
	if (status != EX_OK)
		return status;
	if (!ctl->options.json) {
		status_print(ctl, &snapshot, &identity);
		return EX_OK;
	}
	json_object_begin(json, NULL);
	snapshot_text_members(json, &snapshot);
	board_json_telemetry(json, &snapshot.telemetry);
	board_json_identity(json, "device", &identity);
	json_object_end(json);
	return EX_OK;
}

int verb_status(struct ctl *ctl)
{
	return client_visit_packs(ctl, status_of_pack);
}
