/* SPDX-License-Identifier: MIT */
/* What the D-Bus service asks of the gateway. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "gateway/gateway.h"

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

static const char *pack_link(void *userdata, size_t index)
{
	const struct gateway *gateway = userdata;

	return gateway->stations[index]->carrier->text;
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
	plan_make(ret, &station->pack.settings, &station->apply.desired,
		station->carrier->kind->writes);
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

static int reload(void *userdata, char error[BUS_ERROR_SIZE])
{
	return gateway_reload(userdata, error);
}

const struct bus_operations gateway_bus_operations = {
	.pack_count = pack_count,
	.pack_at = pack_at,
	.pack_link = pack_link,
	.now_us = now_us,
	.history_path = history_path,
	.plan = plan,
	.apply = apply,
	.reload = reload,
};
