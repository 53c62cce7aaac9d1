/* SPDX-License-Identifier: MIT */
#include "ctl/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	CALL_TIMEOUT_US = 10000000,
	/* A reload ends when every file was read, an apply when every board was read back. */
	CHANGE_TIMEOUT_US = 120000000
};

static const struct {
	const char *name;
	int status;
	const char *text; /* instead of the error's own */
} errors[] = {
	{ CODEC_ERROR_CONFIGURATION, EX_CONFIG, NULL },
	{ CODEC_ERROR_UNKNOWN_PACK, EX_USAGE, NULL },
	{ CODEC_ERROR_FAILED, EX_TEMPFAIL, NULL },
	{ SD_BUS_ERROR_ACCESS_DENIED, EX_NOPERM, NULL },
	{ SD_BUS_ERROR_SERVICE_UNKNOWN, EX_UNAVAILABLE, "bmsd is not running on this bus" },
	{ SD_BUS_ERROR_NAME_HAS_NO_OWNER, EX_UNAVAILABLE, "bmsd is not running on this bus" },
	{ SD_BUS_ERROR_NO_REPLY, EX_UNAVAILABLE, "bmsd does not answer" },
	{ SD_BUS_ERROR_TIMEOUT, EX_UNAVAILABLE, "bmsd does not answer" },
	{ SD_BUS_ERROR_DISCONNECTED, EX_UNAVAILABLE, "the bus closed the connection" },
};

/* Complains line by line: a refused configuration has many. */
static void complain_lines(const char *text)
{
	while (*text) {
		int length = (int)strcspn(text, "\n");

		if (length > 0)
			ctl_complain("%.*s", length, text);
		text += length;
		text += *text == '\n';
	}
}

static int complain_error(const sd_bus_error *error, int r)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		if (!sd_bus_error_has_name(error, errors[i].name))
			continue;
		complain_lines(errors[i].text ? errors[i].text : error->message);
		return errors[i].status;
	}
	ctl_complain("%s", error->message ? error->message : strerror(-r));
	return EX_UNAVAILABLE;
}

static int open_address(const char *address, sd_bus **ret)
{
	int r = sd_bus_new(ret);

	if (r >= 0)
		r = sd_bus_set_address(*ret, address);
	if (r >= 0)
		r = sd_bus_set_bus_client(*ret, true);
	return r < 0 ? r : sd_bus_start(*ret);
}

int client_open(const struct ctl *ctl, sd_bus **ret)
{
	const char *name = ctl->options.bus ? ctl->options.bus : getenv("BMSD_BUS");
	sd_bus *bus = NULL;
	int r;

	if (!name || !name[0])
		name = "system";
	if (strcmp(name, "system") == 0)
		r = sd_bus_open_system(&bus);
	else if (strcmp(name, "session") == 0)
		r = sd_bus_open_user(&bus);
	else
		r = open_address(name, &bus);
	if (r >= 0)
		r = sd_bus_set_method_call_timeout(bus, CALL_TIMEOUT_US);
	if (r >= 0) {
		*ret = bus;
		return EX_OK;
	}
	ctl_complain("no connection to the bus '%s': %s", name, strerror(-r));
	sd_bus_unref(bus);
	return r == -EACCES || r == -EPERM ? EX_NOPERM : EX_UNAVAILABLE;
}

sd_bus *client_close(sd_bus *bus)
{
	return sd_bus_flush_close_unref(bus);
}

int client_bad_reply(int error)
{
	ctl_complain("bmsd answered what this bmsctl does not understand: %s", strerror(-error));
	return EX_PROTOCOL;
}

void client_be_patient(sd_bus *bus)
{
	(void)sd_bus_set_method_call_timeout(bus, CHANGE_TIMEOUT_US);
}

int client_call(sd_bus *bus, const char *method, const char *argument, sd_bus_message **ret)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	int status = EX_OK;
	int r = sd_bus_call_method(bus, CODEC_SERVICE, CODEC_MANAGER_PATH, CODEC_MANAGER_INTERFACE,
		method, &error, &reply, argument ? "s" : NULL, argument);

	if (r < 0)
		status = complain_error(&error, r);
	else if (ret)
		*ret = sd_bus_message_ref(reply);
	sd_bus_message_unref(reply);
	sd_bus_error_free(&error);
	return status;
}

int client_switch(sd_bus *bus, const char *pack, const char *which, bool on, sd_bus_message **ret)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int status = EX_OK;
	int r;

	client_be_patient(bus);
	r = sd_bus_call_method(bus, CODEC_SERVICE, CODEC_MANAGER_PATH, CODEC_MANAGER_INTERFACE,
		"Switch", &error, ret, "ssb", pack, which, on);
	if (r < 0)
		status = complain_error(&error, r);
	sd_bus_error_free(&error);
	return status;
}

static int get_property(sd_bus *bus, const char *path, const char *interface, const char *property,
	const char *type, sd_bus_message **ret)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int status = EX_OK;
	int r = sd_bus_get_property(
		bus, CODEC_SERVICE, path, interface, property, &error, ret, type);

	if (r < 0)
		status = complain_error(&error, r);
	sd_bus_error_free(&error);
	return status;
}

/* Of a pack that the caller knows to be there. */
static int get_pack_property(
	sd_bus *bus, const char *pack, const char *property, const char *type, sd_bus_message **ret)
{
	char *path = NULL;
	int r = sd_bus_path_encode(CODEC_PACK_PREFIX, pack, &path);
	int status;

	if (r < 0)
		return client_bad_reply(r);
	status = get_property(bus, path, CODEC_PACK_INTERFACE, property, type, ret);
	free(path);
	return status;
}

static int add_name(struct client_packs *packs, const char *name)
{
	char(*names)[CODEC_NAME_SIZE] =
		realloc(packs->names, (packs->count + 1) * sizeof(*packs->names));

	if (!names)
		return -ENOMEM;
	packs->names = names;
	snprintf(names[packs->count++], CODEC_NAME_SIZE, "%s", name);
	return 0;
}

int client_list(sd_bus *bus, struct client_packs *ret)
{
	struct client_packs packs = { 0 };
	sd_bus_message *reply = NULL;
	const char *name;
	int status = client_call(bus, "ListPacks", NULL, &reply);
	int r;

	if (status != EX_OK)
		return status;
	r = sd_bus_message_enter_container(reply, 'a', "(so)");
	while (r >= 0) {
		r = sd_bus_message_read(reply, "(so)", &name, NULL);
		if (r <= 0)
			break;
		r = add_name(&packs, name);
	}
	sd_bus_message_unref(reply);
	if (r < 0) {
		client_packs_deinit(&packs);
		return client_bad_reply(r);
	}
	*ret = packs;
	return EX_OK;
}

void client_packs_deinit(struct client_packs *packs)
{
	free(packs->names);
	packs->names = NULL;
	packs->count = 0;
}

int client_snapshot(sd_bus *bus, const char *pack, struct codec_snapshot *ret)
{
	sd_bus_message *reply = NULL;
	int status = client_call(bus, "GetSnapshot", pack, &reply);
	int r;

	if (status != EX_OK)
		return status;
	r = codec_read_snapshot(reply, ret);
	sd_bus_message_unref(reply);
	return r < 0 ? client_bad_reply(r) : EX_OK;
}

int client_identity(sd_bus *bus, const char *pack, struct bms_identity *ret)
{
	sd_bus_message *reply = NULL;
	int status = get_pack_property(bus, pack, "Identity", "a{sv}", &reply);
	int r;

	if (status != EX_OK)
		return status;
	r = codec_read_identity(reply, ret);
	sd_bus_message_unref(reply);
	return r < 0 ? client_bad_reply(r) : EX_OK;
}

static int settings_age(sd_bus *bus, const char *pack, int64_t *ret)
{
	sd_bus_message *reply = NULL;
	int status = get_pack_property(bus, pack, "SettingsAgeMs", "x", &reply);
	int r;

	if (status != EX_OK)
		return status;
	r = sd_bus_message_read(reply, "x", ret);
	sd_bus_message_unref(reply);
	return r < 0 ? client_bad_reply(r) : EX_OK;
}

int client_settings(sd_bus *bus, const char *pack, struct bms_settings *ret, int64_t *ret_age_ms)
{
	sd_bus_message *reply = NULL;
	int status = get_pack_property(bus, pack, "Settings", "a{sv}", &reply);
	int r;

	if (status != EX_OK)
		return status;
	r = codec_read_settings(reply, ret);
	sd_bus_message_unref(reply);
	return r < 0 ? client_bad_reply(r) : settings_age(bus, pack, ret_age_ms);
}

int client_history_path(sd_bus *bus, char **ret)
{
	sd_bus_message *reply = NULL;
	const char *path;
	int status = get_property(
		bus, CODEC_MANAGER_PATH, CODEC_MANAGER_INTERFACE, "HistoryPath", "s", &reply);
	int r;

	if (status != EX_OK)
		return status;
	r = sd_bus_message_read(reply, "s", &path);
	if (r >= 0) {
		*ret = strdup(path);
		r = *ret ? 0 : -ENOMEM;
	}
	sd_bus_message_unref(reply);
	return r < 0 ? client_bad_reply(r) : EX_OK;
}

/* What one board cannot do now says nothing of the others. */
static bool may_go_on(int status)
{
	return status <= EXIT_CHANGES || status == EX_TEMPFAIL;
}

static int visit_all(
	struct ctl *ctl, sd_bus *bus, struct json *json, client_visit visit, const char *only)
{
	struct client_packs packs = { 0 };
	int highest = EX_OK;
	int status;

	if (only)
		return visit(ctl, bus, json, only);
	status = client_list(bus, &packs);
	for (size_t i = 0; may_go_on(status) && i < packs.count; i++) {
		status = visit(ctl, bus, json, packs.names[i]);
		if (status > highest)
			highest = status;
	}
	client_packs_deinit(&packs);
	return status > highest ? status : highest;
}

int client_visit_packs(struct ctl *ctl, client_visit visit)
{
	const char *only = ctl_argument(ctl, 0);
	sd_bus *bus = NULL;
	struct json json;
	int status = client_open(ctl, &bus);

	if (status != EX_OK)
		return status;
	ctl_json(ctl, &json);
	if (ctl->options.json && !only)
		json_array_begin(&json, NULL);
	status = visit_all(ctl, bus, &json, visit, only);
	if (ctl->options.json && !only)
		json_array_end(&json);
	/* Nothing was printed when the only pack failed. */
	if (ctl->options.json && (!only || status <= EXIT_CHANGES))
		json_finish(&json);
	client_close(bus);
	return status;
}
