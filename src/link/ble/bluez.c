/* SPDX-License-Identifier: MIT */
#include "link/ble/bluez.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	unsigned flag;
} flags[] = {
	{ "notify", BLUEZ_NOTIFIES },
	{ "write", BLUEZ_WRITES },
	{ "write-without-response", BLUEZ_WRITES_UNANSWERED },
};

static unsigned flag_of(const char *name)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (strcmp(flags[i].name, name) == 0)
			return flags[i].flag;
	return 0;
}

static int read_flags(sd_bus_message *message, unsigned *ret)
{
	const char *name;
	int r = sd_bus_message_enter_container(message, 'a', "s");

	while (r >= 0 && (r = sd_bus_message_read(message, "s", &name)) > 0)
		*ret |= flag_of(name);
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_bool(sd_bus_message *message, bool *ret)
{
	int value;
	int r = sd_bus_message_read(message, "b", &value);

	if (r >= 0)
		*ret = value != 0;
	return r;
}

static int read_text(sd_bus_message *message, char *out, size_t size)
{
	const char *text;
	int r = sd_bus_message_read(message, "s", &text);

	if (r >= 0)
		snprintf(out, size, "%s", text);
	return r;
}

static int read_bytes(sd_bus_message *message, struct bluez_bytes *ret)
{
	const void *data;
	int r = sd_bus_message_read_array(message, 'y', &data, &ret->size);

	if (r >= 0)
		ret->data = data;
	return r;
}

/* The content of a variant. */
static int read_value(sd_bus_message *message, const struct bluez_property *property)
{
	if (strcmp(property->type, "b") == 0)
		return read_bool(message, property->out);
	if (strcmp(property->type, "as") == 0)
		return read_flags(message, property->out);
	if (strcmp(property->type, "ay") == 0)
		return read_bytes(message, property->out);
	return read_text(message, property->out, property->size);
}

static const struct bluez_property *find(
	const struct bluez_property *properties, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(properties[i].name, name) == 0)
			return &properties[i];
	return NULL;
}

static int read_property(
	sd_bus_message *message, const struct bluez_property *properties, size_t count)
{
	const struct bluez_property *property;
	const char *contents;
	const char *name;
	int r = sd_bus_message_read(message, "s", &name);

	if (r >= 0)
		r = sd_bus_message_peek_type(message, NULL, &contents);
	if (r < 0)
		return r;
	property = find(properties, count, name);
	if (!property || strcmp(contents, property->type) != 0)
		return sd_bus_message_skip(message, "v");
	r = sd_bus_message_enter_container(message, 'v', contents);
	if (r >= 0)
		r = read_value(message, property);
	if (r >= 0 && property->found)
		*property->found = true;
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

int bluez_read_properties(
	sd_bus_message *message, const struct bluez_property *properties, size_t count)
{
	int r = sd_bus_message_enter_container(message, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		r = read_property(message, properties, count);
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

int bluez_read_interfaces(
	sd_bus_message *message, const char *path, bluez_on_interface on_interface, void *userdata)
{
	int r = sd_bus_message_enter_container(message, 'a', "{sa{sv}}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sa{sv}")) > 0) {
		const char *interface;

		r = sd_bus_message_read(message, "s", &interface);
		if (r >= 0)
			r = on_interface(userdata, path, interface, message);
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

int bluez_read_objects(sd_bus_message *message, bluez_on_interface on_interface, void *userdata)
{
	int r = sd_bus_message_enter_container(message, 'a', "{oa{sa{sv}}}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "oa{sa{sv}}")) > 0) {
		const char *path;

		r = sd_bus_message_read(message, "o", &path);
		if (r >= 0)
			r = bluez_read_interfaces(message, path, on_interface, userdata);
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

/* Names of errors, and the ATT codes that BlueZ passes on as text. */
bool bluez_wants_pairing(const sd_bus_error *error)
{
	static const char *const names[] = {
		BLUEZ_ERROR "NotAuthorized",
		BLUEZ_ERROR "AuthenticationFailed",
		BLUEZ_ERROR "AuthenticationRejected",
	};
	static const char *const codes[] = { "ATT error: 0x05", "ATT error: 0x08",
		"ATT error: 0x0c", "ATT error: 0x0f" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (sd_bus_error_has_name(error, names[i]))
			return true;
	for (size_t i = 0; error->message && i < sizeof(codes) / sizeof(*codes); i++)
		if (strstr(error->message, codes[i]))
			return true;
	return false;
}

uint16_t bluez_short_uuid(const char *uuid)
{
	static const char base[] = "-0000-1000-8000-00805f9b34fb";
	char *end;
	unsigned long value = strtoul(uuid, &end, 16);

	return end == uuid + 8 && strcasecmp(end, base) == 0 && value <= UINT16_MAX
		       ? (uint16_t)value
		       : 0;
}

bool bluez_address(const char *text, char ret[BLUEZ_ADDRESS_SIZE])
{
	for (size_t i = 0; i < BLUEZ_ADDRESS_SIZE - 1; i++)
		if (i % 3 == 2 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
			return false;
	if (text[BLUEZ_ADDRESS_SIZE - 1] != '\0')
		return false;
	for (size_t i = 0; i < BLUEZ_ADDRESS_SIZE; i++)
		ret[i] = (char)toupper((unsigned char)text[i]);
	return true;
}

void bluez_device_path(const char *adapter, const char *address, char ret[BLUEZ_PATH_SIZE])
{
	int used = snprintf(ret, BLUEZ_PATH_SIZE, "%s/dev_%s", adapter, address);

	for (int i = used - BLUEZ_ADDRESS_SIZE + 1; i > 0 && i < used; i++)
		if (ret[i] == ':')
			ret[i] = '_';
}
