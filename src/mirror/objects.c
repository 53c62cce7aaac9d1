/* SPDX-License-Identifier: MIT */
/*
 * A mirror's objects on the bus, for bluetoothd: service FFE0 with FFE2 (write) before FFE1 (write
 * and notify), as on the boards, and the advertisement.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mirror/radio_internal.h"

#define GATT_SERVICE        "org.bluez.GattService1"
#define GATT_CHARACTERISTIC "org.bluez.GattCharacteristic1"
#define GATT_DESCRIPTOR     "org.bluez.GattDescriptor1"
#define ADVERTISEMENT       "org.bluez.LEAdvertisement1"

enum {
	COMPANY = 0x0B65,
	MODULE_PLAIN = 0xA0, /* apps pick the module's type by it */
};

/* --- properties --- */

#define GETTER(name) \
	static int name(sd_bus *bus, const char *path, const char *interface, \
		const char *property, sd_bus_message *reply, void *userdata, sd_bus_error *error)
#define UNUSED (void)bus, (void)path, (void)interface, (void)property, (void)userdata, (void)error

GETTER(get_service_uuid)
{
	UNUSED;
	return sd_bus_message_append(reply, "s", "ffe0");
}

GETTER(get_true)
{
	UNUSED;
	return sd_bus_message_append(reply, "b", 1);
}

/* The last part of the path. */
GETTER(get_uuid)
{
	UNUSED;
	return sd_bus_message_append(reply, "s", strrchr(path, '/') + 1);
}

GETTER(get_service)
{
	const struct mirror_site *site = userdata;

	UNUSED;
	return sd_bus_message_append(reply, "o", site->service_path);
}

GETTER(get_write_flags)
{
	UNUSED;
	return sd_bus_message_append(reply, "as", 1, "write-without-response");
}

/* Where writes are allowed the link must be encrypted with a pairing that people confirmed, also
 * to listen: a phone then asks its owner to pair as soon as the app subscribes. */
GETTER(get_value_flags)
{
	const struct mirror_site *site = userdata;

	UNUSED;
	if (site->options.mirror.allows_writes)
		return sd_bus_message_append(reply, "as", 3, "encrypt-authenticated-write",
			"write-without-response", "encrypt-authenticated-notify");
	return sd_bus_message_append(reply, "as", 3, "write", "write-without-response", "notify");
}

GETTER(get_name_uuid)
{
	UNUSED;
	return sd_bus_message_append(reply, "s", "2901");
}

GETTER(get_characteristic)
{
	const struct mirror_site *site = userdata;

	UNUSED;
	return sd_bus_message_append(reply, "o", site->value_path);
}

GETTER(get_name_flags)
{
	UNUSED;
	return sd_bus_message_append(reply, "as", 1, "read");
}

GETTER(get_type)
{
	UNUSED;
	return sd_bus_message_append(reply, "s", "peripheral");
}

GETTER(get_local_name)
{
	const struct mirror_site *site = userdata;

	UNUSED;
	return sd_bus_message_append(reply, "s", site->options.mirror.persona.name);
}

/* The boards' module names FEE7 too. */
GETTER(get_advertised)
{
	UNUSED;
	return sd_bus_message_append(reply, "as", 2, "ffe0", "fee7");
}

static void put_manufacturer(const struct mirror_site *site, uint8_t out[8])
{
	out[0] = 0x88;
	out[1] = MODULE_PLAIN;
	for (size_t i = 0; i < 6; i++)
		out[2 + i] = (uint8_t)strtoul(site->adapter_address + 3 * i, NULL, 16);
}

/* 88 A0 and the address as it is printed. */
GETTER(get_manufacturer)
{
	const struct mirror_site *site = userdata;
	uint8_t data[8];
	int r;

	UNUSED;
	put_manufacturer(site, data);
	r = sd_bus_message_open_container(reply, 'a', "{qv}");
	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'e', "qv");
	if (r >= 0)
		r = sd_bus_message_append(reply, "q", (uint16_t)COMPANY);
	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'v', "ay");
	if (r >= 0)
		r = sd_bus_message_append_array(reply, 'y', data, sizeof(data));
	for (int i = 0; r >= 0 && i < 3; i++)
		r = sd_bus_message_close_container(reply);
	return r;
}

/* --- methods --- */

/* Only bluetoothd knows who is at the other end. */
static bool is_bluez(const struct mirror_site *site, sd_bus_message *message, sd_bus_error *error)
{
	const char *sender = sd_bus_message_get_sender(message);

	if (sender && strcmp(sender, site->radio->bluez) == 0)
		return true;
	sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "this is for bluetoothd");
	return false;
}

struct write_options {
	const char *device;
	uint16_t mtu;
	uint16_t offset;
};

static int read_options(sd_bus_message *message, struct write_options *ret)
{
	int r = sd_bus_message_enter_container(message, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		const char *name;

		r = sd_bus_message_read(message, "s", &name);
		if (r >= 0 && strcmp(name, "device") == 0)
			r = sd_bus_message_read(message, "v", "o", &ret->device);
		else if (r >= 0 && strcmp(name, "mtu") == 0)
			r = sd_bus_message_read(message, "v", "q", &ret->mtu);
		else if (r >= 0 && strcmp(name, "offset") == 0)
			r = sd_bus_message_read(message, "v", "q", &ret->offset);
		else if (r >= 0)
			r = sd_bus_message_skip(message, "v");
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r;
}

/* Only FFE1 of a mirror that may be written demands encryption of the link. */
static int on_write_value(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct mirror_site *site = userdata;
	bool is_value = strcmp(sd_bus_message_get_path(message), site->value_path) == 0;
	struct write_options options = { .device = "" };
	const void *bytes;
	size_t size;
	int r;

	if (!is_bluez(site, message, error))
		return -EACCES;
	r = sd_bus_message_read_array(message, 'y', &bytes, &size);
	if (r >= 0)
		r = read_options(message, &options);
	if (r < 0)
		return r;
	if (options.offset)
		return sd_bus_error_set(error, "org.bluez.Error.InvalidOffset",
			"commands are not written in parts");
	r = site_on_piece(site, options.device, options.mtu, is_value, bytes, size);
	if (r < 0)
		return sd_bus_error_set(
			error, "org.bluez.Error.InProgress", "too many writes at once");
	return sd_bus_reply_method_return(message, "");
}

static int on_start_notify(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	if (!is_bluez(userdata, message, error))
		return -EACCES;
	site_on_notify(userdata, true);
	return sd_bus_reply_method_return(message, "");
}

static int on_stop_notify(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const struct mirror_site *site = userdata;

	if (!is_bluez(site, message, error))
		return -EACCES;
	site_on_notify(userdata, false);
	radio_schedule(site->radio);
	return sd_bus_reply_method_return(message, "");
}

static int on_read_name(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const struct mirror_site *site = userdata;
	const char *name = site->options.mirror.persona.name;
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(message, &reply);

	(void)error;
	if (r >= 0)
		r = sd_bus_message_append_array(reply, 'y', name, strlen(name));
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

/* BlueZ has dropped the advertisement by itself. */
static int on_release(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct mirror_site *site = userdata;

	if (!is_bluez(site, message, error))
		return -EACCES;
	site->advert.call = sd_bus_slot_unref(site->advert.call);
	site->advert.step = SITE_NONE;
	return sd_bus_reply_method_return(message, "");
}

int objects_notify(struct mirror_site *site, const uint8_t *bytes, size_t size)
{
	sd_bus_message *signal = NULL;
	int r = sd_bus_message_new_signal(
		site->radio->bus, &signal, site->value_path, DBUS_PROPERTIES, "PropertiesChanged");

	if (r >= 0)
		r = sd_bus_message_append(signal, "s", GATT_CHARACTERISTIC);
	if (r >= 0)
		r = sd_bus_message_open_container(signal, 'a', "{sv}");
	if (r >= 0)
		r = sd_bus_message_open_container(signal, 'e', "sv");
	if (r >= 0)
		r = sd_bus_message_append(signal, "s", "Value");
	if (r >= 0)
		r = sd_bus_message_open_container(signal, 'v', "ay");
	if (r >= 0)
		r = sd_bus_message_append_array(signal, 'y', bytes, size);
	for (int i = 0; r >= 0 && i < 3; i++)
		r = sd_bus_message_close_container(signal);
	if (r >= 0)
		r = sd_bus_message_append(signal, "as", 0);
	if (r >= 0)
		r = sd_bus_send(site->radio->bus, signal, NULL);
	sd_bus_message_unref(signal);
	return r;
}

/* --- tables --- */

static const sd_bus_vtable service_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("UUID", "s", get_service_uuid, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Primary", "b", get_true, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable write_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("UUID", "s", get_uuid, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Service", "o", get_service, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Flags", "as", get_write_flags, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_METHOD("WriteValue", "aya{sv}", "", on_write_value, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable value_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("UUID", "s", get_uuid, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Service", "o", get_service, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Flags", "as", get_value_flags, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_METHOD("WriteValue", "aya{sv}", "", on_write_value, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("StartNotify", "", "", on_start_notify, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("StopNotify", "", "", on_stop_notify, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable name_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("UUID", "s", get_name_uuid, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Characteristic", "o", get_characteristic, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Flags", "as", get_name_flags, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_METHOD("ReadValue", "a{sv}", "ay", on_read_name, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

#define ADVERTISEMENT_PROPERTIES \
	SD_BUS_PROPERTY("Type", "s", get_type, 0, SD_BUS_VTABLE_PROPERTY_CONST), \
		SD_BUS_PROPERTY( \
			"ServiceUUIDs", "as", get_advertised, 0, SD_BUS_VTABLE_PROPERTY_CONST), \
		SD_BUS_PROPERTY("ManufacturerData", "a{qv}", get_manufacturer, 0, \
			SD_BUS_VTABLE_PROPERTY_CONST), \
		SD_BUS_PROPERTY( \
			"LocalName", "s", get_local_name, 0, SD_BUS_VTABLE_PROPERTY_CONST), \
		SD_BUS_METHOD("Release", "", "", on_release, SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable advert_vtable[] = {
	SD_BUS_VTABLE_START(0),
	ADVERTISEMENT_PROPERTIES,
	SD_BUS_PROPERTY("Discoverable", "b", get_true, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_VTABLE_END,
};

/* A discoverable adapter has the flags put in front, where the boards have them; BlueZ would put
 * those of a discoverable advertisement behind everything else. */
static const sd_bus_vtable plain_advert_vtable[] = {
	SD_BUS_VTABLE_START(0),
	ADVERTISEMENT_PROPERTIES,
	SD_BUS_VTABLE_END,
};

/* Nodes are listed the latest first, and BlueZ takes characteristics as they are listed. */
int objects_add(struct mirror_site *site)
{
	const struct {
		const char *path, *interface;
		const sd_bus_vtable *vtable;
	} objects[] = {
		{ site->value_path, GATT_CHARACTERISTIC, value_vtable },
		{ site->write_path, GATT_CHARACTERISTIC, write_vtable },
		{ site->service_path, GATT_SERVICE, service_vtable },
		{ site->name_path, GATT_DESCRIPTOR, name_vtable },
	};
	/* A board has no description: the one that apps see does without. */
	size_t count = sizeof(objects) / sizeof(*objects) - site->is_first;
	sd_bus *bus = site->radio->bus;
	int r = sd_bus_add_object_manager(bus, &site->objects[site->object_count++], site->root);

	for (size_t i = 0; r >= 0 && i < count; i++)
		r = sd_bus_add_object_vtable(bus, &site->objects[site->object_count++],
			objects[i].path, objects[i].interface, objects[i].vtable, site);
	return r;
}

int objects_advertise(struct mirror_site *site)
{
	site->advert_object = sd_bus_slot_unref(site->advert_object);
	return sd_bus_add_object_vtable(site->radio->bus, &site->advert_object, site->advert_path,
		ADVERTISEMENT, site->is_discoverable ? plain_advert_vtable : advert_vtable, site);
}

void objects_remove(struct mirror_site *site)
{
	while (site->object_count > 0)
		sd_bus_slot_unref(site->objects[--site->object_count]);
	site->advert_object = sd_bus_slot_unref(site->advert_object);
}
