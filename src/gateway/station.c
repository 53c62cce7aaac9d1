/* SPDX-License-Identifier: MIT */
#include "gateway/station.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "bms/alarms.h"
#include "bms/jk_layout.h"
#include "gateway/station_write.h"
#include "pack/alarm_watch.h"

/* The tag's low byte says what a job was for. */
enum {
	TAG_SHIFT = 8,
	TAG_WRITE = 0x80,
};

/* A block takes two reads: boards answer up to 122 registers. */
#define BLOCK_HEAD(base) \
	{ \
		.function = BMS_MODBUS_READ, .reg = (base), .count = BMS_MODBUS_READ_MAX \
	}
#define BLOCK_TAIL(base) \
	{ \
		.function = BMS_MODBUS_READ, .reg = (base) + 2 * BMS_MODBUS_READ_MAX, \
		.count = BMS_JK_BLOCK_SIZE / 2 - BMS_MODBUS_READ_MAX \
	}

static const struct modbus_step live_steps[] = {
	BLOCK_HEAD(BMS_JK_LIVE_BASE),
	BLOCK_TAIL(BMS_JK_LIVE_BASE),
};

/* The device block comes last: not every board lets all of it be read. */
static const struct modbus_step settings_steps[] = {
	BLOCK_HEAD(BMS_JK_SETTINGS_BASE),
	BLOCK_TAIL(BMS_JK_SETTINGS_BASE),
	BLOCK_HEAD(BMS_JK_DEVICE_BASE),
	BLOCK_TAIL(BMS_JK_DEVICE_BASE),
};

enum {
	SETTINGS_STEPS_NEEDED = 2
};

/* A line that cannot keep up makes its packs stale between any two readings. */
static const uint64_t fresh_again_after_us = UINT64_C(10) * 1000000;

static void put_event(const struct station *station, const char *kind, const char *subject,
	const char *detail, const int64_t *value)
{
	struct store_event event = { .pack = station->store_pack, .time_ms = clock_wall_ms() };

	if (!station->shared->store)
		return;
	snprintf(event.kind, sizeof(event.kind), "%s", kind);
	snprintf(event.subject, sizeof(event.subject), "%s", subject);
	snprintf(event.detail, sizeof(event.detail), "%.*s", STORE_TEXT_MAX - 1, detail);
	event.has_value = value != NULL;
	event.value = value ? *value : 0;
	store_put_event(station->shared->store, &event);
}

uint64_t station_id_of_tag(uint64_t tag)
{
	return tag >> TAG_SHIFT;
}

static int submit(
	struct station *station, unsigned what, const struct modbus_step *steps, size_t step_count)
{
	struct modbus_job job = {
		.tag = station->id << TAG_SHIFT | what,
		.unit = station->unit,
		.insists = what == POLL_SETTINGS && !poller_is_silent(&station->poller),
		.step_count = (uint8_t)step_count,
	};

	memcpy(job.steps, steps, step_count * sizeof(*steps));
	return modbus_line_submit(station->line, &job);
}

/* What becomes of a write under way will not be told to this store: its row ends here. */
static void end_change(struct station *station, const char *why)
{
	bool is_sent = station->apply.progress >= APPLY_SENT;
	struct store_outcome outcome = {
		.id = station->change_id,
		.result = is_sent ? STORE_RESULT_LOST : STORE_RESULT_ABANDONED,
		.duration_ms = (unsigned)((clock_monotonic_us() - station->change_start_us) / 1000),
	};

	if (!station->shared->store || !station->change_id)
		return;
	snprintf(outcome.detail, sizeof(outcome.detail), "%s: %s",
		is_sent ? "sent, not verified" : "not sent", why);
	store_finish_change(station->shared->store, &outcome);
	station->change_id = 0;
}

void station_leave_store(struct station *station)
{
	end_change(station, "the history was closed by a reload");
}

void station_on_store_back(struct station *station)
{
	if (station->apply.state == APPLY_IDLE &&
		station->apply.outcome == APPLY_OUTCOME_NOT_RECORDED)
		station_apply(station);
}

void station_join_store(struct station *station)
{
	if (station->shared->store)
		station->store_pack = store_add_pack(station->shared->store, station->pack.name);
	if (station->apply.progress == APPLY_INTENDED)
		station_on_intent(station, -ECANCELED);
}

/* Stations of a line start spread over the period, so that they do not queue behind each other. */
void station_init(struct station *station, uint64_t id, struct station_shared *shared,
	const struct config_pack *config, size_t place, size_t places)
{
	uint64_t period_us = (uint64_t)config->period_ms * 1000;
	uint64_t first_us = clock_monotonic_us() + period_us * place / places;

	*station = (struct station){
		.id = id,
		.shared = shared,
		.unit = (uint8_t)config->address,
	};
	pack_init(&station->pack, config->name, 0);
	poller_init(&station->poller, period_us, (uint64_t)config->settings_period_s * 1000000,
		first_us);
	apply_init(&station->apply);
	station_join_store(station);
}

void station_join_line(
	struct station *station, struct modbus_line *line, uint64_t *settings_reader, bool up)
{
	station->line = line;
	station->settings_reader = settings_reader;
	station->line_up = up;
	(void)apply_on_link(&station->apply, up);
}

static void release_settings(struct station *station)
{
	if (*station->settings_reader == station->id)
		*station->settings_reader = 0;
}

void station_deinit(struct station *station)
{
	release_settings(station);
	end_change(station, "the pack is no longer read");
}

/* A reading must be allowed to take a while even when the period is short. */
static uint64_t stale_after_us(const struct config_pack *config)
{
	uint64_t limit_us = (uint64_t)(config->stale_periods * config->period_ms) * 1000;
	uint64_t least_us = 2000000;

	return limit_us > least_us ? limit_us : least_us;
}

void station_reconfigure(struct station *station, const struct config_pack *config)
{
	station->pack.stale_after_us = stale_after_us(config);
	poller_set_periods(&station->poller, (uint64_t)config->period_ms * 1000,
		(uint64_t)config->settings_period_s * 1000000, clock_monotonic_us());
	station->apply.desired = config->desired;
	snprintf(station->link_text, sizeof(station->link_text), "%s address %d (jk-modbus)",
		config->device, (int)config->address);
	station_apply(station);
}

void station_apply(struct station *station)
{
	station_perform(station, apply_start(&station->apply, &station->apply.desired));
}

int station_submit_write(struct station *station, const struct bms_jk_write *write)
{
	struct modbus_step step = {
		.function = BMS_MODBUS_WRITE,
		.reg = write->reg,
		.data_size = write->size,
	};

	memcpy(step.data, write->data, write->size);
	return submit(station, TAG_WRITE, &step, 1);
}

void station_poll(struct station *station, uint64_t now_us)
{
	enum poll_kind kind;
	int r;

	if (!station->line_up)
		return;
	station->poller.hold_settings =
		*station->settings_reader && *station->settings_reader != station->id;
	kind = poller_due(&station->poller, now_us);
	if (kind == POLL_NOTHING)
		return;
	if (kind == POLL_LIVE) {
		r = submit(station, kind, live_steps, 2);
	} else {
		*station->settings_reader = station->id;
		r = submit(station, kind, settings_steps, 4);
	}
	poller_on_sent(&station->poller, kind, now_us);
	station->poll_sent_us = now_us;
	station->pack.counters.polls++;
	if (r < 0) {
		release_settings(station);
		poller_on_done(&station->poller, kind, false, now_us);
	}
}

uint64_t station_next_us(const struct station *station)
{
	return station->line_up ? poller_next_us(&station->poller) : UINT64_MAX;
}

/* Puts the bytes of consecutive reads side by side; returns how many came. */
static uint16_t gather(const struct modbus_result *result, size_t first, size_t steps,
	uint8_t block[BMS_JK_BLOCK_SIZE])
{
	uint16_t size = 0;

	for (size_t i = first; i < first + steps && i < result->done_count; i++) {
		memcpy(block + size, result->steps[i].data, result->steps[i].size);
		size = (uint16_t)(size + result->steps[i].size);
	}
	return size;
}

static void say_edge(const struct station *station, const struct edge *edge)
{
	const char *kind = edge->is_alarm ? (edge->on ? "alarm_on" : "alarm_off")
					  : (edge->on ? "switch_on" : "switch_off");
	char detail[STORE_TEXT_MAX] = "";

	if (edge->is_alarm)
		snprintf(detail, sizeof(detail), "%s", bms_alarm_rows[edge->subject].text);
	if (edge->slot < BMS_SLOTS) {
		enum bms_field field = bms_field_of_slot(edge->slot);
		size_t used = strlen(detail);

		snprintf(detail + used, sizeof(detail) - used, " (%s %d)",
			bms_field_rows[field].name, edge->slot - bms_field_rows[field].slot + 1);
	}
	log_notice("%s: %s %s%s%s", station->pack.name, edge_name(edge), edge->on ? "on" : "off",
		*detail ? ": " : "", detail);
	put_event(station, kind, edge_name(edge), detail,
		edge->slot < BMS_SLOTS ? &edge->value : NULL);
}

static bool say_edges(const struct station *station, const struct bms_telemetry *before,
	const struct bms_telemetry *now)
{
	struct edge edges[ALARM_WATCH_EDGES_MAX];
	size_t count = alarm_watch_edges(before, now, edges);

	for (size_t i = 0; i < count; i++)
		say_edge(station, &edges[i]);
	return count > 0;
}

static void refuse(struct station *station, enum bms_status status, const char *reason)
{
	unsigned count;

	if (!fault_log_says(&station->faults, status, clock_monotonic_us(), &count))
		return;
	log_warning("%s: %s (%s, %u times): %s", station->pack.name, bms_status_text(status),
		station->link_text, count, reason);
	put_event(station, "bad_answer", bms_status_text(status), reason, &(int64_t){ count });
}

static void take_live(struct station *station, const struct modbus_result *result)
{
	uint8_t block[BMS_JK_BLOCK_SIZE];
	struct bms_window window = { block, 0, gather(result, 0, 2, block), BMS_ORDER_BIG };
	struct bms_telemetry report = { 0 };
	struct bms_telemetry before = station->pack.snapshot;
	bool first = station->pack.snapshot_us == 0;
	char reason[PLAUSIBILITY_REASON_SIZE];
	int64_t wall_ms =
		clock_wall_ms() - (int64_t)((clock_monotonic_us() - result->done_us) / 1000);
	bool edge;

	bms_jk_decode_live(&window, &report);
	if (!pack_take_reading(&station->pack, &report, result->done_us, wall_ms, reason)) {
		refuse(station, BMS_IMPLAUSIBLE, reason);
		return;
	}
	edge = say_edges(station, first ? NULL : &before, &report);
	if (station->shared->store)
		store_put_sample(
			station->shared->store, station->store_pack, wall_ms, &report, edge);
}

static void take_identity(
	struct station *station, const struct modbus_result *result, struct bms_settings *settings)
{
	uint8_t block[BMS_JK_BLOCK_SIZE];
	struct bms_window window = { block, 0, gather(result, SETTINGS_STEPS_NEEDED, 2, block),
		BMS_ORDER_BIG };

	if (window.size == 0)
		return;
	bms_jk_decode_device(&window, &station->pack.identity, settings);
	station->pack.identity_us = result->done_us;
	if (station->shared->store)
		store_put_identity(
			station->shared->store, station->store_pack, &station->pack.identity);
}

/* A read that began before apply asked for one may show the state before the last write. */
static void take_settings(struct station *station, const struct modbus_result *result)
{
	uint8_t block[BMS_JK_BLOCK_SIZE];
	struct bms_window window = { block, 0, gather(result, 0, SETTINGS_STEPS_NEEDED, block),
		BMS_ORDER_BIG };
	struct bms_settings settings = { 0 };

	if (result->done_count > station->settings_steps)
		station->settings_steps = result->done_count;
	bms_jk_decode_settings(&window, &settings);
	take_identity(station, result, &settings);
	if (station->poll_sent_us < station->read_wanted_us) {
		poller_want_settings(&station->poller, clock_monotonic_us());
		return;
	}
	station->pack.settings = settings;
	station->pack.settings_us = result->done_us;
	station_perform(station, apply_on_settings(&station->apply, &settings));
}

static void note_answer(struct station *station, bool answered)
{
	if (station->answering == answered)
		return;
	station->answering = answered;
	log_notice("%s: %s (%s)", station->pack.name, answered ? "answers" : "does not answer",
		station->link_text);
	put_event(station, answered ? "answers" : "silent", "", station->link_text, NULL);
	if (answered && station->apply.state == APPLY_IDLE)
		station_perform(station, apply_on_link(&station->apply, true));
}

/* Also when the second try went well: a line that needs one is worth a look. */
static void say_bad_answer(struct station *station, const struct modbus_result *result)
{
	char reason[STORE_TEXT_MAX];
	int used = snprintf(reason, sizeof(reason), "register 0x%04x%s", result->bad_reg,
		result->bad_size ? ", received " : "");

	for (size_t i = 0; i < result->bad_size && used + 3 < (int)sizeof(reason); i++)
		used += snprintf(
			reason + used, sizeof(reason) - (size_t)used, "%02x", result->bad[i]);
	refuse(station, result->bad_status, reason);
}

static void say_exception(struct station *station, const struct modbus_result *result)
{
	char reason[64];

	snprintf(reason, sizeof(reason), "register 0x%04x, exception %u",
		result->steps[result->done_count].reg, result->exception);
	refuse(station, BMS_EXCEPTION, reason);
}

/*
 * Boards need not let the device block be read, or all of it: an exception says so, and so does
 * silence from one that never answered there. Anything else is an answer spoilt.
 */
static bool is_answered(const struct station *station, const struct modbus_result *result)
{
	if (result->status == BMS_OK || result->done_count < SETTINGS_STEPS_NEEDED)
		return result->status == BMS_OK;
	return result->status == BMS_EXCEPTION ||
	       (result->status == BMS_SILENCE && result->done_count >= station->settings_steps);
}

static void note_failure(struct station *station, const struct modbus_result *result)
{
	station->pack.counters.failed++;
	if (result->status == BMS_EXCEPTION)
		say_exception(station, result);
	if (poller_is_silent(&station->poller))
		note_answer(station, false);
}

static void on_poll_result(struct station *station, const struct modbus_result *result)
{
	enum poll_kind kind = (enum poll_kind)(result->tag & ((1u << TAG_SHIFT) - 1));
	bool answered = is_answered(station, result);

	release_settings(station);
	if (result->done_count > 0 || answered || result->bad_size > 0)
		poller_on_heard(&station->poller);
	poller_on_done(&station->poller, kind, answered, clock_monotonic_us());
	if (!answered) {
		note_failure(station, result);
		return;
	}
	note_answer(station, true);
	if (kind == POLL_LIVE)
		take_live(station, result);
	else
		take_settings(station, result);
}

void station_on_result(struct station *station, const struct modbus_result *result)
{
	if (result->bad_status != BMS_OK)
		say_bad_answer(station, result);
	if (result->tag & TAG_WRITE)
		station_perform(station, apply_on_answer(&station->apply, result->status));
	else
		on_poll_result(station, result);
}

void station_on_line(struct station *station, bool up)
{
	station->line_up = up;
	if (up)
		poller_on_link_up(&station->poller, clock_monotonic_us());
	else
		note_answer(station, false);
	station_perform(station, apply_on_link(&station->apply, up));
}

void station_on_tick(struct station *station, uint64_t now_us)
{
	bool stale = pack_health(&station->pack, now_us) == PACK_STALE;

	station->pack.counters.missed = station->poller.missed;
	if (stale)
		station->stale_us = now_us;
	if (stale == station->was_stale ||
		(!stale && now_us - station->stale_us < fresh_again_after_us))
		return;
	station->was_stale = stale;
	log_notice("%s: readings are %s", station->pack.name, stale ? "stale" : "fresh again");
	put_event(station, stale ? "stale" : "fresh", "", station->link_text, NULL);
}
