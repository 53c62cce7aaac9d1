/* SPDX-License-Identifier: MIT */
/* One mirror on the air: what it asks of bluetoothd, what comes from clients, what goes to them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "mirror/radio_internal.h"

enum {
	ATT_HEADER_SIZE = 3, /* of a notification, within the MTU */
	ATT_MTU_MIN = 23,
};

static const char *name_of(const struct mirror_site *site)
{
	return site->options.mirror.persona.name;
}

static void part_reset(struct site_part *part)
{
	part->call = sd_bus_slot_unref(part->call);
	part->step = SITE_NONE;
	part->retry_us = 0;
}

static void drop_pieces(struct mirror_site *site)
{
	for (size_t i = 0; i < RADIO_PIECES_MAX; i++) {
		site->pieces[i].call = sd_bus_slot_unref(site->pieces[i].call);
		site->pieces[i].site = NULL;
	}
}

void site_forget(struct mirror_site *site)
{
	part_reset(&site->application);
	part_reset(&site->advert);
	site->adapter_path[0] = '\0';
	objects_remove(site);
	site_on_notify(site, false);
}

/* --- registering --- */

/* A refusal is said when it is new. */
static void part_ended(struct mirror_site *site, struct site_part *part, const char *what,
	const sd_bus_error *refusal)
{
	part->call = sd_bus_slot_unref(part->call);
	if (!refusal) {
		part->step = SITE_DONE;
		part->reason[0] = '\0';
		return;
	}
	part->step = SITE_REFUSED;
	part->retry_us = clock_monotonic_us() + RADIO_RETRY_US;
	if (strncmp(part->reason, refusal->message, sizeof(part->reason) - 1) == 0)
		return;
	snprintf(part->reason, sizeof(part->reason), "%s", refusal->message);
	log_warning("%s: bluetoothd refuses the %s of the mirror: %s", site->pack->name, what,
		part->reason);
}

static int on_application(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct mirror_site *site = userdata;

	(void)error;
	part_ended(site, &site->application, "service", sd_bus_message_get_error(message));
	radio_step(site->radio);
	return 0;
}

static int on_advert(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct mirror_site *site = userdata;

	(void)error;
	part_ended(site, &site->advert, "advertisement", sd_bus_message_get_error(message));
	if (site->advert.step == SITE_DONE)
		log_info("%s: the mirror is on the air as \"%s\" on %s", site->pack->name,
			name_of(site), site->adapter_address);
	radio_step(site->radio);
	return 0;
}

static void part_ask(struct mirror_site *site, struct site_part *part, const char *interface,
	const char *method, const char *object, sd_bus_message_handler_t handler)
{
	int r = sd_bus_call_method_async(site->radio->bus, &part->call, BLUEZ_SERVICE,
		site->adapter_path, interface, method, handler, site, "oa{sv}", object, 0);

	part->step = r < 0 ? SITE_REFUSED : SITE_PENDING;
	part->retry_us = clock_monotonic_us() + RADIO_RETRY_US;
}

/* Whether it was known there is of no interest. */
static void tell(const struct mirror_site *site, const char *interface, const char *method,
	const char *object)
{
	sd_bus_message *call = NULL;
	int r = sd_bus_message_new_method_call(
		site->radio->bus, &call, BLUEZ_SERVICE, site->adapter_path, interface, method);

	if (r >= 0)
		r = sd_bus_message_append(call, "o", object);
	if (r >= 0)
		r = sd_bus_message_set_expect_reply(call, 0);
	if (r >= 0)
		(void)sd_bus_send(site->radio->bus, call, NULL);
	sd_bus_message_unref(call);
}

static void leave_air(struct mirror_site *site)
{
	if (site->advert.step == SITE_DONE || site->advert.step == SITE_PENDING)
		tell(site, BLUEZ_ADVERTISING, "UnregisterAdvertisement", site->advert_path);
	part_reset(&site->advert);
}

static void leave_adapter(struct mirror_site *site)
{
	if (!*site->adapter_path)
		return;
	leave_air(site);
	if (site->application.step == SITE_DONE || site->application.step == SITE_PENDING)
		tell(site, BLUEZ_GATT_MANAGER, "UnregisterApplication", site->root);
	site_forget(site);
}

static bool may_ask(const struct site_part *part)
{
	return part->step == SITE_NONE ||
	       (part->step == SITE_REFUSED && clock_monotonic_us() >= part->retry_us);
}

/* Those before it on the same adapter come first, so that their services do. */
static bool is_its_turn(const struct mirror_site *site)
{
	const struct mirror_radio *radio = site->radio;

	for (size_t i = 0; radio->sites[i] != site; i++)
		if (strcmp(radio->sites[i]->adapter_path, site->adapter_path) == 0 &&
			radio->sites[i]->application.step == SITE_PENDING)
			return false;
	return true;
}

static bool comes_first(const struct mirror_site *site, const struct radio_adapter *adapter)
{
	const struct mirror_radio *radio = site->radio;
	size_t i = 0;

	while (radio_adapter_of(radio, radio->sites[i]) != adapter)
		i++;
	return radio->sites[i] == site;
}

static int join_adapter(struct mirror_site *site, const struct radio_adapter *adapter)
{
	if (*site->adapter_path)
		return 0;
	memcpy(site->adapter_path, adapter->path, sizeof(site->adapter_path));
	memcpy(site->adapter_address, adapter->address, sizeof(site->adapter_address));
	site->is_first = comes_first(site, adapter);
	return objects_add(site);
}

static bool is_fresh(const struct mirror_site *site)
{
	return pack_health(site->pack, clock_monotonic_us()) == PACK_FRESH;
}

/* A board that is not there advertises nothing. */
static bool wants_air(const struct mirror_site *site, const struct radio_adapter *adapter)
{
	return site->is_first && site->application.step == SITE_DONE && adapter->is_powered &&
	       adapter->has_advertising && is_fresh(site);
}

static void step_advert(struct mirror_site *site, const struct radio_adapter *adapter)
{
	if (!wants_air(site, adapter)) {
		leave_air(site);
		return;
	}
	/* BlueZ reads an advertisement's properties once. */
	if (site->advert.step == SITE_DONE && site->is_discoverable != adapter->is_discoverable)
		leave_air(site);
	if (!may_ask(&site->advert))
		return;
	site->is_discoverable = adapter->is_discoverable;
	if (objects_advertise(site) < 0)
		return;
	part_ask(site, &site->advert, BLUEZ_ADVERTISING, "RegisterAdvertisement", site->advert_path,
		on_advert);
}

void site_step(struct mirror_site *site)
{
	const struct radio_adapter *adapter = radio_adapter_of(site->radio, site);

	if (!adapter || !adapter->has_gatt || strcmp(adapter->path, site->adapter_path) != 0 ||
		site->is_first != comes_first(site, adapter))
		leave_adapter(site);
	if (!adapter || !adapter->has_gatt || join_adapter(site, adapter) < 0)
		return;
	if (may_ask(&site->application) && is_its_turn(site))
		part_ask(site, &site->application, BLUEZ_GATT_MANAGER, "RegisterApplication",
			site->root, on_application);
	step_advert(site, adapter);
}

/* --- talking --- */

static void send(void *userdata, const uint8_t *bytes, size_t size)
{
	struct mirror_site *site = userdata;
	size_t mtu = site->mtu > ATT_MTU_MIN ? site->mtu : ATT_MTU_MIN;
	size_t piece = mtu - ATT_HEADER_SIZE;
	int r = 0;

	for (size_t at = 0; r >= 0 && at < size; at += piece)
		r = objects_notify(site, bytes + at, size - at < piece ? size - at : piece);
	if (r < 0)
		log_debug("%s: a frame of the mirror is lost: %s", site->pack->name, strerror(-r));
}

static void on_write(void *userdata, size_t slot, int64_t value, const char *who)
{
	const struct mirror_site *site = userdata;

	site->radio->callbacks->write(site->userdata, slot, value, who);
}

static void on_refused(void *userdata, const struct mirror_refusal *refusal)
{
	const struct mirror_site *site = userdata;

	site->radio->callbacks->refused(site->userdata, refusal);
}

static const struct mirror_callbacks mirror_callbacks = {
	.send = send,
	.write = on_write,
	.refused = on_refused,
};

void site_on_notify(struct mirror_site *site, bool on)
{
	site->is_heard = on;
	if (on)
		return;
	site->mtu = 0;
	drop_pieces(site);
	mirror_stop(&site->mirror);
}

void site_poll(struct mirror_site *site, uint64_t now_us)
{
	if (site->is_heard)
		mirror_poll(&site->mirror, now_us);
}

uint64_t site_next_us(const struct mirror_site *site, uint64_t now_us)
{
	return site->is_heard ? mirror_next_us(&site->mirror, now_us) : UINT64_MAX;
}

static void hear(struct mirror_site *site, const char *address, bool is_bonded,
	const uint8_t *bytes, size_t size)
{
	struct mirror_client client = { .is_bonded = is_bonded };

	snprintf(client.address, sizeof(client.address), "%s", address);
	mirror_hear(&site->mirror, &client, bytes, size, clock_monotonic_us());
	radio_schedule(site->radio);
}

/* Bonded; BlueZ before 5.65 says only Paired. */
static int read_bonded(sd_bus_message *message, bool *ret)
{
	bool has_bonded = false;
	int r = sd_bus_message_enter_container(message, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		const char *name;
		int flag;

		r = sd_bus_message_read(message, "s", &name);
		if (r >= 0 && (strcmp(name, "Bonded") == 0 || strcmp(name, "Paired") == 0)) {
			r = sd_bus_message_read(message, "v", "b", &flag);
			if (r >= 0 && (*name == 'B' || !has_bonded))
				*ret = flag;
			has_bonded |= *name == 'B';
		} else if (r >= 0) {
			r = sd_bus_message_skip(message, "v");
		}
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r;
}

/* Whoever cannot be looked up is nobody we know. */
static int on_device(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct site_piece *piece = userdata;
	struct mirror_site *site = piece->site;
	bool is_bonded = false;

	(void)error;
	piece->call = sd_bus_slot_unref(piece->call);
	piece->site = NULL;
	if (sd_bus_message_is_method_error(message, NULL) || read_bonded(message, &is_bonded) < 0)
		is_bonded = false;
	hear(site, piece->address, is_bonded, piece->bytes, piece->size);
	return 0;
}

/* ".../dev_AA_BB_CC_DD_EE_FF" */
static void read_address(const char *device, char out[MIRROR_ADDRESS_SIZE])
{
	const char *tail = strstr(device, "/dev_");

	snprintf(out, MIRROR_ADDRESS_SIZE, "%s", tail ? tail + strlen("/dev_") : "unknown");
	for (char *at = out; *at; at++)
		if (*at == '_')
			*at = ':';
}

static int look_up(struct mirror_site *site, const char *device, const char *address,
	const uint8_t *bytes, size_t size)
{
	struct site_piece *piece = site->pieces;

	while (piece < site->pieces + RADIO_PIECES_MAX && piece->site)
		piece++;
	if (piece == site->pieces + RADIO_PIECES_MAX || size > sizeof(piece->bytes))
		return -EBUSY;
	memcpy(piece->address, address, sizeof(piece->address));
	memcpy(piece->bytes, bytes, size);
	piece->size = size;
	piece->site = site;
	return sd_bus_call_method_async(site->radio->bus, &piece->call, BLUEZ_SERVICE, device,
		DBUS_PROPERTIES, "GetAll", on_device, piece, "s", BLUEZ_DEVICE);
}

int site_on_piece(struct mirror_site *site, const char *device, uint16_t mtu, bool may_write,
	const uint8_t *bytes, size_t size)
{
	char address[MIRROR_ADDRESS_SIZE];
	int r;

	read_address(device, address);
	if (mtu >= ATT_MTU_MIN && (site->mtu == 0 || mtu < site->mtu))
		site->mtu = mtu;
	if (!site->options.mirror.allows_writes || !may_write) {
		hear(site, address, false, bytes, size);
		return 0;
	}
	r = look_up(site, device, address, bytes, size);
	return r < 0 ? r : 0;
}

/* --- for the gateway --- */

static void make_path(char *out, const struct mirror_site *site, const char *tail)
{
	snprintf(out, RADIO_PATH_SIZE, "/org/bmsd1/mirror/%u%s", site->number, tail);
}

static void make_paths(struct mirror_site *site)
{
	static unsigned last_number; /* a path is not used again */

	site->number = ++last_number;
	make_path(site->root, site, "");
	make_path(site->service_path, site, "/service");
	make_path(site->write_path, site, "/service/ffe2");
	make_path(site->value_path, site, "/service/ffe1");
	make_path(site->name_path, site, "/service/ffe1/name");
	snprintf(site->advert_path, sizeof(site->advert_path), "/org/bmsd1/advertisement/%u",
		site->number);
}

int mirror_site_new(struct mirror_site **ret, struct mirror_radio *radio, const struct pack *pack,
	const struct mirror_site_options *options, void *userdata)
{
	struct mirror_site *site;

	if (radio->site_count == RADIO_SITES_MAX)
		return -E2BIG;
	site = calloc(1, sizeof(*site));
	if (!site)
		return -ENOMEM;
	site->radio = radio;
	site->pack = pack;
	site->options = *options;
	site->userdata = userdata;
	mirror_init(&site->mirror, pack, &options->mirror, &mirror_callbacks, site);
	make_paths(site);
	radio->sites[radio->site_count++] = site;
	radio_step(radio);
	*ret = site;
	return 0;
}

struct mirror_site *mirror_site_free(struct mirror_site *site)
{
	struct mirror_radio *radio;
	size_t at = 0;

	if (!site)
		return NULL;
	radio = site->radio;
	leave_adapter(site);
	while (radio->sites[at] != site)
		at++;
	radio->site_count--;
	memmove(radio->sites + at, radio->sites + at + 1,
		(radio->site_count - at) * sizeof(*radio->sites));
	free(site);
	radio_step(radio);
	return NULL;
}

void mirror_site_on_pack(struct mirror_site *site)
{
	mirror_on_pack(&site->mirror);
	site_step(site);
	radio_schedule(site->radio);
}

void mirror_site_written(struct mirror_site *site)
{
	mirror_written(&site->mirror);
	radio_schedule(site->radio);
}

/* Why it cannot be on the air, or NULL. */
static const char *trouble(const struct mirror_site *site, const struct radio_adapter *adapter)
{
	if (!site->radio->bus)
		return "waiting: there is no system bus";
	if (!site->radio->has_bluez)
		return "waiting: bluetoothd is not running";
	if (!adapter)
		return *site->options.adapter ? "waiting: the adapter is not there"
					      : "waiting: there is no Bluetooth adapter";
	if (!adapter->has_gatt || !adapter->has_advertising)
		return "waiting: the adapter cannot be a peripheral";
	if (!adapter->is_powered)
		return "waiting: the adapter is off (bluetoothctl power on, rfkill)";
	if (site->pack->snapshot_us == 0)
		return "silent: the board has not been read yet";
	return is_fresh(site) ? NULL : "silent: the last reading is stale";
}

const char *mirror_site_state(const struct mirror_site *site, char out[MIRROR_STATE_SIZE])
{
	const char *why = trouble(site, radio_adapter_of(site->radio, site));
	const struct site_part *part = site->application.step == SITE_DONE && site->is_first
					       ? &site->advert
					       : &site->application;

	if (why)
		snprintf(out, MIRROR_STATE_SIZE, "%s", why);
	else if (part->step == SITE_REFUSED)
		snprintf(out, MIRROR_STATE_SIZE, "waiting: bluetoothd refuses: %s", part->reason);
	else if (part->step != SITE_DONE)
		snprintf(out, MIRROR_STATE_SIZE, "starting");
	else
		snprintf(out, MIRROR_STATE_SIZE, "%s %s\"%s\" on %s",
			site->is_heard ? "in use" : "on the air",
			site->is_first ? "as " : "as a further service, ", name_of(site),
			site->adapter_address);
	return out;
}
