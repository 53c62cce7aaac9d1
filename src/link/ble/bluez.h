/* SPDX-License-Identifier: MIT */
/* What of BlueZ's D-Bus interface is used, and how its messages are taken apart. No state. */
#ifndef LINK_BLE_BLUEZ_H
#define LINK_BLE_BLUEZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#define BLUEZ_SERVICE        "org.bluez"
#define BLUEZ_ADAPTER        "org.bluez.Adapter1"
#define BLUEZ_DEVICE         "org.bluez.Device1"
#define BLUEZ_CHARACTERISTIC "org.bluez.GattCharacteristic1"
#define BLUEZ_AGENT          "org.bluez.Agent1"
#define BLUEZ_AGENT_MANAGER  "org.bluez.AgentManager1"
#define BLUEZ_ERROR          "org.bluez.Error."

enum {
	BLUEZ_PATH_SIZE = 128,
	BLUEZ_ADDRESS_SIZE = 18, /* "C8:47:8C:E1:22:33" */
	BLUEZ_UUID_SIZE = 37,
	BLUEZ_VALUE_MAX = 512, /* of an attribute */
};

/* Bits of a characteristic's Flags. */
enum {
	BLUEZ_NOTIFIES = 1,
	BLUEZ_WRITES = 2,
	BLUEZ_WRITES_UNANSWERED = 4,
};

/* A property to be taken out of a dictionary; others are skipped. out: bool for "b", char of size
 * for "s", unsigned of flags for "as", struct bluez_bytes for "ay". */
struct bluez_property {
	const char *name;
	const char *type;
	void *out;
	size_t size;
	bool *found; /* set when it was there; NULL: not asked for */
};

struct bluez_bytes {
	const uint8_t *data; /* of the message */
	size_t size;
};

/* Reads an a{sv} at the message's place. 0 or a negative errno. */
int bluez_read_properties(
	sd_bus_message *message, const struct bluez_property *properties, size_t count);

/* Called with the message before an a{sv}, which it reads or skips as a whole. */
typedef int (*bluez_on_interface)(
	void *userdata, const char *path, const char *interface, sd_bus_message *properties);

/* The a{sa{sv}} of one object. */
int bluez_read_interfaces(
	sd_bus_message *message, const char *path, bluez_on_interface on_interface, void *userdata);

/* The answer of GetManagedObjects. */
int bluez_read_objects(sd_bus_message *message, bluez_on_interface on_interface, void *userdata);

/* Does the board want a pairing, or a better one, before it answers? */
bool bluez_wants_pairing(const sd_bus_error *error);

/* The short UUID of the Bluetooth base UUID, or 0. */
uint16_t bluez_short_uuid(const char *uuid);

/* "XX:XX:XX:XX:XX:XX" in upper case; false when text is no address. */
bool bluez_address(const char *text, char ret[BLUEZ_ADDRESS_SIZE]);

/* Where BlueZ keeps a device of an adapter. */
void bluez_device_path(const char *adapter, const char *address, char ret[BLUEZ_PATH_SIZE]);

#endif
