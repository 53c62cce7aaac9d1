/* SPDX-License-Identifier: MIT */
#include "gateway/station.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "bms/alarms.h"
#include "gateway/station_write.h"
#include "pack/alarm_watch.h"

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

/* Stations start spread over the period, so that those of a link do not queue behind each other. */
int station_init(struct station *station, uint64_t id, struct station_shared *shared,
	struct link *link, const struct config_pack *config, size_t place, size_t places)
{
	uint64_t period_us = (uint64_t)config->period_ms * 1000;
	uint64_t first_us = clock_monotonic_us() + period_us * place / places;
	int r;

	*station = (struct station){ .id = id, .shared = shared };
	r = carrier_new(&station->carrier, link, station, config);
	if (r < 0)
		return r;
	pack_init(&station->pack, config->name, 0);
	poller_init(&station->poller, period_us, (uint64_t)config->settings_period_s * 1000000,
		first_us);
	apply_init(&station->apply, station->carrier->kind->writes);
	(void)apply_on_link(&station->apply, link->up);
	station_join_store(station);
	return 0;
}

static void release_settings(struct station *station)
{
	struct link *link = station->carrier->link;

	if (link->settings_reader == station->id)
		link->settings_reader = 0;
}

void station_deinit(struct station *station)
{
	release_settings(station);
	end_change(station, "the pack is no longer read");
	station->carrier = carrier_free(station->carrier);
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
	station_apply(station);
}

void station_apply(struct station *station)
{
	station_perform(station, apply_start(&station->apply, &station->apply.desired));
}

void station_poll(struct station *station, uint64_t now_us)
{
	struct link *link = station->carrier->link;
	enum poll_kind kind;

	if (!link->up)
		return;
	station->poller.hold_settings =
		link->settings_reader && link->settings_reader != station->id;
	kind = poller_due(&station->poller, now_us);
	if (kind == POLL_NOTHING)
		return;
	if (kind == POLL_SETTINGS)
		link->settings_reader = station->id;
	poller_on_sent(&station->poller, kind, now_us);
	station->pack.counters.polls++;
	if (station->carrier->kind->ask(station->carrier, kind) < 0) {
		release_settings(station);
		poller_on_done(&station->poller, kind, false, now_us);
	}
}

uint64_t station_next_us(const struct station *station)
{
	return station->carrier->link->up ? poller_next_us(&station->poller) : UINT64_MAX;
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

void station_on_bad_answer(struct station *station, enum bms_status status, const char *reason)
{
	unsigned count;

	if (!fault_log_says(&station->faults, status, clock_monotonic_us(), &count))
		return;
	log_warning("%s: %s (%s, %u times): %s", station->pack.name, bms_status_text(status),
		station->carrier->text, count, reason);
	put_event(station, "bad_answer", bms_status_text(status), reason, &(int64_t){ count });
}

void station_on_live(struct station *station, const struct bms_telemetry *report, uint64_t done_us)
{
	struct bms_telemetry before = station->pack.snapshot;
	bool first = station->pack.snapshot_us == 0;
	char reason[PLAUSIBILITY_REASON_SIZE];
	int64_t wall_ms = clock_wall_ms() - (int64_t)((clock_monotonic_us() - done_us) / 1000);
	bool edge;

	if (!pack_take_reading(&station->pack, report, done_us, wall_ms, reason)) {
		station_on_bad_answer(station, BMS_IMPLAUSIBLE, reason);
		return;
	}
	edge = say_edges(station, first ? NULL : &before, report);
	if (station->shared->store)
		store_put_sample(
			station->shared->store, station->store_pack, wall_ms, report, edge);
}

void station_on_identity(
	struct station *station, const struct bms_identity *identity, uint64_t done_us)
{
	station->pack.identity = *identity;
	station->pack.identity_us = done_us;
	if (station->shared->store)
		store_put_identity(station->shared->store, station->store_pack, identity);
}

/* A read that began before apply asked for one may show the state before the last write. */
void station_on_settings(struct station *station, const struct bms_settings *settings,
	uint64_t asked_us, uint64_t done_us)
{
	if (asked_us < station->read_wanted_us) {
		poller_want_settings(&station->poller, clock_monotonic_us());
		return;
	}
	station->pack.settings = *settings;
	station->pack.settings_us = done_us;
	station_perform(station, apply_on_settings(&station->apply, settings));
}

static void note_answer(struct station *station, bool answered)
{
	if (station->answering == answered)
		return;
	station->answering = answered;
	log_notice("%s: %s (%s)", station->pack.name, answered ? "answers" : "does not answer",
		station->carrier->text);
	put_event(station, answered ? "answers" : "silent", "", station->carrier->text, NULL);
	if (answered && station->apply.state == APPLY_IDLE)
		station_perform(station, apply_on_link(&station->apply, true));
}

void station_on_asked(struct station *station, enum poll_kind kind, bool answered, bool heard)
{
	release_settings(station);
	if (heard)
		poller_on_heard(&station->poller);
	poller_on_done(&station->poller, kind, answered, clock_monotonic_us());
	if (!answered)
		station->pack.counters.failed++;
	if (answered || poller_is_silent(&station->poller))
		note_answer(station, answered);
}

void station_on_written(struct station *station, enum bms_status status)
{
	station_perform(station, apply_on_answer(&station->apply, status));
}

void station_on_link(struct station *station, bool up)
{
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
	put_event(station, stale ? "stale" : "fresh", "", station->carrier->text, NULL);
}
