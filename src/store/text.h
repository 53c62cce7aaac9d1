/* SPDX-License-Identifier: MIT */
/* Texts that come from a board or a line may hold any bytes; readers of the history expect UTF-8. */
#ifndef STORE_TEXT_H
#define STORE_TEXT_H

#include <stddef.h>

/* Copies up to size - 1 bytes; control characters and what is not UTF-8 become '?'. */
void text_clean(char *out, size_t size, const char *text);

#endif
