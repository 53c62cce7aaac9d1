/* SPDX-License-Identifier: MIT */
/*
 * What a board says as D-Bus a{sv}, both directions, names from the rows.
 *
 * Scalars are x (b for BOOL rows), rows per cell or probe a{qx} from the element's number, 1 is
 * the first; texts are s. Absent values are left out. Readers skip what they do not know and what
 * has another type, so that daemon and client of different versions understand each other.
 */
#ifndef BUS_CODEC_H
#define BUS_CODEC_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "bms/identity.h"
#include "bms/settings.h"
#include "bms/telemetry.h"

#define CODEC_SERVICE           "org.bmsd1"
#define CODEC_MANAGER_PATH      "/org/bmsd1"
#define CODEC_MANAGER_INTERFACE "org.bmsd1.Manager"
#define CODEC_PACK_PREFIX       "/org/bmsd1/pack"
#define CODEC_PACK_INTERFACE    "org.bmsd1.Pack"

#define CODEC_ERROR_CONFIGURATION "org.bmsd1.Error.InvalidConfiguration"
#define CODEC_ERROR_UNKNOWN_PACK  "org.bmsd1.Error.UnknownPack"
#define CODEC_ERROR_FAILED        "org.bmsd1.Error.Failed"

/* Plan: setting key, element (0 for a scalar), board has it, old, new, verdict word, reason. Any
 * other word than these two is a refusal. */
#define CODEC_PLAN_WRITE    "write"
#define CODEC_PLAN_SAME     "same"
#define CODEC_APPLY_WRITTEN "written"
#define CODEC_PLAN_ITEM     "sqbxxss"
/* Samples: pack, Unix milliseconds, values. */
#define CODEC_SAMPLE "sxa{sv}"

enum {
	CODEC_NAME_SIZE = 64,
	CODEC_HEALTH_SIZE = 16,
	CODEC_LINK_SIZE = 512,
};

/* A pack's readings with what makes them trustworthy. */
struct codec_snapshot {
	char name[CODEC_NAME_SIZE];
	char health[CODEC_HEALTH_SIZE];
	char link[CODEC_LINK_SIZE];
	bool has_reading; /* else the rest is meaningless */
	int64_t time_ms;
	int64_t age_ms;
	struct bms_telemetry telemetry;
};

/* Whole a{sv} containers; 0 or a negative errno. */
int codec_append_telemetry(sd_bus_message *message, const struct bms_telemetry *telemetry);
int codec_append_settings(sd_bus_message *message, const struct bms_settings *settings);
int codec_append_identity(sd_bus_message *message, const struct bms_identity *identity);
int codec_append_snapshot(sd_bus_message *message, const struct codec_snapshot *snapshot);

/* Outputs are written only on success. */
int codec_read_telemetry(sd_bus_message *message, struct bms_telemetry *ret);
int codec_read_settings(sd_bus_message *message, struct bms_settings *ret);
int codec_read_identity(sd_bus_message *message, struct bms_identity *ret);
int codec_read_snapshot(sd_bus_message *message, struct codec_snapshot *ret);

#endif
