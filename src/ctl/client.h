/* SPDX-License-Identifier: MIT */
/*
 * bmsd over D-Bus, one call after the other. Functions return an exit status and complain
 * themselves when it is not EX_OK; outputs are written only on success.
 */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include <systemd/sd-bus.h>

#include "bus/codec.h"
#include "ctl/ctl.h"

/* The caller unreferences the bus with client_close(). */
int client_open(const struct ctl *ctl, sd_bus **ret);
sd_bus *client_close(sd_bus *bus);

/* The next calls may take minutes: they change boards or the daemon. */
void client_be_patient(sd_bus *bus);

/* A method of the manager; argument is a pack's name or NULL. ret may be NULL. */
int client_call(sd_bus *bus, const char *method, const char *argument, sd_bus_message **ret);

/* Method Switch; waits for the board. */
int client_switch(sd_bus *bus, const char *pack, const char *which, bool on, sd_bus_message **ret);

/* The rest of a reply could not be read. */
int client_bad_reply(int error);

struct client_packs {
	size_t count;
	char (*names)[CODEC_NAME_SIZE];
};

int client_list(sd_bus *bus, struct client_packs *ret);
void client_packs_deinit(struct client_packs *packs);

int client_snapshot(sd_bus *bus, const char *pack, struct codec_snapshot *ret);
int client_identity(sd_bus *bus, const char *pack, struct bms_identity *ret);

/* age_ms is negative when no settings were read yet. */
int client_settings(sd_bus *bus, const char *pack, struct bms_settings *ret, int64_t *ret_age_ms);

/* The caller frees the path. */
int client_history_path(sd_bus *bus, char **ret);

/* One pack's part of a verb. */
typedef int (*client_visit)(struct ctl *ctl, sd_bus *bus, struct json *json, const char *pack);

/* Visits the pack named by the first argument, or all; with --json as a value or as an array. A
 * failure that is not one board's ends it; the highest status is returned. */
int client_visit_packs(struct ctl *ctl, client_visit visit);

#endif
