/* SPDX-License-Identifier: MIT */
/* list, cells, get: what the daemon knows, as it is. */
#include <inttypes.h>
#include <string.h>

#include "base/board_json.h"
#include "ctl/client.h"
#include "ctl/format.h"
#include "ctl/snapshot_text.h"

static int list_pack(struct ctl *ctl, sd_bus *bus, struct json *json, const char *pack)
{
	struct codec_snapshot snapshot;
	int status = client_snapshot(bus, pack, &snapshot);

	if (status != EX_OK)
		return status;
	if (!ctl->options.json) {
		fprintf(ctl->out, "%-20s %s%-7s%s %s\n", snapshot.name,
			snapshot_text_color(ctl, &snapshot), snapshot.health,
			format_color(ctl, FORMAT_PLAIN), snapshot.link);
		return EX_OK;
	}
	json_object_begin(json, NULL);
	snapshot_text_members(json, &snapshot);
	json_object_end(json);
	return EX_OK;
}

int verb_list(struct ctl *ctl)
{
	return client_visit_packs(ctl, list_pack);
}

static void cell_line(FILE *out, const struct bms_telemetry *telemetry, size_t cell)
{
	size_t voltage = BMS_SLOT_CELL_MV + cell;
	size_t wire = BMS_SLOT_WIRE_MOHM + cell;
	char text[FORMAT_SIZE];

	fprintf(out, "%4zu", cell + 1);
	fprintf(out, "  %10s",
		bms_telemetry_has(telemetry, voltage)
			? format_value(text, telemetry->value[voltage], BMS_UNIT_MV)
			: "-");
	fprintf(out, "  %10s\n",
		bms_telemetry_has(telemetry, wire)
			? format_value(text, telemetry->value[wire], BMS_UNIT_MOHM)
			: "-");
}

static void cells_print(FILE *out, const struct bms_telemetry *telemetry)
{
	size_t cells = bms_telemetry_length(telemetry, BMS_FIELD_CELL_MV);
	size_t wires = bms_telemetry_length(telemetry, BMS_FIELD_WIRE_MOHM);

	fprintf(out, "cell     voltage        wire\n");
	for (size_t cell = 0; cell < cells || cell < wires; cell++)
		cell_line(out, telemetry, cell);
}

static void cells_json(struct json *json, const struct codec_snapshot *snapshot)
{
	static const enum bms_field fields[] = { BMS_FIELD_CELL_MV, BMS_FIELD_WIRE_MOHM };

	json_object_begin(json, NULL);
	snapshot_text_members(json, snapshot);
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		board_json_field(json, &snapshot->telemetry, fields[i]);
	json_object_end(json);
}

static int cells_of_pack(struct ctl *ctl, sd_bus *bus, struct json *json, const char *pack)
{
	struct codec_snapshot snapshot;
	int status = client_snapshot(bus, pack, &snapshot);

	if (status != EX_OK)
		return status;
	if (ctl->options.json) {
		cells_json(json, &snapshot);
		return EX_OK;
	}
	snapshot_text_head(ctl, &snapshot);
	cells_print(ctl->out, &snapshot.telemetry);
	return EX_OK;
}

int verb_cells(struct ctl *ctl)
{
	return client_visit_packs(ctl, cells_of_pack);
}

static void print_setting(
	FILE *out, const struct bms_settings *settings, const struct bms_setting_row *row)
{
	for (size_t i = 0; i < row->count; i++) {
		char text[FORMAT_SIZE];

		if (!bms_settings_has(settings, row->slot + i))
			continue;
		format_value(text, settings->value[row->slot + i], (enum bms_unit)row->unit);
		if (row->count > 1)
			fprintf(out, "%s[%zu] = %s\n", row->key, i + 1, text);
		else
			fprintf(out, "%s = %s\n", row->key, text);
	}
}

/* Leaves only one row of the settings. */
static bool keep_row(struct bms_settings *settings, const struct bms_setting_row *row)
{
	struct bms_settings kept = { 0 };
	bool has_any = false;

	for (size_t slot = row->slot; slot < (size_t)row->slot + row->count; slot++) {
		if (!bms_settings_has(settings, slot))
			continue;
		bms_settings_set(&kept, slot, settings->value[slot]);
		has_any = true;
	}
	*settings = kept;
	return has_any;
}

static void get_json(struct json *json, const char *pack, const struct bms_settings *settings,
	int64_t age_ms, const struct bms_identity *identity)
{
	json_object_begin(json, NULL);
	json_string(json, "pack", pack);
	json_integer(json, "settings_age_ms", age_ms);
	board_json_settings(json, "settings", settings);
	if (identity)
		board_json_identity(json, "device", identity);
	json_object_end(json);
}

static int get_of_pack(struct ctl *ctl, sd_bus *bus, struct json *json, const char *pack)
{
	const char *key = ctl_argument(ctl, 1);
	struct bms_settings settings = { 0 };
	struct bms_identity identity = { 0 };
	struct codec_snapshot snapshot;
	int64_t age_ms = -1;
	/* The manager says which packs there are when the name is wrong, an object cannot. */
	int status = client_snapshot(bus, pack, &snapshot);

	if (status == EX_OK)
		status = client_settings(bus, pack, &settings, &age_ms);
	if (status == EX_OK)
		status = client_identity(bus, pack, &identity);
	if (status != EX_OK)
		return status;
	if (age_ms < 0) {
		ctl_complain("the settings of %s have not been read yet", pack);
		return EX_TEMPFAIL;
	}
	if (key && !keep_row(&settings, &bms_setting_rows[bms_setting_by_key(key)])) {
		ctl_complain("%s has no setting %s", pack, key);
		return EX_TEMPFAIL;
	}
	if (ctl->options.json) {
		get_json(json, pack, &settings, age_ms, key ? NULL : &identity);
		return EX_OK;
	}
	for (size_t i = 0; i < BMS_SETTING_COUNT; i++)
		print_setting(ctl->out, &settings, &bms_setting_rows[i]);
	return EX_OK;
}

int verb_get(struct ctl *ctl)
{
	const char *key = ctl_argument(ctl, 1);

	if (key && bms_setting_by_key(key) == BMS_SETTING_COUNT) {
		ctl_complain("there is no setting '%s'; bmsd.conf(5) lists them", key);
		return EX_USAGE;
	}
	return client_visit_packs(ctl, get_of_pack);
}
