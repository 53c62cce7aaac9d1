/* SPDX-License-Identifier: MIT */
/*
 * org.bluez.Agent1: answers what BlueZ asks while one of our boards is paired. Not the system's
 * default agent, so it is asked for nothing but the pairings that this process begins; devices
 * that are not of the configuration are refused all the same.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "link/ble/board_internal.h"
#include "link/ble/passkey.h"

#define AGENT_PATH "/org/bmsd/agent"
#define REJECTED   BLUEZ_ERROR "Rejected"

static struct ble_board *board_of(struct ble_host *host, sd_bus_message *message)
{
	const char *path;

	if (sd_bus_message_read(message, "o", &path) < 0)
		return NULL;
	return host_board_of(host, path);
}

static int reject(sd_bus_error *error, const char *why)
{
	return sd_bus_error_set(error, REJECTED, why);
}

/* The passkey of the board that a message names, or a refusal. */
static int find_passkey(
	struct ble_host *host, sd_bus_message *message, uint32_t *ret, sd_bus_error *error)
{
	const struct ble_board *board = board_of(host, message);
	int r;

	if (!board)
		return reject(error, "not a board of the configuration");
	if (!*board->passkey_file) {
		log_warning("%s: the board asks for a passkey, and there is no passkey_file",
			board->address);
		return reject(error, "no passkey");
	}
	r = passkey_read(board->passkey_file, ret);
	if (r == 0)
		return 0;
	log_error("%s: %s: %s", board->address, board->passkey_file, passkey_error_text(r));
	return reject(error, "no passkey");
}

static int request_passkey(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	uint32_t passkey;
	int r = find_passkey(userdata, message, &passkey, error);

	return r < 0 ? r : sd_bus_reply_method_return(message, "u", passkey);
}

static int request_pin(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	char text[16];
	uint32_t passkey;
	int r = find_passkey(userdata, message, &passkey, error);

	if (r < 0)
		return r;
	snprintf(text, sizeof(text), "%06" PRIu32, passkey);
	r = sd_bus_reply_method_return(message, "s", text);
	explicit_bzero(text, sizeof(text));
	return r;
}

/* Boards without keys and display: the pairing was asked for here. */
static int authorize(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	if (!board_of(userdata, message))
		return reject(error, "not a board of the configuration");
	return sd_bus_reply_method_return(message, "");
}

/* We could not show it to anybody. */
static int refuse(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	(void)message;
	(void)userdata;
	return reject(error, "there is no display");
}

static int accept_silently(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	(void)userdata;
	(void)error;
	return sd_bus_reply_method_return(message, "");
}

static const sd_bus_vtable agent_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Release", "", "", accept_silently, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Cancel", "", "", accept_silently, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RequestPasskey", "o", "u", request_passkey, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RequestPinCode", "o", "s", request_pin, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RequestConfirmation", "ou", "", authorize, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RequestAuthorization", "o", "", authorize, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("AuthorizeService", "os", "", authorize, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("DisplayPasskey", "ouq", "", refuse, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("DisplayPinCode", "os", "", refuse, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

int agent_offer(struct ble_host *host)
{
	return sd_bus_add_object_vtable(
		host->bus, NULL, AGENT_PATH, BLUEZ_AGENT, agent_vtable, host);
}

static int on_registered(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	(void)userdata;
	(void)error;
	if (sd_bus_message_is_method_error(message, NULL))
		log_warning(
			"bluetooth: no pairing: %s", sd_bus_message_get_error(message)->message);
	return 0;
}

/* The board shows the passkey, or has it printed on; it is entered here. */
void agent_register(struct ble_host *host)
{
	int r = sd_bus_call_method_async(host->bus, NULL, BLUEZ_SERVICE, "/org/bluez",
		BLUEZ_AGENT_MANAGER, "RegisterAgent", on_registered, host, "os", AGENT_PATH,
		"KeyboardOnly");

	if (r < 0)
		log_warning("bluetooth: no pairing: %s", strerror(-r));
}
