/* SPDX-License-Identifier: MIT */
#include "config/spelling.h"

#include <string.h>

enum {
	SPELLING_WORD_MAX = 48
};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters to insert, drop, replace or swap with their neighbour (optimal string alignment). */
static size_t spelling_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t cost[SPELLING_WORD_MAX + 1][SPELLING_WORD_MAX + 1];

	for (size_t i = 0; i <= a_len; i++)
		cost[i][0] = i;
	for (size_t j = 0; j <= b_len; j++)
		cost[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		for (size_t j = 1; j <= b_len; j++) {
			size_t best = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			best = smaller(best, smaller(cost[i - 1][j], cost[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = smaller(best, cost[i - 2][j - 2] + 1);
			cost[i][j] = best;
		}
	}
	return cost[a_len][b_len];
}

void spelling_init(struct spelling *spelling, const char *word)
{
	*spelling = (struct spelling){ .word = word, .distance = SPELLING_WORD_MAX };
}

void spelling_offer(struct spelling *spelling, const char *known)
{
	size_t word_len = strlen(spelling->word);
	size_t known_len = strlen(known);
	size_t distance;

	if (word_len > SPELLING_WORD_MAX || known_len > SPELLING_WORD_MAX)
		return;
	distance = spelling_distance(spelling->word, word_len, known, known_len);
	if (distance >= spelling->distance)
		return;
	spelling->nearest = known;
	spelling->distance = distance;
}

const char *spelling_nearest(const struct spelling *spelling)
{
	/* A third of the letters, so that "adress" and "cell_ovp_mv" find their word. */
	if (!spelling->nearest || spelling->distance > strlen(spelling->word) / 3)
		return NULL;
	return spelling->nearest;
}
