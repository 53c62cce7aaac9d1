/* SPDX-License-Identifier: MIT */
/* From libconfig's tree to struct config. */
#ifndef CONFIG_READER_H
#define CONFIG_READER_H

#include <libconfig.h>

#include "config/config.h"

struct error_list;

enum {
	CONFIG_PACKS_MAX = 247
};

/*
 * Reads the tree into an empty config: the packs in the order of the file, and one line for each
 * device they use. 0, also when errors were added; or -ENOMEM.
 */
int reader_read(const config_t *tree, struct config *config, struct error_list *errors);

#endif
