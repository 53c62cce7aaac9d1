/* SPDX-License-Identifier: MIT */
#ifndef CTL_HELP_H
#define CTL_HELP_H

#include "ctl/ctl.h"

/* One verb and the options it takes, or with NULL everything. */
void help_print(FILE *out, const struct verb *verb);

#endif
