/* SPDX-License-Identifier: MIT */
#include "gateway/station_write.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

static const struct {
	enum store_result result;
	int level; /* a lost write is tried again */
} outcomes[] = {
	[APPLY_OUTCOME_OK] = { STORE_RESULT_OK, LOG_NOTICE },
	[APPLY_OUTCOME_REFUSED] = { STORE_RESULT_REFUSED, LOG_ERR },
	[APPLY_OUTCOME_UNVERIFIED] = { STORE_RESULT_UNVERIFIED, LOG_ERR },
	[APPLY_OUTCOME_LOST] = { STORE_RESULT_LOST, LOG_WARNING },
	[APPLY_OUTCOME_NOT_RECORDED] = { STORE_RESULT_ABANDONED, LOG_ERR },
};

/* "cell_ovp", or "wire_resistance[3]" counted from 1 */
static void name_slot(size_t slot, char *out, size_t size)
{
	const struct bms_setting_row *row = &bms_setting_rows[bms_setting_of_slot(slot)];

	if (row->count == 1)
		snprintf(out, size, "%s", row->key);
	else
		snprintf(out, size, "%s[%zu]", row->key, slot - row->slot + 1);
}

static void begin_change(struct station *station)
{
	struct store_change change = {
		.id = ++station->shared->last_change_id,
		.pack = station->store_pack,
		.time_ms = clock_wall_ms(),
		.has_old = true,
		.old_value = station->apply.current.old_value,
		.new_value = station->apply.current.new_value,
		.source = "config",
	};

	name_slot(station->apply.current.slot, change.setting, sizeof(change.setting));
	station->change_id = change.id;
	station->change_start_us = clock_monotonic_us();
	store_begin_change(station->shared->store, &change);
}

static enum apply_action send_write(struct station *station)
{
	const struct plan_item *item = &station->apply.current;
	struct carrier *carrier = station->carrier;
	int r = carrier->kind->write(carrier, &station->apply.board, item->slot, item->new_value);

	if (r == -EINVAL) /* no bytes can be made of it */
		return apply_on_answer(&station->apply, BMS_EXCEPTION);
	if (r < 0)
		return apply_on_answer(&station->apply, BMS_LINK_DOWN);
	return APPLY_DO_NOTHING;
}

static void say_outcome(const struct station *station)
{
	const struct apply *apply = &station->apply;
	char name[STORE_NAME_MAX];

	name_slot(apply->current.slot, name, sizeof(name));
	log_write(outcomes[apply->outcome].level, "%s: %s %" PRId64 " -> %" PRId64 ": %s",
		station->pack.name, name, apply->current.old_value, apply->current.new_value,
		apply_outcome_text(apply->outcome));
}

static void finish_change(struct station *station)
{
	const struct apply *apply = &station->apply;
	struct store_outcome outcome = {
		.id = station->change_id,
		.result = outcomes[apply->outcome].result,
		.has_readback = apply->has_readback,
		.readback = apply->readback,
		.duration_ms = (unsigned)((clock_monotonic_us() - station->change_start_us) / 1000),
	};

	snprintf(outcome.detail, sizeof(outcome.detail), "%s", apply_outcome_text(apply->outcome));
	if (station->shared->store && station->change_id)
		store_finish_change(station->shared->store, &outcome);
	station->change_id = 0;
}

static void keep_write(struct station *station)
{
	const struct apply *apply = &station->apply;
	size_t at = 0;

	while (at < station->write_count && station->writes[at].item.slot != apply->current.slot)
		at++;
	station->writes[at] = (struct apply_write){ apply->current, apply->outcome };
	if (at == station->write_count)
		station->write_count++;
}

static void say_refused(const struct station *station)
{
	const struct plan *plan = &station->apply.plan;
	char name[STORE_NAME_MAX];

	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_item *item = &plan->items[i];

		if (item->verdict == PLAN_WRITE || item->verdict == PLAN_SAME)
			continue;
		name_slot(item->slot, name, sizeof(name));
		log_error("%s: %s = %" PRId64 " is not written: %s%s%s", station->pack.name, name,
			item->new_value, plan_verdict_text(item->verdict), item->rule ? ": " : "",
			item->rule ? item->rule->text : "");
	}
}

static void say_report(const struct station *station)
{
	const struct apply_report *report = &station->apply.report;

	say_refused(station);
	if (report->written == 0 && report->failed == 0 && report->planned_refused == 0)
		return;
	log_notice("%s: settings applied: %u written, %u failed, %u refused", station->pack.name,
		report->written, report->failed, report->planned_refused);
}

/* One step; returns what follows from it at once. */
static enum apply_action perform_one(struct station *station, enum apply_action action)
{
	switch (action) {
	case APPLY_DO_READ:
		station->read_wanted_us = clock_monotonic_us();
		poller_want_settings(&station->poller, station->read_wanted_us);
		return APPLY_DO_NOTHING;
	case APPLY_DO_INTENT:
		if (!station->shared->store)
			return apply_on_intent(&station->apply, true);
		begin_change(station);
		return APPLY_DO_NOTHING;
	case APPLY_DO_WRITE:
		return send_write(station);
	case APPLY_DO_OUTCOME:
		say_outcome(station);
		keep_write(station);
		finish_change(station);
		return apply_next(&station->apply);
	case APPLY_DO_REPORT:
		say_report(station);
		station->shared->on_applied(station->shared->userdata, station);
		station->write_count = 0;
		return APPLY_DO_NOTHING;
	case APPLY_DO_NOTHING:
		break;
	}
	return APPLY_DO_NOTHING;
}

void station_perform(struct station *station, enum apply_action action)
{
	while (action != APPLY_DO_NOTHING)
		action = perform_one(station, action);
}

void station_on_intent(struct station *station, int error)
{
	if (error)
		log_error("%s: the intent to write a setting cannot be recorded: %s",
			station->pack.name, strerror(-error));
	station_perform(station, apply_on_intent(&station->apply, error == 0));
}
