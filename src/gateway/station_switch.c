/* SPDX-License-Identifier: MIT */
#include "gateway/station_switch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

static const enum store_result results[] = {
	[APPLY_OUTCOME_OK] = STORE_RESULT_OK,
	[APPLY_OUTCOME_REFUSED] = STORE_RESULT_REFUSED,
	[APPLY_OUTCOME_UNVERIFIED] = STORE_RESULT_UNVERIFIED,
	[APPLY_OUTCOME_LOST] = STORE_RESULT_LOST,
	[APPLY_OUTCOME_NOT_RECORDED] = STORE_RESULT_ABANDONED,
};

static const char *outcome_text(const struct switching *switching)
{
	if (!switching->broadcasts)
		return apply_outcome_text(switching->outcome);
	switch (switching->outcome) {
	case APPLY_OUTCOME_OK:
		return "confirmed by the board's own state";
	case APPLY_OUTCOME_UNVERIFIED:
		return "sent, but the board's own state did not follow: it may be held by a "
		       "protection, or not obey CAN";
	case APPLY_OUTCOME_LOST:
		return "sent, and the board has not said its state since";
	case APPLY_OUTCOME_REFUSED:
		return "could not be sent";
	case APPLY_OUTCOME_NOT_RECORDED:
		break;
	}
	return apply_outcome_text(switching->outcome);
}

static const char *key_of(const struct switch_row *row)
{
	return bms_setting_rows[bms_setting_of_slot(row->setting_slot)].key;
}

/* What the board shows now, where it is known. */
static bool old_value(const struct station *station, const struct switch_row *row, int64_t *ret)
{
	const struct pack *pack = &station->pack;

	if (station->carrier->kind->broadcasts) {
		*ret = pack->snapshot.value[row->state_slot] != 0;
		return bms_telemetry_has(&pack->snapshot, row->state_slot);
	}
	*ret = pack->settings.value[row->setting_slot];
	return bms_settings_has(&pack->settings, row->setting_slot);
}

static void begin_change(struct station *station, const char *source)
{
	const struct switching *switching = &station->switching;
	struct store_change change = {
		.id = ++station->shared->last_change_id,
		.pack = station->store_pack,
		.time_ms = clock_wall_ms(),
		.new_value = switching->on,
	};

	change.has_old = old_value(station, switching->row, &change.old_value);
	snprintf(change.setting, sizeof(change.setting), "%s", key_of(switching->row));
	snprintf(change.source, sizeof(change.source), "%s", source);
	station->switch_change_id = change.id;
	station->switch_start_us = clock_monotonic_us();
	store_begin_change(station->shared->store, &change);
}

static void finish_change(struct station *station, enum store_result result, const char *detail)
{
	struct store_outcome outcome = {
		.id = station->switch_change_id,
		.result = result,
		.has_readback = station->switching.has_readback,
		.readback = station->switching.readback != 0,
		.duration_ms = (unsigned)((clock_monotonic_us() - station->switch_start_us) / 1000),
	};

	snprintf(outcome.detail, sizeof(outcome.detail), "%.*s", STORE_TEXT_MAX - 1, detail);
	if (station->shared->store && station->switch_change_id)
		store_finish_change(station->shared->store, &outcome);
	station->switch_change_id = 0;
}

/* What was switched by hand stays so until the configuration is read again. */
static void keep_switched(struct station *station)
{
	const struct switching *switching = &station->switching;
	uint8_t slot = switching->row->setting_slot;

	if (!bms_settings_has(&station->desired, slot))
		return;
	station->desired.value[slot] = switching->on;
	/* Unless what runs is a guest's, which wants its own value only. */
	if (bms_settings_has(&station->apply.desired, slot))
		station->apply.desired.value[slot] = switching->on;
}

static void finish(struct station *station)
{
	struct switching *switching = &station->switching;
	bool ok = switching->outcome == APPLY_OUTCOME_OK;
	const char *text = outcome_text(switching);

	log_write(ok ? LOG_NOTICE : LOG_ERR, "%s: %s %s: %s", station->pack.name,
		switching->row->name, switching->on ? "on" : "off", text);
	finish_change(station, results[switching->outcome], text);
	if (ok)
		keep_switched(station);
	switching_end(switching);
	station->shared->on_switched(station->shared->userdata, station, ok, text);
}

static enum switching_action send(struct station *station)
{
	struct switching *switching = &station->switching;
	struct carrier *carrier = station->carrier;
	int r = carrier->kind->switch_to(carrier, switching->row->setting_slot, switching->on);

	if (r == -EINVAL || r == -EOPNOTSUPP)
		return switching_on_answer(switching, BMS_EXCEPTION);
	return SWITCHING_DO_NOTHING; /* what could not be sent is sent again, or runs out of time */
}

void station_switch_perform(struct station *station, enum switching_action action)
{
	while (action != SWITCHING_DO_NOTHING) {
		if (action == SWITCHING_DO_END) {
			finish(station);
			return;
		}
		if (action == SWITCHING_DO_READ) {
			station->switch_read_us = clock_monotonic_us();
			poller_want_settings(&station->poller, station->switch_read_us);
			return;
		}
		action = send(station);
	}
}

static int refuse(
	char *error, size_t size, int code, const struct station *station, const char *reason)
{
	snprintf(error, size, "%s: %s (%s)", station->pack.name, reason, station->carrier->text);
	return code;
}

int station_switch(struct station *station, const struct switch_row *row, bool on,
	const char *source, char *error, size_t size)
{
	const struct carrier *carrier = station->carrier;

	if (!carrier->kind->switch_to)
		return refuse(error, size, -EOPNOTSUPP, station, "this link switches nothing");
	if (!carrier->link->up)
		return refuse(error, size, -ENOTCONN, station, "the link is down");
	if (pack_health(&station->pack, clock_monotonic_us()) != PACK_FRESH)
		return refuse(error, size, -EHOSTDOWN, station, "the board is not heard");
	if (station->switching.state != SWITCHING_IDLE)
		return refuse(error, size, -EBUSY, station, "it is being switched already");
	switching_begin(&station->switching, row, on, carrier->kind->broadcasts);
	if (station->shared->store)
		begin_change(station, source);
	else
		station_switch_on_intent(station, 0);
	return 0;
}

void station_switch_on_intent(struct station *station, int error)
{
	if (error)
		log_error("%s: the intent to switch cannot be recorded: %s", station->pack.name,
			strerror(-error));
	station_switch_perform(station,
		switching_on_intent(&station->switching, error == 0, clock_monotonic_us()));
}

void station_switch_abandon(struct station *station, const char *why)
{
	bool is_sent = station->switching.state == SWITCHING_SENT;
	char detail[STORE_TEXT_MAX];

	snprintf(
		detail, sizeof(detail), "%s: %s", is_sent ? "sent, not verified" : "not sent", why);
	finish_change(station, is_sent ? STORE_RESULT_LOST : STORE_RESULT_ABANDONED, detail);
}
