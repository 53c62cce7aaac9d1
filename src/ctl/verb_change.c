/* SPDX-License-Identifier: MIT */
/* plan, apply, reload: what changes boards and the daemon. */
#include <inttypes.h>
#include <string.h>

#include "bms/settings.h"
#include "ctl/client.h"
#include "ctl/format.h"

struct item {
	const char *key;
	const char *verdict;
	const char *reason;
	uint16_t element;
	int has_old;
	int64_t old_value;
	int64_t new_value;
};

static bool is_write(const struct item *item)
{
	return strcmp(item->verdict, CODEC_PLAN_WRITE) == 0;
}

static bool is_written(const struct item *item)
{
	return strcmp(item->verdict, CODEC_APPLY_WRITTEN) == 0;
}

static bool is_same(const struct item *item)
{
	return strcmp(item->verdict, CODEC_PLAN_SAME) == 0;
}

static void item_json(struct json *json, const struct item *item, const char *verdict_key)
{
	json_object_begin(json, NULL);
	json_string(json, "setting", item->key);
	if (item->element > 0)
		json_integer(json, "element", item->element);
	if (item->has_old)
		json_integer(json, "old", item->old_value);
	else
		json_null(json, "old");
	json_integer(json, "new", item->new_value);
	json_string(json, verdict_key, item->verdict);
	json_string(json, "reason", item->reason[0] ? item->reason : NULL);
	json_object_end(json);
}

/* "  cell_ovp: 3.600 V -> 3.620 V" */
static void item_print_change(const struct ctl *ctl, const struct item *item, bool is_good)
{
	enum bms_setting setting = bms_setting_by_key(item->key);
	enum bms_unit unit = setting < BMS_SETTING_COUNT
				     ? (enum bms_unit)bms_setting_rows[setting].unit
				     : BMS_UNIT_NONE;
	char old_text[FORMAT_SIZE] = "?", new_text[FORMAT_SIZE];

	if (item->has_old)
		format_value(old_text, item->old_value, unit);
	fprintf(ctl->out, "  %s%s", is_good ? "" : format_color(ctl, FORMAT_BAD), item->key);
	if (item->element > 0)
		fprintf(ctl->out, "[%u]", item->element);
	fprintf(ctl->out, ": %s -> %s", old_text, format_value(new_text, item->new_value, unit));
}

static void item_print(const struct ctl *ctl, const struct item *item)
{
	if (is_same(item))
		return;
	item_print_change(ctl, item, is_write(item));
	if (!is_write(item))
		fprintf(ctl->out, " refused: %s", item->reason);
	fprintf(ctl->out, "%s\n", format_color(ctl, FORMAT_PLAIN));
}

struct counts {
	int64_t writes;
	int64_t refused;
};

/* 1 and the next item, 0 at the end. */
static int read_item(sd_bus_message *reply, struct item *ret)
{
	return sd_bus_message_read(reply, "(" CODEC_PLAN_ITEM ")", &ret->key, &ret->element,
		&ret->has_old, &ret->old_value, &ret->new_value, &ret->verdict, &ret->reason);
}

static int read_items(
	const struct ctl *ctl, sd_bus_message *reply, struct json *json, struct counts *counts)
{
	struct item item;
	int r = sd_bus_message_enter_container(reply, 'a', "(" CODEC_PLAN_ITEM ")");

	while (r >= 0) {
		r = read_item(reply, &item);
		if (r <= 0)
			break;
		counts->writes += is_write(&item);
		counts->refused += !is_write(&item) && !is_same(&item);
		if (ctl->options.json)
			item_json(json, &item, "verdict");
		else
			item_print(ctl, &item);
	}
	return r;
}

static void print_counts(FILE *out, const struct counts *counts)
{
	if (counts->writes == 0 && counts->refused == 0) {
		fprintf(out, "  nothing to do\n");
		return;
	}
	fprintf(out, "  %" PRId64 " to write", counts->writes);
	if (counts->refused > 0)
		fprintf(out, ", %" PRId64 " refused", counts->refused);
	fputc('\n', out);
}

static int plan_of_pack(struct ctl *ctl, sd_bus *bus, struct json *json, const char *pack)
{
	struct counts counts = { 0 };
	sd_bus_message *reply = NULL;
	int status = client_call(bus, "Plan", pack, &reply);
	int r;

	if (status != EX_OK)
		return status;
	if (ctl->options.json) {
		json_object_begin(json, NULL);
		json_string(json, "pack", pack);
		json_array_begin(json, "items");
	} else {
		fprintf(ctl->out, "%s:\n", pack);
	}
	r = read_items(ctl, reply, json, &counts);
	sd_bus_message_unref(reply);
	if (ctl->options.json) {
		json_array_end(json);
		json_integer(json, "writes", counts.writes);
		json_integer(json, "refused", counts.refused);
		json_object_end(json);
	} else {
		print_counts(ctl->out, &counts);
	}
	if (r < 0)
		return client_bad_reply(r);
	return counts.writes > 0 || counts.refused > 0 ? EXIT_CHANGES : EX_OK;
}

int verb_plan(struct ctl *ctl)
{
	return client_visit_packs(ctl, plan_of_pack);
}

static int read_results(
	const struct ctl *ctl, sd_bus_message *reply, struct json *json, struct counts *counts)
{
	struct item item;
	int r = sd_bus_message_enter_container(reply, 'a', "(" CODEC_PLAN_ITEM ")");

	while (r >= 0) {
		r = read_item(reply, &item);
		if (r <= 0)
			break;
		counts->writes += is_written(&item);
		counts->refused += !is_written(&item);
		if (ctl->options.json) {
			item_json(json, &item, "result");
			continue;
		}
		item_print_change(ctl, &item, is_written(&item));
		fprintf(ctl->out, ": %s%s\n", item.reason, format_color(ctl, FORMAT_PLAIN));
	}
	return r;
}

static void print_results(FILE *out, const struct counts *counts)
{
	if (counts->writes == 0 && counts->refused == 0)
		fprintf(out, "  nothing to do\n");
	else
		fprintf(out, "  %" PRId64 " written, %" PRId64 " not written\n", counts->writes,
			counts->refused);
}

static int apply_to_pack(struct ctl *ctl, sd_bus *bus, struct json *json, const char *pack)
{
	struct counts counts = { 0 };
	sd_bus_message *reply = NULL;
	int status;
	int r;

	client_be_patient(bus);
	status = client_call(bus, "Apply", pack, &reply);
	if (status != EX_OK)
		return status;
	if (ctl->options.json) {
		json_object_begin(json, NULL);
		json_string(json, "pack", pack);
		json_array_begin(json, "items");
	} else {
		fprintf(ctl->out, "%s:\n", pack);
	}
	r = read_results(ctl, reply, json, &counts);
	sd_bus_message_unref(reply);
	if (ctl->options.json) {
		json_array_end(json);
		json_integer(json, "written", counts.writes);
		json_integer(json, "failed", counts.refused);
		json_object_end(json);
	} else {
		print_results(ctl->out, &counts);
	}
	if (r < 0)
		return client_bad_reply(r);
	return counts.refused > 0 ? EXIT_NOT_WRITTEN : EX_OK;
}

int verb_apply(struct ctl *ctl)
{
	return client_visit_packs(ctl, apply_to_pack);
}

int verb_reload(struct ctl *ctl)
{
	sd_bus *bus = NULL;
	struct json json;
	int status = client_open(ctl, &bus);

	if (status == EX_OK) {
		client_be_patient(bus);
		status = client_call(bus, "Reload", NULL, NULL);
	}
	client_close(bus);
	if (status != EX_OK || !ctl->options.json)
		return status;
	ctl_json(ctl, &json);
	json_object_begin(&json, NULL);
	json_bool(&json, "reloaded", true);
	json_object_end(&json);
	json_finish(&json);
	return EX_OK;
}
