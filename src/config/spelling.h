/* SPDX-License-Identifier: MIT */
/* The known word nearest to a misspelt one. */
#ifndef CONFIG_SPELLING_H
#define CONFIG_SPELLING_H

#include <stddef.h>

struct spelling {
	const char *word; /* borrowed, as are the words offered */
	const char *nearest;
	size_t distance;
};

void spelling_init(struct spelling *spelling, const char *word);
void spelling_offer(struct spelling *spelling, const char *known);

/* The nearest word offered, or NULL when none is near enough to be meant. */
const char *spelling_nearest(const struct spelling *spelling);

#endif
