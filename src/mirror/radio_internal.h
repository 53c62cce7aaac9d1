/* SPDX-License-Identifier: MIT */
/* What the files of the radio share; nobody else includes this. */
#ifndef MIRROR_RADIO_INTERNAL_H
#define MIRROR_RADIO_INTERNAL_H

#include <systemd/sd-bus.h>

#include "mirror/radio.h"

#define BLUEZ_SERVICE      "org.bluez"
#define BLUEZ_ADAPTER      "org.bluez.Adapter1"
#define BLUEZ_DEVICE       "org.bluez.Device1"
#define BLUEZ_GATT_MANAGER "org.bluez.GattManager1"
#define BLUEZ_ADVERTISING  "org.bluez.LEAdvertisingManager1"
#define DBUS_PROPERTIES    "org.freedesktop.DBus.Properties"
#define DBUS_OBJECTS       "org.freedesktop.DBus.ObjectManager"

enum {
	RADIO_ADAPTERS_MAX = 8,
	RADIO_SITES_MAX = 64,
	RADIO_PATH_SIZE = 128,
	RADIO_PIECES_MAX = 16, /* of commands, while bluetoothd is asked who sent them */
	RADIO_RETRY_US = 5000000,
	/* A call that bluetoothd does not answer; registering takes it a few round trips. */
	RADIO_CALL_TIMEOUT_US = 10000000,
};

struct radio_adapter {
	char path[RADIO_PATH_SIZE];
	char address[MIRROR_ADDRESS_SIZE];
	bool is_powered;
	bool is_discoverable;
	bool has_gatt;
	bool has_advertising;
};

struct mirror_radio {
	sd_event *event;
	const struct mirror_radio_callbacks *callbacks;
	sd_bus *bus;           /* NULL while not connected */
	sd_event_source *poll; /* the next frame is due */
	uint64_t retry_us;     /* connect again, 0: connected */
	bool is_reported;      /* that there is no connection */
	bool has_bluez;
	char bluez[32];       /* bluetoothd's own name on the bus */
	sd_bus_slot *listing; /* the adapters are being asked for */
	struct radio_adapter adapters[RADIO_ADAPTERS_MAX];
	size_t adapter_count;
	struct mirror_site *sites[RADIO_SITES_MAX];
	size_t site_count;
};

/* Of an application or an advertisement. */
enum site_step {
	SITE_NONE,
	SITE_PENDING, /* asked for */
	SITE_DONE,
	SITE_REFUSED, /* and tried again at retry_us */
};

struct site_part {
	enum site_step step;
	sd_bus_slot *call; /* pending */
	uint64_t retry_us;
	char reason[128]; /* of the refusal */
};

/* A piece of a command whose sender is looked up. */
struct site_piece {
	struct mirror_site *site; /* NULL: free */
	sd_bus_slot *call;
	char address[MIRROR_ADDRESS_SIZE];
	size_t size;
	uint8_t bytes[BMS_JK_FRAME_SIZE];
};

struct mirror_site {
	struct mirror_radio *radio;
	const struct pack *pack;
	struct mirror_site_options options;
	void *userdata;
	struct mirror mirror;

	unsigned number;            /* in its paths */
	char root[RADIO_PATH_SIZE]; /* of its objects; the advertisement is beside it */
	char service_path[RADIO_PATH_SIZE];
	char write_path[RADIO_PATH_SIZE]; /* FFE2 */
	char value_path[RADIO_PATH_SIZE]; /* FFE1 */
	char name_path[RADIO_PATH_SIZE];  /* description of FFE1 */
	char advert_path[RADIO_PATH_SIZE];
	sd_bus_slot *objects[8];
	size_t object_count;
	sd_bus_slot *advert_object;

	char adapter_path[RADIO_PATH_SIZE]; /* where it is registered, or empty */
	char adapter_address[MIRROR_ADDRESS_SIZE];
	bool is_discoverable; /* the adapter, when the advertisement began */
	bool is_first;        /* of its adapter */
	struct site_part application;
	struct site_part advert;
	bool is_heard; /* somebody subscribed */
	uint16_t mtu;  /* the smallest of the clients', 0: not known */
	struct site_piece pieces[RADIO_PIECES_MAX];
};

/* Sets the timer for what comes next. */
void radio_schedule(struct mirror_radio *radio);

/* Every site: whatever it lacks on the air is asked for, one call at a time. */
void radio_step(struct mirror_radio *radio);

/* The adapter of a site, or NULL. */
const struct radio_adapter *radio_adapter_of(
	const struct mirror_radio *radio, const struct mirror_site *site);

/* bluetoothd went, and all it knew with it. */
void site_forget(struct mirror_site *site);
void site_step(struct mirror_site *site);
void site_poll(struct mirror_site *site, uint64_t now_us);
/* UINT64_MAX: nothing is due. */
uint64_t site_next_us(const struct mirror_site *site, uint64_t now_us);

/* A piece of a command came from a device. */
int site_on_piece(struct mirror_site *site, const char *device, uint16_t mtu, bool may_write,
	const uint8_t *bytes, size_t size);
void site_on_notify(struct mirror_site *site, bool on);

/* Puts the site's objects on the bus, and takes them off it. Of objects.c. */
int objects_add(struct mirror_site *site);
/* The advertisement, as the adapter needs it now. */
int objects_advertise(struct mirror_site *site);
void objects_remove(struct mirror_site *site);
/* A notification of FFE1. */
int objects_notify(struct mirror_site *site, const uint8_t *bytes, size_t size);

#endif
