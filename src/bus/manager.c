/* SPDX-License-Identifier: MIT */
/* /org/bmsd1: the list of packs, their readings, and what changes a board or the daemon. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/service_internal.h"
#include "bus/version.h"

/* The pack named by the message's first argument, else the error is set. */
static int take_pack(struct bus_service *service, sd_bus_message *message, const struct pack **ret,
	size_t *ret_index, sd_bus_error *error)
{
	const char *name;
	int r = sd_bus_message_read(message, "s", &name);

	if (r < 0)
		return r;
	*ret = service_find_pack(service, name, ret_index);
	if (*ret)
		return 0;
	return sd_bus_error_setf(error, CODEC_ERROR_UNKNOWN_PACK, "there is no pack '%s'", name);
}

/* Changing a board or the daemon is for root and for the daemon's own user. */
static int check_privilege(sd_bus_message *message, sd_bus_error *error)
{
	sd_bus_creds *creds = NULL;
	uid_t uid;
	int r = sd_bus_query_sender_creds(message, SD_BUS_CREDS_EUID, &creds);

	if (r >= 0)
		r = sd_bus_creds_get_euid(creds, &uid);
	sd_bus_creds_unref(creds);
	if (r < 0)
		return sd_bus_error_setf(error, SD_BUS_ERROR_ACCESS_DENIED,
			"cannot tell who is asking: %s", strerror(-r));
	if (uid != 0 && uid != geteuid())
		return sd_bus_error_setf(error, SD_BUS_ERROR_ACCESS_DENIED,
			"only root and user %u may do this", (unsigned)geteuid());
	return 0;
}

static int list_packs(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct bus_service *service = userdata;
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(message, &reply);

	(void)error;
	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "(so)");
	for (size_t i = 0; r >= 0 && i < service->pack_count; i++) {
		char *path = pack_object_path(service->packs[i].name);

		r = path ? sd_bus_message_append(reply, "(so)", service->packs[i].name, path)
			 : -ENOMEM;
		free(path);
	}
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	if (r >= 0)
		r = sd_bus_message_send(reply);
	sd_bus_message_unref(reply);
	return r;
}

static int get_snapshot(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct bus_service *service = userdata;
	struct codec_snapshot snapshot;
	sd_bus_message *reply = NULL;
	const struct pack *pack;
	size_t index;
	int r = take_pack(service, message, &pack, &index, error);

	if (r < 0)
		return r;
	service_fill_snapshot(service, pack, index, &snapshot);
	r = sd_bus_message_new_method_return(message, &reply);
	if (r >= 0)
		r = codec_append_snapshot(reply, &snapshot);
	if (r >= 0)
		r = sd_bus_message_send(reply);
	sd_bus_message_unref(reply);
	return r;
}

static int reload(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct bus_service *service = userdata;
	char text[BUS_ERROR_SIZE] = "";
	int r = check_privilege(message, error);

	if (r < 0)
		return r;
	r = service->operations.reload(service->userdata, text);
	if (r < 0)
		return sd_bus_error_set(
			error, CODEC_ERROR_CONFIGURATION, text[0] ? text : strerror(-r));
	return sd_bus_reply_method_return(message, NULL);
}

static int append_item(sd_bus_message *reply, const struct pack *pack, const struct plan_item *item)
{
	char reason[PLAN_REASON_SIZE];

	return plan_item_append(reply, item, bms_settings_has(&pack->settings, item->slot),
		plan_item_word(item), plan_item_reason(item, reason));
}

static int plan(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct bus_service *service = userdata;
	char text[BUS_ERROR_SIZE] = "";
	sd_bus_message *reply = NULL;
	const struct pack *pack;
	struct plan plan = { 0 };
	size_t index;
	int r = take_pack(service, message, &pack, &index, error);

	if (r < 0)
		return r;
	r = service->operations.plan(service->userdata, index, &plan, text);
	if (r < 0)
		return sd_bus_error_set(error, CODEC_ERROR_FAILED, text[0] ? text : strerror(-r));
	r = sd_bus_message_new_method_return(message, &reply);
	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "(" CODEC_PLAN_ITEM ")");
	for (size_t i = 0; r >= 0 && i < plan.count; i++)
		r = append_item(reply, pack, &plan.items[i]);
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	if (r >= 0)
		r = sd_bus_message_send(reply);
	sd_bus_message_unref(reply);
	return r;
}

static int apply(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct bus_service *service = userdata;
	const struct pack *pack;
	size_t index;
	int r = check_privilege(message, error);

	if (r >= 0)
		r = take_pack(service, message, &pack, &index, error);
	return r < 0 ? r : applied_call(message, service, pack, index, error);
}

static int switch_to(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct bus_service *service = userdata;
	const struct pack *pack;
	size_t index;
	int r = check_privilege(message, error);

	if (r >= 0)
		r = take_pack(service, message, &pack, &index, error);
	return r < 0 ? r : switched_call(message, service, pack, index, error);
}

/* A subscriber that leaves the bus is forgotten by the track object. */
static int subscribe(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct bus_service *service = userdata;
	int r = sd_bus_track_add_sender(service->subscribers, message);

	(void)error;
	return r < 0 ? r : sd_bus_reply_method_return(message, NULL);
}

static int unsubscribe(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct bus_service *service = userdata;
	int r = sd_bus_track_remove_sender(service->subscribers, message);

	(void)error;
	return r < 0 ? r : sd_bus_reply_method_return(message, NULL);
}

static int get_history_path(sd_bus *bus, const char *path, const char *interface,
	const char *property, sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct bus_service *service = userdata;

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(
		reply, "s", service->operations.history_path(service->userdata));
}

static int get_version(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	(void)bus, (void)path, (void)interface, (void)property, (void)userdata, (void)error;
	return sd_bus_message_append(reply, "s", BUS_VERSION);
}

/* sd-bus would ask for CAP_SYS_ADMIN; the methods that change something ask themselves. */
#define ANYBODY SD_BUS_VTABLE_UNPRIVILEGED

static const sd_bus_vtable manager_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD_WITH_ARGS(
		"ListPacks", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(so)", packs), list_packs, ANYBODY),
	SD_BUS_METHOD_WITH_ARGS("GetSnapshot", SD_BUS_ARGS("s", pack),
		SD_BUS_RESULT("a{sv}", snapshot), get_snapshot, ANYBODY),
	SD_BUS_METHOD_WITH_ARGS("Plan", SD_BUS_ARGS("s", pack),
		SD_BUS_RESULT("a(" CODEC_PLAN_ITEM ")", items), plan, ANYBODY),
	SD_BUS_METHOD_WITH_ARGS("Apply", SD_BUS_ARGS("s", pack),
		SD_BUS_RESULT("a(" CODEC_PLAN_ITEM ")", items), apply, ANYBODY),
	SD_BUS_METHOD_WITH_ARGS("Switch", SD_BUS_ARGS("s", pack, "s", which, "b", on),
		SD_BUS_RESULT("b", done, "s", outcome), switch_to, ANYBODY),
	SD_BUS_METHOD_WITH_ARGS("Reload", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, reload, ANYBODY),
	SD_BUS_METHOD_WITH_ARGS("Subscribe", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, subscribe, ANYBODY),
	SD_BUS_METHOD_WITH_ARGS(
		"Unsubscribe", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, unsubscribe, ANYBODY),
	SD_BUS_SIGNAL_WITH_ARGS("Samples", SD_BUS_ARGS("a(" CODEC_SAMPLE ")", samples), 0),
	SD_BUS_PROPERTY("HistoryPath", "s", get_history_path, 0, 0),
	SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_VTABLE_END,
};

int manager_add(struct bus_service *service)
{
	return sd_bus_add_object_vtable(service->bus, NULL, CODEC_MANAGER_PATH,
		CODEC_MANAGER_INTERFACE, manager_vtable, service);
}
