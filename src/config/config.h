/* SPDX-License-Identifier: MIT */
/*
 * The configuration file, validated as a whole: either everything in it is right, or there is a
 * list of "FILE:LINE: …" errors and no configuration.
 *
 * The structs' members are the rows of options.def.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bms/settings.h"

enum {
	CONFIG_TEXT_SIZE = 256,
	CONFIG_LINE_PACKS_MAX = 48, /* more than RS485 drives; a line's queue has room for these */
};

/* Words of the option raw. Those of log, log_level and dbus are in the order of enum log_target,
 * of syslog from LOG_ERR on, and of enum bus_mode. */
enum {
	CONFIG_RAW_DEADBAND,
	CONFIG_RAW_ALL,
};

/* What a pack's board hangs on; packs with the same wire and device share a link. */
enum config_wire {
	CONFIG_WIRE_SERIAL,
	CONFIG_WIRES
};

/* Words of the option link, and the wire of each. */
enum config_link {
	CONFIG_LINK_JK_MODBUS,
	CONFIG_LINKS
};

enum config_wire config_wire_of(int link);

#define CONFIG_INTEGER(key) int64_t key;
#define CONFIG_BOOL(key)    bool key;
#define CONFIG_TEXT(key)    char key[CONFIG_TEXT_SIZE];
#define CONFIG_CHOICE(key)  int key; /* index into the row's words */

#define OPTION_DAEMON(wires, type, key, ...) CONFIG_##type(key)
#define OPTION_LINE(...)
#define OPTION_PACK(...)
struct config_daemon {
#include "config/options.def"
};
#undef OPTION_DAEMON
#undef OPTION_LINE
#undef OPTION_PACK

#define OPTION_DAEMON(...)
#define OPTION_LINE(wires, type, key, ...) CONFIG_##type(key)
#define OPTION_PACK(...)
struct config_line {
#include "config/options.def"
	enum config_wire wire; /* of the packs that use it */
};
#undef OPTION_DAEMON
#undef OPTION_LINE
#undef OPTION_PACK

#define OPTION_DAEMON(...)
#define OPTION_LINE(...)
#define OPTION_PACK(wires, type, key, ...) CONFIG_##type(key)
struct config_pack {
#include "config/options.def"
	size_t line_index;           /* into config.lines */
	struct bms_settings desired; /* the settings group */
};
#undef OPTION_DAEMON
#undef OPTION_LINE
#undef OPTION_PACK

#undef CONFIG_INTEGER
#undef CONFIG_BOOL
#undef CONFIG_TEXT
#undef CONFIG_CHOICE

struct config {
	struct config_daemon daemon;
	struct config_line *lines; /* one per wire and device in use */
	size_t line_count;
	struct config_pack *packs;
	size_t pack_count;
};

/* Errors as text, one line each, newline terminated; the caller frees text. */
struct config_errors {
	char *text;
	size_t count;
};

/* 0 and *ret, or -EINVAL with errors (at least one), or another negative errno with one error
 * that names the file. */
int config_load(struct config **ret, const char *path, struct config_errors *errors);
struct config *config_free(struct config *config);
void config_errors_deinit(struct config_errors *errors);

#endif
