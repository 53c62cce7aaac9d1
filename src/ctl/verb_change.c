/* SPDX-License-Identifier: MIT */
/* plan, apply, reload: what changes boards and the daemon. */
#include <inttypes.h>
#include <string.h>

#include "bms/settings.h"
#include "ctl/client.h"
#include "ctl/format.h"

struct item {
	const char *key;
	const char *word; /* what was decided, or became of it */
	const char *reason;
	uint16_t element;
	int has_old;
	int64_t old_value;
	int64_t new_value;
};

/* What Plan and Apply have in common, and how they are shown. */
struct report {
	const char *method;
	const char *good_word; /* the word of an item that is as it should be */
	const char *word_key;  /* JSON */
	const char *good_key;
	const char *bad_key;
	const char *good_text;
	const char *bad_text;
	int good_status; /* of the program when there are good items and no bad ones */
	int bad_status;
};

static const struct report plan_report = {
	.method = "Plan",
	.good_word = CODEC_PLAN_WRITE,
	.word_key = "verdict",
	.good_key = "writes",
	.bad_key = "refused",
	.good_text = "to write",
	.bad_text = "refused",
	.good_status = EXIT_CHANGES,
	.bad_status = EXIT_CHANGES,
};

static const struct report apply_report = {
	.method = "Apply",
	.good_word = CODEC_APPLY_WRITTEN,
	.word_key = "result",
	.good_key = "written",
	.bad_key = "failed",
	.good_text = "written",
	.bad_text = "not written",
	.good_status = EX_OK,
	.bad_status = EXIT_NOT_WRITTEN,
};

struct counts {
	int64_t good;
	int64_t bad;
};

static void item_json(struct json *json, const struct item *item, const char *word_key)
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
	json_string(json, word_key, item->word);
	json_string(json, "reason", item->reason[0] ? item->reason : NULL);
	json_object_end(json);
}

/* "  cell_ovp: 3.600 V -> 3.620 V: written and verified" */
static void item_print(const struct ctl *ctl, const struct item *item, bool is_good)
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
	fprintf(ctl->out, ": %s -> %s%s%s%s\n", old_text,
		format_value(new_text, item->new_value, unit), item->reason[0] ? ": " : "",
		item->reason, format_color(ctl, FORMAT_PLAIN));
}

/* 1 and the next item, 0 at the end. */
static int read_item(sd_bus_message *reply, struct item *ret)
{
	return sd_bus_message_read(reply, "(" CODEC_PLAN_ITEM ")", &ret->key, &ret->element,
		&ret->has_old, &ret->old_value, &ret->new_value, &ret->word, &ret->reason);
}

static int read_items(const struct ctl *ctl, const struct report *report, sd_bus_message *reply,
	struct json *json, struct counts *counts)
{
	struct item item;
	int r = sd_bus_message_enter_container(reply, 'a', "(" CODEC_PLAN_ITEM ")");

	while (r >= 0) {
		r = read_item(reply, &item);
		if (r <= 0)
			break;
		bool is_same = strcmp(item.word, CODEC_PLAN_SAME) == 0;
		bool is_good = strcmp(item.word, report->good_word) == 0;

		counts->good += is_good;
		counts->bad += !is_good && !is_same;
		if (ctl->options.json)
			item_json(json, &item, report->word_key);
		else if (!is_same)
			item_print(ctl, &item, is_good);
	}
	return r;
}

static void print_counts(FILE *out, const struct report *report, const struct counts *counts)
{
	if (counts->good == 0 && counts->bad == 0) {
		fprintf(out, "  nothing to do\n");
		return;
	}
	fprintf(out, "  %" PRId64 " %s", counts->good, report->good_text);
	if (counts->bad > 0)
		fprintf(out, ", %" PRId64 " %s", counts->bad, report->bad_text);
	fputc('\n', out);
}

static int show_reply(struct ctl *ctl, const struct report *report, sd_bus_message *reply,
	struct json *json, const char *pack)
{
	struct counts counts = { 0 };
	int r;

	if (ctl->options.json) {
		json_object_begin(json, NULL);
		json_string(json, "pack", pack);
		json_array_begin(json, "items");
	} else {
		fprintf(ctl->out, "%s:\n", pack);
	}
	r = read_items(ctl, report, reply, json, &counts);
	if (ctl->options.json) {
		json_array_end(json);
		json_integer(json, report->good_key, counts.good);
		json_integer(json, report->bad_key, counts.bad);
		json_object_end(json);
	} else {
		print_counts(ctl->out, report, &counts);
	}
	if (r < 0)
		return client_bad_reply(r);
	if (counts.bad > 0)
		return report->bad_status;
	return counts.good > 0 ? report->good_status : EX_OK;
}

static int report_on_pack(struct ctl *ctl, const struct report *report, sd_bus *bus,
	struct json *json, const char *pack)
{
	sd_bus_message *reply = NULL;
	int status = client_call(bus, report->method, pack, &reply);

	if (status == EX_OK)
		status = show_reply(ctl, report, reply, json, pack);
	sd_bus_message_unref(reply);
	return status;
}

static int plan_of_pack(struct ctl *ctl, sd_bus *bus, struct json *json, const char *pack)
{
	return report_on_pack(ctl, &plan_report, bus, json, pack);
}

int verb_plan(struct ctl *ctl)
{
	return client_visit_packs(ctl, plan_of_pack);
}

static int apply_to_pack(struct ctl *ctl, sd_bus *bus, struct json *json, const char *pack)
{
	client_be_patient(bus);
	return report_on_pack(ctl, &apply_report, bus, json, pack);
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
