/* SPDX-License-Identifier: MIT */
#include "gateway/mirrors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/secret.h"
#include "gateway/gateway.h"
#include "gateway/station_write.h"

enum {
	/* Two texts of sixteen bytes, their ends, and room to see that it is more. */
	PASSCODES_SIZE = 64,
};

/* --- what clients want --- */

static void name_client(const char *address, char out[STORE_NAME_MAX])
{
	snprintf(out, STORE_NAME_MAX, "ble %s", address);
}

static void put_refusal(struct station *station, const char *subject, int64_t value,
	const char *who, const char *why)
{
	char detail[STORE_TEXT_MAX];

	snprintf(detail, sizeof(detail), "%s: %.*s", who, GUEST_REASON_SIZE - STORE_NAME_MAX - 2,
		why);
	log_warning("%s: %s = %" PRId64 " of the mirror is not written: %s", station->pack.name,
		subject, value, detail);
	station_put_event(station, "mirror_refused", subject, detail, &value);
}

static void on_refused(void *userdata, const struct mirror_refusal *refusal)
{
	struct station *station = userdata;
	char subject[STORE_NAME_MAX], who[STORE_NAME_MAX], why[GUEST_REASON_SIZE];

	name_client(refusal->who, who);
	if (refusal->slot < BMS_SETTING_SLOTS)
		station_name_slot(refusal->slot, subject, sizeof(subject));
	else
		snprintf(subject, sizeof(subject), "command %02X", refusal->command);
	if (refusal->untold)
		snprintf(why, sizeof(why), "%s (%u more before that were not recorded)",
			refusal->why, refusal->untold);
	else
		snprintf(why, sizeof(why), "%s", refusal->why);
	put_refusal(station, subject, refusal->value, who, why);
}

static void refuse_guest(struct station *station, const struct guest *guest, const char *why)
{
	char subject[STORE_NAME_MAX];

	station_name_slot(guest->slot, subject, sizeof(subject));
	put_refusal(station, subject, guest->value, guest->who, why);
}

static void on_write(void *userdata, size_t slot, int64_t value, const char *who)
{
	struct station *station = userdata;
	struct guest guest = { .slot = (uint8_t)slot, .value = value };
	char reason[GUEST_REASON_SIZE];

	name_client(who, guest.who);
	if (station_guest_want(station, &guest, reason) >= 0)
		return;
	refuse_guest(station, &guest, reason);
	mirror_site_written(station->mirror.site);
}

void mirrors_on_guest(struct station *station, const struct guest *guest, const char *reason)
{
	if (*reason)
		refuse_guest(station, guest, reason);
	if (station->mirror.site && station->guests.count == 0)
		mirror_site_written(station->mirror.site);
}

static const struct mirror_radio_callbacks callbacks = {
	.write = on_write,
	.refused = on_refused,
};

/* --- from the configuration --- */

/* One line of the file; false: longer than the board has room for, or not printable. */
static bool take_line(const char **text, char out[BMS_IDENTITY_TEXT_SIZE])
{
	size_t length = strcspn(*text, "\r\n");

	if (length >= BMS_IDENTITY_TEXT_SIZE)
		return false;
	for (size_t i = 0; i < length; i++)
		if ((*text)[i] < ' ' || (*text)[i] > '~')
			return false;
	memcpy(out, *text, length);
	*text += length;
	*text += **text == '\r';
	*text += **text == '\n';
	return true;
}

/* NULL, or why they cannot be had. */
static const char *read_passcodes(const char *file, struct mirror_persona *persona)
{
	char text[PASSCODES_SIZE];
	const char *at = text;
	bool is_sound;
	int r;

	if (!*file)
		return NULL;
	r = secret_read(file, text, sizeof(text));
	if (r < 0)
		return secret_error_text(r);
	is_sound = take_line(&at, persona->pin) && take_line(&at, persona->settings_password) &&
		   *at == '\0';
	explicit_bzero(text, sizeof(text));
	return is_sound ? NULL
			: "it must hold one or two lines of up to 16 printable characters, the PIN "
			  "and the settings password";
}

/* With what it would be made; trouble is left empty when it can be. */
static void make_options(const struct config_pack *config, struct station_mirror *ret)
{
	struct mirror_persona *persona = &ret->options.mirror.persona;
	const char *name = *config->mirror_name ? config->mirror_name : config->name;
	const char *why;

	*ret = (struct station_mirror){ 0 };
	if (!config->mirror)
		return;
	ret->options.mirror.allows_writes = config->mirror_writes;
	snprintf(ret->options.adapter, sizeof(ret->options.adapter), "%.*s",
		MIRROR_ADDRESS_SIZE - 1, config->mirror_adapter);
	snprintf(persona->name, sizeof(persona->name), "%.*s", BMS_IDENTITY_TEXT_SIZE - 1, name);
	why = read_passcodes(config->mirror_passcodes, persona);
	if (!why)
		return;
	snprintf(ret->trouble, sizeof(ret->trouble), "off: mirror_passcodes: %s", why);
	log_error("%s: no mirror: mirror_passcodes \"%s\": %s", config->name,
		config->mirror_passcodes, why);
}

static bool is_wanted(const struct config_pack *config, const struct station_mirror *mirror)
{
	return config->mirror && !*mirror->trouble;
}

/* The order on an adapter matters: one that changes moves all. */
static bool is_unchanged(const struct gateway *gateway, const struct station_mirror *wanted)
{
	for (size_t i = 0; i < gateway->station_count; i++) {
		const struct station *station = gateway->stations[i];
		bool has = station->mirror.site != NULL;

		if (has != is_wanted(&gateway->config->packs[i], &wanted[i]) ||
			(has && memcmp(&station->mirror.options, &wanted[i].options,
					sizeof(wanted[i].options)) != 0))
			return false;
	}
	return true;
}

void mirrors_drop(struct station *station)
{
	station->mirror.site = mirror_site_free(station->mirror.site);
}

static int make_all(struct gateway *gateway, const struct station_mirror *wanted)
{
	int r = 0;

	for (size_t i = 0; i < gateway->station_count; i++)
		mirrors_drop(gateway->stations[i]);
	for (size_t i = 0; r >= 0 && i < gateway->station_count; i++) {
		struct station *station = gateway->stations[i];

		station->mirror = wanted[i];
		if (!is_wanted(&gateway->config->packs[i], &wanted[i]))
			continue;
		if (!gateway->radio)
			r = mirror_radio_new(&gateway->radio, gateway->event, &callbacks);
		if (r >= 0)
			r = mirror_site_new(&station->mirror.site, gateway->radio, &station->pack,
				&station->mirror.options, station);
	}
	return r;
}

int mirrors_adopt(struct gateway *gateway)
{
	struct station_mirror *wanted = calloc(gateway->station_count, sizeof(*wanted));
	bool any = false;
	int r = 0;

	if (!wanted)
		return -ENOMEM;
	for (size_t i = 0; i < gateway->station_count; i++) {
		make_options(&gateway->config->packs[i], &wanted[i]);
		any |= is_wanted(&gateway->config->packs[i], &wanted[i]);
	}
	if (!is_unchanged(gateway, wanted))
		r = make_all(gateway, wanted);
	free(wanted);
	if (!any)
		gateway->radio = mirror_radio_free(gateway->radio);
	return r;
}

/* --- running --- */

void mirrors_tick(struct gateway *gateway)
{
	if (gateway->radio)
		mirror_radio_tick(gateway->radio);
}

void mirrors_on_pack(struct station *station)
{
	if (station->mirror.site)
		mirror_site_on_pack(station->mirror.site);
}

const char *mirrors_state(const struct station *station, char out[MIRROR_STATE_SIZE])
{
	if (station->mirror.site)
		return mirror_site_state(station->mirror.site, out);
	snprintf(out, MIRROR_STATE_SIZE, "%s", station->mirror.trouble);
	return out;
}
