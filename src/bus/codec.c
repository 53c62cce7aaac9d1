/* SPDX-License-Identifier: MIT */
#include "bus/codec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What fields and settings have in common. */
struct codec_row {
	const char *name;
	enum bms_unit unit;
	uint8_t count;
	uint8_t slot;
};

static struct codec_row row_of_field(size_t field)
{
	const struct bms_field_row *row = &bms_field_rows[field];

	return (struct codec_row){ row->name, (enum bms_unit)row->unit, row->count, row->slot };
}

static struct codec_row row_of_setting(size_t setting)
{
	const struct bms_setting_row *row = &bms_setting_rows[setting];

	return (struct codec_row){ row->key, (enum bms_unit)row->unit, row->count, row->slot };
}

static int append_scalar(sd_bus_message *message, const struct codec_row *row, int64_t value)
{
	if (row->unit == BMS_UNIT_BOOL)
		return sd_bus_message_append(message, "{sv}", row->name, "b", value != 0);
	return sd_bus_message_append(message, "{sv}", row->name, "x", value);
}

static int append_elements(sd_bus_message *message, const struct codec_row *row,
	const int64_t *value, const uint32_t *present)
{
	int r = sd_bus_message_open_container(message, 'e', "sv");

	if (r >= 0)
		r = sd_bus_message_append(message, "s", row->name);
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'v', "a{qx}");
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'a', "{qx}");
	for (size_t i = 0; r >= 0 && i < row->count; i++)
		if (bms_has_slot(present, row->slot + i))
			r = sd_bus_message_append(
				message, "{qx}", (uint16_t)(i + 1), value[row->slot + i]);
	for (int level = 0; r >= 0 && level < 3; level++)
		r = sd_bus_message_close_container(message);
	return r;
}

static bool has_any(const struct codec_row *row, const uint32_t *present)
{
	for (size_t i = 0; i < row->count; i++)
		if (bms_has_slot(present, row->slot + i))
			return true;
	return false;
}

/* One entry of the open a{sv}, none when the row is absent. */
static int append_row(sd_bus_message *message, const struct codec_row *row, const int64_t *value,
	const uint32_t *present)
{
	if (!has_any(row, present))
		return 0;
	if (row->count > 1)
		return append_elements(message, row, value, present);
	return append_scalar(message, row, value[row->slot]);
}

static int append_telemetry_entries(sd_bus_message *message, const struct bms_telemetry *telemetry)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < BMS_FIELD_COUNT; i++) {
		struct codec_row row = row_of_field(i);

		r = append_row(message, &row, telemetry->value, telemetry->present);
	}
	return r;
}

int codec_append_telemetry(sd_bus_message *message, const struct bms_telemetry *telemetry)
{
	int r = sd_bus_message_open_container(message, 'a', "{sv}");

	if (r >= 0)
		r = append_telemetry_entries(message, telemetry);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

int codec_append_settings(sd_bus_message *message, const struct bms_settings *settings)
{
	int r = sd_bus_message_open_container(message, 'a', "{sv}");

	for (size_t i = 0; r >= 0 && i < BMS_SETTING_COUNT; i++) {
		struct codec_row row = row_of_setting(i);

		r = append_row(message, &row, settings->value, settings->present);
	}
	return r < 0 ? r : sd_bus_message_close_container(message);
}

/* Boards send bytes in any encoding; D-Bus takes only UTF-8, so anything else becomes '?'. */
static const char *ascii_text(char out[BMS_IDENTITY_TEXT_SIZE], const char *text)
{
	size_t length = strnlen(text, BMS_IDENTITY_TEXT_SIZE - 1);

	for (size_t i = 0; i < length; i++)
		out[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
	out[length] = '\0';
	return out;
}

int codec_append_identity(sd_bus_message *message, const struct bms_identity *identity)
{
	int r = sd_bus_message_open_container(message, 'a', "{sv}");

	for (size_t i = 0; r >= 0 && i < BMS_IDENTITY_TEXTS; i++) {
		const struct bms_identity_row *row = &bms_identity_text_rows[i];
		char text[BMS_IDENTITY_TEXT_SIZE];

		if (!row->secret && identity->text[i][0])
			r = sd_bus_message_append(message, "{sv}", row->key, "s",
				ascii_text(text, identity->text[i]));
	}
	for (size_t i = 0; r >= 0 && i < BMS_IDENTITY_NUMBERS; i++) {
		const struct bms_identity_row *row = &bms_identity_number_rows[i];

		if (!row->secret && bms_has_slot(identity->present, i))
			r = sd_bus_message_append(
				message, "{sv}", row->key, "x", identity->number[i]);
	}
	return r < 0 ? r : sd_bus_message_close_container(message);
}

int codec_append_snapshot(sd_bus_message *message, const struct codec_snapshot *snapshot)
{
	int r = sd_bus_message_open_container(message, 'a', "{sv}");

	if (r >= 0)
		r = sd_bus_message_append(message, "{sv}{sv}{sv}", "name", "s", snapshot->name,
			"health", "s", snapshot->health, "link", "s", snapshot->link);
	if (r >= 0 && snapshot->has_reading)
		r = sd_bus_message_append(message, "{sv}{sv}", "time_ms", "x", snapshot->time_ms,
			"age_ms", "x", snapshot->age_ms);
	if (r >= 0 && snapshot->has_reading)
		r = append_telemetry_entries(message, &snapshot->telemetry);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

/* Takes the variant of an entry: 1, or 0 when it is left for the caller to skip. */
typedef int (*entry_reader)(
	sd_bus_message *message, const char *key, const char *type, void *target);

static int read_entry(sd_bus_message *message, entry_reader reader, void *target)
{
	const char *key = NULL;
	const char *type = NULL;
	int r = sd_bus_message_read(message, "s", &key);

	if (r >= 0)
		r = sd_bus_message_peek_type(message, NULL, &type);
	if (r >= 0)
		r = reader(message, key, type, target);
	if (r == 0)
		r = sd_bus_message_skip(message, "v");
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_entries(sd_bus_message *message, entry_reader reader, void *target)
{
	int r = sd_bus_message_enter_container(message, 'a', "{sv}");

	while (r >= 0) {
		r = sd_bus_message_enter_container(message, 'e', "sv");
		if (r <= 0)
			break;
		r = read_entry(message, reader, target);
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_elements(
	sd_bus_message *message, const struct codec_row *row, int64_t *value, uint32_t *present)
{
	uint16_t element;
	int64_t number;
	int r = sd_bus_message_enter_container(message, 'v', "a{qx}");

	if (r >= 0)
		r = sd_bus_message_enter_container(message, 'a', "{qx}");
	while (r >= 0) {
		r = sd_bus_message_read(message, "{qx}", &element, &number);
		if (r <= 0)
			break;
		if (element < 1 || element > row->count)
			continue;
		value[row->slot + element - 1] = number;
		bms_mark_slot(present, row->slot + element - 1u);
	}
	for (int level = 0; r >= 0 && level < 2; level++)
		r = sd_bus_message_exit_container(message);
	return r < 0 ? r : 1;
}

static int read_row(sd_bus_message *message, const char *type, const struct codec_row *row,
	int64_t *value, uint32_t *present)
{
	int64_t number;
	int truth;
	int r;

	if (row->count > 1)
		return strcmp(type, "a{qx}") == 0 ? read_elements(message, row, value, present) : 0;
	if (strcmp(type, row->unit == BMS_UNIT_BOOL ? "b" : "x") != 0)
		return 0;
	if (row->unit == BMS_UNIT_BOOL) {
		r = sd_bus_message_read(message, "v", "b", &truth);
		number = truth;
	} else {
		r = sd_bus_message_read(message, "v", "x", &number);
	}
	if (r < 0)
		return r;
	value[row->slot] = number;
	bms_mark_slot(present, row->slot);
	return 1;
}

static int telemetry_entry(sd_bus_message *message, const char *key, const char *type, void *target)
{
	struct bms_telemetry *telemetry = target;
	enum bms_field field = bms_field_by_name(key);
	struct codec_row row;

	if (field == BMS_FIELD_COUNT)
		return 0;
	row = row_of_field(field);
	return read_row(message, type, &row, telemetry->value, telemetry->present);
}

static int setting_entry(sd_bus_message *message, const char *key, const char *type, void *target)
{
	struct bms_settings *settings = target;
	enum bms_setting setting = bms_setting_by_key(key);
	struct codec_row row;

	if (setting == BMS_SETTING_COUNT)
		return 0;
	row = row_of_setting(setting);
	return read_row(message, type, &row, settings->value, settings->present);
}

static int read_text(sd_bus_message *message, const char *type, char *out, size_t size)
{
	const char *text;
	int r;

	if (strcmp(type, "s") != 0)
		return 0;
	r = sd_bus_message_read(message, "v", "s", &text);
	if (r < 0)
		return r;
	snprintf(out, size, "%s", text);
	return 1;
}

static int read_number(sd_bus_message *message, const char *type, int64_t *ret)
{
	int r;

	if (strcmp(type, "x") != 0)
		return 0;
	r = sd_bus_message_read(message, "v", "x", ret);
	return r < 0 ? r : 1;
}

static int identity_entry(sd_bus_message *message, const char *key, const char *type, void *target)
{
	struct bms_identity *identity = target;

	for (size_t i = 0; i < BMS_IDENTITY_TEXTS; i++)
		if (strcmp(bms_identity_text_rows[i].key, key) == 0)
			return read_text(
				message, type, identity->text[i], sizeof(identity->text[i]));
	for (size_t i = 0; i < BMS_IDENTITY_NUMBERS; i++) {
		int r;

		if (strcmp(bms_identity_number_rows[i].key, key) != 0)
			continue;
		r = read_number(message, type, &identity->number[i]);
		if (r > 0)
			bms_mark_slot(identity->present, i);
		return r;
	}
	return 0;
}

static int snapshot_entry(sd_bus_message *message, const char *key, const char *type, void *target)
{
	struct codec_snapshot *snapshot = target;

	/* No row of telemetry.def has one of these names. */
	if (strcmp(key, "name") == 0)
		return read_text(message, type, snapshot->name, sizeof(snapshot->name));
	if (strcmp(key, "health") == 0)
		return read_text(message, type, snapshot->health, sizeof(snapshot->health));
	if (strcmp(key, "link") == 0)
		return read_text(message, type, snapshot->link, sizeof(snapshot->link));
	if (strcmp(key, "age_ms") == 0)
		return read_number(message, type, &snapshot->age_ms);
	if (strcmp(key, "time_ms") == 0) {
		int r = read_number(message, type, &snapshot->time_ms);

		snapshot->has_reading = r > 0;
		return r;
	}
	return telemetry_entry(message, key, type, &snapshot->telemetry);
}

int codec_read_telemetry(sd_bus_message *message, struct bms_telemetry *ret)
{
	struct bms_telemetry telemetry = { 0 };
	int r = read_entries(message, telemetry_entry, &telemetry);

	if (r >= 0)
		*ret = telemetry;
	return r;
}

int codec_read_settings(sd_bus_message *message, struct bms_settings *ret)
{
	struct bms_settings settings = { 0 };
	int r = read_entries(message, setting_entry, &settings);

	if (r >= 0)
		*ret = settings;
	return r;
}

int codec_read_identity(sd_bus_message *message, struct bms_identity *ret)
{
	struct bms_identity identity = { 0 };
	int r = read_entries(message, identity_entry, &identity);

	if (r >= 0)
		*ret = identity;
	return r;
}

int codec_read_snapshot(sd_bus_message *message, struct codec_snapshot *ret)
{
	struct codec_snapshot snapshot = { 0 };
	int r = read_entries(message, snapshot_entry, &snapshot);

	if (r >= 0)
		*ret = snapshot;
	return r;
}
