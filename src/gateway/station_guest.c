/* SPDX-License-Identifier: MIT */
#include "gateway/station_guest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gateway/station.h"
#include "gateway/station_write.h"

static void only(struct bms_settings *settings, const struct guest *guest)
{
	*settings = (struct bms_settings){ 0 };
	bms_settings_set(settings, guest->slot, guest->value);
}

static void explain(const struct plan_item *item, char reason[GUEST_REASON_SIZE])
{
	snprintf(reason, GUEST_REASON_SIZE, "%s%s%s", plan_verdict_text(item->verdict),
		item->rule ? ": " : "", item->rule ? item->rule->text : "");
}

/* 0, or what speaks against it before anything was asked of the board. */
static int object(
	const struct station *station, const struct guest *guest, char reason[GUEST_REASON_SIZE])
{
	const char *why = NULL;
	struct bms_settings wanted;
	struct plan plan;

	if (!station->carrier->link->up)
		why = "the link is down";
	else if (station->pack.settings_us == 0)
		why = "the board's settings have not been read";
	else if (bms_settings_has(&station->desired, guest->slot))
		why = "the configuration sets it";
	else if (station->guests.count == GUESTS_MAX)
		why = "too many writes are waiting";
	if (why) {
		snprintf(reason, GUEST_REASON_SIZE, "%s", why);
		return -EPERM;
	}
	only(&wanted, guest);
	plan_make(&plan, &station->pack.settings, &wanted, station->carrier->kind->writes);
	if (plan.refused_count == 0)
		return 0;
	explain(&plan.items[0], reason);
	return -EINVAL;
}

static void begin_next(struct station *station)
{
	struct guests *guests = &station->guests;
	struct bms_settings wanted;

	if (guests->is_active || guests->count == 0 || station->apply.state != APPLY_IDLE ||
		!apply_is_quiet(&station->apply))
		return;
	guests->is_active = true;
	only(&wanted, &guests->waiting[0]);
	station_perform(station, apply_start(&station->apply, &wanted));
}

int station_guest_want(
	struct station *station, const struct guest *guest, char reason[GUEST_REASON_SIZE])
{
	int r = object(station, guest, reason);

	if (r < 0)
		return r;
	station->guests.waiting[station->guests.count++] = *guest;
	begin_next(station);
	return 0;
}

/* What became of it; an empty reason: the board has the value. */
static void read_outcome(
	const struct station *station, const struct guest *guest, char reason[GUEST_REASON_SIZE])
{
	const struct plan *plan = &station->apply.plan;

	reason[0] = '\0';
	for (size_t i = 0; i < plan->count; i++)
		if (plan->items[i].slot == guest->slot && plan->items[i].verdict != PLAN_SAME)
			explain(&plan->items[i], reason);
	for (size_t i = 0; i < station->write_count; i++)
		if (station->writes[i].item.slot == guest->slot)
			snprintf(reason, GUEST_REASON_SIZE, "%s",
				station->writes[i].outcome == APPLY_OUTCOME_OK
					? ""
					: apply_outcome_text(station->writes[i].outcome));
}

static struct guest take_first(struct guests *guests)
{
	struct guest first = guests->waiting[0];

	guests->count--;
	memmove(guests->waiting, guests->waiting + 1, guests->count * sizeof(*guests->waiting));
	return first;
}

static void tell(struct station *station, const struct guest *guest, const char *reason)
{
	station->shared->on_guest(station->shared->userdata, station, guest, reason);
}

bool station_guest_ended(struct station *station)
{
	char reason[GUEST_REASON_SIZE];
	struct guest guest;

	if (!station->guests.is_active)
		return false;
	guest = take_first(&station->guests);
	read_outcome(station, &guest, reason);
	station->guests.is_active = false;
	station->apply.desired = station->desired;
	tell(station, &guest, reason);
	return true;
}

void station_guest_next(struct station *station)
{
	bool config_waits = station->guests.config_waits;

	station->guests.config_waits = false;
	if (config_waits)
		station_apply(station);
	else
		begin_next(station);
}

void station_guest_drop(struct station *station)
{
	bool was_active = station->guests.is_active;

	station->guests.is_active = false;
	while (station->guests.count > 0) {
		struct guest guest = take_first(&station->guests);

		tell(station, &guest, "the link went down");
	}
	if (was_active)
		station_apply(station);
}
