/* SPDX-License-Identifier: MIT */
#include "gateway/link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/options.h"
#include "gateway/gateway.h"

static const struct link_kind *const kinds[CONFIG_WIRES] = {
	[CONFIG_WIRE_SERIAL] = &link_serial,
};

static void say_state(const struct link *link, const char *reason)
{
	struct store_event event = { .pack = STORE_NO_PACK, .time_ms = clock_wall_ms() };

	if (link->up)
		log_notice("%s: open", link->options.device);
	else
		log_warning("%s: closed%s%s", link->options.device, *reason ? ": " : "", reason);
	if (!link->gateway->shared.store)
		return;
	snprintf(event.kind, sizeof(event.kind), link->up ? "line_open" : "line_closed");
	snprintf(event.subject, sizeof(event.subject), "%.*s", STORE_NAME_MAX - 1,
		link->options.device);
	snprintf(event.detail, sizeof(event.detail), "%.*s", STORE_TEXT_MAX - 1, reason);
	store_put_event(link->gateway->shared.store, &event);
}

void link_on_state(struct link *link, bool up, const char *reason)
{
	struct gateway *gateway = link->gateway;

	link->up = up;
	say_state(link, reason);
	for (size_t i = 0; i < gateway->station_count; i++) {
		struct station *station = gateway->stations[i];

		if (station->carrier->link != link)
			continue;
		station_on_link(station, up);
		if (!up && gateway->bus)
			bus_service_apply_failed(gateway->bus, station->pack.name,
				"the link went down; what is left is written when it is back");
	}
	gateway_schedule(gateway);
}

int link_new(struct link **ret, struct gateway *gateway, const struct config_line *options)
{
	struct link *link = calloc(1, sizeof(*link));
	int r;

	if (!link)
		return -ENOMEM;
	link->gateway = gateway;
	link->kind = kinds[options->wire];
	link->options = *options;
	r = link->kind->open(link);
	if (r < 0) {
		free(link);
		return r;
	}
	*ret = link;
	return 0;
}

struct link *link_free(struct link *link)
{
	if (!link)
		return NULL;
	link->kind->close(link);
	free(link);
	return NULL;
}

bool link_fits(const struct link *link, const struct config_line *options)
{
	return link->options.wire == options->wire &&
	       option_table_equals(&option_tables[OPTION_SCOPE_LINE], &link->options, options);
}
