/* SPDX-License-Identifier: MIT */
/* The settings group of a pack: what its board shall be set to. */
#ifndef CONFIG_SETTINGS_GROUP_H
#define CONFIG_SETTINGS_GROUP_H

#include <libconfig.h>
#include <stdint.h>

#include "bms/settings.h"

struct error_list;

/* Reads the group into desired; what is wrong is added to errors and stays absent. */
void settings_group_read(const config_setting_t *group, int64_t address,
	struct bms_settings *desired, struct error_list *errors);

#endif
