/* SPDX-License-Identifier: MIT */
#include "gateway/carrier.h"

#include <inttypes.h>
#include <stdio.h>

static const struct carrier_kind *const kinds[CONFIG_LINKS] = {
	[CONFIG_LINK_JK_MODBUS] = &carrier_jk_modbus,
};

int carrier_new(struct carrier **ret, struct link *link, struct station *station,
	const struct config_pack *config)
{
	const struct carrier_kind *kind = kinds[config->link];
	struct carrier *carrier;
	int r = kind->make(&carrier, config);

	if (r < 0)
		return r;
	carrier->kind = kind;
	carrier->link = link;
	carrier->station = station;
	snprintf(carrier->text, sizeof(carrier->text), "%s address %" PRId64 " (%s)",
		config->device, config->address, kind->name);
	*ret = carrier;
	return 0;
}

struct carrier *carrier_free(struct carrier *carrier)
{
	if (carrier)
		carrier->kind->free(carrier);
	return NULL;
}

bool carrier_fits(
	const struct carrier *carrier, const struct link *link, const struct config_pack *config)
{
	return carrier->link == link && carrier->kind == kinds[config->link] &&
	       carrier->kind->fits(carrier, config);
}
