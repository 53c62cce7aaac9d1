/* SPDX-License-Identifier: MIT */
/* libconfig's two words about a file it cannot read, made into an error that shows the place. */
#ifndef CONFIG_SYNTAX_H
#define CONFIG_SYNTAX_H

#include <libconfig.h>

struct error_list;

/* After config_read_string() of the source's text failed. */
void syntax_error_add(const config_t *tree, struct error_list *errors);

#endif
