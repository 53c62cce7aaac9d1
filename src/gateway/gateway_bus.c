/* SPDX-License-Identifier: MIT */
/* What the D-Bus service asks of the gateway. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "gateway/gateway.h"
#include "gateway/station_switch.h"

static size_t pack_count(void *userdata)
{
	const struct gateway *gateway = userdata;

	return gateway->station_count;
}

static const struct pack *pack_at(void *userdata, size_t index)
{
	const struct gateway *gateway = userdata;

	return &gateway->stations[index]->pack;
}

/* With what is wrong with it, if anything is. */
static const char *pack_link(void *userdata, size_t index)
{
	static char text[CARRIER_TEXT_SIZE + 2 + LINK_REASON_SIZE];
	const struct gateway *gateway = userdata;
	const struct carrier *carrier = gateway->stations[index]->carrier;

	snprintf(text, sizeof(text), "%s%s%s", carrier->text, *carrier->link->reason ? ": " : "",
		carrier->link->reason);
	return text;
}

static const char *pack_mirror(void *userdata, size_t index, char out[BUS_MIRROR_SIZE])
{
	const struct gateway *gateway = userdata;

	return mirrors_state(gateway->stations[index], out);
}

static uint64_t now_us(void *userdata)
{
	(void)userdata;
	return clock_monotonic_us();
}

static const char *history_path(void *userdata)
{
	const struct gateway *gateway = userdata;

	return gateway->config->daemon.history;
}

static int plan(void *userdata, size_t index, struct plan *ret, char error[BUS_ERROR_SIZE])
{
	const struct gateway *gateway = userdata;
	const struct station *station = gateway->stations[index];

	if (station->pack.settings_us == 0) {
		snprintf(error, BUS_ERROR_SIZE,
			"%s: the board's settings have not been read yet (%s)", station->pack.name,
			station->carrier->text);
		return -EAGAIN;
	}
	plan_make(ret, &station->pack.settings, &station->desired, station->carrier->kind->writes);
	return 0;
}

static int apply(void *userdata, size_t index, char error[BUS_ERROR_SIZE])
{
	struct gateway *gateway = userdata;
	struct station *station = gateway->stations[index];

	if (!station->carrier->link->up) {
		snprintf(error, BUS_ERROR_SIZE, "%s: the link is down (%s)", station->pack.name,
			station->carrier->text);
		return -ENOTCONN;
	}
	station_apply(station);
	gateway_schedule(gateway);
	return 0;
}

static int switch_to(void *userdata, size_t index, const struct switch_row *row, bool on,
	unsigned uid, char error[BUS_ERROR_SIZE])
{
	struct gateway *gateway = userdata;
	char source[STORE_NAME_MAX];
	int r;

	snprintf(source, sizeof(source), "dbus:%u", uid);
	r = station_switch(gateway->stations[index], row, on, source, error, BUS_ERROR_SIZE);
	gateway_schedule(gateway);
	return r;
}

static int reload(void *userdata, char error[BUS_ERROR_SIZE])
{
	return gateway_reload(userdata, error);
}

const struct bus_operations gateway_bus_operations = {
	.pack_count = pack_count,
	.pack_at = pack_at,
	.pack_link = pack_link,
	.pack_mirror = pack_mirror,
	.now_us = now_us,
	.history_path = history_path,
	.plan = plan,
	.apply = apply,
	.switch_to = switch_to,
	.reload = reload,
};
