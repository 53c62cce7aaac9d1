/* SPDX-License-Identifier: MIT */
/* /org/bmsd1/pack/NAME: one object per pack, made on demand from what the gateway has. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bus/service_internal.h"

char *pack_object_path(const char *name)
{
	char *path = NULL;

	return sd_bus_path_encode(CODEC_PACK_PREFIX, name, &path) < 0 ? NULL : path;
}

static const struct pack *pack_of(const struct bus_pack *published, size_t *ret_index)
{
	return service_find_pack(published->service, published->name, ret_index);
}

static int get_name(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct bus_pack *published = userdata;

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(reply, "s", published->name);
}

static int get_link(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct bus_pack *published = userdata;
	const struct bus_service *service = published->service;
	size_t index;

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	if (!pack_of(published, &index))
		return -ENOENT;
	return sd_bus_message_append(
		reply, "s", service->operations.pack_link(service->userdata, index));
}

static int get_health(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct bus_pack *published = userdata;
	const struct bus_service *service = published->service;
	size_t index;
	const struct pack *pack = pack_of(published, &index);

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	if (!pack)
		return -ENOENT;
	return sd_bus_message_append(reply, "s",
		pack_health_text(pack_health(pack, service->operations.now_us(service->userdata))));
}

static int get_mirror(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct bus_pack *published = userdata;
	const struct bus_service *service = published->service;
	char text[BUS_MIRROR_SIZE];
	size_t index;

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	if (!pack_of(published, &index))
		return -ENOENT;
	return sd_bus_message_append(
		reply, "s", service->operations.pack_mirror(service->userdata, index, text));
}

static int get_snapshot(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct bus_pack *published = userdata;
	struct codec_snapshot snapshot;
	size_t index;
	const struct pack *pack = pack_of(published, &index);

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	if (!pack)
		return -ENOENT;
	service_fill_snapshot(published->service, pack, index, &snapshot);
	return codec_append_snapshot(reply, &snapshot);
}

static int get_settings(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	size_t index;
	const struct pack *pack = pack_of(userdata, &index);

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return pack ? codec_append_settings(reply, &pack->settings) : -ENOENT;
}

static int get_settings_age(sd_bus *bus, const char *path, const char *interface,
	const char *property, sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct bus_pack *published = userdata;
	const struct bus_service *service = published->service;
	uint64_t now_us = service->operations.now_us(service->userdata);
	size_t index;
	const struct pack *pack = pack_of(published, &index);
	int64_t age_ms = -1;

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	if (!pack)
		return -ENOENT;
	if (pack->settings_us)
		age_ms = now_us > pack->settings_us ? (int64_t)((now_us - pack->settings_us) / 1000)
						    : 0;
	return sd_bus_message_append(reply, "x", age_ms);
}

static int get_identity(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	size_t index;
	const struct pack *pack = pack_of(userdata, &index);

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return pack ? codec_append_identity(reply, &pack->identity) : -ENOENT;
}

static int get_counters(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	size_t index;
	const struct pack *pack = pack_of(userdata, &index);

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	if (!pack)
		return -ENOENT;
	return sd_bus_message_append(reply, "a{st}", 5, "polls", pack->counters.polls, "accepted",
		pack->counters.accepted, "implausible", pack->counters.implausible, "failed",
		pack->counters.failed, "missed", pack->counters.missed);
}

/* What moves with every reading announces itself in Manager.Samples instead. */
static const sd_bus_vtable pack_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Name", "s", get_name, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Link", "s", get_link, 0, 0),
	SD_BUS_PROPERTY("Health", "s", get_health, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Mirror", "s", get_mirror, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Snapshot", "a{sv}", get_snapshot, 0, 0),
	SD_BUS_PROPERTY("Settings", "a{sv}", get_settings, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("SettingsAgeMs", "x", get_settings_age, 0, 0),
	SD_BUS_PROPERTY("Identity", "a{sv}", get_identity, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Counters", "a{st}", get_counters, 0, 0),
	SD_BUS_VTABLE_END,
};

static int on_find(sd_bus *bus, const char *path, const char *interface, void *userdata,
	void **ret_found, sd_bus_error *error)
{
	struct bus_service *service = userdata;
	char *name = NULL;
	int r = sd_bus_path_decode(path, CODEC_PACK_PREFIX, &name);

	(void)bus, (void)interface, (void)error;
	if (r <= 0)
		return r;
	r = 0;
	for (size_t i = 0; i < service->pack_count; i++) {
		if (strcmp(service->packs[i].name, name) != 0)
			continue;
		*ret_found = &service->packs[i];
		r = 1;
	}
	free(name);
	return r;
}

static int on_enumerate(
	sd_bus *bus, const char *prefix, void *userdata, char ***ret_nodes, sd_bus_error *error)
{
	struct bus_service *service = userdata;
	char **nodes = calloc(service->pack_count + 1, sizeof(*nodes));

	(void)bus, (void)prefix, (void)error;
	if (!nodes)
		return -ENOMEM;
	for (size_t i = 0; i < service->pack_count; i++) {
		nodes[i] = pack_object_path(service->packs[i].name);
		if (nodes[i])
			continue;
		while (i > 0)
			free(nodes[--i]);
		free(nodes);
		return -ENOMEM;
	}
	*ret_nodes = nodes;
	return 1;
}

int pack_object_add(struct bus_service *service)
{
	int r = sd_bus_add_fallback_vtable(service->bus, NULL, CODEC_PACK_PREFIX,
		CODEC_PACK_INTERFACE, pack_vtable, on_find, service);

	if (r < 0)
		return r;
	return sd_bus_add_node_enumerator(
		service->bus, NULL, CODEC_PACK_PREFIX, on_enumerate, service);
}

bool pack_object_refresh(struct bus_pack *published, const struct pack *pack, size_t index)
{
	const struct bus_service *service = published->service;
	uint64_t now_us = service->operations.now_us(service->userdata);
	enum pack_health health = pack_health(pack, now_us);
	bool has_news = pack->snapshot_us != published->snapshot_us;
	char mirror[BUS_MIRROR_SIZE];
	char *changed[5];
	size_t count = 0;
	char *path;

	if (health != published->health)
		changed[count++] = (char *)"Health";
	if (pack->settings_us != published->settings_us)
		changed[count++] = (char *)"Settings";
	if (pack->identity_us != published->identity_us)
		changed[count++] = (char *)"Identity";
	service->operations.pack_mirror(service->userdata, index, mirror);
	if (strcmp(mirror, published->mirror) != 0)
		changed[count++] = (char *)"Mirror";
	changed[count] = NULL;
	memcpy(published->mirror, mirror, sizeof(mirror));
	published->health = health;
	published->snapshot_us = pack->snapshot_us;
	published->settings_us = pack->settings_us;
	published->identity_us = pack->identity_us;
	path = count ? pack_object_path(published->name) : NULL;
	if (path)
		sd_bus_emit_properties_changed_strv(
			service->bus, path, CODEC_PACK_INTERFACE, changed);
	free(path);
	return has_news;
}
